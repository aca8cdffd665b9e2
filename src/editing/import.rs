//! A bundle of records at once: all or nothing, one revision, references in any order.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, sync_channel};

use serde::{Deserialize, Serialize};

use super::EditError;
use super::ahead::{Batch, Parsed, WAITING, parse_all};
use super::bundle::Bundle;
use super::circles::Circles;
use super::load::{Existing, load_many};
use super::references;
use super::write::check_read_only;
use crate::model::{Catalogue, Faults, Pointer, RecordType, changed};
use crate::store::{Operation, Seal, Standing, StoreError, Transaction};

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
}

/// Writes the records of a bundle, and tells of each what was done. Pointers in faults go into the bundle.
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
        let referred = parser.join().map_err(|_| StoreError::Internal("a bundle could not be parsed to its end".to_owned()))?;
        let (mut imported, circles) = written?;
        references::check(transaction, referred, &mut faults)?;
        circles.check(transaction, &mut faults)?;
        imported.revision = transaction.has_changed().then_some(transaction.revision);
        if faults.is_empty() { Ok(imported) } else { Err(EditError::Invalid(faults.into_list())) }
    })
}

/// Writes batches as they come, until there is something wrong with one; after that, looks only for more faults.
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
        let standings = transaction.standings(record_type, &ids)?;
        let live: Vec<String> = ids.iter().filter(|id| matches!(standings.get(*id), Some(Standing::Live(_)))).cloned().collect();
        let mut existing: HashMap<String, Existing> = HashMap::new();
        if !live.is_empty() {
            existing.extend(load_many(transaction, record_type, &live)?.into_iter().map(|existing| (existing.record.id.clone(), existing)));
        }
        for parsed in records {
            let record = &parsed.record;
            let at = list.entry(parsed.index);
            if !seen.insert((record_type.name, record.id.clone())) {
                faults.at(
                    &at.member("id"),
                    "repeated",
                    format!("the bundle has another {} with the id {}", record_type.name, record.id),
                    None,
                );
                continue;
            }
            let gone = match standings.get(&record.id) {
                Some(Standing::Deleted(revision)) => Some((format!("was deleted by revision {revision}"), "restore it first".to_owned())),
                Some(Standing::Merged(into)) => Some((format!("was merged into {into}"), format!("write {into} instead"))),
                _ => None,
            };
            if let Some((why, hint)) = gone {
                faults.at(&at.member("id"), "gone", format!("the {} {} {why}", record_type.name, record.id), Some(hint));
                continue;
            }
            let before = existing.remove(&record.id);
            if let Some(before) = &before {
                check_read_only(record_type, &parsed.json, &before.json, &at, faults);
            }
            if faults.is_empty() {
                let done = write_one(transaction, record_type, parsed, before, &at, &mut circles)?;
                match done.operation {
                    Some(Operation::Create) => imported.created += 1,
                    Some(_) => imported.updated += 1,
                    None => imported.unchanged += 1,
                }
                tell(done);
            }
        }
    }
    Ok((imported, circles))
}

/// Writes a record of the bundle, where it is not as the bundle has it.
fn write_one(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    parsed: Parsed,
    before: Option<Existing>,
    at: &Pointer<'_>,
    circles: &mut Circles,
) -> Result<Done, EditError> {
    let Parsed { mut record, seal, .. } = parsed;
    if let Some(derive) = record_type.derive {
        derive(&mut record, before.as_ref().map(|before| &before.record));
    }
    let changed = changed(record_type, before.as_ref().map(|before| &before.record), Some(&record));
    let operation = match &before {
        Some(_) if changed.is_empty() => None,
        Some(_) => Some(Operation::Update),
        None => Some(Operation::Create),
    };
    if let Some(operation) = operation {
        let seal = seal.unwrap_or_else(|| Seal::new(record_type, &record));
        transaction.write_sealed(record_type, &record, seal, operation, before.as_ref().and_then(Existing::created_at))?;
        circles.note(record_type, &record, at);
    }
    Ok(Done { record_type, id: record.id, operation, changed })
}
