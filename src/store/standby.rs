//! Reads from a PostgreSQL standby, if it has every revision that clients have seen.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Store;
use super::background::{LastSuccess, spawn};
use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::pool::{Length, Pool, PooledConnection};
use super::statement::Statement;

const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Time for which a successful poll is valid.
const POLL_VALIDITY: Duration = Duration::from_secs(1);
/// Time without a response after which waiting reads on the standby fail.
const RESPONSE_TIMEOUT: std::ops::Range<Duration> = Duration::from_secs(6)..Duration::from_secs(10);

/// A standby: its connections and state.
pub(super) struct Standby {
    location: Location,
    short: Pool,
    long: Pool,
    /// The last successful poll.
    last_success: LastSuccess,
    /// Whether the last poll found a standby of this database that is not behind.
    is_usable: AtomicBool,
    reads: AtomicU64,
    fallbacks: AtomicU64,
}

impl Standby {
    pub(super) fn new(location: Location) -> Self {
        Self {
            short: Pool::new(&location),
            long: Pool::new(&location),
            location,
            last_success: LastSuccess::now(),
            is_usable: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            fallbacks: AtomicU64::new(0),
        }
    }

    /// Returns a connection with a read-only transaction at this revision or a later one. Returns
    /// `None` if the primary must be read.
    pub(super) fn borrow(&self, length: Length, at_least: i64) -> Option<PooledConnection> {
        let borrowed = self.is_usable().then(|| self.try_borrow(length, at_least).ok().flatten());
        let connection = borrowed.flatten();
        let counter = if connection.is_some() { &self.reads } else { &self.fallbacks };
        counter.fetch_add(1, Ordering::Relaxed);
        connection
    }

    fn try_borrow(&self, length: Length, at_least: i64) -> StoreResult<Option<PooledConnection>> {
        let pool = match length {
            Length::Short => &self.short,
            Length::Long => &self.long,
        };
        let mut connection = pool.borrow()?;
        let state = State::read(&mut connection)?;
        if state.is_standby && state.revision >= at_least {
            return Ok(Some(connection));
        }
        connection.end_read()?;
        connection.give_back();
        Ok(None)
    }

    /// Returns whether reads may use the standby.
    pub(super) fn is_usable(&self) -> bool {
        self.is_usable.load(Ordering::Acquire) && self.last_success.elapsed() < POLL_VALIDITY
    }

    /// Returns whether waiting reads on the standby should fail.
    pub(super) fn is_unresponsive(&self) -> bool {
        RESPONSE_TIMEOUT.contains(&self.last_success.elapsed())
    }

    /// Returns the numbers of reads on the standby, and of reads on the primary instead.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.fallbacks.load(Ordering::Relaxed))
    }

    fn note(&self, found: StoreResult<bool>) {
        let is_usable = matches!(found, Ok(true));
        if found.is_ok() {
            self.last_success.renew();
        }
        if self.is_usable.swap(is_usable, Ordering::AcqRel) != is_usable {
            let standby = self.location.display();
            match found {
                Ok(true) => tracing::info!(standby, "the standby serves reads"),
                Ok(false) => tracing::warn!(
                    standby,
                    "the standby is behind, was promoted or belongs to another database; the \
                    primary serves reads"
                ),
                Err(error) => {
                    tracing::warn!(standby, %error, "the standby is unavailable; the primary \
                        serves reads");
                }
            }
        }
    }
}

/// The state of a server.
struct State {
    revision: i64,
    /// Whether it follows a primary. A promoted server has a separate history.
    is_standby: bool,
}

impl State {
    fn read(connection: &mut AnyConnection) -> StoreResult<Self> {
        let row = Statement::new(
            r#"SELECT coalesce(max("revision"), 0), pg_is_in_recovery() FROM "revisions""#,
        )
        .first(connection)?;
        let row = row.ok_or_else(|| StoreError::Internal("an aggregate has no row".to_owned()))?;
        let revision = row.required_integer(0)?;
        Ok(Self { revision, is_standby: row.integer(1) == Some(1) })
    }
}

/// Starts polling the standby. The thread ends when the store is dropped.
pub(super) fn watch(store: &Arc<Store>, standby: &Arc<Standby>) -> StoreResult<()> {
    let (store, standby): (Weak<Store>, _) = (Arc::downgrade(store), Arc::clone(standby));
    spawn("standby", move || {
        let (mut connection, mut expected) = (None, 0);
        while let Some(store) = store.upgrade() {
            let latest = store.revision();
            let found = poll(&mut connection, &standby.location, store.identity());
            // It should have the revision that the primary had at the previous poll.
            standby.note(found.map(|state| state.is_some_and(|found| found >= expected)));
            expected = latest;
            drop(store);
            std::thread::sleep(POLL_INTERVAL);
        }
    })
}

/// Returns the latest revision of the standby, or `None` if it does not belong to this database.
fn poll(
    open: &mut Option<AnyConnection>,
    location: &Location,
    identity: &str,
) -> StoreResult<Option<i64>> {
    let mut connection = match open.take() {
        Some(connection) => connection,
        None => location.connect(Purpose::Read)?,
    };
    let mut select = Statement::new(r#"SELECT 1 FROM "settings" WHERE "name" = 'identity'"#);
    select.push(r#" AND "value" = "#).bind(identity);
    let is_ours = select.first(&mut connection)?.is_some();
    let state = State::read(&mut connection)?;
    *open = Some(connection);
    Ok((is_ours && state.is_standby).then_some(state.revision))
}
