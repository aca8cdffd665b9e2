//! Imports a bundle as one revision: all records or none, with references in any order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::{Receiver, sync_channel};

use serde::{Deserialize, Serialize};

use super::EditError;
use super::bundle::Bundle;
use super::cycles::CycleCheck;
use super::import_pipeline::{Batch, MAX_WAITING_BATCHES, Parsed, parse_all};
use super::references;
use super::write::settle_references;
use crate::model::{Catalogue, Faults, Pointer, Record, RecordType, changed};
use crate::store::records::versions_of;
use crate::store::{Derived, Merged, Operation, RecordStatus, StoreError, Transaction, Version};

/// The number of edited records whose versions are read with one statement.
const EDITED_BATCH: usize = 16;

/// The result of an import.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct ImportSummary {
    /// The new revision. None if nothing changed.
    pub revision: Option<i64>,
    /// The number of new records.
    pub created: usize,
    /// The number of changed records.
    pub updated: usize,
    /// The number of unchanged records.
    pub unchanged: usize,
}

/// The result for one record of a bundle.
#[derive(Clone, Debug)]
pub struct ImportedRecord {
    /// The type of the record.
    pub record_type: &'static RecordType,
    /// The id of the record.
    pub id: String,
    /// The change. None if the record is unchanged.
    pub operation: Option<Operation>,
    /// Pointers to the changed values.
    pub changed: Vec<String>,
    /// The latest revision that the import undoes, if the values that it changes are those of an
    /// earlier version.
    pub reverts: Option<i64>,
    /// The revision of the version that the record replaces.
    pub replaces: Option<i64>,
}

/// A record of a bundle, compared with the stored one.
struct Planned {
    /// The index in the list.
    index: usize,
    record: Record,
    derived: Option<Derived>,
    before: Option<Version>,
    changed: Vec<String>,
    reverts: Option<i64>,
    /// Faults of source links whose entries were not found.
    faults: Faults,
}

/// Imports a bundle, and calls `on_record` with the result for each record. Pointers in faults
/// refer to the bundle.
pub fn import(
    transaction: &mut Transaction<'_>,
    catalogue: Catalogue,
    bundle: &Bundle,
    on_record: &mut dyn FnMut(ImportedRecord),
) -> Result<ImportSummary, EditError> {
    let literals = bundle.literal_faults();
    if !literals.is_empty() {
        return Err(EditError::Invalid(literals.into_list()));
    }
    let mut faults = bundle.faults(catalogue);
    let (sender, batches) = sync_channel(MAX_WAITING_BATCHES);
    std::thread::scope(|scope| {
        let indexes = transaction.indexes;
        let parser = scope.spawn(move || parse_all(catalogue, indexes, bundle, &sender));
        let written = write_all(transaction, batches, &mut faults, on_record);
        let referred = parser
            .join()
            .map_err(|_| StoreError::Internal("the parser of the bundle panicked".to_owned()))?;
        let (mut summary, cycles) = written?;
        references::check(transaction, referred, &mut faults)?;
        cycles.check(transaction, &mut faults)?;
        summary.revision = transaction.has_changed().then_some(transaction.revision);
        if faults.is_empty() { Ok(summary) } else { Err(EditError::Invalid(faults.into_list())) }
    })
}

