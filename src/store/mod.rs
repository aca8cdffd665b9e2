//! Storage: connections, the schema, transactions, revisions and snapshots. It is independent of
//! particular record types and of HTTP.

mod at;
mod background;
mod backup;
pub mod chain;
pub mod change;
pub mod connection;
mod derived;
pub mod dialect;
pub mod document;
pub mod error;
mod holes;
pub mod index;
pub mod insert;
mod latest_revision;
mod libpq;
pub mod links;
pub mod lookup;
mod migrations;
mod name_cache;
mod pending_writes;
mod pool;
mod record_keys;
pub mod record_status;
pub mod records;
mod redaction;
mod row;
pub mod schema;
pub mod search;
mod settings;
mod snapshot;
mod sql_value;
mod standby;
pub mod statement;
mod time_limit;
pub mod transaction;
mod verify;
mod version_key;
mod watch;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

pub use backup::restore;
pub use change::{Derived, Operation};
pub use connection::{Location, Purpose};
pub use error::{StoreError, StoreResult};
pub use index::LIVE;
pub use pool::Length;
pub use record_status::{Merged, RecordStatus};
pub use records::{At, Document, Matches, Version};
pub use redaction::ReasonStatus;
pub use row::Row;
pub use snapshot::{Pin, Snapshot};
pub use sql_value::SqlValue;
pub use statement::Statement;
pub use transaction::{Reason, Transaction};

use crate::model::{Catalogue, Moment};
use index::Indexes;
use latest_revision::LatestRevision;
use name_cache::{CachedNames, NameCache};
use pool::PooledConnection;

/// The dataset in its database. Any thread may read. All writes run on one thread.
pub struct Store {
    location: Location,
    indexes: Arc<Indexes>,
    /// Connections for short reads, which never wait for long ones.
    short: pool::Pool,
    long: pool::Pool,
    standby: Option<Arc<standby::Standby>>,
    writer: writer::Writer,
    watch: watch::Watch,
    latest: Arc<LatestRevision>,
    settings: settings::Settings,
    names: NameCache,
}

/// Options for reading.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// A database that serves reads while it has every revision that clients have seen.
    pub standby: Option<Location>,
    /// The maximum size of the cache of names.
    pub name_cache_bytes: u64,
}

impl ReadOptions {
    /// The default size of the cache of names.
    pub const NAME_CACHE_MIB: u64 = 8;
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { standby: None, name_cache_bytes: Self::NAME_CACHE_MIB << 20 }
    }
}

impl Store {
    /// Opens the database, brings its schema up to date and starts the background threads.
    pub fn open(location: &Location, catalogue: Catalogue) -> StoreResult<Arc<Self>> {
        Self::open_with(location, catalogue, ReadOptions::default())
    }

    /// Opens the database with options.
    pub fn open_with(
        location: &Location,
        catalogue: Catalogue,
        options: ReadOptions,
    ) -> StoreResult<Arc<Self>> {
        let standby = options.standby.map(|location| Arc::new(standby::Standby::new(location)));
        let indexes = Arc::new(Indexes::new(catalogue));
        let mut connection = location.connect(Purpose::Write)?;
        migrations::migrate(&mut connection)?;
        let rebuilt = derived::prepare(&mut connection, &indexes)?;
        let settings = settings::Settings::load(&mut connection)?;
        let latest = Arc::new(LatestRevision::default());
        watch::refresh(&mut connection, &latest)?;
        if rebuilt && latest.revision() > 0 {
            location.vacuum();
        }
        let store = Arc::new(Self {
            location: location.clone(),
            short: pool::Pool::new(location),
            long: pool::Pool::new(location),
            standby: standby.clone(),
            writer: writer::Writer::start(
                location.clone(),
                connection,
                Arc::clone(&indexes),
                Arc::clone(&latest),
            )?,
            watch: watch::Watch::new(),
            indexes,
            latest,
            settings,
            names: NameCache::new(options.name_cache_bytes),
        });
        watch::start(&store, location.clone())?;
        if let Some(standby) = &standby {
            standby::watch(&store, standby)?;
        }
        Ok(store)
    }

    /// Returns the index tables.
    pub fn indexes(&self) -> &Arc<Indexes> {
        &self.indexes
    }

    /// Returns the latest known revision. Revisions of this process are known immediately, those of
    /// others within a tenth of a second.
    pub fn revision(&self) -> i64 {
        self.latest.revision()
    }

    /// Returns a receiver of the latest revision, to wait for later ones.
    pub fn follow(&self) -> tokio::sync::watch::Receiver<i64> {
        self.latest.follow()
    }

    /// Returns the revision of the latest redaction, which changed earlier states too, or 0.
    pub fn last_redaction(&self) -> i64 {
        self.latest.redaction()
    }

    /// Returns the random id of the database. ETags and cursors contain it, so that those of
    /// another database are invalid.
    pub fn identity(&self) -> &str {
        &self.settings.identity
    }

