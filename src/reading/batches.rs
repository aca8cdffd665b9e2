//! All records of a list, batch after batch: each read from a state of its own, which the caller
//! pins to that of the first.

use super::counts::Counts;
use super::page::{find_matches, shaped, total};
use super::query::ListQuery;
use super::resolve::resolve;
use crate::formats::json::Shape;
use crate::store::records::{Document, read};
use crate::store::{Snapshot, SqlValue, StoreResult};

/// How far a list has been read.
pub struct Batches<'q> {
    query: &'q ListQuery,
    counts: &'q Counts,
    /// The values of the sort keys of the last record that was read.
    after: Option<Vec<SqlValue>>,
    /// How many records the query finds; counted for the first batch.
    total: Option<i64>,
}

/// What was read of a list in one go.
#[derive(Debug)]
pub struct Batch {
    /// How many records there were.
    pub count: usize,
    /// The revision that was read.
    pub revision: i64,
    /// The day that derived values are for.
    pub day: String,
}

impl<'q> Batches<'q> {
    /// The records after this position, or all.
    pub fn new(query: &'q ListQuery, counts: &'q Counts, after: Option<Vec<SqlValue>>) -> Self {
        Self { query, counts, after, total: None }
    }

    /// Reads the records that come next, at most `limit`, and gives each to `write`.
    pub fn next(
        &mut self,
        snapshot: &mut Snapshot<'_>,
        limit: usize,
        mut write: impl FnMut(&Document, &Shape) -> StoreResult<()>,
    ) -> StoreResult<Batch> {
        let query = &*resolve(snapshot, self.query)?;
        if query.search.is_some() {
            snapshot.connection.plan_by_words()?;
        }
        let total = match self.total {
            Some(total) => total,
            None => *self.total.insert(total(snapshot, query, self.counts)?.number),
        };
        // The total of hits is a lower bound, which must not end a stream.
        let total = if query.search.is_some() { i64::MAX } else { total };
        let find_matches =
            find_matches(snapshot, query, self.after.as_deref(), total, self.counts, limit)?;
        let keys = find_matches.keys();
        let documents =
            read(snapshot.connection, query.record_type, &keys, snapshot.at(), &snapshot.today)?;
        let shape = shaped(snapshot, query, &documents)?;
        documents.iter().try_for_each(|document| write(document, &shape))?;
        if let Some(last) = keys.len().checked_sub(1) {
            self.after = find_matches.position(last);
        }
        Ok(Batch { count: keys.len(), revision: snapshot.revision, day: snapshot.today.clone() })
    }
}
