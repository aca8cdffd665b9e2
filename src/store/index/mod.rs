//! The index tables for filters, sorts and facets, the names of records, and the links between
//! them. All are derived from the versions, and rebuilt from them when the declarations change.

mod rebuild;
mod rows;
mod tables;

use std::collections::BTreeSet;

pub use rebuild::{check, rebuild, rebuild_holes, rebuild_records};
pub use rows::{IndexRows, RowHead, digest_of, main_date_of, rows_of};
pub use tables::{
    Column, Data, Indexes, LIVE, ListTable, TypeIndex, choice_number, columns_of,
    enumeration_column, enumerations, exact_column, has_digest, is_past, join, key_column,
    main_date, named_fields, past_due, plain,
};

use super::connection::AnyConnection;
use super::document::{Keys, Names};
use super::error::{StoreError, StoreResult};
use super::statement::Statement;
use crate::model::{Agent, Kind, LabelPart, Record, RecordType, Value};

impl TypeIndex {
    /// Returns the tables of entries, those of lists and the links, with the column of the record's
    /// key.
    pub fn entry_tables(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let lists = self.lists.iter().map(|list| (list.table.as_str(), "record_key"));
        lists.chain(std::iter::once(("links", "from_key")))
    }

    /// Returns the columns of a table with rows of records of this type.
    pub fn columns_of(&self, table: &str) -> Option<Vec<&str>> {
        fn names(columns: &[Column]) -> impl Iterator<Item = &str> {
            columns.iter().map(|column| column.name.as_str())
        }
        Some(match table {
            "records" => vec!["key", "record_type", "id"],
            "versions" => {
                vec!["record_key", "revision", "superseded_at", "holes", "document", "key"]
            }
            "names" => vec!["record_key", "valid_from", "superseded_at", "name"],
            "links" => {
                vec!["from_key", "valid_from", "position", "superseded_at", "field", "to_key"]
            }
            _ if table == self.table() => {
                let head = ["record_key", "valid_from", "superseded_at", "id"];
                head.into_iter().chain(names(&self.columns)).collect()
            }
            _ => {
                let list = self.lists.iter().find(|list| list.table == table)?;
                let head =
                    ["record_key", "valid_from", "position", "superseded_at", "main_date", "id"];
                head.into_iter().chain(names(&list.of_record)).chain(names(&list.columns)).collect()
            }
        })
    }
}

/// Returns the error for a table that is not declared.
pub fn unknown_table(table: &str) -> StoreError {
    StoreError::Internal(format!("the table {table} is not declared"))
}

impl ListTable {
    /// Returns whether entries of a record may have the same value in a column. Lists of plain
    /// values have no duplicates.
    pub fn repeats(&self) -> bool {
        matches!(self.element, Kind::Object(_))
    }
}

/// Returns the keys of records of this type among the given ones.
pub fn of_type(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<Vec<i64>> {
    let mut select = Statement::new(r#"SELECT "key" FROM "records" WHERE "record_type" = "#);
    select.bind(record_type.name).push(r#" AND "key" IN "#).append(connection.keys(keys));
    select.rows(connection)?.iter().map(|row| row.required_integer(0)).collect()
}

/// Returns the name of a record: its computed name, or else its `name`.
pub fn name_of(record_type: &'static RecordType, record: &Record, label: Option<String>) -> String {
    label.unwrap_or_else(|| {
        record.value(record_type, "name").as_text().unwrap_or_default().to_owned()
    })
}

/// Returns the key of the record that a field refers to, or the label of an agent without a record.
fn target<'r>(
    record_type: &'static RecordType,
    record: &'r Record,
    field: &str,
    keys: &Keys,
) -> Result<Option<i64>, &'r str> {
    let kind = record_type.field(field).map(|field| field.kind);
    let key = |target: &'static str, id: &String| keys.get(&(target, id.clone())).copied();
    Ok(match record.value(record_type, field) {
        Value::Text(id) => {
            kind.and_then(|kind| kind.targets().first().copied()).and_then(|target| key(target, id))
        }
        Value::Agent(Agent::Record { record_type, id }) => key(record_type, id),
        Value::Agent(Agent::Label(name)) => return Err(name),
        _ => None,
    })
}

/// Returns the keys of the records whose names are part of a record's computed name.
pub fn label_keys(record_type: &'static RecordType, record: &Record, keys: &Keys) -> Vec<i64> {
    let fields = named_fields(record_type.label.unwrap_or_default());
    fields.filter_map(|field| target(record_type, record, field, keys).ok().flatten()).collect()
}

/// Returns the computed name of a record.
pub fn label(
    record_type: &'static RecordType,
    parts: &[LabelPart],
    record: &Record,
    keys: &Keys,
    names: &Names,
) -> String {
    let mut label = String::new();
    for part in parts {
        match part {
            LabelPart::Text(text) => label.push_str(text),
            LabelPart::With(text, field) => match record.value(record_type, field) {
                Value::Integer(number) => label.push_str(&format!("{text}{number}")),
                value => label.extend(value.as_text().map(|value| format!("{text}{value}"))),
            },
            LabelPart::NameOf(field) => {
                label.push_str(match target(record_type, record, field, keys) {
                    Ok(key) => key.and_then(|key| names.get(&key)).map_or("", String::as_str),
                    Err(name) => name,
                })
            }
        }
    }
    label
}

/// Returns the keys of live records of a type whose computed names contain the name of one of
/// these.
pub fn labeled_by(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    renamed: &[i64],
) -> StoreResult<Vec<i64>> {
    let mut found: BTreeSet<i64> = BTreeSet::new();
    for field in named_fields(record_type.label.unwrap_or_default()) {
        let mut select = Statement::new(format!(
            r#"SELECT l."from_key" FROM "links" l JOIN "records" r ON r."key" = l."from_key"
                WHERE l."superseded_at" = {LIVE} AND l."field" = '{field}'
                AND r."record_type" = "#
        ));
        select.bind(record_type.name).push(r#" AND l."to_key" IN "#);
        select.append(connection.keys(renamed));
        for row in select.rows(connection)? {
            found.insert(row.required_integer(0)?);
        }
    }
    Ok(found.into_iter().collect())
}
