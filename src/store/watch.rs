//! Polls the database ten times a second for revisions of other processes, and for availability.
//!
//! A stopped server refuses connections immediately. A server behind a broken network, or with a
//! suspended process, does not respond, and a statement may wait for minutes. With
//! [`Watch::is_unreachable`], requests fail early instead.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::background::{LastSuccess, spawn};
use super::connection::{AnyConnection, Location, Purpose};
use super::error::StoreResult;
use super::latest_revision::LatestRevision;
use super::record_status::LastRevision;
use super::statement::Statement;
use super::{Store, name_cache, redaction, settings};

const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Time without a response after which the database counts as unreachable.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(6);

/// The results of polling.
#[derive(Debug)]
pub(super) struct Watch {
    last_success: LastSuccess,
    failing: AtomicBool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { last_success: LastSuccess::now(), failing: AtomicBool::new(false) }
    }

    /// Returns whether the database is known to be unreachable.
    pub(super) fn is_unreachable(&self) -> bool {
        self.failing.load(Ordering::Acquire) || self.last_success.elapsed() > RESPONSE_TIMEOUT
    }

    fn note(&self, succeeded: bool) {
        if succeeded {
            self.last_success.renew();
        }
        if self.failing.swap(!succeeded, Ordering::AcqRel) == succeeded {
            tracing::warn!(
                "the database {}",
                if succeeded { "responds again" } else { "does not respond" }
            );
        }
    }
}

/// Starts polling. The thread ends when the store is dropped.
pub(super) fn start(store: &Arc<Store>, location: Location) -> StoreResult<()> {
    let store: Weak<Store> = Arc::downgrade(store);
    spawn("watch", move || {
        let mut connection = None;
        while let Some(store) = store.upgrade() {
            // A lost connection alone is not a failure, because the server may have been restarted.
            let polled = poll(&mut connection, &location, &store)
                .or_else(|_| poll(&mut connection, &location, &store));
            store.watch.note(polled.is_ok());
            drop(store);
            std::thread::sleep(POLL_INTERVAL);
        }
    })
}

/// Polls once. Retains the connection if that succeeds.
fn poll(
    reusable: &mut Option<AnyConnection>,
    location: &Location,
    store: &Store,
) -> StoreResult<()> {
    let mut connection = match reusable.take() {
        Some(connection) => connection,
        None => location.connect_again(Purpose::Read)?,
    };
    refresh(&mut connection, &store.latest)?;
    *reusable = Some(connection);
    Ok(())
}

/// Reads the latest revision, and the latest ones that redacted or renamed anything. Returns the
/// latest, or `None` in an empty database.
pub(super) fn refresh(
    connection: &mut AnyConnection,
    known: &LatestRevision,
) -> StoreResult<Option<LastRevision>> {
    const SETTINGS: [&str; 2] = [redaction::LAST_REDACTION, name_cache::LAST_RENAME];
    let mut select = Statement::new(r#"SELECT r."revision", r."recorded_at", r."digest""#);
    for setting in SETTINGS {
        select.push(r#", (SELECT "value" FROM "settings" WHERE "name" = "#).bind(setting).push(")");
    }
    select.push(
        r#" FROM (SELECT max("revision") "revision" FROM "revisions") m LEFT JOIN "revisions" r
            ON r."revision" = m."revision""#,
    );
    let row = select.first(connection)?.unwrap_or_default();
    let revision = |column: usize, setting: &str| {
        row.text(column).map(|stored| settings::parse_revision(setting, stored)).transpose()
    };
    let last = match row.integer(0) {
        None => None,
        Some(revision) => Some(LastRevision {
            revision,
            recorded_at: row.required_text(1)?.to_owned(),
            digest: row.required_text(2)?.to_owned(),
        }),
    };
    known.advance(
        row.integer(0).unwrap_or(0),
        revision(3, SETTINGS[0])?,
        revision(4, SETTINGS[1])?,
    );
    Ok(last)
}
