//! Reads all records of a list in batches. Each batch has its own snapshot, which the caller pins
//! to the revision of the first.

use super::page::{find, record_shape, total};
use super::query::ListQuery;
use super::resolve::resolve;
use super::result_cache::ResultCache;
use crate::formats::json::Shape;
use crate::store::{Document, Snapshot, SqlValue, StoreResult};

/// The progress of reading a list.
pub struct Batches<'q> {
    query: &'q ListQuery,
    results: &'q ResultCache,
    /// The position of the last record that was read.
    after: Option<Vec<SqlValue>>,
    /// Whether all records were read.
    pub is_done: bool,
    /// The number of matching records, which is counted for the first batch.
    total: Option<i64>,
}

impl<'q> Batches<'q> {
    /// Starts after this position, or at the beginning.
    pub fn new(
        query: &'q ListQuery,
        results: &'q ResultCache,
        after: Option<Vec<SqlValue>>,
    ) -> Self {
        Self { query, results, after, is_done: false, total: None }
    }

    /// Reads the next records, at most `limit`, and passes each to `write`. Returns their number.
    pub fn next(
        &mut self,
        snapshot: &mut Snapshot<'_>,
        limit: usize,
        mut write: impl FnMut(&Document, &Shape) -> StoreResult<()>,
    ) -> StoreResult<usize> {
        let query = &*resolve(snapshot, self.query, self.results)?;
        if query.search.is_some() {
            snapshot.plan_for_values()?;
        }
        let total = match self.total {
            Some(total) => total,
            None => *self.total.insert(total(snapshot, query, self.results)?.number),
        };
        // The total of hits may be a lower bound, which must not end a stream.
        let total = if query.search.is_some() { i64::MAX } else { total };
        let (documents, last) =
            find(snapshot, query, self.after.as_deref(), total, self.results, limit)?;
        let shape = record_shape(snapshot, query, &documents)?;
        documents.iter().try_for_each(|document| write(document, &shape))?;
        (self.is_done, self.after) = (last.is_none(), last);
        Ok(documents.len())
    }
}
