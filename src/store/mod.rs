//! Connections, the schema, transactions, revisions and snapshots. It knows no particular record
//! type and no HTTP.

mod at;
mod backup;
pub mod chain;
pub mod change;
pub mod connection;
pub mod dialect;
pub mod document;
pub mod error;
mod holes;
pub mod index;
pub mod insert;
mod latest_revision;
pub mod links;
pub mod lookup;
mod migrations;
mod pool;
mod record_keys;
pub mod record_status;
pub mod records;
mod redaction;
pub mod schema;
pub mod search;
mod settings;
mod snapshot;
mod standby;
pub mod statement;
mod time_limit;
pub mod transaction;
mod verify;
mod watch;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use backup::restore;
pub use chain::Seal;
pub use change::Operation;
pub use connection::{Location, Purpose};
pub use error::{StoreError, StoreResult};
pub use index::LIVE;
pub use record_status::{Merged, RecordStatus};
pub use records::{At, Document, Version};
pub use redaction::ReasonStatus;
pub use snapshot::{Pin, Snapshot};
pub use statement::{Row, SqlValue, Statement};
pub use transaction::{Reason, Transaction};
pub use writer::Written;

use crate::model::{Catalogue, Moment, RecordType};
use connection::AnyConnection;
use index::Indexes;
use latest_revision::LatestRevision;
use pool::PooledConnection;
use standby::Length;

/// The record in its database: read from any thread, written through one.
pub struct Store {
    location: Location,
    indexes: Arc<Indexes>,
    /// Connections of reads that are short, which never wait for those of long ones.
    short: pool::Pool,
    long: pool::Pool,
    standby: Option<Arc<standby::Standby>>,
    writer: writer::Writer,
    watch: watch::Watch,
    newest: Arc<LatestRevision>,
    settings: settings::Settings,
}

impl Store {
    /// Opens the database, brings its schema up to date and begins to listen for writes.
    pub fn open(location: &Location, catalogue: Catalogue) -> StoreResult<Arc<Self>> {
        Self::open_with_standby(location, None, catalogue)
    }

    /// Opens the database. The standby answers reads while it is as new as what clients have seen.
    pub fn open_with_standby(
        location: &Location,
        standby: Option<Location>,
        catalogue: Catalogue,
    ) -> StoreResult<Arc<Self>> {
        let standby = standby.map(|location| Arc::new(standby::Standby::new(location)));
        let indexes = Arc::new(Indexes::new(catalogue));
        let mut connection = location.connect(Purpose::Write)?;
        migrations::migrate(&mut connection)?;
        index::prepare(&mut connection, &indexes)?;
        search::prepare(&mut connection, &indexes)?;
        let settings = settings::Settings::load(&mut connection)?;
        let newest = Arc::new(LatestRevision::default());
        watch::look(&mut connection, &newest)?;
        let store = Arc::new(Self {
            location: location.clone(),
            short: pool::Pool::new(location, Purpose::Read),
            long: pool::Pool::new(location, Purpose::Read),
            standby: standby.clone(),
            writer: writer::Writer::start(
                location.clone(),
                connection,
                Arc::clone(&indexes),
                Arc::clone(&newest),
            )?,
            watch: watch::Watch::new(),
            indexes,
            newest,
            settings,
        });
        watch::start(&store, location.clone())?;
        if let Some(standby) = &standby {
            standby::watch(&store, standby)?;
        }
        Ok(store)
    }

    /// The index tables.
    pub fn indexes(&self) -> &Arc<Indexes> {
        &self.indexes
    }

    /// The newest revision that this program knows of: its own at once, those of others within a
    /// tenth of a second.
    pub fn revision(&self) -> i64 {
        self.newest.revision()
    }

    /// The newest revision, to wait for newer ones.
    pub fn follow(&self) -> tokio::sync::watch::Receiver<i64> {
        self.newest.follow()
    }

    /// The newest revision by which values were redacted: it changed what is read of the past. 0
    /// where there was none.
    pub fn last_redaction(&self) -> i64 {
        self.newest.redaction()
    }

    /// The random id of the database: part of what must not be taken for something of another one.
    pub fn identity(&self) -> &str {
        &self.settings.identity
    }

    /// The key that signs cursors.
    pub fn signing_key(&self) -> &[u8] {
        self.settings.signing_key.as_bytes()
    }

    /// Whether reads can be made on the thread that asks: the database is a file, not a server.
    pub fn is_at_hand(&self) -> bool {
        matches!(self.location, Location::Sqlite(_))
    }

    /// Whether the database cannot be reached, as far as is known: then there is no point in
    /// waiting for it.
    pub fn is_away(&self) -> bool {
        self.watch.is_away()
    }

    /// Whether to give up a read that has taken a second, because its server does not answer.
    pub fn is_silent(&self) -> bool {
        self.is_away() || self.standby.as_ref().is_some_and(|standby| standby.went_silent())
    }

    /// Reads from one state of the dataset. Blocks the thread.
    pub fn read<T, E: From<StoreError>>(
        &self,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.read_from(Length::Long, pin, read)
    }

    /// The same for a read that an index bounds: it never waits for the connection of a long read.
    pub fn read_short<T, E: From<StoreError>>(
        &self,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.read_from(Length::Short, pin, read)
    }

