//! Restores earlier versions of records, including deleted ones.

use super::load::{Existing, load};
use super::references;
use super::write::{check_optional_precondition, finish_write};
use super::{EditError, Edited, Precondition};
use crate::model::{Faults, Pointer, RecordType, changed};
use crate::store::records::versions_of;
use crate::store::{Derived, Operation, RecordStatus, Transaction};

/// Restores the version of a record that was current at a revision, as a new version.
pub fn restore(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    revision: i64,
    precondition: &Precondition,
) -> Result<Edited, EditError> {
    let existing = match transaction.record_status(record_type, id)? {
        RecordStatus::Unknown => return Err(EditError::NotFound),
        RecordStatus::Merged(into) => return Err(EditError::Merged(into)),
        RecordStatus::Deleted(_) => None,
        RecordStatus::Live(current) => {
            check_optional_precondition(precondition, current)?;
            load(transaction, record_type, id)?
        }
    };
    let key = transaction.key_of(record_type, id)?.ok_or(EditError::NotFound)?;
    let mut versions = versions_of(transaction.connection, record_type, &[key])?.into_iter();
    let restored = versions.find(|version| {
        version.metadata.revision <= revision
            && revision < version.superseded_at
            && revision < transaction.revision
    });
    let Some(mut version) = restored else {
        let mut faults = Faults::default();
        let why = if revision < transaction.revision {
            "the record did not exist at this revision"
        } else {
            "is in the future"
        };
        faults.at(
            &Pointer::Root.member("revision"),
            "wrong-value",
            why,
            Some("the history lists every version".to_owned()),
        );
        return Err(EditError::Invalid(faults.into_list()));
    };
    let merged =
        references::merged(transaction, &references::targets(record_type, [&version.record]))?;
    references::follow_merged(record_type, &mut version.record, &merged)
        .remove_duplicates(record_type, &mut version.record);
    let changed = changed(
        record_type,
        existing.as_ref().map(|existing| &existing.version.record),
        Some(&version.record),
    );
    let before = match existing {
        Some(existing) if changed.is_empty() => {
            return Ok(Edited::unchanged(transaction, existing));
        }
        Some(Existing { version: before, .. }) => {
            transaction.write(record_type, &version.record, Operation::Restore, Some(&before))?;
            before
        }
        None => {
            let derived = Derived::new(transaction.indexes, record_type, &version.record);
            let created_at = Some(version.metadata.created_at.as_str());
            transaction.write_derived(
                record_type,
                &version.record,
                derived,
                Operation::Restore,
                None,
                created_at,
            )?;
            version.clone()
        }
    };
    finish_write(transaction, record_type, version.record, Some(&before), changed)
}
