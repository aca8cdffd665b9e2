//! A standby of PostgreSQL that answers reads, where it is as new as what clients have seen.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::Store;
use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::pool::{Pool, PooledConnection};
use super::statement::Statement;

/// How often the standby is looked at, how long a successful look counts, and when the reads that
/// wait for a silent one are given up.
const LOOK: Duration = Duration::from_millis(100);
const TRUSTED: Duration = Duration::from_secs(1);
const SILENCE: std::ops::Range<Duration> = Duration::from_secs(6)..Duration::from_secs(10);

/// The connections to a standby, and its state.
pub(super) struct Standby {
    location: Location,
    short: Pool,
    long: Pool,
    began: Instant,
    /// The last successful look, in milliseconds since the beginning.
    seen: AtomicU64,
    /// Whether the last look found a standby of this database that keeps up.
    is_usable: AtomicBool,
    reads: AtomicU64,
    fallbacks: AtomicU64,
}

/// The length of a read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// An index bounds it.
    Short,
    /// Anything else.
    Long,
}

impl Standby {
    pub(super) fn new(location: Location) -> Self {
        Self {
            short: Pool::new(&location, Purpose::Read),
            long: Pool::new(&location, Purpose::Read),
            location,
            began: Instant::now(),
            seen: AtomicU64::new(0),
            is_usable: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            fallbacks: AtomicU64::new(0),
        }
    }

    /// A connection that has begun to read a state with this revision or a later one. None where
    /// the read belongs on the primary.
    pub(super) fn borrow(&self, length: Length, at_least: i64) -> Option<PooledConnection> {
        let loan = self.is_usable().then(|| self.try_borrow(length, at_least).ok().flatten());
        let loan = loan.flatten();
        let counter = if loan.is_some() { &self.reads } else { &self.fallbacks };
        counter.fetch_add(1, Ordering::Relaxed);
        loan
    }

    fn try_borrow(&self, length: Length, at_least: i64) -> StoreResult<Option<PooledConnection>> {
        let pool = match length {
            Length::Short => &self.short,
            Length::Long => &self.long,
        };
        let mut loan = pool.borrow()?;
        let state = State::read(&mut loan)?;
        if state.is_standby && state.revision >= at_least {
            return Ok(Some(loan));
        }
        loan.end_read()?;
        loan.give_back();
        Ok(None)
    }

    /// Whether reads may be sent to it.
    pub(super) fn is_usable(&self) -> bool {
        self.is_usable.load(Ordering::Acquire) && self.silence() < TRUSTED
    }

    /// Whether reads that have begun on it should be given up.
    pub(super) fn went_silent(&self) -> bool {
        SILENCE.contains(&self.silence())
    }

    /// The reads that it answered, and those that the primary answered instead.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.fallbacks.load(Ordering::Relaxed))
    }

    fn silence(&self) -> Duration {
        let seen = Duration::from_millis(self.seen.load(Ordering::Acquire));
        self.began.elapsed().saturating_sub(seen)
    }

    fn note(&self, found: StoreResult<bool>) {
        let is_usable = matches!(found, Ok(true));
        if found.is_ok() {
            let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.seen.store(now, Ordering::Release);
        }
        if self.is_usable.swap(is_usable, Ordering::AcqRel) != is_usable {
            let standby = self.location.shown();
            match found {
                Ok(true) => tracing::info!(standby, "the standby answers reads"),
                Ok(false) => tracing::warn!(
                    standby,
                    "the standby lags, was promoted or is of another database: the primary \
                    answers reads"
                ),
                Err(error) => {
                    tracing::warn!(standby, %error, "the primary answers reads: no standby");
                }
            }
        }
    }
}

/// The state of a server.
struct State {
    revision: i64,
    /// Whether it follows a primary. Once promoted, it has a history of its own.
    is_standby: bool,
}

impl State {
    fn read(connection: &mut AnyConnection) -> StoreResult<Self> {
        let row = Statement::new(
            r#"SELECT coalesce(max("revision"), 0), pg_is_in_recovery() FROM "revisions""#,
        )
        .first(connection)?;
        let row = row.ok_or_else(|| StoreError::Internal("an aggregate has no row".to_owned()))?;
        let revision = row.integer(0).unwrap_or_default();
        Ok(Self { revision, is_standby: row.integer(1) == Some(1) })
    }
}

/// Looks at the standby while the store is in use.
pub(super) fn watch(store: &Arc<Store>, standby: &Arc<Standby>) -> StoreResult<()> {
    let (store, standby): (Weak<Store>, _) = (Arc::downgrade(store), Arc::clone(standby));
    let run = move || {
        let (mut connection, mut expected) = (None, 0);
        while let Some(store) = store.upgrade() {
            let latest = store.revision();
            let found = look(&mut connection, &standby.location, store.identity());
            // One look later, it should have what the primary had at the last.
            standby.note(found.map(|state| state.is_some_and(|found| found >= expected)));
            expected = latest;
            drop(store);
            std::thread::sleep(LOOK);
        }
    };
    std::thread::Builder::new()
        .name("standby".to_owned())
        .spawn(run)
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(())
}

/// The latest revision of a standby; None where it is not one of this database.
fn look(
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
