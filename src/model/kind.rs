//! Fields and kinds of values. Storage, queries, formats and the specification follow from them.

use std::borrow::Cow;

use super::fault::Faults;
use super::label::LabelPart;
use super::pointer::Pointer;
use super::value::Value;

/// A field of a record, or a member of an object.
#[derive(Debug)]
pub struct Field {
    /// The name in JSON, in query strings and in CSV headers.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// The description in the specification.
    pub doc: &'static str,
    /// Whether a value must be given. Such a field is never null.
    pub required: bool,
    /// The value used when none is given. Such a field is never null.
    pub default: Option<&'static str>,
    /// Whether only the server sets the value.
    pub read_only: bool,
    /// Another name for the field in filters.
    pub alias: Option<&'static str>,
    /// The role of the referenced record, if it is neither the value of a field `role` beside this
    /// one nor, without one, the name of this field.
    pub role: Option<&'static str>,
    /// The sibling field that holds the name used by the source.
    pub credited_as: Option<&'static str>,
    /// The table in an exported database that all record types share for this list.
    pub shared_table: Option<&'static str>,
    /// Whether it has an index although its kind does not require one.
    pub indexed: bool,
    /// Whether its text is a name. Search ranks matches in names above matches in other text.
    pub is_name: bool,
}

impl Field {
    /// Creates an optional field. Without a value it is null, or an empty list.
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

    /// Makes the field required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Sets the value used when none is given.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// Makes the field read-only for clients.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Sets another name for the field in filters.
    #[must_use]
    pub const fn alias(mut self, name: &'static str) -> Self {
        self.alias = Some(name);
        self
    }

    /// Adds an index on the field.
    #[must_use]
    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// Marks the text of the field as a name.
    #[must_use]
    pub const fn name(mut self) -> Self {
        self.is_name = true;
        self
    }

    /// Sets the role of the referenced record.
    #[must_use]
    pub const fn role(mut self, role: &'static str) -> Self {
        self.role = Some(role);
        self
    }

    /// Sets the sibling field that holds the name used by the source.
    #[must_use]
    pub const fn credited_as(mut self, field: &'static str) -> Self {
        self.credited_as = Some(field);
        self
    }

    /// Sets the table in an exported database that all record types share for this list.
    #[must_use]
    pub const fn in_shared_table(mut self, table: &'static str) -> Self {
        self.shared_table = Some(table);
        self
    }

    /// Returns whether the field can be null in a response.
    pub fn nullable(&self) -> bool {
        !self.required
            && self.default.is_none()
            && !self.read_only
            && !matches!(self.kind, Kind::List(_))
    }
}

/// The largest integer that a 64-bit float and JavaScript represent exactly.
pub const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// The kind of a field's values.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The name of the record's type.
    Type,
    /// A text in a certain format.
    Text(&'static TextFormat),
    /// A date as precise as its source.
    Date,
    /// A timestamp set by the server.
    Moment,
    /// An integer between two bounds.
    Integer(i64, i64),
    /// A number, stored as a 64-bit float.
    Number,
    /// One of a fixed set of values.
    Enumeration(&'static [Choice]),
    /// A reference to a record of the named type.
    Reference(&'static str),
    /// A record of one of the named types, or a label.
    Agent(&'static [&'static str]),
    /// An object with members.
    Object(&'static ObjectType),
    /// A list of values of one kind.
    List(&'static Kind),
    /// The name of the record, computed from the records that it refers to.
    Label(&'static [LabelPart]),
    /// Whether a date has certainly passed while a state is not final.
    PastDue {
        /// The field with the date.
        date: &'static str,
        /// The field with the state.
        state: &'static str,
        /// The final states.
        ended: &'static [&'static str],
    },
}

impl Kind {
    /// Returns whether the value is computed when it is read, and never stored.
    pub fn is_computed(self) -> bool {
        matches!(self, Kind::Type | Kind::Label(_) | Kind::PastDue { .. })
    }

    /// Returns the kind of a list's entries; for other kinds, the kind itself.
    pub fn element(self) -> Kind {
        if let Kind::List(element) = self { *element } else { self }
    }

    /// Returns the record types that a value can refer to.
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
    /// The value in JSON.
    pub value: &'static str,
    /// The description in the specification.
    pub doc: &'static str,
}

impl Choice {
    /// Creates a value with its description.
    pub const fn new(value: &'static str, doc: &'static str) -> Self {
        Self { value, doc }
    }
}

/// A format of text.
#[derive(Debug)]
pub struct TextFormat {
    /// The name of the format in error messages.
    pub name: &'static str,
    /// The maximum number of characters.
    pub max_length: usize,
    /// Whether line breaks are allowed.
    pub multiline: bool,
    /// The JSON Schema pattern.
    pub pattern: Option<&'static str>,
    /// The JSON Schema format.
    pub format: Option<&'static str>,
    /// Whether texts are compared in folded form. Formats without it allow lowercase ASCII only.
    pub folded: bool,
    /// Returns the text in canonical form, or the reason why it does not match the format.
    pub check: fn(&str) -> Result<Cow<'_, str>, InvalidFormat>,
}

/// The reason why a text does not match the format of its field.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidFormat {
    /// The reason, as a clause that follows the quoted text.
    pub why: &'static str,
    /// A value that would be right.
    pub hint: Option<String>,
}

impl From<&'static str> for InvalidFormat {
    fn from(why: &'static str) -> Self {
        Self { why, hint: None }
    }
}

/// A type of objects inside records.
#[derive(Debug)]
pub struct ObjectType {
    /// The name of the schema in the specification.
    pub name: &'static str,
    /// The description in the specification.
    pub doc: &'static str,
    /// Its members.
    pub fields: &'static [Field],
    /// A rule for its members together.
    pub rule: Option<Rule>,
}

/// A rule for several members of an object or record. Adds the faults that it finds.
pub type Rule = fn(&[Value], &Pointer<'_>, &mut Faults);
