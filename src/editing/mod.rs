//! What is done to records: entered, replaced, patched, deleted, brought back, merged, redacted,
//! imported. Knows no HTTP; every way in ends in `store`'s one write.

mod ahead;
mod bundle;
mod circles;
mod entries;
mod idempotency;
mod import;
mod load;
mod merge;
mod redact;
mod redaction;
mod references;
mod restore;
mod source_links;
mod write;

use crate::model::Fault;
use crate::store::StoreError;

pub use bundle::Bundle;
pub use idempotency::{Once, once};
pub use import::{Done, Imported, import};
pub use merge::{Merge, merge};
pub use redact::redact;
pub use redaction::Redaction;
pub use restore::restore;
pub use write::{Edited, Expected, State, create, patch, put, remove};

/// Why a change was not made.
#[derive(Debug)]
pub enum EditError {
    /// What was sent is wrong.
    Invalid(Vec<Fault>),
    /// There never was such a record.
    NotFound,
    /// The record was deleted, by this revision.
    Gone(i64),
    /// The record was merged into the one with this id.
    Merged(String),
    /// The id is taken, or other records refer to the record.
    Conflict(String, Vec<Fault>),
    /// The condition on the version is missing.
    ConditionMissing,
    /// The record is not in the version that was expected, but in this one.
    Stale(i64),
    /// There was to be no record yet, and there is, in this version.
    Present(i64),
    /// The idempotency key was used for another body.
    KeyReused,
    /// The store cannot be written.
    Store(StoreError),
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
