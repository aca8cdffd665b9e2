//! The rows of a record in the index tables.

use super::tables::{TypeIndex, exact_column};
use crate::digest::sha256;
use crate::model::{Agent, Kind, Record, RecordType, Value, text};
use crate::store::document::Keys;
use crate::store::statement::Cell;

/// What the index holds of one version of a record: a row of its own table, and the rows of each
/// list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexRows {
    /// The cells of its own row, from the id on.
    pub own: Vec<Cell>,
    /// The cells of each list's rows, from the main date on.
    pub lists: Vec<Vec<Vec<Cell>>>,
}

/// The values of a version that are not part of the record.
#[derive(Clone, Copy, Debug)]
pub struct VersionInfo<'v> {
    /// The revision that made it.
    pub revision: i64,
    /// When the record was created.
    pub created_at: &'v str,
    /// When this version was written.
    pub updated_at: &'v str,
    /// The computed name of the record, where it has one.
    pub label: Option<&'v str>,
}

/// The rows of a version.
pub fn rows_of(
    index: &TypeIndex,
    record: &Record,
    version: &VersionInfo<'_>,
    keys: &Keys,
) -> IndexRows {
    let record_type = index.record_type;
    let mut own = Vec::with_capacity(index.columns.len() + 1);
    own.push(Cell::from(record.id.as_str()));
    if record_type.label.is_some() {
        own.push(Cell::Text(version.label.map(str::to_owned)));
        own.push(Cell::Text(version.label.map(text::fold)));
    }
    let main_date = Cell::Text(main_date_of(record_type, record));
    let mut lists = Vec::with_capacity(index.lists.len());
    for (field, value) in record_type.written().zip(&record.values) {
        match (field.kind, value) {
            (Kind::List(element), Value::List(entries)) => lists.push(
                entries
                    .iter()
                    .map(|entry| {
                        let mut cells = vec![main_date.clone(), Cell::from(record.id.as_str())];
                        cells_of(*element, entry, keys, &mut cells);
                        cells
                    })
                    .collect(),
            ),
            (Kind::List(_), _) => lists.push(Vec::new()),
            (kind, value) => cells_of(kind, value, keys, &mut own),
        }
    }
    own.extend([
        Cell::from(version.revision),
        Cell::from(version.created_at),
        Cell::from(version.updated_at),
    ]);
    IndexRows { own, lists }
}

/// The main date of a record.
pub fn main_date_of(record_type: &'static RecordType, record: &Record) -> Option<String> {
    record_type.main_date.iter().find_map(|field| match record.value(record_type, field) {
        Value::Integer(year) => Some(year.to_string()),
        value => value.as_text().map(str::to_owned),
    })
}

/// The text that equality compares in the place of a long one.
pub fn digest_of(text: &str) -> String {
    sha256(text)[..16].to_owned()
}

/// Adds the cells of a value, in the order of [`super::tables::columns_of`].
fn cells_of(kind: Kind, value: &Value, keys: &Keys, cells: &mut Vec<Cell>) {
    let text_of = |value: &Value| value.as_text().map(str::to_owned);
    let key =
        |target: &'static str, id: &str| Cell::Integer(keys.get(&(target, id.to_owned())).copied());
    match (kind, value) {
        (Kind::Text(format), value) if format.folded => {
            let is_digest = exact_column(kind, "x") != "x";
            let exact = if is_digest { value.as_text().map(digest_of) } else { text_of(value) };
            cells.push(Cell::Text(exact));
            cells.push(Cell::Text(value.as_text().map(text::fold)));
        }
        (Kind::Integer(..), Value::Integer(number)) => cells.push(Cell::Integer(Some(*number))),
        (Kind::Integer(..), _) => cells.push(Cell::Integer(None)),
        (Kind::Number, Value::Number(number)) => cells.push(Cell::Number(Some(*number))),
        (Kind::Number, _) => cells.push(Cell::Number(None)),
        (Kind::Moment, Value::Moment(moment)) => cells.push(Cell::from(moment.to_string())),
        (Kind::Reference(target), Value::Text(id)) => cells.push(key(target, id)),
        (Kind::Reference(_), _) => cells.push(Cell::Integer(None)),
        (Kind::Agent, Value::Agent(agent)) => cells.extend(match agent {
            Agent::Person(id) => [key("person", id), Cell::Text(None), Cell::Text(None)],
            Agent::Organization(id) => {
                [key("organization", id), Cell::Text(None), Cell::Text(None)]
            }
            Agent::Label(name) => {
                [Cell::Integer(None), Cell::from(name.as_str()), Cell::from(text::fold(name))]
            }
        }),
        (Kind::Agent, _) => cells.extend([Cell::Integer(None), Cell::Text(None), Cell::Text(None)]),
        (Kind::Object(object), Value::Object(members)) => {
            for (member, value) in object.fields.iter().zip(members) {
                cells_of(member.kind, value, keys, cells);
            }
        }
        (Kind::Object(object), _) => {
            for member in object.fields {
                cells_of(member.kind, &Value::Null, keys, cells);
            }
        }
        (Kind::List(_), Value::List(entries)) => {
            let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
            cells.push(Cell::Integer((count > 0).then_some(count)));
        }
        (Kind::List(_), _) => cells.push(Cell::Integer(None)),
        (Kind::Type | Kind::Label(_) | Kind::PastDue { .. }, _) => {}
        (_, value) => cells.push(Cell::Text(text_of(value))),
    }
}
