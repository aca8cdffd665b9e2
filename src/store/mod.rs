//! Connections, the schema, transactions, revisions and time travel. It knows no record type and no HTTP.

pub mod chain;
pub mod connection;
pub mod dialect;
pub mod error;
mod history;
pub mod layout;
mod migrations;
mod pool;
pub mod records;
mod redaction;
mod settings;
mod snapshot;
pub mod statement;
pub mod transaction;
mod verify;
pub mod versions;
mod writer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

pub use connection::Location;
pub use error::{StoreError, StoreResult};
pub use history::LIVE;
pub use snapshot::{Pin, Snapshot};
pub use statement::{Cell, Row, Statement};
pub use transaction::{Operation, Reason, Standing, Transaction};
pub use writer::Written;

use crate::model::Catalogue;
use connection::{AnyConnection, Purpose};
use layout::Layouts;

/// How often the store looks for revisions that other programs have written.
const LOOK: Duration = Duration::from_millis(100);

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
    newest: Arc<writer::Newest>,
    settings: settings::Settings,
    indexes: Vec<(String, String, bool)>,
}

impl Store {
    /// Opens the database, brings its schema up to date and begins to listen for writes.
    pub fn open(location: &Location, catalogue: Catalogue) -> StoreResult<Arc<Self>> {
        let layouts = Arc::new(Layouts::new(catalogue));
        let mut connection = location.connect(Purpose::Write)?;
        connection.check_build()?;
        migrations::migrate(&mut connection, &layouts)?;
        let settings = settings::Settings::load(&mut connection)?;
        let indexes = orders(&mut connection, &layouts)?;
        let newest = Arc::new(writer::Newest::default());
        look(&mut connection, &newest)?;
        let store = Arc::new(Self {
            location: location.clone(),
            at_hand: pool::Pool::new(location, Purpose::Read, &layouts),
            present: pool::Pool::new(location, Purpose::Read, &layouts),
            past: pool::Pool::new(location, Purpose::ReadPast, &layouts),
            writer: writer::Writer::start(location.clone(), connection, Arc::clone(&layouts), Arc::clone(&newest))?,
            layouts,
            newest,
            settings,
            indexes,
        });
        watch(&store)?;
        Ok(store)
    }

    /// Where values stand.
    pub fn layouts(&self) -> &Arc<Layouts> {
        &self.layouts
    }

    /// The newest revision that this program knows of: its own at once, those of others within a tenth of a second.
    pub fn revision(&self) -> i64 {
        self.newest.revision.load(Ordering::Acquire)
    }

    /// The newest revision by which values were redacted: it changed what is read of the past. 0 where there was none.
    pub fn last_redaction(&self) -> i64 {
        self.newest.redaction.load(Ordering::Acquire)
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
        // What is pinned to the newest revision is read from the live tables, and stays right if they move on meanwhile:
        // the snapshot then finds that they have, and the past is asked.
        let past = pin.revision.is_some_and(|revision| revision < self.revision());
        if !past {
            let mut connection = if haste == Haste::AtHand { self.at_hand.get()? } else { self.present.get()? };
            let mut snapshot = Snapshot::begin(&mut connection, &self.layouts, pin, false)?;
            if snapshot.revision > self.revision() {
                // Who has read it here is told nothing older here afterwards.
                look(snapshot.connection, &self.newest)?;
            }
            if pin.revision.is_none_or(|revision| revision >= snapshot.revision) {
                let answer = read(&mut snapshot);
                snapshot.end()?;
                return answer;
            }
            snapshot.end()?;
        }
        let mut connection = self.past.get()?;
        let mut snapshot = Snapshot::begin(&mut connection, &self.layouts, pin, true)?;
        let answer = read(&mut snapshot);
        snapshot.end()?;
        answer
    }

    /// What is wrong with the record in the database, each in a sentence: nothing, if all is well. `progress` is told how many
    /// revisions of how many were looked at. Blocks the thread for as long as it takes.
    pub fn verify(&self, progress: &mut dyn FnMut(i64, i64)) -> StoreResult<Vec<String>> {
        let mut connection = self.location.connect(Purpose::Read)?;
        connection.take_your_time()?;
        connection.begin_read()?;
        let faults = verify::verify(&mut connection, &self.layouts, progress)?;
        connection.run("ROLLBACK")?;
        Ok(faults)
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

/// Notes the newest revision and the newest redaction: the latter first, so that whoever knows the one knows the other.
fn look(connection: &mut AnyConnection, newest: &writer::Newest) -> StoreResult<()> {
    let mut select = Statement::new("SELECT coalesce(max(revision), 0), (SELECT value FROM settings WHERE name = ");
    select.bind(redaction::LAST_REDACTION).push(") FROM revisions");
    if let Some(row) = select.first(connection)? {
        let redaction = row.text(1).and_then(|revision| revision.parse().ok()).unwrap_or(0);
        newest.redaction.fetch_max(redaction, Ordering::AcqRel);
        newest.revision.fetch_max(row.integer(0).unwrap_or(0), Ordering::AcqRel);
    }
    Ok(())
}

/// Keeps the known revision up to date while the store is in use.
fn watch(store: &Arc<Store>) -> StoreResult<()> {
    let store: Weak<Store> = Arc::downgrade(store);
    let keep_looking = move || {
        while let Some(store) = store.upgrade() {
            // While the store is away there is nothing new to know.
            let _ = store.present.get().and_then(|mut connection| look(&mut connection, &store.newest));
            drop(store);
            std::thread::sleep(LOOK);
        }
    };
    std::thread::Builder::new()
        .name("revisions".to_owned())
        .spawn(keep_looking)
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(())
}

static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// How many statements this program has run: what tests of their number compare.
pub fn statements() -> u64 {
    STATEMENTS.load(Ordering::Relaxed)
}

fn count_statement() {
    STATEMENTS.fetch_add(1, Ordering::Relaxed);
}
