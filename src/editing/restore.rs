//! Brings back a version of a record, also of one that was deleted.

use super::load::load;
use super::references;
use super::write::{expect_if_said, written};
use super::{EditError, Edited, Expected};
use crate::model::{Faults, Pointer, RecordType, changed};
use crate::store::records::versions_of;
use crate::store::{Operation, RecordStatus, Seal, Transaction};

/// Brings back the version of a record that stood at a revision, as a new one.
pub fn restore(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    revision: i64,
    expected: &Expected,
) -> Result<Edited, EditError> {
    let existing = match transaction.record_status(record_type, id)? {
        RecordStatus::Unknown => return Err(EditError::NotFound),
        RecordStatus::Merged(into) => return Err(EditError::Merged(into)),
        RecordStatus::Deleted(_) => None,
        RecordStatus::Live(current) => {
            expect_if_said(expected, current)?;
            load(transaction, record_type, id)?
        }
    };
    let key = transaction.key_of(record_type, id)?.ok_or(EditError::NotFound)?;
    let mut versions = versions_of(transaction.connection, record_type, key)?.into_iter();
    let stood = versions.find(|version| {
        version.revision <= revision
            && revision < version.superseded_at
            && revision < transaction.revision
    });
    let Some(mut version) = stood else {
        let mut faults = Faults::default();
        let why = if revision < transaction.revision {
            "there was no such record at that revision"
        } else {
            "lies in the future"
        };
        faults.at(
            &Pointer::Root.member("revision"),
            "wrong-value",
            why,
            Some("the history lists every version".to_owned()),
        );
        return Err(EditError::Invalid(faults.into_list()));
    };
    let merged = references::merged(transaction, std::iter::once((record_type, &version.record)))?;
    references::follow_merged(record_type, &mut version.record, &merged)
        .remove_duplicates(record_type, &mut version.record);
    let changed = changed(
        record_type,
        existing.as_ref().map(|existing| &existing.version.record),
        Some(&version.record),
    );
    match existing {
        Some(existing) if changed.is_empty() => {
            return Ok(Edited::unchanged(transaction, existing));
        }
        Some(existing) => {
            transaction.write(
                record_type,
                &version.record,
                Operation::Restore,
                Some(&existing.version),
            )?;
        }
        None => {
            let seal = Seal::new(record_type, &version.record);
            let created_at = Some(version.created_at.as_str());
            transaction.write_sealed(
                record_type,
                &version.record,
                seal,
                Operation::Restore,
                None,
                created_at,
            )?;
        }
    }
    written(transaction, record_type, version.record, changed)
}
