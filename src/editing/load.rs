//! A record as it is stored, within a transaction.

use serde_json::Value as Json;

use super::EditError;
use crate::formats::json;
use crate::model::{Record, RecordType};
use crate::store::records::read;
use crate::store::{At, Transaction, Version};

/// A record as it is stored: its JSON, and its version.
pub(super) struct Existing {
    pub(super) json: Json,
    pub(super) version: Version,
}

impl Existing {
    /// Its values.
    pub(super) fn record(&self) -> &Record {
        &self.version.record
    }

    /// The revision that last changed it.
    pub(super) fn revision(&self) -> i64 {
        self.version.revision
    }
}

/// The record with this id, where there is one.
pub(super) fn load(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Option<Existing>, EditError> {
    let Some(version) = transaction.load(record_type, &[id.to_owned()])?.pop() else { return Ok(None) };
    let json = told(transaction, record_type, version.key)?;
    Ok(Some(Existing { json, version }))
}

/// The JSON of a record that is stored.
pub(super) fn told(transaction: &mut Transaction<'_>, record_type: &'static RecordType, key: i64) -> Result<Json, EditError> {
    transaction.flush()?;
    let today = transaction.today();
    let document = read(transaction.connection, record_type, &[key], At::Present, &today)?.pop().ok_or(EditError::NotFound)?;
    Ok(json::to_value(&document)?)
}
