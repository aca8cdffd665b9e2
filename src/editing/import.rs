//! A bundle of records at once: all or nothing, one revision, references in any order.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::EditError;
use super::load::{Existing, load_many};
use super::references;
use super::write::check_read_only;
use crate::model::{Catalogue, Faults, Pointer, Record, RecordType, changed, nearest, parse_readable};
use crate::store::{Operation, Standing, Transaction};

/// Records that are looked up together.
const BATCH: usize = 256;

/// What an import did.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Imported {
    /// The revision that it made; None where nothing was to be written.
    pub revision: Option<i64>,
    /// Records that were entered.
    pub created: usize,
    /// Records that were changed.
    pub updated: usize,
    /// Records that were as the bundle has them.
    pub unchanged: usize,
    /// What was done to each record: `{"type","id","operation","changed"}`.
    pub changes: Vec<Json>,
}

/// What is wrong with the shape of a bundle.
pub fn bundle_faults(catalogue: Catalogue, bundle: &Json) -> Faults {
    let mut faults = Faults::default();
    let Json::Object(members) = bundle else {
        faults.at(&Pointer::Root, "wrong-type", "a bundle is an object of lists of records", Some("{\"meetings\": […], …}".to_owned()));
        return faults;
    };
    for (name, records) in members {
        if catalogue.by_plural(name).is_none() {
            let hint = nearest(name, catalogue.iter().map(|record_type| record_type.plural)).map(str::to_owned);
            faults.at(&Pointer::Root.member(name), "unknown-field", format!("a bundle has no member {name:?}"), hint);
        } else if !records.is_array() {
            faults.at(&Pointer::Root.member(name), "wrong-type", "is not a list of records", None);
        }
    }
    faults
}

/// Writes the records of a bundle. Pointers in faults go into the bundle.
pub fn import(transaction: &mut Transaction<'_>, catalogue: Catalogue, bundle: &Json) -> Result<Imported, EditError> {
    let mut faults = bundle_faults(catalogue, bundle);
    let mut imported = Imported::default();
    let mut found = references::Found::new();
    let mut here: HashSet<(&'static str, String)> = HashSet::new();
    let mut circular = Vec::new();
    for record_type in catalogue.iter() {
        let Some(records) = bundle.get(record_type.plural).and_then(Json::as_array) else { continue };
        let root = Pointer::Root;
        let list = root.member(record_type.plural);
        let mut seen = HashSet::new();
        for (batch, chunk) in records.chunks(BATCH).enumerate() {
            let mut parsed: Vec<(usize, Record)> = Vec::with_capacity(chunk.len());
            for (offset, json) in chunk.iter().enumerate() {
                let index = batch * BATCH + offset;
                let at = list.entry(index);
                let before = faults.len();
                let Some(record) = parse_readable(record_type, json, &at, &mut faults) else { continue };
                here.insert((record_type.name, record.id.clone()));
                references::collect(record_type, &record, &at, &mut found);
                if faults.len() == before {
                    parsed.push((index, record));
                }
            }
            let ids: Vec<String> = parsed.iter().map(|(_, record)| record.id.clone()).collect();
            let standings = transaction.standings(record_type, &ids)?;
            let live: Vec<String> = ids.iter().filter(|id| matches!(standings.get(*id), Some(Standing::Live(_)))).cloned().collect();
            let mut existing: HashMap<String, Existing> = HashMap::new();
            if !live.is_empty() {
                existing
                    .extend(load_many(transaction, record_type, &live)?.into_iter().map(|existing| (existing.record.id.clone(), existing)));
            }
            for (index, record) in parsed {
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
                if let Some(Standing::Deleted(revision)) = standings.get(&record.id) {
                    faults.at(
                        &at.member("id"),
                        "gone",
                        format!("the {} {} was deleted by revision {revision}", record_type.name, record.id),
                        Some("restore it first".to_owned()),
                    );
                    continue;
                }
                let before = existing.remove(&record.id);
                if let Some(before) = &before {
                    check_read_only(record_type, &records[index], &before.json, &at, &mut faults);
                }
                if faults.is_empty()
                    && let Some(record) = write_one(transaction, record_type, record, before, &mut imported)?
                    && !record_type.chains.is_empty()
                {
                    circular.push((record_type, index, record));
                }
            }
        }
    }
    // What the bundle holds is there, or its own faults are told.
    found.retain(|(target, id), _| !here.contains(&(*target, id.clone())));
    references::check(transaction, found, &mut faults)?;
    for (record_type, index, record) in circular {
        let root = Pointer::Root;
        let list = root.member(record_type.plural);
        references::check_circles(transaction, record_type, &record, &list.entry(index), &mut faults)?;
    }
    imported.revision = transaction.has_changed().then_some(transaction.revision);
    if faults.is_empty() { Ok(imported) } else { Err(EditError::Invalid(faults.into_list())) }
}

/// Writes a record of the bundle; gives it back where anything of it was written.
fn write_one(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    mut record: Record,
    before: Option<Existing>,
    imported: &mut Imported,
) -> Result<Option<Record>, EditError> {
    if let Some(derive) = record_type.derive {
        derive(&mut record, before.as_ref().map(|before| &before.record));
    }
    let changed = changed(record_type, before.as_ref().map(|before| &before.record), Some(&record));
    let (operation, created_at) = match &before {
        Some(_) if changed.is_empty() => {
            imported.unchanged += 1;
            return Ok(None);
        }
        Some(before) => (Operation::Update, before.created_at()),
        None => (Operation::Create, None),
    };
    transaction.write(record_type, &record, operation, created_at)?;
    match operation {
        Operation::Create => imported.created += 1,
        _ => imported.updated += 1,
    }
    imported.changes.push(json!({ "type": record_type.name, "id": record.id, "operation": operation.as_str(), "changed": changed }));
    Ok(Some(record))
}