    /// Returns the key that signs cursors.
    pub fn signing_key(&self) -> &[u8] {
        self.settings.signing_key.as_bytes()
    }

    /// Returns whether the database is embedded in this process, so that short reads need no other
    /// thread.
    pub fn is_embedded(&self) -> bool {
        matches!(self.location, Location::Sqlite(_))
    }

    /// Returns whether the database is known to be unreachable, so that requests should not wait
    /// for it.
    pub fn is_unreachable(&self) -> bool {
        self.watch.is_unreachable()
    }

    /// Returns whether a read that has taken a second should fail, because its server does not
    /// respond.
    pub fn is_unresponsive(&self) -> bool {
        self.is_unreachable()
            || self.standby.as_ref().is_some_and(|standby| standby.is_unresponsive())
    }

    /// Reads from one state of the dataset, in a transaction. Blocks the thread.
    pub fn read<T, E: From<StoreError>>(
        &self,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.read_from(Length::Long, pin, read)
    }

    /// Reads like [`read`](Self::read), but without a transaction, which would take three more
    /// statements. If a revision is written in the meantime, it reads again with a transaction.
    pub fn read_optimistically<T, E: From<StoreError>>(
        &self,
        length: Length,
        pin: &Pin,
        read: impl Fn(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.require_reachable()?;
        match self.try_without_transaction(length, pin, &read) {
            Some(result) => result,
            None => self.read_from(length, pin, read),
        }
    }

    /// Returns `None` if a transaction is needed: with a standby, for a state that this server does
    /// not know yet, or if a revision was written in the meantime.
    fn try_without_transaction<T, E: From<StoreError>>(
        &self,
        length: Length,
        pin: &Pin,
        read: impl Fn(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let latest = self.revision();
        if self.standby.is_some() || pin.at_least.max(pin.revision.unwrap_or(0)) > latest {
            return None;
        }
        let mut connection = match self.pool(length).borrow_idle() {
            Ok(connection) => connection,
            Err(error) => return Some(Err(error.into())),
        };
        let begun = Instant::now();
        let snapshot = Snapshot::new(&mut connection, &self.indexes, pin, Some(latest)).ok()?;
        let mut snapshot = snapshot.with_names(self.cached_names(latest));
        let result = read(&mut snapshot);
        let ended = snapshot.end();
        if ended.is_ok() {
            connection.give_back();
        }
        if ended.unwrap_or(false) {
            return Some(result);
        }
        // A read that failed after this time probably waited for a lock, and would wait again.
        let repeated = result.is_ok() || begun.elapsed() < connection::BUSY_TIMEOUT;
        let error = || StoreError::Unavailable("the database took too long to respond".to_owned());
        (!repeated).then(|| Err(error().into()))
    }

    /// Reads the keys of clients from the primary. No revision covers them.
    pub fn read_keys<T>(
        &self,
        read: impl Fn(&mut connection::AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.require_reachable()?;
        let (connection, found) = self.short.borrow_for(read)?;
        connection.give_back();
        Ok(found)
    }

    /// Reads the latest state from the primary.
    pub fn read_primary<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.require_reachable()?;
        self.read_on(self.short.borrow()?, &Pin::default(), read)
    }

    /// Returns the cached names as of a revision that was the latest in the database when it was
    /// read, or `None` if names were changed after it.
    fn cached_names(&self, latest: i64) -> Option<CachedNames<'_>> {
        let rename = self.latest.rename();
        (rename <= latest && !self.names.is_disabled()).then(|| self.names.names(rename))
    }

    fn require_reachable(&self) -> StoreResult<()> {
        if self.is_unreachable() {
            Err(StoreError::Unavailable("the database does not respond".to_owned()))
        } else {
            Ok(())
        }
    }

    fn read_from<T, E: From<StoreError>>(
        &self,
        length: Length,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.require_reachable()?;
        // The state is at least as recent as any that a client of this server has seen.
        let at_least = self.revision().max(pin.at_least).max(pin.revision.unwrap_or(0));
        let standby = self.standby.as_ref();
        let connection = match standby.and_then(|standby| standby.borrow(length, at_least)) {
            Some(connection) => connection,
            None => self.pool(length).borrow()?,
        };
        self.read_on(connection, pin, read)
    }

    fn pool(&self, length: Length) -> &pool::Pool {
        match length {
            Length::Short => &self.short,
            Length::Long => &self.long,
        }
    }

    /// Reads on a connection with a read-only transaction.
    fn read_on<T, E: From<StoreError>>(
        &self,
        mut connection: PooledConnection,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut snapshot = Snapshot::new(&mut connection, &self.indexes, pin, None)?;
        if snapshot.latest > self.revision() {
            // A client that has seen a revision never gets a response of an earlier one.
            watch::refresh(snapshot.connection(), &self.latest)?;
        }
        let latest = snapshot.latest;
        snapshot = snapshot.with_names(self.cached_names(latest));
        let result = read(&mut snapshot);
        let ended = snapshot.end().map(drop);
        connection.give_back_after(ended, result)
    }

    /// Returns whether a revision exists, including one that another server has just written.
    pub fn exists(&self, revision: i64) -> StoreResult<bool> {
        if revision > self.revision() {
            self.read_primary(|_| StoreResult::Ok(()))?;
        }
        Ok(revision <= self.revision())
    }

    /// Returns the revision that was the latest at a time, or 0 before the first. Until there is a
    /// later one, a revision that is being written may have an earlier time.
    pub fn pin_at(&self, time: Moment) -> StoreResult<Pin> {
        self.read_primary(|snapshot| {
            let revision = record_status::revision_at(snapshot.connection(), time)?;
            let is_provisional = revision == snapshot.latest;
            Ok(Pin { is_provisional, ..Pin::revision(revision) })
        })
    }

    /// Returns the faults of the database, each as a sentence. `progress` is called with the number
    /// of checked revisions and the number of all revisions. Blocks the thread.
    pub fn verify(&self, progress: &mut dyn FnMut(i64, i64)) -> StoreResult<Vec<String>> {
        let mut connection = self.location.connect(Purpose::Read)?;
        connection.lift_time_limits()?;
        connection.begin_read()?;
        let mut faults = verify::verify(&mut connection, &self.indexes, progress)?;
        connection.run("ROLLBACK")?;
        // Damaged documents cannot be compared with their search entries.
        if !faults.is_empty() {
            return Ok(faults);
        }
        // SQLite checks its full-text index with a statement that needs a writable connection.
        let mut connection = self.location.connect(Purpose::Write)?;
        connection.begin_maintenance()?;
        faults.extend(search::check(&mut connection, &self.indexes)?);
        connection.run("ROLLBACK")?;
        Ok(faults)
    }

    /// Rebuilds everything that is derived from the documents: their holes and checksums, the index
    /// tables and the search index. Writers wait for it. If the documents have faults, which new
    /// checksums would hide, it returns these and changes nothing.
    pub fn repair(&self, progress: &mut dyn FnMut(i64, i64)) -> StoreResult<Vec<String>> {
        let mut connection = self.location.connect(Purpose::Write)?;
        connection.begin_maintenance()?;
        let faults = verify::verify_documents(&mut connection, &self.indexes, progress)?;
        if faults.is_empty() {
            derived::repair(&mut connection, &self.indexes)?;
            connection.run("COMMIT")?;
            self.location.vacuum();
        } else {
            connection.run("ROLLBACK")?;
        }
        Ok(faults)
    }

    /// Copies one state of the database into a new SQLite file. `progress` is called with the
    /// number of rows copied so far.
    pub fn backup(&self, file: &Path, progress: &mut dyn FnMut(u64)) -> StoreResult<()> {
        let mut connection = self.location.connect(Purpose::Read)?;
        connection.lift_time_limits()?;
        backup::backup(&mut connection, file, progress)
    }

    /// Changes the dataset. The receiver gets the result once it is on disk. With `dry_run`, the
    /// changes are rolled back.
    pub fn write<T, E>(
        &self,
        reason: Reason,
        dry_run: bool,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> tokio::sync::oneshot::Receiver<Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.submit(reason, dry_run, work)
    }

    /// Returns current measurements of the store.
    pub fn metrics(&self) -> StoreMetrics {
        StoreMetrics {
            revision: self.revision(),
            unreachable: self.is_unreachable(),
            pools: [("short", self.short.state()), ("long", self.long.state())],
            standby: self.standby.as_ref().map(|standby| (standby.is_usable(), standby.counts())),
            queued_writes: self.writer.queued(),
            statements: statements(),
        }
    }
}

/// Measurements of a store.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    /// The latest known revision.
    pub revision: i64,
    /// Whether the database is unreachable.
    pub unreachable: bool,
    /// The numbers of open and of idle connections in each pool.
    pub pools: [(&'static str, (u32, u32)); 2],
    /// With a standby, whether it is usable, and the numbers of reads on it and on the primary.
    pub standby: Option<(bool, (u64, u64))>,
    /// The number of writes in the queue of the writer thread.
    pub queued_writes: usize,
    /// The number of statements that this process has run.
    pub statements: u64,
}

static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// Returns the number of statements that this process has run.
pub fn statements() -> u64 {
    STATEMENTS.load(Ordering::Relaxed)
}

fn count_statement() {
    STATEMENTS.fetch_add(1, Ordering::Relaxed);
    #[cfg(test)]
    STATEMENTS_OF_THREAD.with(|count| count.set(count.get() + 1));
}

#[cfg(test)]
thread_local! {
    /// Tests run in parallel, so each test counts only the statements of its thread.
    pub(crate) static STATEMENTS_OF_THREAD: std::cell::Cell<u64> =
        const { std::cell::Cell::new(0) };
}
