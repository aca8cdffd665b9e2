//! The problem of a record that does not exist.

use crate::model::RecordType;
use crate::store::RecordStatus;
use crate::web::problem::{NOT_FOUND, Problem};

/// Returns the problem: 404, 410 or 308.
pub(crate) fn missing_record(record_type: &RecordType, status: &RecordStatus) -> Problem {
    match status {
        RecordStatus::Merged(into) => Problem::merged(into),
        RecordStatus::Deleted(revision) => Problem::gone(record_type.name, *revision),
        _ => Problem::new(&NOT_FOUND, format!("This {} does not exist.", record_type.name)),
    }
}