/// Writes batches until the first fault, then only collects further faults.
fn write_all(
    transaction: &mut Transaction<'_>,
    batches: Receiver<Batch>,
    faults: &mut Faults,
    on_record: &mut dyn FnMut(ImportedRecord),
) -> Result<(ImportSummary, CycleCheck), EditError> {
    let mut summary = ImportSummary::default();
    let mut cycles = CycleCheck::default();
    let mut seen: HashSet<(&'static str, String)> = HashSet::new();
    for Batch { record_type, records, faults: wrong } in batches {
        faults.append(wrong);
        let list = Pointer::Root.member(record_type.plural);
        let ids = records.iter().map(|parsed| (record_type.name, parsed.record.id.clone()));
        let record_statuses = transaction.record_statuses(&ids.collect::<Vec<_>>())?;
        let live: Vec<String> = record_statuses
            .iter()
            .filter(|(_, status)| matches!(status, RecordStatus::Live(_)))
            .map(|((_, id), _)| id.clone())
            .collect();
        let mut existing: HashMap<String, Version> = HashMap::new();
        if !live.is_empty() {
            existing.extend(
                transaction
                    .load(record_type, &live)?
                    .into_iter()
                    .map(|version| (version.record.id.clone(), version)),
            );
        }
        let mut targets =
            references::targets(record_type, records.iter().map(|parsed| &parsed.record));
        let merged = references::merged(transaction, &targets)?;
        let mut planned = Vec::with_capacity(records.len());
        for parsed in records {
            let record = &parsed.record;
            let at = list.entry(parsed.index);
            if !seen.insert((record_type.name, record.id.clone())) {
                faults.at(
                    &at.member("id"),
                    "repeated",
                    format!(
                        "the bundle has another {} with the id {}",
                        record_type.name, record.id
                    ),
                    None,
                );
                continue;
            }
            let gone = match record_statuses.get(&(record_type.name, record.id.clone())) {
                Some(RecordStatus::Deleted(revision)) => Some((
                    format!("was deleted by revision {revision}"),
                    "restore it first".to_owned(),
                )),
                Some(RecordStatus::Merged(into)) => {
                    Some((format!("was merged into {into}"), into.clone()))
                }
                _ => None,
            };
            if let Some((why, hint)) = gone {
                faults.at(
                    &at.member("id"),
                    "gone",
                    format!("the {} {} {why}", record_type.name, record.id),
                    Some(hint),
                );
                continue;
            }
            let before = existing.remove(&record.id);
            planned.push(plan(record_type, parsed, before, &merged, &at));
        }
        find_reverts(transaction, record_type, &mut planned)?;
        planned.iter_mut().for_each(|planned| faults.append(std::mem::take(&mut planned.faults)));
        if !faults.is_empty() {
            continue;
        }
        // One statement for the keys of the batch.
        let ids = planned.iter().map(|planned| (record_type.name, planned.record.id.clone()));
        targets.extend(ids);
        transaction.intern(targets.iter().map(|(target, id)| (*target, id.as_str())))?;
        for planned in planned {
            let at = list.entry(planned.index);
            let done = write_one(transaction, record_type, planned, &at, &mut cycles)?;
            match done.operation {
                Some(Operation::Create) => summary.created += 1,
                Some(_) => summary.updated += 1,
                None => summary.unchanged += 1,
            }
            on_record(done);
        }
    }
    Ok((summary, cycles))
}

/// Compares a record of the bundle with the stored one.
fn plan(
    record_type: &'static RecordType,
    parsed: Parsed,
    before: Option<Version>,
    merged: &Merged,
    at: &Pointer<'_>,
) -> Planned {
    let Parsed { index, mut record, derived } = parsed;
    let stored = before.as_ref().map(|before| &before.record);
    let mut faults = Faults::default();
    let is_changed = settle_references(record_type, stored, &mut record, merged, at, &mut faults);
    if let Some(derive) = record_type.derive {
        derive(&mut record, stored);
    }
    let changed = changed(record_type, stored, Some(&record));
    Planned {
        index,
        record,
        derived: derived.filter(|_| !is_changed),
        before,
        changed,
        reverts: None,
        faults,
    }
}

/// Finds the records of the bundle that undo later changes: the values that they change are those
/// of an earlier version. Source links are not moved if the whole record is that version.
fn find_reverts(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    planned: &mut [Planned],
) -> Result<(), EditError> {
    let mut edited: BTreeMap<i64, &mut Planned> = planned
        .iter_mut()
        .filter(|planned| !planned.changed.is_empty())
        .filter_map(|planned| Some((planned.before.as_ref()?.key, planned)))
        .collect();
    let keys: Vec<i64> = edited.keys().copied().collect();
    for keys in keys.chunks(EDITED_BATCH) {
        let mut versions = versions_of(transaction.connection, record_type, keys)?;
        let targets =
            references::targets(record_type, versions.iter().map(|version| &version.record));
        let merged = references::merged(transaction, &targets)?;
        for Version { record, .. } in &mut versions {
            references::follow_merged(record_type, record, &merged)
                .remove_duplicates(record_type, record);
        }
        for versions in versions.chunk_by(|one, next| one.key == next.key) {
            let Some(planned) = versions.first().and_then(|one| edited.get_mut(&one.key)) else {
                continue;
            };
            let differences = |one: &Version, other: &Record| {
                changed(record_type, Some(&one.record), Some(other))
            };
            let concern = |differences: Vec<String>| {
                differences.iter().any(|one| planned.changed.iter().any(|at| overlap(one, at)))
            };
            let earlier = versions.split_last().map_or(versions, |(_, earlier)| earlier);
            if earlier.iter().all(|version| concern(differences(version, &planned.record))) {
                continue;
            }
            // The latest change to these values is undone.
            let undone = versions
                .windows(2)
                .rev()
                .find(|pair| concern(differences(&pair[0], &pair[1].record)))
                .map(|pair| pair[1].metadata.revision);
            let is_whole =
                earlier.iter().any(|version| differences(version, &planned.record).is_empty());
            planned.reverts = undone;
            if is_whole {
                planned.faults = Faults::default();
            }
        }
    }
    Ok(())
}

/// Returns whether one of two pointers leads to the value of the other or into it.
fn overlap(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Writes a record of the bundle unless it is unchanged.
fn write_one(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    planned: Planned,
    at: &Pointer<'_>,
    cycles: &mut CycleCheck,
) -> Result<ImportedRecord, EditError> {
    let Planned { record, derived, before, changed, reverts, .. } = planned;
    let operation = match &before {
        Some(_) if changed.is_empty() => None,
        Some(_) => Some(Operation::Update),
        None => Some(Operation::Create),
    };
    if let Some(operation) = operation {
        let derived =
            derived.unwrap_or_else(|| Derived::new(transaction.indexes, record_type, &record));
        let before = before.as_ref();
        transaction.write_derived(record_type, &record, derived, operation, before, None)?;
        cycles.note(record_type, &record, at);
    }
    let replaces = before.map(|before| before.metadata.revision);
    Ok(ImportedRecord { record_type, id: record.id, operation, changed, reverts, replaces })
}
