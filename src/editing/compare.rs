//! The records that an import changes, in their versions before and after it.

use serde_json::{Map, Value as Json};

use super::load::versions;
use super::{Bundle, EditError, ImportedRecord, import};
use crate::model::Catalogue;
use crate::store::{At, Operation, StoreResult, Transaction};

/// The number of records that are read together.
const BATCH: usize = 256;

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
    let mut compared = Vec::with_capacity(changes.len());
    compare(transaction, &changes, |done, before, after| {
        let json = |record: Option<Map<String, Json>>| record.map_or(Json::Null, Json::Object);
        compared.push(ComparedRecord {
            done: done.clone(),
            before: json(before),
            after: json(after),
        });
        Ok(())
    })?;
    Ok(compared)
}

/// Passes each change of an import to `each`, with the record before and after it. Consecutive
/// changes of one type are read together.
pub(super) fn compare(
    transaction: &mut Transaction<'_>,
    changes: &[ImportedRecord],
    mut each: impl FnMut(
        &ImportedRecord,
        Option<Map<String, Json>>,
        Option<Map<String, Json>>,
    ) -> StoreResult<()>,
) -> Result<(), EditError> {
    let past = At::Revision(transaction.revision - 1);
    let same_type = |one: &ImportedRecord, other: &ImportedRecord| {
        std::ptr::eq(one.record_type, other.record_type)
    };
    for changes in changes.chunk_by(same_type).flat_map(|changes| changes.chunks(BATCH)) {
        let record_type = changes[0].record_type;
        let ids: Vec<String> = changes.iter().map(|done| done.id.clone()).collect();
        let mut before = versions(transaction, record_type, &ids, past)?;
        let mut after = versions(transaction, record_type, &ids, At::Present)?;
        for done in changes {
            let before = before.remove(&done.id);
            let before = before.filter(|_| done.operation != Some(Operation::Create));
            each(done, before, after.remove(&done.id))?;
        }
    }
    Ok(())
}
