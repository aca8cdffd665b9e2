//! The latest revision known to this process. Every request reads it, and followers of the changes
//! wait for it.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::watch;

/// The latest known revision, and the latest ones that redacted or renamed anything. They only
/// increase.
#[derive(Debug, Default)]
pub(super) struct LatestRevision {
    revision: watch::Sender<i64>,
    redaction: AtomicI64,
    rename: AtomicI64,
}

impl LatestRevision {
    /// Returns the latest revision.
    pub(super) fn revision(&self) -> i64 {
        *self.revision.borrow()
    }

    /// Returns the revision of the latest redaction, or 0.
    pub(super) fn redaction(&self) -> i64 {
        self.redaction.load(Ordering::Acquire)
    }

    /// Returns the latest revision that changed, removed or redacted a name, or 0.
    pub(super) fn rename(&self) -> i64 {
        self.rename.load(Ordering::Acquire)
    }

    /// Returns a receiver of later revisions.
    pub(super) fn follow(&self) -> watch::Receiver<i64> {
        self.revision.subscribe()
    }

    /// Advances to a revision, and wakes the receivers. The redaction and the rename are set
    /// first, so that a reader of the revision also sees those in it or before it.
    pub(super) fn advance(&self, revision: i64, redaction: Option<i64>, rename: Option<i64>) {
        self.redaction.fetch_max(redaction.unwrap_or(0), Ordering::AcqRel);
        self.rename.fetch_max(rename.unwrap_or(0), Ordering::AcqRel);
        self.revision.send_if_modified(|latest| {
            let later = revision > *latest;
            *latest = revision.max(*latest);
            later
        });
    }
}
