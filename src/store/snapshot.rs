//! A consistent state of the dataset for the duration of a read.

use serde::{Deserialize, Serialize};

use super::connection::AnyConnection;
use super::document::Names;
use super::error::StoreResult;
use super::index::Indexes;
use super::name_cache::CachedNames;
use super::record_status::{latest_revision, time_of};
use super::records::{self, At, Document, FilledDocuments, Matches, StoredDocuments, if_latest};
use super::row::Row;
use super::statement::Statement;
use crate::model::{Moment, RecordType};

/// The selection of a state of the dataset. In a cursor, it pins a revision, so the fields that
/// concern the latest one are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Pin {
    /// The revision. `None` selects the latest.
    pub revision: Option<i64>,
    /// The day for which derived values are computed, if it is not that of the revision.
    pub day: Option<String>,
    /// The latest revision that the client has seen. No earlier state is read.
    #[serde(skip)]
    pub at_least: i64,
    /// Whether the same request may select a later revision later: one without a revision, or with
    /// a time to which a revision that is being written may belong too.
    #[serde(skip)]
    pub is_provisional: bool,
}

impl Pin {
    /// Returns the state at a revision.
    pub fn revision(revision: i64) -> Self {
        Self { revision: Some(revision), ..Self::default() }
    }

    /// Returns the state at a revision, as of a day.
    pub fn on_day(revision: i64, day: impl Into<String>) -> Self {
        Self { day: Some(day.into()), ..Self::revision(revision) }
    }
}

/// A connection whose reads all see the same state.
pub struct Snapshot<'c> {
    connection: &'c mut AnyConnection,
    /// The index tables.
    pub indexes: &'c Indexes,
    /// The revision that is read.
    pub revision: i64,
    /// The latest revision.
    pub latest: i64,
    /// The day (UTC) for which derived values are computed.
    pub today: String,
    /// Whether a later revision exists.
    pub past: bool,
    consistency: Consistency,
    in_transaction: bool,
    /// The cached names, if the snapshot is of the present.
    cached_names: Option<CachedNames<'c>>,
}

/// The consistency of the reads of a snapshot so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consistency {
    /// They see one state, because a transaction began before the first.
    Transaction,
    /// They saw one state: no revision was written before the last, so none before any other.
    Confirmed,
    /// The last read found nothing, or did not require the latest revision.
    Unknown,
    /// A revision was written in the meantime.
    Lost,
}

impl<'c> Snapshot<'c> {
    /// Selects a state: without a transaction while the assumed revision is the latest, else on a
    /// connection that has begun a read-only transaction.
    pub(super) fn new(
        connection: &'c mut AnyConnection,
        indexes: &'c Indexes,
        pin: &Pin,
        assumed: Option<i64>,
    ) -> StoreResult<Self> {
        let (latest, consistency) = match assumed {
            Some(latest) => (latest, Consistency::Unknown),
            None => (latest_revision(connection)?, Consistency::Transaction),
        };
        let past = pin.revision.is_some_and(|revision| revision < latest);
        let revision = pin.revision.filter(|_| past).unwrap_or(latest);
        let today = match (&pin.day, pin.revision) {
            (Some(day), _) => day.clone(),
            (None, Some(revision)) => day_of(connection, revision)?,
            (None, None) => Moment::now().day().to_string(),
        };
        Ok(Self {
            connection,
            indexes,
            revision,
            latest,
            today,
            past,
            consistency,
            in_transaction: assumed.is_none(),
            cached_names: None,
        })
    }

    /// Uses these names, if they are those of the state.
    #[must_use]
    pub(super) fn with_names(mut self, names: Option<CachedNames<'c>>) -> Self {
        self.cached_names = names.filter(|_| !self.past);
        self
    }

    /// Returns the connection, to read with it.
    pub fn connection(&mut self) -> &mut AnyConnection {
        self.unconfirm();
        self.connection
    }

    /// Returns the revision that must still be the latest when a statement reads.
    fn required_latest(&self) -> Option<i64> {
        (self.consistency != Consistency::Transaction).then_some(self.latest)
    }

    /// Confirms the state after a statement that required the latest revision found something.
    fn confirm(&mut self) {
        if self.consistency == Consistency::Unknown {
            self.consistency = Consistency::Confirmed;
        }
    }

    /// Requires another confirmation, after a read that may have seen any state.
    fn unconfirm(&mut self) {
        if self.consistency == Consistency::Confirmed {
            self.consistency = Consistency::Unknown;
        }
    }

    /// Returns the connection, to ask for the dialect of its database.
    pub fn database(&self) -> &AnyConnection {
        self.connection
    }

    /// Returns the selection of this state.
    pub fn pin(&self) -> Pin {
        Pin::on_day(self.revision, self.today.clone())
    }

