//! A bundle of records at once: all or nothing, one revision, references in any order.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, sync_channel};

use serde::{Deserialize, Serialize};

use super::EditError;
use super::ahead::{Batch, Parsed, WAITING, parse_all};
use super::bundle::Bundle;
use super::circles::Circles;
use super::references;
use super::write::follow;
use crate::model::{Catalogue, Faults, Pointer, Record, RecordType, changed};
use crate::store::records::versions_of;
use crate::store::{LIVE, Merged, Operation, RecordStatus, Seal, StoreError, Transaction, Version};

/// What an import did.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Imported {
    /// The revision that it made; None where nothing was to be written.
    pub revision: Option<i64>,
    /// Records that were entered.
    pub created: usize,
    /// Records that were changed.
    pub updated: usize,
    /// Records that were as the bundle has them.
    pub unchanged: usize,
}

/// What was done to a record of a bundle.
#[derive(Clone, Debug)]
pub struct Done {
    /// The record's type.
    pub record_type: &'static RecordType,
    /// Its id.
    pub id: String,
    /// What was done; None where it was as the bundle has it.
    pub operation: Option<Operation>,
    /// The pointers of what differs.
    pub changed: Vec<String>,
    /// The latest revision that is undone by it, where the bundle has an earlier version of the
    /// record.
    pub reverts: Option<i64>,
}

/// What is to be done to a record of a bundle.
struct Planned {
    /// Its place in the list.
    index: usize,
    record: Record,
    seal: Option<Seal>,
    before: Option<Version>,
    changed: Vec<String>,
    reverts: Option<i64>,
    /// Sources whose entries were not found.
    faults: Faults,
}

/// Writes the records of a bundle, and tells of each what was done. Pointers in faults go into the
/// bundle.
pub fn import(
    transaction: &mut Transaction<'_>,
    catalogue: Catalogue,
    bundle: &Bundle,
    tell: &mut dyn FnMut(Done),
) -> Result<Imported, EditError> {
    let literals = bundle.literal_faults();
    if !literals.is_empty() {
        return Err(EditError::Invalid(literals.into_list()));
    }
    let mut faults = bundle.faults(catalogue);
    let (sender, batches) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let parser = scope.spawn(move || parse_all(catalogue, bundle, &sender));
        let written = write_all(transaction, batches, &mut faults, tell);
        let referred = parser.join().map_err(|_| {
            StoreError::Internal("a bundle could not be parsed to its end".to_owned())
        })?;
        let (mut imported, circles) = written?;
        references::check(transaction, referred, &mut faults)?;
        circles.check(transaction, &mut faults)?;
        imported.revision = transaction.has_changed().then_some(transaction.revision);
        if faults.is_empty() { Ok(imported) } else { Err(EditError::Invalid(faults.into_list())) }
    })
}

/// Writes batches as they come, until there is something wrong with one; after that, looks only for
/// more faults.
fn write_all(
    transaction: &mut Transaction<'_>,
    batches: Receiver<Batch>,
    faults: &mut Faults,
    tell: &mut dyn FnMut(Done),
) -> Result<(Imported, Circles), EditError> {
    let mut imported = Imported::default();
    let mut circles = Circles::default();
    let mut seen: HashSet<(&'static str, String)> = HashSet::new();
    for Batch { record_type, records, faults: wrong } in batches {
        faults.append(wrong);
        let list = Pointer::Root.member(record_type.plural);
        let ids: Vec<String> = records.iter().map(|parsed| parsed.record.id.clone()).collect();
        let record_statuses = transaction.record_statuses(record_type, &ids)?;
        let live: Vec<String> = ids
            .iter()
            .filter(|id| matches!(record_statuses.get(*id), Some(RecordStatus::Live(_))))
            .cloned()
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
        let merged = references::merged(
            transaction,
            records.iter().map(|parsed| (record_type, &parsed.record)),
        )?;
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
            let gone = match record_statuses.get(&record.id) {
                Some(RecordStatus::Deleted(revision)) => Some((
                    format!("was deleted by revision {revision}"),
                    "restore it first".to_owned(),
                )),
                Some(RecordStatus::Merged(into)) => {
                    Some((format!("was merged into {into}"), format!("write {into} instead")))
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
        for planned in planned {
            let at = list.entry(planned.index);
            let done = write_one(transaction, record_type, planned, &at, &mut circles)?;
            match done.operation {
                Some(Operation::Create) => imported.created += 1,
                Some(_) => imported.updated += 1,
                None => imported.unchanged += 1,
            }
            tell(done);
        }
    }
    Ok((imported, circles))
}

/// Finds out what a record of the bundle changes.
fn plan(
    record_type: &'static RecordType,
    parsed: Parsed,
    before: Option<Version>,
    merged: &Merged,
    at: &Pointer<'_>,
) -> Planned {
    let Parsed { index, mut record, seal } = parsed;
    let stored = before.as_ref().map(|before| &before.record);
    let mut faults = Faults::default();
    let is_changed = follow(record_type, stored, &mut record, merged, at, &mut faults);
    if let Some(derive) = record_type.derive {
        derive(&mut record, stored);
    }
    let changed = changed(record_type, stored, Some(&record));
    Planned {
        index,
        record,
        seal: seal.filter(|_| !is_changed),
        before,
        changed,
        reverts: None,
        faults,
    }
}

/// Finds the records that the bundle takes back to an earlier version. Such a version has its own
/// sources, which are right.
fn find_reverts(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    planned: &mut [Planned],
) -> Result<(), EditError> {
    for planned in planned.iter_mut().filter(|planned| !planned.changed.is_empty()) {
        let Some(before) = &planned.before else { continue };
        let mut versions = versions_of(transaction.connection, record_type, before.key)?;
        versions.retain(|version| version.superseded_at != LIVE);
        let merged = references::merged(
            transaction,
            versions.iter().map(|version| (record_type, &version.record)),
        )?;
        for mut version in versions {
            let record = &mut version.record;
            references::follow_merged(record_type, record, &merged)
                .remove_duplicates(record_type, record);
            if changed(record_type, Some(record), Some(&planned.record)).is_empty() {
                planned.reverts = planned.before.as_ref().map(|before| before.revision);
                planned.faults = Faults::default();
            }
        }
    }
    Ok(())
}

/// Writes a record of the bundle, where it is not as the bundle has it.
fn write_one(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    planned: Planned,
    at: &Pointer<'_>,
    circles: &mut Circles,
) -> Result<Done, EditError> {
    let Planned { record, seal, before, changed, reverts, .. } = planned;
    let operation = match &before {
        Some(_) if changed.is_empty() => None,
        Some(_) => Some(Operation::Update),
        None => Some(Operation::Create),
    };
    if let Some(operation) = operation {
        let seal = seal.unwrap_or_else(|| Seal::new(record_type, &record));
        transaction.write_sealed(record_type, &record, seal, operation, before.as_ref(), None)?;
        circles.note(record_type, &record, at);
    }
    Ok(Done { record_type, id: record.id, operation, changed, reverts })
}
