//! Looks at the database ten times a second: for revisions that other programs have written, and
//! whether it answers at all.
//!
//! A server that is gone refuses connections at once, but one that a network hides, or whose
//! process is stopped, says nothing, and a statement sent to it may wait for minutes. Whoever waits
//! can tell by [`Watch::is_away`] that there is no point in it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use diesel::dsl::max;
use diesel::prelude::*;

use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::latest_revision::LatestRevision;
use super::schema::{revisions, settings};
use super::{Store, redaction};

/// How often the database is looked at, and how long it may say nothing before it counts as away.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(6);

/// What the last look found.
#[derive(Debug)]
pub(super) struct Watch {
    began: Instant,
    /// The last look that succeeded, in milliseconds since the beginning.
    seen: AtomicU64,
    failing: AtomicBool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), seen: AtomicU64::new(0), failing: AtomicBool::new(false) }
    }

    /// Whether the database cannot be reached, as far as is known.
    pub(super) fn is_away(&self) -> bool {
        let silence = self
            .began
            .elapsed()
            .saturating_sub(Duration::from_millis(self.seen.load(Ordering::Acquire)));
        self.failing.load(Ordering::Acquire) || silence > SILENCE_TIMEOUT
    }

    fn note(&self, succeeded: bool) {
        if succeeded {
            self.seen.store(
                u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
                Ordering::Release,
            );
        }
        if self.failing.swap(!succeeded, Ordering::AcqRel) == succeeded {
            tracing::warn!(
                "the database {}",
                if succeeded { "answers again" } else { "does not answer" }
            );
        }
    }
}

/// Watches while the store is in use.
pub(super) fn start(store: &Arc<Store>, location: Location) -> StoreResult<()> {
    let store: Weak<Store> = Arc::downgrade(store);
    let run = move || {
        let mut connection = None;
        while let Some(store) = store.upgrade() {
            // A connection that was lost is no sign yet: the server may have been restarted.
            let found = try_look(&mut connection, &location, &store)
                .or_else(|_| try_look(&mut connection, &location, &store));
            store.watch.note(found.is_ok());
            drop(store);
            std::thread::sleep(POLL_INTERVAL);
        }
    };
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(run)
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(())
}

/// Looks, on a connection that is kept where that went well.
fn try_look(
    kept: &mut Option<AnyConnection>,
    location: &Location,
    store: &Store,
) -> StoreResult<()> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => location.connect_again(Purpose::Read)?,
    };
    look(&mut connection, &store.newest)?;
    *kept = Some(connection);
    Ok(())
}

/// Notes the newest revision and the newest redaction: the latter first, so that whoever knows the
/// one knows the other.
pub(super) fn look(connection: &mut AnyConnection, newest: &LatestRevision) -> StoreResult<()> {
    let redaction =
        settings::table.find(redaction::LAST_REDACTION).select(settings::value).single_value();
    let latest = revisions::table.select((max(revisions::revision), redaction));
    let (revision, redaction): (Option<i64>, Option<String>) = latest.first(connection)?;
    newest.learn(revision.unwrap_or(0), redaction.and_then(|revision| revision.parse().ok()));
    Ok(())
}
