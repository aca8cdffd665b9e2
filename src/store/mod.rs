//! Connections, the schema, transactions, revisions and time travel. It knows no record type and no HTTP.

mod backup;
pub mod chain;
pub mod connection;
pub mod dialect;
pub mod error;
mod history;
pub mod insert;
pub mod layout;
mod migrations;
mod names;
mod newest;
mod pool;
pub mod prepared;
pub mod records;
mod redaction;
pub mod search;
mod settings;
mod snapshot;
pub mod standing;
pub mod statement;
pub mod transaction;
mod verify;
pub mod versions;
mod watch;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use backup::restore;
pub use chain::Seal;
pub use connection::{Location, Purpose};
pub use error::{StoreError, StoreResult};
pub use history::LIVE;
pub use redaction::ReasonStanding;
pub use snapshot::{Pin, Snapshot};
pub use standing::{Merged, Standing};
pub use statement::{Cell, Row, Statement};
pub use transaction::{Operation, Reason, Transaction};
pub use writer::Written;

use crate::model::Catalogue;
use connection::AnyConnection;
use layout::Layouts;
use newest::Newest;
use prepared::Preparer;

/// Where a read is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// On the thread that asks, which others wait for: an index must bound it, and the newest revision be meant.
    AtHand,
    /// On a thread that may block.
    Aside,
}

/// The record in its database: read from any thread, written through one.
pub struct Store {
    location: Location,
    layouts: Arc<Layouts>,
    at_hand: pool::Pool,
    present: pool::Pool,
    past: pool::Pool,
    writer: writer::Writer,
    watch: watch::Watch,
    newest: Arc<Newest>,
    settings: settings::Settings,
    indexes: Vec<(String, String, bool)>,
}

impl Store {
    /// Opens the database, brings its schema up to date and begins to listen for writes.
    pub fn open(location: &Location, catalogue: Catalogue) -> StoreResult<Arc<Self>> {
        let layouts = Arc::new(Layouts::new(catalogue));
        let mut connection = location.connect(Purpose::Write)?;
        migrations::migrate(&mut connection, &layouts)?;
        search::prepare(&mut connection, &layouts)?;
        let settings = settings::Settings::load(&mut connection)?;
        let indexes = orders(&mut connection, &layouts)?;
        let newest = Arc::new(Newest::default());
        watch::look(&mut connection, &newest)?;
        let store = Arc::new(Self {
            location: location.clone(),
            at_hand: pool::Pool::new(location, Purpose::Read, &layouts),
            present: pool::Pool::new(location, Purpose::Read, &layouts),
            past: pool::Pool::new(location, Purpose::ReadPast, &layouts),
            writer: writer::Writer::start(location.clone(), connection, Arc::clone(&layouts), Arc::clone(&newest))?,
            watch: watch::Watch::new(),
            layouts,
            newest,
            settings,
            indexes,
        });
        watch::start(&store, location.clone())?;
        Ok(store)
    }

    /// Where values stand.
    pub fn layouts(&self) -> &Arc<Layouts> {
        &self.layouts
    }

    /// The newest revision that this program knows of: its own at once, those of others within a tenth of a second.
    pub fn revision(&self) -> i64 {
        self.newest.revision()
    }

    /// The newest revision, to wait for newer ones.
    pub fn follow(&self) -> tokio::sync::watch::Receiver<i64> {
        self.newest.follow()
    }

    /// The newest revision by which values were redacted: it changed what is read of the past. 0 where there was none.
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

    /// Whether the database cannot be reached, as far as is known: then there is no point in waiting for it.
    pub fn is_away(&self) -> bool {
        self.watch.is_away()
    }

    /// Whether an index leads through a table in the order of a column, its ids in theirs.
    pub fn has_index(&self, table: &str, column: &str, descending: bool) -> bool {
        self.indexes.iter().any(|(of, first, falls)| of == table && first == column && *falls == descending)
    }

    /// Reads, everything from one state of the record. Blocks the thread.
    pub fn read<T, E: From<StoreError>>(&self, pin: &Pin, read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>) -> Result<T, E> {
        self.read_with(Haste::Aside, pin, read)
    }

