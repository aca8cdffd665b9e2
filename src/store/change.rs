//! A change to one record, as part of a revision.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{Seal, SealedChange};
use super::index::Indexes;
use super::search::OwnEntry;
use crate::model::{Record, RecordType};

/// An operation on a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// The record is written for the first time.
    Create,
    /// The record is changed.
    Update,
    /// The record is deleted.
    Delete,
    /// An earlier version is restored.
    Restore,
    /// The record is merged into another one.
    Merge,
    /// Values are erased from every version of the record.
    Redact,
}

impl Operation {
    /// Returns the name of the operation in the change feed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Merge => "merge",
            Self::Redact => "redact",
        }
    }
}

/// A change to one record.
pub(super) struct Change {
    pub(super) record_type: &'static RecordType,
    pub(super) id: String,
    pub(super) key: i64,
    pub(super) operation: Operation,
    /// The key and id of the record that this one was merged into.
    pub(super) into: Option<(i64, String)>,
    /// The seal and the search entry, if a version was written.
    pub(super) derived: Option<Derived>,
}

/// The seal and the search entry of a version. They depend only on the record, so they can be
/// computed on another thread.
#[derive(Debug)]
pub struct Derived {
    pub(super) seal: Seal,
    /// Taken when the search index is updated.
    pub(super) entry: Option<OwnEntry>,
}

impl Derived {
    /// Derives the seal and the entry of a record.
    pub fn new(indexes: &Indexes, record_type: &'static RecordType, record: &Record) -> Self {
        Self {
            seal: Seal::new(record_type, record),
            entry: Some(OwnEntry::new(indexes, record_type, record)),
        }
    }
}

impl Change {
    pub(super) fn sealed(&self) -> SealedChange<'_> {
        SealedChange {
            digest: self.derived.as_ref().map(|derived| derived.seal.digest.as_str()),
            id: &self.id,
            into: self.into.as_ref().map(|(_, id)| id.as_str()),
            operation: self.operation.as_str(),
            record_type: self.record_type.name,
        }
    }
}
