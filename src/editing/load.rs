//! Loads stored records within a transaction.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::EditError;
use crate::formats::json;
use crate::model::RecordType;
use crate::store::records::read;
use crate::store::{At, Transaction, Version};

/// A stored record with its JSON.
pub(super) struct Existing {
    pub(super) version: Version,
    pub(super) json: Json,
}

/// Returns the record with this id.
pub(super) fn load(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Option<Existing>, EditError> {
    let found = transaction.load_document(record_type, id)?;
    found
        .map(|(version, document)| Ok(Existing { version, json: json::to_value(&document.json)? }))
        .transpose()
}

/// Returns the records with these ids, as they are or were.
pub(super) fn versions(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    ids: &[String],
    as_of: At,
) -> Result<BTreeMap<String, Map<String, Json>>, EditError> {
    let keys = transaction.keys_of(record_type, ids)?;
    transaction.flush()?;
    let today = transaction.today();
    let mut found = BTreeMap::new();
    for document in read(transaction.connection, record_type, &keys, as_of, &today)? {
        if let Json::Object(members) = json::to_value(&document.json)? {
            let id = members.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
            found.insert(id, members);
        }
    }
    Ok(found)
}