    /// Reads, everything from one state of the record, by connections that no longer read holds where it is made at hand.
    pub fn read_with<T, E: From<StoreError>>(
        &self,
        haste: Haste,
        pin: &Pin,
        read: impl FnOnce(&mut Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.is_away() {
            return Err(StoreError::Unavailable("the database does not answer".to_owned()).into());
        }
        // What is pinned to the newest revision is read from the live tables, and stays right if they move on meanwhile:
        // the snapshot then finds that they have, and the past is asked.
        let past = pin.revision.is_some_and(|revision| revision < self.revision());
        if !past {
            let mut loan = if haste == Haste::AtHand { self.at_hand.borrow()? } else { self.present.borrow()? };
            let mut snapshot = Snapshot::begin(&mut loan, &self.layouts, pin, false, self.last_redaction())?;
            if snapshot.revision > self.revision() {
                // Who has read it here is told nothing older here afterwards.
                watch::look(snapshot.connection, &self.newest)?;
            }
            if pin.revision.is_none_or(|revision| revision >= snapshot.revision) {
                let answer = read(&mut snapshot);
                let ended = snapshot.end();
                return loan.give_back_after(ended, answer);
            }
            snapshot.end()?;
            loan.give_back();
        }
        let mut loan = self.past.borrow()?;
        let mut snapshot = Snapshot::begin(&mut loan, &self.layouts, pin, true, self.last_redaction())?;
        let answer = read(&mut snapshot);
        let ended = snapshot.end();
        loan.give_back_after(ended, answer)
    }

    /// What is wrong with the record in the database, each in a sentence: nothing, if all is well. `progress` is told how many
    /// revisions of how many were looked at. Blocks the thread for as long as it takes.
    pub fn verify(&self, progress: &mut dyn FnMut(i64, i64)) -> StoreResult<Vec<String>> {
        let mut connection = self.location.connect(Purpose::Read)?;
        connection.take_your_time()?;
        connection.begin_read()?;
        let mut faults = verify::verify(&mut connection, &self.layouts, progress)?;
        connection.run("ROLLBACK")?;
        // SQLite compares the index with its terms by a statement that only a connection that may write can run.
        let mut connection = self.location.connect(Purpose::Write)?;
        connection.begin_upkeep()?;
        faults.extend(search::check(&mut connection, &self.layouts)?);
        connection.run("ROLLBACK")?;
        Ok(faults)
    }

    /// Makes anew what is made from the records: the search index; prepared lines are thrown away. Writers wait meanwhile.
    pub fn repair(&self) -> StoreResult<()> {
        let mut connection = self.location.connect(Purpose::Write)?;
        connection.begin_upkeep()?;
        search::rebuild(&mut connection, &self.layouts)?;
        prepared::forget(&mut connection)?;
        connection.run("COMMIT")
    }

    /// A connection that keeps prepared lines beside the writer: that one keeps many pages in memory, of what it wrote last.
    pub fn preparer(&self) -> StoreResult<Preparer> {
        self.location.connect_again(Purpose::Prepare).map(Preparer::new)
    }

    /// Copies everything, as it is at one moment, into a new SQLite file. `told` is called with the number of rows copied so far.
    pub fn backup(&self, file: &Path, told: &mut dyn FnMut(u64)) -> StoreResult<()> {
        let mut connection = self.location.connect(Purpose::Read)?;
        connection.take_your_time()?;
        backup::backup(&mut connection, &self.layouts, file, told)
    }

    /// Changes the record in a transaction of its own, and answers when that is on disk. With `dry_run`, nothing is kept.
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
            pools: [("present", self.present.state()), ("past", self.past.state())],
            writes_waiting: self.writer.waiting(),
            statements: statements(),
        }
    }
}

/// The orders in which indexes lead through the tables of records: a table, the first column, whether it falls; then the id.
fn orders(connection: &mut AnyConnection, layouts: &Layouts) -> StoreResult<Vec<(String, String, bool)>> {
    let mut orders = Vec::new();
    for layout in layouts.iter() {
        orders.push((layout.table().to_owned(), "id".to_owned(), false));
        orders.push((layout.table().to_owned(), "id".to_owned(), true));
        for (_, columns) in connection.indexes(layout.table())? {
            let mut columns = columns.split(',').map(|column| column.trim().replace('"', ""));
            let (Some(first), Some(second), None) = (columns.next(), columns.next(), columns.next()) else { continue };
            if second.trim_end_matches(')') == "id" {
                let column = first.trim_end_matches(" DESC");
                orders.push((layout.table().to_owned(), column.to_owned(), column != first));
            }
        }
    }
    Ok(orders)
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
