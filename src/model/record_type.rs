//! A type of records: its names, its fields and how it stands to others.

use std::sync::OnceLock;

use super::kind::{Field, Kind};
use super::label::LabelPart;
use super::record::Record;
use super::text;
use super::value::Value;

/// A type of records, as its file under `records` declares it.
#[derive(Debug)]
pub struct RecordType {
    /// The value of `type`.
    pub name: &'static str,
    /// The member of a bundle and the table that hold such records.
    pub plural: &'static str,
    /// The last part of the path under `/v1`.
    pub path: &'static str,
    /// The name of the schema in the specification.
    pub schema: &'static str,
    /// What one is, for readers of the specification.
    pub doc: &'static str,
    /// What a record is called: a stored field, or computed parts.
    pub label: Option<&'static [LabelPart]>,
    /// Its own fields, besides those that all records have.
    pub fields: &'static [Field],
    /// The fields that link a record to its sources and to other documents.
    pub links: &'static [Field],
    /// Whether such a record is an agent: it has roles in other records, is found by its name in
    /// them, and can be merged into another one.
    pub is_agent: bool,
    /// The fields that date a record, the first known one first.
    pub main_date: &'static [&'static str],
    /// What refers to such a record and can be included with it.
    pub backlinks: &'static [Backlink],
    /// Aliases of filters that are not one field's: a name and the fields any of which may match.
    pub aliases: &'static [(&'static str, &'static [&'static str])],
    /// A filter `on` that asks whether the term between two dates may include a day.
    pub term: Option<(&'static str, &'static str)>,
    /// Pairs of dates, the second of which must not be before the first.
    pub intervals: &'static [(&'static str, &'static str)],
    /// What the statistics count of such records.
    pub statistics: &'static [Statistic],
    /// The field with an abbreviation, by which filters can name such a record.
    pub short_name: Option<&'static str>,
    /// The fields that say whether a record is published, and where.
    pub publication: Option<&'static Publication>,
    /// Lists that a record should have something in.
    pub wanted: &'static [&'static str],
    /// Whether two records with almost the same name are likely to be one.
    pub named_once: bool,
    /// Whether a recording shows one such record alone.
    pub own_recordings: bool,
    /// Fields that refer to a record of the same type and must form no circle.
    pub chains: &'static [&'static str],
    /// Fills what the program derives when a record is written, from the record and the one before.
    pub derive: Option<fn(&mut Record, Option<&Record>)>,
    /// All fields in the order of an answer, put together at first use.
    pub all: OnceLock<Vec<&'static Field>>,
}

/// A count of records by a value.
#[derive(Debug)]
pub struct Statistic {
    /// The member that holds it: `by_status`.
    pub name: &'static str,
    /// What is counted.
    pub of: Counted,
}

/// What a statistic counts.
#[derive(Debug)]
pub enum Counted {
    /// The values of a field, or of a member of an object: `home_state.region`.
    Field(&'static str),
    /// The year of the main date.
    Year,
    /// The type of an agent: a record type, or `label`.
    AgentType(&'static str),
}

/// The fields that say whether a record is published, and where.
#[derive(Debug)]
pub struct Publication {
    /// The field with the state of publication.
    pub state: &'static str,
    /// The state of a record that is announced but not published yet.
    pub announced: &'static str,
    /// The fields with addresses at which it can be read; the first is the one to fill in.
    pub urls: &'static [&'static str],
}

/// Records that refer to a record, and can be included with it.
#[derive(Debug)]
pub struct Backlink {
    /// The name of the member that contains them.
    pub name: &'static str,
    /// The records.
    pub from: Referrers,
    /// A description for readers of the specification.
    pub doc: &'static str,
}

/// The records of a backlink.
#[derive(Clone, Copy, Debug)]
pub enum Referrers {
    /// Records of one type, by the field that refers to the record.
    Field(&'static str, &'static str),
    /// Records of all types in which an agent has a role.
    Roles,
    /// Records of all types that refer to a document.
    Citations,
}

static TYPE: Field = Field::new("type", Kind::Type, "The record's type.").read_only();
static ID: Field = Field::new(
    "id",
    Kind::Text(&text::SLUG),
    "The record's id: unique per type, never changed, never used again. Made from the name where \
    a new record is posted without one.",
)
.required();
static NAME: Field =
    Field::new("name", Kind::Text(&text::SHORT), "What a person would call it.").required().name();
static NOTE: Field = Field::new("note", Kind::Text(&text::LONG), "A remark of the record keeper.");
static REVISION: Field = Field::new(
    "revision",
    Kind::Integer(1, i64::MAX),
    "The revision that last changed this record.",
)
.read_only();
static CREATED_AT: Field =
    Field::new("created_at", Kind::Moment, "When the record was first written (system time, UTC).")
        .read_only();
static UPDATED_AT: Field =
    Field::new("updated_at", Kind::Moment, "When the record was last written (system time, UTC).")
        .read_only();

impl RecordType {
    /// A type with a stored name and nothing but fields.
    pub const fn new(
        name: &'static str,
        plural: &'static str,
        path: &'static str,
        schema: &'static str,
        doc: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self {
            name,
            plural,
            path,
            schema,
            doc,
            label: None,
            fields,
            links: &[],
            is_agent: false,
            main_date: &[],
            backlinks: &[],
            aliases: &[],
            term: None,
            intervals: &[],
            statistics: &[],
            short_name: None,
            publication: None,
            wanted: &[],
            named_once: false,
            own_recordings: false,
            chains: &[],
            derive: None,
            all: OnceLock::new(),
        }
    }

    /// The type, with a name computed from these parts.
    #[must_use]
    pub const fn with_label(mut self, parts: &'static [LabelPart]) -> Self {
        self.label = Some(parts);
        self
    }

