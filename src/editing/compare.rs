//! The records that an import changes, in their versions before and after it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::load::versions;
use super::{Bundle, EditError, ImportedRecord, import};
use crate::model::Catalogue;
use crate::store::{At, Operation, Transaction};

/// A record that an import changes.
#[derive(Clone, Debug)]
pub struct ComparedRecord {
    /// The change.
    pub done: ImportedRecord,
    /// The record before; null for a new one.
    pub before: Json,
    /// The record after.
    pub after: Json,
}

/// Imports a bundle, and returns the changed records with their versions before and after it.
pub fn import_compared(
    transaction: &mut Transaction<'_>,
    catalogue: Catalogue,
    bundle: &Bundle,
) -> Result<Vec<ComparedRecord>, EditError> {
    let mut changes = Vec::new();
    import(transaction, catalogue, bundle, &mut |done| {
        changes.extend(done.operation.is_some().then_some(done));
    })?;
    let mut ids: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for done in &changes {
        ids.entry(done.record_type.name).or_default().push(done.id.clone());
    }
    let past = At::Revision(transaction.revision - 1);
    let mut read = BTreeMap::new();
    for record_type in catalogue.iter() {
        let Some(ids) = ids.get(record_type.name) else { continue };
        let before = versions(transaction, record_type, ids, past)?;
        read.insert(
            record_type.name,
            (before, versions(transaction, record_type, ids, At::Present)?),
        );
    }
    let compared = changes.into_iter().map(|done| {
        let mut before = Json::Null;
        let mut after = Json::Null;
        if let Some((earlier, later)) = read.get_mut(done.record_type.name) {
            after = later.remove(&done.id).map_or(Json::Null, Json::Object);
            let earlier = earlier.remove(&done.id).map_or(Json::Null, Json::Object);
            if done.operation != Some(Operation::Create) {
                before = earlier;
            }
        }
        ComparedRecord { done, before, after }
    });
    Ok(compared.collect())
}
