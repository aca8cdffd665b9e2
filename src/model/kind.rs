//! Fields and the kinds of values they hold: the one declaration that storage, queries, formats and
//! the specification read.

use std::borrow::Cow;

use super::fault::Faults;
use super::label::LabelPart;
use super::pointer::Pointer;
use super::value::Value;

/// A field of a record, or a member of an object in one.
#[derive(Debug)]
pub struct Field {
    /// Its name in JSON, in query strings and in CSV headers.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means, for readers of the specification.
    pub doc: &'static str,
    /// Whether it must be given and is never null.
    pub required: bool,
    /// The value of an enumeration that is taken where none is given; such a field is never null.
    pub default: Option<&'static str>,
    /// Whether only the program writes it.
    pub read_only: bool,
    /// Another name under which lists can be filtered by it.
    pub alias: Option<&'static str>,
    /// The part that whoever it refers to has in the record, where that is not the field's name.
    pub role: Option<&'static str>,
    /// The field beside it with the name that the source uses for the record it refers to.
    pub credited_as: Option<&'static str>,
    /// In an exported database, the one table for the lists of this name in records of all types.
    pub shared_table: Option<&'static str>,
    /// Whether an index leads to records by it, though its kind has none.
    pub indexed: bool,
    /// Whether its text is a name of somebody or something: a search ranks it before other texts.
    pub is_name: bool,
}

impl Field {
    /// A field that may be null (a list: empty).
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            doc,
            required: false,
            default: None,
            read_only: false,
            alias: None,
            role: None,
            credited_as: None,
            shared_table: None,
            indexed: false,
            is_name: false,
        }
    }

    /// The field, which must be given.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The field, with the value it has where none is given.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// The field, which only the program writes.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The field, which lists can also be filtered by under another name.
    #[must_use]
    pub const fn alias(mut self, name: &'static str) -> Self {
        self.alias = Some(name);
        self
    }

    /// The field, by which an index leads to records.
    #[must_use]
    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// The field, whose text is a name of somebody or something.
    #[must_use]
    pub const fn name(mut self) -> Self {
        self.is_name = true;
        self
    }

    /// The field, with what whoever it refers to is called.
    #[must_use]
    pub const fn role(mut self, role: &'static str) -> Self {
        self.role = Some(role);
        self
    }

    /// The field, with the name of the field beside it that has the name used by the source.
    #[must_use]
    pub const fn credited_as(mut self, field: &'static str) -> Self {
        self.credited_as = Some(field);
        self
    }

    /// The field, whose lists share one table in an exported database.
    #[must_use]
    pub const fn in_shared_table(mut self, table: &'static str) -> Self {
        self.shared_table = Some(table);
        self
    }

    /// Whether the field can be null in an answer.
    pub fn nullable(&self) -> bool {
        !self.required
            && self.default.is_none()
            && !self.read_only
            && !matches!(self.kind, Kind::List(_))
    }
}

/// The greatest whole number that is told: what a double holds exactly, as in JavaScript.
pub const GREATEST: i64 = (1 << 53) - 1;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The name of the record's type.
    Type,
    /// A text of some form.
    Text(&'static TextFormat),
    /// A date as precise as its source.
    Date,
    /// A moment of system time.
    Moment,
    /// A whole number within bounds.
    Integer(i64, i64),
    /// A number.
    Number,
    /// One of a few words.
    Enumeration(&'static [Choice]),
    /// Another record of the named type.
    Reference(&'static str),
    /// A record of one of the named types, or a label.
    Agent(&'static [&'static str]),
    /// An object with members of its own.
    Object(&'static ObjectType),
    /// A list of values of one kind.
    List(&'static Kind),
    /// The record's name, computed from what it refers to.
    Label(&'static [LabelPart]),
    /// Whether a date has certainly passed while a state is none of those that end the waiting.
    PastDue {
        /// The field that holds the date.
        date: &'static str,
        /// The field that holds the state.
        state: &'static str,
        /// The states in which nothing is waited for.
        ended: &'static [&'static str],
    },
}

impl Kind {
    /// Whether the value is computed when it is read, never stored.
    pub fn is_computed(self) -> bool {
        matches!(self, Kind::Type | Kind::Label(_) | Kind::PastDue { .. })
    }

    /// What a list of this kind holds; other kinds hold themselves.
    pub fn element(self) -> Kind {
        if let Kind::List(element) = self { *element } else { self }
    }

    /// The record types that a value refers to.
    pub fn targets(&self) -> &[&'static str] {
        match self {
            Kind::Reference(target) => std::slice::from_ref(target),
            Kind::Agent(record_types) => record_types,
            _ => &[],
        }
    }
}

/// A value of an enumeration.
#[derive(Debug)]
pub struct Choice {
    /// The word.
    pub value: &'static str,
    /// What it means.
    pub doc: &'static str,
}

impl Choice {
    /// A value and its meaning.
    pub const fn new(value: &'static str, doc: &'static str) -> Self {
        Self { value, doc }
    }
}

/// A form of text.
#[derive(Debug)]
pub struct TextFormat {
    /// What such a text is called in messages.
    pub name: &'static str,
    /// How many characters it may have.
    pub longest: usize,
    /// Whether it may have several lines.
    pub lines: bool,
    /// The JSON Schema pattern that tells the form.
    pub pattern: Option<&'static str>,
    /// The JSON Schema format.
    pub format: Option<&'static str>,
    /// Whether it is compared in its folded form; else it is lower-case ASCII already.
    pub folded: bool,
    /// Returns the text in its canonical form, or why it does not have the form.
    pub check: fn(&str) -> Result<Cow<'_, str>, WrongForm>,
}

/// Why a text does not have the form that its field requires.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongForm {
    /// The reason, to follow the text.
    pub why: &'static str,
    /// A text that would be right.
    pub hint: Option<String>,
}

impl From<&'static str> for WrongForm {
    fn from(why: &'static str) -> Self {
        Self { why, hint: None }
    }
}

/// A type of objects that stand inside records.
#[derive(Debug)]
pub struct ObjectType {
    /// Its name in the specification.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Its members.
    pub fields: &'static [Field],
    /// What its members must meet together.
    pub rule: Option<Rule>,
}

/// What the members of an object or a record must meet together: notes the faults it finds.
pub type Rule = fn(&[Value], &Pointer<'_>, &mut Faults);