    /// The type, with the fields that link a record to documents.
    #[must_use]
    pub const fn with_links(mut self, fields: &'static [Field]) -> Self {
        self.links = fields;
        self
    }

    /// The type, whose records are agents.
    #[must_use]
    pub const fn as_agent(mut self) -> Self {
        self.is_agent = true;
        self
    }

    /// The type, with the fields that date a record, the first known one first.
    #[must_use]
    pub const fn with_main_date(mut self, fields: &'static [&'static str]) -> Self {
        self.main_date = fields;
        self
    }

    /// The type, with what can be included because it refers to such a record.
    #[must_use]
    pub const fn with_backlinks(mut self, backlinks: &'static [Backlink]) -> Self {
        self.backlinks = backlinks;
        self
    }

    /// The type, with filters that ask several fields at once.
    #[must_use]
    pub const fn with_aliases(
        mut self,
        aliases: &'static [(&'static str, &'static [&'static str])],
    ) -> Self {
        self.aliases = aliases;
        self
    }

    /// The type, with a term between two dates that the filter `on` asks for.
    #[must_use]
    pub const fn with_term(mut self, start: &'static str, end: &'static str) -> Self {
        self.term = Some((start, end));
        self
    }

    /// The type, with pairs of dates that are the start and the end of an interval.
    #[must_use]
    pub const fn with_intervals(
        mut self,
        intervals: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.intervals = intervals;
        self
    }

    /// The type, with what the statistics count of it.
    #[must_use]
    pub const fn with_statistics(mut self, statistics: &'static [Statistic]) -> Self {
        self.statistics = statistics;
        self
    }

    /// The type, with the field of an abbreviation by which filters can name a record.
    #[must_use]
    pub const fn with_short_name(mut self, field: &'static str) -> Self {
        self.short_name = Some(field);
        self
    }

    /// The type, with the fields that say whether a record is published, and where.
    #[must_use]
    pub const fn with_publication(mut self, publication: &'static Publication) -> Self {
        self.publication = Some(publication);
        self
    }

    /// The type, with lists that a record should have something in.
    #[must_use]
    pub const fn with_wanted(mut self, fields: &'static [&'static str]) -> Self {
        self.wanted = fields;
        self
    }

    /// The type, whose records have names of their own: two that are almost the same are likely to
    /// be one record.
    #[must_use]
    pub const fn with_own_names(mut self) -> Self {
        self.named_once = true;
        self
    }

    /// The type, whose records are events: a recording shows one of them.
    #[must_use]
    pub const fn with_own_recordings(mut self) -> Self {
        self.own_recordings = true;
        self
    }

    /// The type, with references to its own kind that may form no circle.
    #[must_use]
    pub const fn with_chains(mut self, fields: &'static [&'static str]) -> Self {
        self.chains = fields;
        self
    }

    /// The type, with a derivation of what the program fills in.
    #[must_use]
    pub const fn with_derive(mut self, derive: fn(&mut Record, Option<&Record>)) -> Self {
        self.derive = Some(derive);
        self
    }

    /// All fields, in the order of an answer: what names the record, its own, its sources, what the
    /// program keeps.
    pub fn all(&'static self) -> &'static [&'static Field] {
        self.all.get_or_init(|| {
            let name = match self.label {
                None => &NAME,
                Some(parts) => &*Box::leak(Box::new(
                    Field::new(
                        "name",
                        Kind::Label(parts),
                        "What a person would call it, computed from what it refers to.",
                    )
                    .read_only(),
                )),
            };
            let mut all = vec![&TYPE, &ID, name];
            all.extend(self.fields);
            all.extend(self.links);
            all.extend([&NOTE, &REVISION, &CREATED_AT, &UPDATED_AT]);
            all
        })
    }

    /// Returns whether records cite such records as sources.
    pub fn is_source(&self) -> bool {
        self.links.iter().any(|field| match field.kind.element() {
            Kind::Object(link) => {
                link.fields.iter().any(|member| member.kind.targets().contains(&self.name))
            }
            _ => false,
        })
    }

    /// The field of this name.
    pub fn field(&'static self, name: &str) -> Option<&'static Field> {
        self.all().iter().find(|field| field.name == name).copied()
    }

    /// The fields that a record keeper writes, in the order in which a [`Record`] holds their
    /// values (the id apart).
    pub fn written(&'static self) -> impl Iterator<Item = &'static Field> {
        self.all().iter().copied().filter(|field| !field.read_only && field.name != "id")
    }
}

/// The record types that a program keeps, in the order of a bundle.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue(pub &'static [&'static RecordType]);

impl Catalogue {
    /// The types, in the order of a bundle.
    pub fn iter(self) -> impl Iterator<Item = &'static RecordType> {
        self.0.iter().copied()
    }

    /// The type that records call by this name.
    pub fn get(self, name: &str) -> Option<&'static RecordType> {
        self.iter().find(|record_type| record_type.name == name)
    }

    /// The type whose records stand under this member of a bundle.
    pub fn by_plural(self, plural: &str) -> Option<&'static RecordType> {
        self.iter().find(|record_type| record_type.plural == plural)
    }
}

impl Record {
    /// The value of a written field.
    pub fn value(&self, record_type: &'static RecordType, name: &str) -> &Value {
        record_type
            .written()
            .zip(&self.values)
            .find(|(field, _)| field.name == name)
            .map_or(&Value::Null, |(_, value)| value)
    }

    /// Sets the value of a written field.
    pub fn set(&mut self, record_type: &'static RecordType, name: &str, value: Value) {
        if let Some(index) = record_type.written().position(|field| field.name == name) {
            self.values[index] = value;
        }
    }
}
