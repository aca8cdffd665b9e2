//! Computes the index rows of a version.

use super::tables::{TypeIndex, choice_number, enumerations, has_digest};
use crate::digest::sha256;
use crate::model::{Agent, Kind, Record, RecordType, Value, text};
use crate::store::document::{Keys, Metadata};
use crate::store::links::{Reference, references};
use crate::store::sql_value::SqlValue;

/// The index rows of one version of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexRows {
    /// The values of the row of the record, starting with the id.
    pub own: Vec<SqlValue>,
    /// The values of the rows in each of the [`TypeIndex::entry_tables`].
    pub entries: Vec<Vec<Vec<SqlValue>>>,
}

/// The first columns of a row: the key of the record, and the revisions from which and before which
/// the row is valid.
#[derive(Clone, Copy, Debug)]
pub struct RowHead {
    /// The key of the record.
    pub key: i64,
    /// The first revision.
    pub from: i64,
    /// The revision after the last.
    pub until: i64,
}

impl RowHead {
    /// Returns the row of a record with these further values.
    pub fn row(self, values: impl IntoIterator<Item = SqlValue>) -> Vec<SqlValue> {
        [self.key, self.from, self.until].map(SqlValue::from).into_iter().chain(values).collect()
    }

    /// Returns the row of an entry at a position of a record.
    pub fn entry(self, position: i64, values: impl IntoIterator<Item = SqlValue>) -> Vec<SqlValue> {
        let head = [self.key, self.from, position, self.until].map(SqlValue::from);
        head.into_iter().chain(values).collect()
    }
}

/// Returns the index rows of a version. `label` is the computed name of the record, if it has one.
pub fn rows_of(
    index: &TypeIndex,
    record: &Record,
    metadata: &Metadata,
    label: Option<&str>,
    keys: &Keys,
) -> IndexRows {
    let record_type = index.record_type;
    let mut own = Vec::with_capacity(index.columns.len() + 1);
    own.push(SqlValue::from(record.id.as_str()));
    if record_type.label.is_some() {
        own.push(SqlValue::Text(label.map(str::to_owned)));
        own.push(SqlValue::Text(label.map(text::fold)));
    }
    // The columns of the record in the tables of its lists.
    let mut of_record =
        vec![SqlValue::Text(main_date_of(record_type, record)), SqlValue::from(record.id.as_str())];
    of_record.extend(enumerations(record_type).map(|(field, choices)| {
        let value = record.value(record_type, field.name).as_text();
        SqlValue::Integer(value.map(|value| choice_number(choices, value)))
    }));
    let mut tables = Vec::with_capacity(index.lists.len() + 1);
    for (field, value) in record_type.written().zip(&record.values) {
        match (field.kind, value) {
            (Kind::List(element), Value::List(entries)) => tables.push(
                entries
                    .iter()
                    .map(|entry| {
                        let mut values = of_record.clone();
                        push_values(*element, entry, keys, &mut values);
                        values
                    })
                    .collect(),
            ),
            (Kind::List(_), _) => tables.push(Vec::new()),
            (kind, value) => push_values(kind, value, keys, &mut own),
        }
    }
    own.extend([
        SqlValue::from(metadata.revision),
        SqlValue::from(metadata.created_at.as_str()),
        SqlValue::from(metadata.updated_at.as_str()),
    ]);
    let link = |(field, target, id): Reference| {
        vec![SqlValue::from(field), SqlValue::Integer(keys.get(&(target, id)).copied())]
    };
    tables.push(references(record_type, record).into_iter().map(link).collect());
    IndexRows { own, entries: tables }
}

/// Returns the main date of a record.
pub fn main_date_of(record_type: &'static RecordType, record: &Record) -> Option<String> {
    record_type.main_date.iter().find_map(|field| match record.value(record_type, field) {
        Value::Integer(year) => Some(year.to_string()),
        value => value.as_text().map(str::to_owned),
    })
}

/// Returns the digest that equality compares instead of a long text.
pub fn digest_of(text: &str) -> String {
    sha256(text)[..16].to_owned()
}

/// Adds the values of the columns of a value, in the order of [`super::tables::columns_of`].
fn push_values(kind: Kind, value: &Value, keys: &Keys, values: &mut Vec<SqlValue>) {
    let text_of = |value: &Value| value.as_text().map(str::to_owned);
    let key = |target: &'static str, id: &str| {
        SqlValue::Integer(keys.get(&(target, id.to_owned())).copied())
    };
    match (kind, value) {
        (Kind::Text(format), value) if format.folded => {
            let exact =
                if has_digest(kind) { value.as_text().map(digest_of) } else { text_of(value) };
            values.push(SqlValue::Text(exact));
            values.push(SqlValue::Text(value.as_text().map(text::fold)));
        }
        (Kind::Integer(..), Value::Integer(number)) => {
            values.push(SqlValue::Integer(Some(*number)))
        }
        (Kind::Integer(..), _) => values.push(SqlValue::Integer(None)),
        (Kind::Number, Value::Number(number)) => values.push(SqlValue::Number(Some(*number))),
        (Kind::Number, _) => values.push(SqlValue::Number(None)),
        (Kind::Moment, Value::Moment(moment)) => values.push(SqlValue::from(moment.to_string())),
        (Kind::Reference(target), Value::Text(id)) => values.push(key(target, id)),
        (Kind::Reference(_), _) => values.push(SqlValue::Integer(None)),
        (Kind::Agent(_), Value::Agent(agent)) => values.extend(match agent {
            Agent::Record { record_type, id } => {
                [key(record_type, id), SqlValue::Text(None), SqlValue::Text(None)]
            }
            Agent::Label(name) => [
                SqlValue::Integer(None),
                SqlValue::from(name.as_str()),
                SqlValue::from(text::fold(name)),
            ],
        }),
        (Kind::Agent(_), _) => {
            values.extend([SqlValue::Integer(None), SqlValue::Text(None), SqlValue::Text(None)])
        }
        (Kind::Object(object), Value::Object(members)) => {
            for (member, value) in object.fields.iter().zip(members) {
                push_values(member.kind, value, keys, values);
            }
        }
        (Kind::Object(object), _) => {
            for member in object.fields {
                push_values(member.kind, &Value::Null, keys, values);
            }
        }
        (Kind::List(_), Value::List(entries)) => {
            let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
            values.push(SqlValue::Integer((count > 0).then_some(count)));
        }
        (Kind::List(_), _) => values.push(SqlValue::Integer(None)),
        (Kind::Type | Kind::Label(_) | Kind::PastDue { .. }, _) => {}
        (_, value) => values.push(SqlValue::Text(text_of(value))),
    }
}
