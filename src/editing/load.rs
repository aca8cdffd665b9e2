//! A record as it stands within a transaction.

use serde_json::Value as Json;

use super::EditError;
use crate::formats::json;
use crate::model::{Faults, Pointer, Record, RecordType, parse_record};
use crate::store::layout::Lists;
use crate::store::{StoreError, Transaction};

/// A record as it stands: its JSON, and its values as they would be written.
pub(super) struct Existing {
    pub(super) json: Json,
    pub(super) record: Record,
}

impl Existing {
    /// The revision that last changed it.
    pub(super) fn revision(&self) -> i64 {
        self.json["revision"].as_i64().unwrap_or_default()
    }

    /// When it was first written.
    pub(super) fn created_at(&self) -> Option<&str> {
        self.json["created_at"].as_str()
    }
}

/// The records with these ids that there are.
pub(super) fn load_many(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    ids: &[String],
) -> Result<Vec<Existing>, EditError> {
    let layout = transaction.layouts.of(record_type);
    let records = transaction.load(layout, ids, Lists::ALL)?;
    records
        .iter()
        .map(|row| {
            let json = json::to_value(row);
            // What was read can be written back: so it is read as what is written.
            let mut faults = Faults::default();
            match parse_record(record_type, &json, &Pointer::Root, &mut faults) {
                Some(record) => Ok(Existing { json, record }),
                None => Err(EditError::Store(StoreError::Internal(format!(
                    "the stored {} {} does not meet the rules: {:?}",
                    record_type.name,
                    row.id(),
                    faults.into_list()
                )))),
            }
        })
        .collect()
}

/// The record with this id, where there is one.
pub(super) fn load(transaction: &mut Transaction<'_>, record_type: &'static RecordType, id: &str) -> Result<Option<Existing>, EditError> {
    Ok(load_many(transaction, record_type, &[id.to_owned()])?.pop())
}

/// The JSON of a record that was just written: what is computed of it, and names, are read; what is known to be empty is not.
pub(super) fn told(transaction: &mut Transaction<'_>, record_type: &'static RecordType, record: &Record) -> Result<Json, EditError> {
    let layout = transaction.layouts.of(record_type);
    let records = transaction.load(layout, std::slice::from_ref(&record.id), Lists::of(layout, record))?;
    records.iter().next().map(json::to_value).ok_or(EditError::NotFound)
}
