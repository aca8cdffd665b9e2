//! The records of a bundle, parsed and sealed on a thread of their own while those before them are
//! written.

use std::collections::HashSet;
use std::sync::mpsc::SyncSender;

use super::bundle::Bundle;
use super::references::{self, Found};
use crate::model::{Catalogue, Faults, Pointer, Record, RecordType, parse_readable};
use crate::store::Seal;

/// Records that are looked up together.
const BATCH: usize = 256;

/// Batches that may wait to be written.
pub(super) const WAITING: usize = 4;

/// Some records of one type.
pub(super) struct Batch {
    pub(super) record_type: &'static RecordType,
    /// Those that are as they should be.
    pub(super) records: Vec<Parsed>,
    /// What is wrong with the others.
    pub(super) faults: Faults,
}

/// A record that is as it should be.
pub(super) struct Parsed {
    /// Its place in the list.
    pub(super) index: usize,
    pub(super) record: Record,
    /// None where what is written depends on what was there before.
    pub(super) seal: Option<Seal>,
}

/// Parses all records of a bundle, in its order. Gives what they refer to outside of it; nothing of
/// use where nobody takes them.
pub(super) fn parse_all(
    catalogue: Catalogue,
    bundle: &Bundle,
    batches: &SyncSender<Batch>,
) -> Found {
    let mut found = Found::new();
    let mut here: HashSet<(&'static str, String)> = HashSet::new();
    for record_type in catalogue.iter() {
        let list = Pointer::Root.member(record_type.plural);
        let mut records = bundle.records(record_type).enumerate().peekable();
        while records.peek().is_some() {
            let mut batch = Batch {
                record_type,
                records: Vec::with_capacity(BATCH),
                faults: Faults::default(),
            };
            for (index, json) in records.by_ref().take(BATCH) {
                let at = list.entry(index);
                let before = batch.faults.len();
                let json = match json {
                    Ok(json) => json,
                    Err(error) => {
                        let message = format!("is not a JSON value that can be read: {error}");
                        batch.faults.at(&at, "wrong-type", message, None);
                        continue;
                    }
                };
                let Some(record) = parse_readable(record_type, &json, &at, &mut batch.faults)
                else {
                    continue;
                };
                here.insert((record_type.name, record.id.clone()));
                references::collect(record_type, &record, &at, &mut found);
                if batch.faults.len() == before {
                    let seal =
                        record_type.derive.is_none().then(|| Seal::new(record_type, &record));
                    batch.records.push(Parsed { index, record, seal });
                }
            }
            if batches.send(batch).is_err() {
                return found;
            }
        }
    }
    // What the bundle holds is there, or its own faults are told.
    found.retain(|(target, id), _| !here.contains(&(*target, id.clone())));
    found
}
