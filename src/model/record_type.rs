//! Record types: their names, fields and relations.

use std::mem::ManuallyDrop;
use std::sync::OnceLock;

use super::kind::{Field, Kind};
use super::label::LabelPart;
use super::record::Record;
use super::text;
use super::value::Value;

/// A record type, declared in a file in `records`.
#[derive(Debug)]
pub struct RecordType {
    /// The value of `type`.
    pub name: &'static str,
    /// The name of the member in a bundle and of the table.
    pub plural: &'static str,
    /// The last segment of the path under `/v1`.
    pub path: &'static str,
    /// The name of the schema in the specification.
    pub schema: &'static str,
    /// The description in the specification.
    pub doc: &'static str,
    /// The parts of a computed name. None if the name is stored.
    pub label: Option<&'static [LabelPart]>,
    /// The fields that only this type has.
    pub fields: &'static [Field],
    /// The fields that link a record to its sources and to other documents.
    pub links: &'static [Field],
    /// Whether its records are agents. An agent has roles in other records, is found by its name in
    /// them, has a list `other_names`, and can be merged into another agent.
    pub is_agent: bool,
    /// The fields that date a record. The first one with a value counts.
    pub main_date: &'static [&'static str],
    /// The records that refer to such a record and can be included with it.
    pub backlinks: &'static [Backlink],
    /// Filters that match if any of several fields matches.
    pub aliases: &'static [Alias],
    /// The first and the last date of a term. The filter `on` finds records whose term may include
    /// a day.
    pub term: Option<(&'static str, &'static str)>,
    /// Pairs of a first and a last date. The last must not be before the first.
    pub intervals: &'static [(&'static str, &'static str)],
    /// The counts of such records in the statistics.
    pub statistics: &'static [Statistic],
    /// The field with the abbreviation by which filters can refer to a record.
    pub short_name: Option<&'static str>,
    /// The fields that say whether and where a record is published.
    pub publication: Option<&'static Publication>,
    /// Lists that should not be empty. An empty one is listed as a gap.
    pub wanted: &'static [&'static str],
    /// Whether two records with almost the same name are probably duplicates.
    pub has_unique_names: bool,
    /// Whether a recording belongs to one record only.
    pub own_recordings: bool,
    /// Fields with a reference to the same type that must not form a cycle.
    pub chains: &'static [&'static str],
    /// Computes stored values before a write, from the new record and the previous version.
    pub derive: Option<fn(&mut Record, Option<&Record>)>,
    /// All fields in the order of responses, cached at first use. Declarations are never dropped,
    /// and without `ManuallyDrop` they could not be completed in constants.
    pub all: ManuallyDrop<OnceLock<Vec<&'static Field>>>,
}

/// A count of records by a value.
#[derive(Debug)]
pub struct Statistic {
    /// The name of the member, such as `by_status`.
    pub name: &'static str,
    /// The counted values.
    pub of: Counted,
}

/// The values that a statistic counts.
#[derive(Debug)]
pub enum Counted {
    /// The values of a field or of a member of an object, such as `home_state.region`.
    Field(&'static str),
    /// The years of the main date.
    Year,
    /// The types of the agents in a field: a record type, or `label`.
    AgentType(&'static str),
}

/// The fields that say whether and where a record is published.
#[derive(Debug)]
pub struct Publication {
    /// The field with the state of publication.
    pub state: &'static str,
    /// The state of a record that is announced but not published yet.
    pub announced: &'static str,
    /// The fields with its addresses. A gap names the first one.
    pub urls: &'static [&'static str],
}

/// A filter that matches if any of several fields matches.
#[derive(Debug)]
pub struct Alias {
    /// The name of the filter.
    pub name: &'static str,
    /// The fields.
    pub fields: &'static [&'static str],
    /// The types of the agents that match. Empty means all.
    pub agents: &'static [&'static str],
}

/// Records that refer to a record and can be included with it.
#[derive(Debug)]
pub struct Backlink {
    /// The name of the member with the records.
    pub name: &'static str,
    /// The records.
    pub from: Referrers,
    /// The description in the specification.
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

static TYPE: Field = Field::new("type", Kind::Type, "The record type.").read_only();
static ID: Field = Field::new(
    "id",
    Kind::Text(&text::SLUG),
    "The id: unique within the type, never changed and never reused. Without one, a new \
    record gets an id from its name.",
)
.required();
static NAME: Field =
    Field::new("name", Kind::Text(&text::SHORT), "The name of the record.").required().name();
static NOTE: Field = Field::new("note", Kind::Text(&text::LONG), "A note by the record keeper.");
static REVISION: Field = Field::new(
    "revision",
    Kind::Integer(1, i64::MAX),
    "The revision that last changed this record.",
)
.read_only();
static CREATED_AT: Field =
    Field::new("created_at", Kind::Moment, "The time at which the record was first written (UTC).")
        .read_only();
static UPDATED_AT: Field =
    Field::new("updated_at", Kind::Moment, "The time at which the record was last written (UTC).")
        .read_only();

impl RecordType {
    /// Returns an empty declaration, which others complete.
    pub const fn empty() -> Self {
        Self {
            name: "",
            plural: "",
            path: "",
            schema: "",
            doc: "",
            label: None,
            fields: &[],
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
            has_unique_names: false,
            own_recordings: false,
            chains: &[],
            derive: None,
            all: ManuallyDrop::new(OnceLock::new()),
        }
    }

    /// Returns all fields in the order of responses.
    pub fn all(&'static self) -> &'static [&'static Field] {
        self.all.get_or_init(|| {
            let name = match self.label {
                None => &NAME,
                Some(parts) => &*Box::leak(Box::new(
                    Field::new(
                        "name",
                        Kind::Label(parts),
                        "The name of the record, computed from the records that it refers to.",
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

    /// Returns the field with this name.
    pub fn field(&'static self, name: &str) -> Option<&'static Field> {
        self.all().iter().find(|field| field.name == name).copied()
    }

    /// Returns the writable fields without the id, in the order of [`Record::values`].
    pub fn written(&'static self) -> impl Iterator<Item = &'static Field> {
        self.all().iter().copied().filter(|field| !field.read_only && field.name != "id")
    }
}

/// All record types, in the order of a bundle.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue(pub &'static [&'static RecordType]);

impl Catalogue {
    /// Iterates over the types in the order of a bundle.
    pub fn iter(self) -> impl Iterator<Item = &'static RecordType> {
        self.0.iter().copied()
    }

    /// Returns the type with this name.
    pub fn get(self, name: &str) -> Option<&'static RecordType> {
        self.iter().find(|record_type| record_type.name == name)
    }

    /// Returns the type with this member of a bundle.
    pub fn by_plural(self, plural: &str) -> Option<&'static RecordType> {
        self.iter().find(|record_type| record_type.plural == plural)
    }
}

impl Record {
    /// Returns the value of a writable field; null if the type has no such field.
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