    /// Reads the latest state from the primary. Keys are read here: they belong to no revision.
    pub fn read_primary<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.refuse_if_away()?;
        self.read_on(self.short.borrow()?, &Pin::default(), read)
    }

    /// The live record with this id as JSON, the newest revision, and the day that derived values
    /// are for: by one statement. None where that does not suffice, and the record is to be read
    /// from a [`Snapshot`].
    pub fn read_record(
        &self,
        record_type: &'static RecordType,
        id: &str,
        pin: &Pin,
    ) -> StoreResult<Option<(Document, i64, String)>> {
        self.refuse_if_away()?;
        let today = Moment::now().day().to_string();
        let read = |connection: &mut AnyConnection| {
            records::read_alone(connection, record_type, id, &today)
        };
        let (mut loan, (latest, document)) = match self.borrow_standby(Length::Short, pin) {
            Some(mut loan) => {
                let found = read(&mut loan)?;
                loan.end_read()?;
                (loan, found)
            }
            None => self.short.borrow_for(read)?,
        };
        if latest > self.revision() {
            watch::look(&mut loan, &self.newest)?;
        }
        loan.give_back();
        Ok(document.map(|document| (document, latest, today)))
    }

    fn refuse_if_away(&self) -> StoreResult<()> {
        if self.is_away() {
            Err(StoreError::Unavailable("the database does not answer".to_owned()))
        } else {
            Ok(())
        }
    }

    /// A connection to the standby that has begun to read, at a state not older than any that a
    /// client of this server has seen.
    fn borrow_standby(&self, length: Length, pin: &Pin) -> Option<PooledConnection> {
        let at_least = self.revision().max(pin.at_least).max(pin.revision.unwrap_or(0));
        self.standby.as_ref()?.borrow(length, at_least)
    }

    fn read_from<T, E: From<StoreError>>(
        &self,
        length: Length,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.refuse_if_away()?;
        let loan = match (self.borrow_standby(length, pin), length) {
            (Some(loan), _) => loan,
            (None, Length::Short) => self.short.borrow()?,
            (None, Length::Long) => self.long.borrow()?,
        };
        self.read_on(loan, pin, read)
    }

    /// Reads on a connection that has begun to read.
    fn read_on<T, E: From<StoreError>>(
        &self,
        mut loan: PooledConnection,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut snapshot = Snapshot::begin(&mut loan, &self.indexes, pin, self.last_redaction())?;
        if snapshot.latest > self.revision() {
            // A client that has seen a revision is never answered from an older one.
            watch::look(snapshot.connection, &self.newest)?;
        }
        let answer = read(&mut snapshot);
        let ended = snapshot.end();
        loan.give_back_after(ended, answer)
    }

    /// Returns whether there is such a revision, perhaps one that another server has just written.
    pub fn exists(&self, revision: i64) -> StoreResult<bool> {
        if revision > self.revision() {
            self.read_primary(|_| StoreResult::Ok(()))?;
        }
        Ok(revision <= self.revision())
    }

    /// What is wrong with the record in the database, each in a sentence: nothing, if all is well.
    /// `progress` is told how many revisions of how many were looked at. Blocks the thread for as
    /// long as it takes.
    pub fn verify(&self, progress: &mut dyn FnMut(i64, i64)) -> StoreResult<Vec<String>> {
        let mut connection = self.location.connect(Purpose::Read)?;
        connection.take_your_time()?;
        connection.begin_read()?;
        let mut faults = verify::verify(&mut connection, &self.indexes, progress)?;
        connection.run("ROLLBACK")?;
        // What cannot be read cannot be compared with its entries.
        if !faults.is_empty() {
            return Ok(faults);
        }
        // SQLite compares the index with its terms by a statement that only a connection that may
        // write can run.
        let mut connection = self.location.connect(Purpose::Write)?;
        connection.begin_upkeep()?;
        faults.extend(search::check(&mut connection, &self.indexes)?);
        connection.run("ROLLBACK")?;
        Ok(faults)
    }

    /// Rebuilds what is derived from the documents: their holes, index tables and search index.
    /// Writers wait meanwhile.
    pub fn repair(&self) -> StoreResult<()> {
        let mut connection = self.location.connect(Purpose::Write)?;
        connection.begin_upkeep()?;
        index::repair(&mut connection, &self.indexes)?;
        search::rebuild(&mut connection, &self.indexes)?;
        connection.run("COMMIT")
    }

    /// Copies everything, as it is at one moment, into a new SQLite file. `told` is called with the
    /// number of rows copied so far.
    pub fn backup(&self, file: &Path, told: &mut dyn FnMut(u64)) -> StoreResult<()> {
        let mut connection = self.location.connect(Purpose::Read)?;
        connection.take_your_time()?;
        backup::backup(&mut connection, file, told)
    }

    /// Changes the record in a transaction of its own, and answers when that is on disk. With
    /// `dry_run`, nothing is kept.
    pub fn write<T, E>(
        &self,
        reason: Reason,
        dry_run: bool,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> tokio::sync::oneshot::Receiver<Result<Written<T>, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.submit(reason, dry_run, work)
    }

    /// What there is to measure.
    pub fn figures(&self) -> Figures {
        Figures {
            revision: self.revision(),
            away: self.is_away(),
            pools: [("short", self.short.state()), ("long", self.long.state())],
            standby: self.standby.as_ref().map(|standby| (standby.is_usable(), standby.counts())),
            writes_waiting: self.writer.waiting(),
            statements: statements(),
        }
    }
}

/// What there is to measure of a store.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The newest revision known.
    pub revision: i64,
    /// Whether the database cannot be reached.
    pub away: bool,
    /// For each pool of connections: how many are open, and how many of them lie idle.
    pub pools: [(&'static str, (u32, u32)); 2],
    /// With a standby: whether it answers reads, and how many it and the primary answered.
    pub standby: Option<(bool, (u64, u64))>,
    /// Writes that wait for the thread that writes.
    pub writes_waiting: usize,
    /// Statements run so far, by the whole program.
    pub statements: u64,
}

static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// The number of statements that this program has run.
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
    /// Tests run beside each other, so they count the statements of their own thread.
    pub(crate) static STATEMENTS_OF_THREAD: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}
