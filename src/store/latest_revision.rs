//! The newest revisions that this program knows of: looked at by every request, waited for by
//! whoever follows the changes.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::watch;

/// What this program knows of the newest revisions. They only grow.
#[derive(Debug, Default)]
pub(super) struct LatestRevision {
    revision: watch::Sender<i64>,
    redaction: AtomicI64,
}

impl LatestRevision {
    /// The newest.
    pub(super) fn revision(&self) -> i64 {
        *self.revision.borrow()
    }

    /// The newest by which values were redacted; 0 where none was.
    pub(super) fn redaction(&self) -> i64 {
        self.redaction.load(Ordering::Acquire)
    }

    /// The newest, to wait for newer ones.
    pub(super) fn follow(&self) -> watch::Receiver<i64> {
        self.revision.subscribe()
    }

    /// Makes a revision known, and wakes those who wait. The redaction in it, or before it, comes
    /// first: whoever knows of the revision must know that it changed the past.
    pub(super) fn learn(&self, revision: i64, redaction: Option<i64>) {
        self.redaction.fetch_max(redaction.unwrap_or(0), Ordering::AcqRel);
        self.revision.send_if_modified(|newest| {
            let newer = revision > *newest;
            *newest = revision.max(*newest);
            newer
        });
    }
}
