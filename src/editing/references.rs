//! Referential integrity: referenced records exist and cannot be deleted. References to merged
//! records move to their targets.

use std::collections::{BTreeMap, BTreeSet};

use super::EditError;
use super::entries::{Redirected, redirect};
use crate::model::{Fault, Faults, Pointer, Record, RecordType, each_reference};
use crate::store::{At, Merged, RecordStatus, StoreResult, Transaction, links};

/// The places of references, by type and id of the referenced record.
pub(super) type ReferencePlaces = BTreeMap<(&'static str, String), Vec<String>>;

/// Collects the references in a record.
pub(super) fn collect(
    record_type: &'static RecordType,
    record: &Record,
    at: &Pointer<'_>,
    found: &mut ReferencePlaces,
) {
    each_reference(record_type, record, at, &mut |reference| {
        // A problem lists no more faults.
        let places = found.entry((reference.target, reference.id.to_owned())).or_default();
        if places.len() < Faults::MAX {
            places.push(reference.at.to_string());
        }
    });
}

/// The types and ids of records that others refer to.
pub(super) type Targets = BTreeSet<(&'static str, String)>;

/// Returns the targets of all references of the records.
pub(super) fn targets<'r>(
    record_type: &'static RecordType,
    records: impl IntoIterator<Item = &'r Record>,
) -> Targets {
    let mut found = Targets::new();
    for record in records {
        each_reference(record_type, record, &Pointer::Root, &mut |reference| {
            found.insert((reference.target, reference.id.to_owned()));
        });
    }
    found
}

/// Reads the records into which targets were merged.
pub(super) fn merged(transaction: &mut Transaction<'_>, targets: &Targets) -> StoreResult<Merged> {
    let mut ids: Vec<String> = targets
        .iter()
        .filter(|(target, _)| transaction.indexes.agents().any(|agent| agent == *target))
        .map(|(_, id)| id.clone())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    transaction.merged(ids)
}

/// Moves references to merged records to their targets.
pub(super) fn follow_merged(
    record_type: &'static RecordType,
    record: &mut Record,
    merged: &Merged,
) -> Redirected {
    if merged.is_empty() {
        return Redirected::default();
    }
    redirect(record_type, record, &|target, id| merged.target(target, id))
}

/// Adds a fault for each reference to a record that does not exist.
pub(super) fn check(
    transaction: &mut Transaction<'_>,
    found: ReferencePlaces,
    faults: &mut Faults,
) -> Result<(), EditError> {
    let wanted: Vec<(&'static str, String)> = found.keys().cloned().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut record_statuses = transaction.record_statuses(&wanted)?;
    let of_merged = |(_, status): &(&(&'static str, String), &RecordStatus)| {
        matches!(status, RecordStatus::Merged(_))
    };
    let merged: Vec<String> =
        record_statuses.iter().filter(of_merged).map(|((_, id), _)| id.clone()).collect();
    let merged = transaction.merged(merged)?;
    let targets: Vec<(&'static str, String)> = wanted
        .iter()
        .filter_map(|(target, id)| Some((*target, merged.target(target, id)?.to_owned())))
        .collect();
    record_statuses.extend(transaction.record_statuses(&targets)?);
    for ((target, id), places) in found {
        let status = match merged.target(target, &id) {
            Some(into) => record_statuses.get(&(target, into.to_owned())),
            None => record_statuses.get(&(target, id.clone())),
        };
        let why = match status {
            Some(RecordStatus::Live(_)) => continue,
            Some(RecordStatus::Deleted(revision)) => {
                format!("refers to the {target} {id}, which was deleted by revision {revision}")
            }
            _ => format!("refers to the {target} {id}, which does not exist"),
        };
        for pointer in places {
            faults.push(Fault {
                place: crate::model::Place::Pointer(pointer),
                code: "broken-reference",
                message: why.clone(),
                hint: Some(format!("write the {target} first, or import both in one bundle")),
            });
        }
    }
    Ok(())
}

/// Returns the records that refer to a record, as faults of its deletion.
pub(super) fn referrers(
    transaction: &mut Transaction<'_>,
    key: i64,
) -> Result<Vec<Fault>, EditError> {
    let mut faults = Faults::default();
    transaction.flush()?;
    let mut found = links::referrers(transaction.connection, &[key], At::Present)?;
    found.retain(|referrer| referrer.key != key);
    found.dedup_by_key(|referrer| referrer.key);
    for referrer in found {
        let Some(index) = transaction.indexes.named(&referrer.record_type) else { continue };
        faults.at(
            &Pointer::Root,
            "referred-to",
            format!(
                "the {} {} refers to it ({})",
                referrer.record_type, referrer.id, referrer.field
            ),
            Some(format!("/v1/{}/{}", index.record_type.path, referrer.id)),
        );
    }
    Ok(faults.into_list())
}
