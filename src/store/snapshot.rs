//! One state of the record, held still while it is read.

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::index::Indexes;
use super::record_status::last_revision;
use super::records::At;
use super::schema::revisions;
use crate::model::Moment;

/// Which state of the record to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pin {
    /// The revision; None: the newest.
    pub revision: Option<i64>,
    /// The day that computed values are told for, where it is not that of the revision.
    pub day: Option<String>,
    /// The newest revision that the client has seen: no older state is read.
    pub at_least: i64,
}

impl Pin {
    /// The state at a revision.
    pub fn revision(revision: i64) -> Self {
        Self { revision: Some(revision), ..Self::default() }
    }

    /// The state at a revision, as of a day.
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
    /// The latest revision that there was when the reading began.
    pub latest: i64,
    /// The day (UTC) that computed values are told for.
    pub today: String,
    /// Whether it is one that was superseded since.
    pub past: bool,
    /// The newest redaction that is known: it changed what is read of the past.
    pub redaction: i64,
}

impl<'c> Snapshot<'c> {
    /// The state at the pin, on a connection that has begun to read.
    pub(super) fn begin(
        connection: &'c mut AnyConnection,
        indexes: &'c Indexes,
        pin: &Pin,
        redaction: i64,
    ) -> StoreResult<Self> {
        let latest = last_revision(connection)?.map_or(0, |last| last.revision);
        let past = pin.revision.is_some_and(|revision| revision < latest);
        let revision = pin.revision.filter(|_| past).unwrap_or(latest);
        let today = match (&pin.day, pin.revision) {
            (Some(day), _) => day.clone(),
            (None, Some(revision)) => day_of(connection, revision)?,
            (None, None) => Moment::now().day().to_string(),
        };
        Ok(Self { connection, indexes, revision, latest, today, past, redaction })
    }

    /// The rows that are valid in this state.
    pub fn at(&self) -> At {
        if self.past { At::Revision(self.revision) } else { At::Present }
    }

    /// Lets the state go.
    pub(super) fn end(self) -> StoreResult<()> {
        self.connection.end_read()
    }
}

fn day_of(connection: &mut AnyConnection, revision: i64) -> StoreResult<String> {
    let recorded_at: Option<String> = revisions::table
        .find(revision)
        .select(revisions::recorded_at)
        .first(connection)
        .optional()?;
    Ok(recorded_at
        .and_then(|moment| moment.parse::<Moment>().ok())
        .unwrap_or_else(Moment::now)
        .day()
        .to_string())
}
