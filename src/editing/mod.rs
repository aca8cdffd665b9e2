//! Changes of records: create, replace, patch, delete, restore, merge, redact and import.
//! Independent of HTTP.

mod bundle;
mod compare;
mod cycles;
mod entries;
mod idempotency;
mod import;
mod import_pipeline;
mod load;
mod merge;
mod new_ids;
mod read_only;
mod redact;
mod redaction;
mod references;
mod restore;
mod source_links;
mod table;
mod write;

use crate::model::Fault;
use crate::store::StoreError;

pub use bundle::Bundle;
pub use compare::{ComparedRecord, import_compared};
pub use idempotency::{IdempotentRequest, run_once};
pub use import::{ImportSummary, ImportedRecord, import};
pub use merge::{Merge, merge};
pub use new_ids::new_id;
pub use redact::{is_redactable, redact};
pub use redaction::Redaction;
pub use restore::restore;
pub use table::{ChangedCell, Table, TableChange, import_table, read_number};
pub use write::{Edited, Pointers, Precondition, State, create, patch, put, remove};

/// The reason why a change failed.
#[derive(Debug)]
pub enum EditError {
    /// The body is invalid.
    Invalid(Vec<Fault>),
    /// The record never existed.
    NotFound,
    /// The record was deleted by this revision.
    Gone(i64),
    /// The record was merged into the record with this id.
    Merged(String),
    /// The id is taken, or other records refer to the record.
    Conflict(String, Vec<Fault>),
    /// A precondition is required.
    PreconditionRequired,
    /// The record does not have the expected version. Contains the current revision.
    Stale(i64),
    /// The expected version is not in quotes. Contains it, and the current revision.
    Unquoted(i64, i64),
    /// The record exists, although it was expected not to. Contains the current revision.
    Present(i64),
    /// The idempotency key was used with another body.
    KeyReused,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
