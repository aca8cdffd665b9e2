//! Parses the records of a bundle, and computes their seals and search entries, on another thread
//! while earlier ones are written.

use std::collections::HashSet;
use std::sync::mpsc::SyncSender;

use super::bundle::Bundle;
use super::references::{self, ReferencePlaces};
use crate::model::{Catalogue, Faults, Pointer, Record, RecordType, parse_readable};
use crate::store::Derived;
use crate::store::index::Indexes;

/// The number of records in a batch.
const BATCH: usize = 256;

/// The number of batches that can wait to be written.
pub(super) const MAX_WAITING_BATCHES: usize = 4;

/// Some records of one type.
pub(super) struct Batch {
    pub(super) record_type: &'static RecordType,
    /// The records without faults.
    pub(super) records: Vec<Parsed>,
    /// The faults of the other records.
    pub(super) faults: Faults,
}

/// A record without faults.
pub(super) struct Parsed {
    /// The index in the list.
    pub(super) index: usize,
    pub(super) record: Record,
    /// None if the values depend on the stored version.
    pub(super) derived: Option<Derived>,
}

/// Parses all records of a bundle in order. Returns the references to records outside of the
/// bundle; they are incomplete if the receiver is gone.
pub(super) fn parse_all(
    catalogue: Catalogue,
    indexes: &Indexes,
    bundle: &Bundle,
    batches: &SyncSender<Batch>,
) -> ReferencePlaces {
    let mut found = ReferencePlaces::new();
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
                        let message = format!("cannot be parsed: {error}");
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
                    let derived = (record_type.derive.is_none())
                        .then(|| Derived::new(indexes, record_type, &record));
                    batch.records.push(Parsed { index, record, derived });
                }
            }
            if batches.send(batch).is_err() {
                return found;
            }
        }
    }
    // Records in the bundle exist, or their own faults are reported.
    found.retain(|(target, id), _| !here.contains(&(*target, id.clone())));
    found
}
