//! A bundle of records at once: all or nothing, one revision, references in any order.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::EditError;
use super::bundle::Bundle;
use super::circles::Circles;
use super::load::{Existing, load_many};
use super::references;
use super::write::check_read_only;
use crate::model::{Catalogue, Pointer, Record, RecordType, changed, parse_readable};
use crate::store::{Operation, Standing, Transaction};

/// Records that are looked up together.
const BATCH: usize = 256;

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
    let mut faults = bundle.faults(catalogue);
    let mut imported = Imported::default();
    let mut found = references::Found::new();
    let mut here: HashSet<(&'static str, String)> = HashSet::new();
    let mut circles = Circles::default();
    for record_type in catalogue.iter() {
        let mut records = bundle.records(record_type).enumerate().peekable();
        let root = Pointer::Root;
        let list = root.member(record_type.plural);
        let mut seen = HashSet::new();
        while records.peek().is_some() {
            let mut parsed: Vec<(usize, Json, Record)> = Vec::with_capacity(BATCH);
            for (index, json) in records.by_ref().take(BATCH) {
                let at = list.entry(index);
                let before = faults.len();
                let Some(record) = parse_readable(record_type, &json, &at, &mut faults) else { continue };
                here.insert((record_type.name, record.id.clone()));
                references::collect(record_type, &record, &at, &mut found);
                if faults.len() == before {
                    parsed.push((index, json, record));
                }
            }
            let ids: Vec<String> = parsed.iter().map(|(_, _, record)| record.id.clone()).collect();
            let standings = transaction.standings(record_type, &ids)?;
            let live: Vec<String> = ids.iter().filter(|id| matches!(standings.get(*id), Some(Standing::Live(_)))).cloned().collect();
            let mut existing: HashMap<String, Existing> = HashMap::new();
            if !live.is_empty() {
                existing
                    .extend(load_many(transaction, record_type, &live)?.into_iter().map(|existing| (existing.record.id.clone(), existing)));
            }
            for (index, json, record) in parsed {
                let at = list.entry(index);
                if !seen.insert(record.id.clone()) {
                    faults.at(
                        &at.member("id"),
                        "repeated",
                        format!("the bundle has another {} with the id {}", record_type.name, record.id),
                        None,
                    );
                    continue;
                }
                let gone = match standings.get(&record.id) {
                    Some(Standing::Deleted(revision)) => {
                        Some((format!("was deleted by revision {revision}"), "restore it first".to_owned()))
                    }
                    Some(Standing::Merged(into)) => Some((format!("was merged into {into}"), format!("write {into} instead"))),
                    _ => None,
                };
                if let Some((why, hint)) = gone {
                    faults.at(&at.member("id"), "gone", format!("the {} {} {why}", record_type.name, record.id), Some(hint));
                    continue;
                }
                let before = existing.remove(&record.id);
                if let Some(before) = &before {
                    check_read_only(record_type, &json, &before.json, &at, &mut faults);
                }
                if faults.is_empty() {
                    let done = write_one(transaction, record_type, record, before, &at, &mut circles)?;
                    match done.operation {
                        Some(Operation::Create) => imported.created += 1,
                        Some(_) => imported.updated += 1,
                        None => imported.unchanged += 1,
                    }
                    tell(done);
                }
            }
        }
    }
    // What the bundle holds is there, or its own faults are told.
    found.retain(|(target, id), _| !here.contains(&(*target, id.clone())));
    references::check(transaction, found, &mut faults)?;
    circles.check(transaction, &mut faults)?;
    imported.revision = transaction.has_changed().then_some(transaction.revision);
    if faults.is_empty() { Ok(imported) } else { Err(EditError::Invalid(faults.into_list())) }
}

/// Writes a record of the bundle, where it is not as the bundle has it.
fn write_one(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    mut record: Record,
    before: Option<Existing>,
    at: &Pointer<'_>,
    circles: &mut Circles,
) -> Result<Done, EditError> {
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
        transaction.write(record_type, &record, operation, before.as_ref().and_then(Existing::created_at))?;
        circles.note(record_type, &record, at);
    }
    Ok(Done { record_type, id: record.id, operation, changed })
}