    /// Returns the selection of rows that are valid in this state.
    pub fn at(&self) -> At {
        if self.past { At::Revision(self.revision) } else { At::Present }
    }

    /// Reads the records of one type with these keys, in the order of the keys. Records that are
    /// not valid are left out.
    pub fn documents(
        &mut self,
        record_type: &'static RecordType,
        keys: &[i64],
    ) -> StoreResult<Vec<Document>> {
        let (at, required_latest) = (self.at(), self.required_latest());
        let stored = StoredDocuments::of_keys(self.connection(), keys, at, required_latest)?;
        self.fill(record_type, &stored)
    }

    /// Reads the record with this id.
    pub fn document(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
    ) -> StoreResult<Option<Document>> {
        let (at, required_latest) = (self.at(), self.required_latest());
        let stored =
            StoredDocuments::of_id(self.connection(), record_type, id, at, required_latest)?;
        Ok(self.fill(record_type, &stored)?.pop())
    }

    /// Reads the first records of a list. Also returns them as stored, with their positions in the
    /// order.
    pub fn matches(
        &mut self,
        record_type: &'static RecordType,
        matches: Matches,
    ) -> StoreResult<(Vec<Document>, StoredDocuments)> {
        let (at, required_latest) = (self.at(), self.required_latest());
        let stored = StoredDocuments::of_matches(
            self.connection(),
            record_type,
            matches,
            at,
            required_latest,
        )?;
        let documents = self.fill(record_type, &stored)?;
        Ok((documents, stored))
    }

    fn fill(
        &mut self,
        record_type: &'static RecordType,
        stored: &StoredDocuments,
    ) -> StoreResult<Vec<Document>> {
        let (at, cached) = (self.at(), self.cached_names);
        let FilledDocuments { documents, new_names, is_confirmed } =
            stored.fill(self.connection, record_type, at, &self.today, cached)?;
        if is_confirmed {
            self.confirm()
        } else {
            self.unconfirm()
        }
        if let Some(cached) = cached.filter(|_| !new_names.is_empty())
            && self.may_cache()?
        {
            new_names.into_iter().for_each(|(key, name)| cached.insert(key, name));
        }
        Ok(documents)
    }

    /// Reads the names of records by key from the database.
    pub fn names(&mut self, keys: &[i64]) -> StoreResult<Names> {
        let at = self.at();
        records::names(self.connection(), keys, at)
    }

    /// Returns the rows of a query, which may be cached if [`may_cache`](Self::may_cache) is true.
    pub fn rows(&mut self, select: Statement) -> StoreResult<Vec<Row>> {
        let required_latest = self.required_latest();
        if required_latest.is_none() {
            return select.rows(self.connection);
        }
        let mut confirmed = Statement::new("SELECT s.* FROM (");
        confirmed.append(select).push(") s WHERE 1 = 1").append(if_latest(required_latest));
        let rows = confirmed.rows(self.connection())?;
        if !rows.is_empty() {
            self.confirm();
        }
        Ok(rows)
    }

    /// Returns the number that a query selects. It is of this state if
    /// [`may_cache`](Self::may_cache) is true; otherwise, it may be 0, and the read is repeated.
    pub fn number(&mut self, select: Statement) -> StoreResult<i64> {
        self.rows(select)?.first().map_or(Ok(0), |row| row.required_integer(0))
    }

    /// Returns whether everything that was read so far is of this state, so that it may be cached.
    pub fn may_cache(&mut self) -> StoreResult<bool> {
        if self.consistency == Consistency::Unknown {
            let is_same = latest_revision(self.connection)? == self.latest;
            self.consistency = if is_same { Consistency::Confirmed } else { Consistency::Lost };
        }
        Ok(self.consistency != Consistency::Lost)
    }

    /// Makes PostgreSQL plan each statement for its values.
    pub fn plan_for_values(&mut self) -> StoreResult<()> {
        // The setting needs a transaction. Earlier reads may have seen another state.
        if self.connection.is_postgres() && !self.in_transaction {
            self.connection.begin_read()?;
            self.in_transaction = true;
        }
        self.connection.plan_for_values()
    }

    /// Ends the snapshot. Returns whether all its reads saw one state.
    pub(super) fn end(mut self) -> StoreResult<bool> {
        let is_consistent = self.may_cache()?;
        if self.in_transaction {
            self.connection.end_read()?;
        }
        Ok(is_consistent)
    }
}

fn day_of(connection: &mut AnyConnection, revision: i64) -> StoreResult<String> {
    // Revision 0 is the empty database.
    let moment = time_of(connection, revision)?.unwrap_or_else(Moment::now);
    Ok(moment.day().to_string())
}
