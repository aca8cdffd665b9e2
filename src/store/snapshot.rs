//! A consistent state of the dataset for the duration of a read.

use diesel::dsl::max;
use diesel::prelude::*;

use super::connection::AnyConnection;
use super::document::Names;
use super::error::StoreResult;
use super::index::Indexes;
use super::name_cache::CachedNames;
use super::record_status::parse_time;
use super::records::{self, At, Document};
use super::schema::revisions;
use crate::model::{Moment, RecordType};

/// The selection of a state of the dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pin {
    /// The revision. `None` selects the latest.
    pub revision: Option<i64>,
    /// The day for which derived values are computed, if it is not that of the revision.
    pub day: Option<String>,
    /// The latest revision that the client has seen. No earlier state is read.
    pub at_least: i64,
}

impl Pin {
    /// Returns the state at a revision.
    pub fn revision(revision: i64) -> Self {
        Self { revision: Some(revision), ..Self::default() }
    }

    /// Returns the state at a revision, as of a day.
    pub fn on_day(revision: i64, day: impl Into<String>) -> Self {
        Self { revision: Some(revision), day: Some(day.into()), at_least: 0 }
    }
}

/// A connection whose reads all see the same state.
pub struct Snapshot<'c> {
    /// The connection.
    pub connection: &'c mut AnyConnection,
    /// The index tables.
    pub indexes: &'c Indexes,
    /// The revision that is read.
    pub revision: i64,
    /// The latest revision when the read began.
    pub latest: i64,
    /// The day (UTC) for which derived values are computed.
    pub today: String,
    /// Whether a later revision exists.
    pub past: bool,
    /// The revision of the latest known redaction. Redactions change earlier states too.
    pub redaction: i64,
    /// The cached names, if the snapshot is of the present.
    pub(super) cached_names: Option<CachedNames<'c>>,
}

impl<'c> Snapshot<'c> {
    /// Selects a state on a connection that has begun a read-only transaction.
    pub(super) fn begin(
        connection: &'c mut AnyConnection,
        indexes: &'c Indexes,
        pin: &Pin,
        redaction: i64,
    ) -> StoreResult<Self> {
        let latest = revisions::table
            .select(max(revisions::revision))
            .get_result::<Option<i64>>(connection)?
            .unwrap_or(0);
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
            redaction,
            cached_names: None,
        })
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
        let (at, names) = (self.at(), self.cached_names);
        records::read(self.connection, record_type, keys, at, &self.today, names)
    }

    /// Reads the record with this id.
    pub fn document(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
    ) -> StoreResult<Option<Document>> {
        let (at, names) = (self.at(), self.cached_names);
        records::read_one(self.connection, record_type, id, at, &self.today, names)
    }

    /// Reads the names of records by key from the database.
    pub fn names(&mut self, keys: &[i64]) -> StoreResult<Names> {
        let at = self.at();
        records::names(self.connection, keys, at)
    }

    /// Ends the read-only transaction.
    pub(super) fn end(self) -> StoreResult<()> {
        self.connection.end_read()
    }
}

fn day_of(connection: &mut AnyConnection, revision: i64) -> StoreResult<String> {
    let recorded_at: Option<String> = revisions::table
        .find(revision)
        .select(revisions::recorded_at)
        .get_result(connection)
        .optional()?;
    let moment = match recorded_at {
        Some(recorded_at) => parse_time(revision, &recorded_at)?,
        // Revision 0 is the empty database.
        None => Moment::now(),
    };
    Ok(moment.day().to_string())
}
