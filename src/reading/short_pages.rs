//! Pages that SQLite reads quickly enough for the worker's thread. This is decided before reading.
//!
//! An unfiltered page in the order of an index always is one. A page that reads ranges of a list's
//! index is one if its total is cached, under the text of its query.

use super::order::Order;
use super::query::{AsOf, ListQuery};
use super::result_cache::ResultCache;
use super::selection::ListIndexScan;
use crate::store::{Snapshot, Store, StoreResult};

/// Maximum number of past entries of a list that a short read skips. With 0, only unfiltered pages
/// are short.
pub(super) const MAX_SKIPPED: usize = 1_000;

/// Returns whether a page is of the present and bounded by an index.
pub fn is_short(query: &ListQuery, store: &Store, results: &ResultCache) -> bool {
    let index = store.indexes().of(query.record_type);
    query.takes_few_statements()
        && query.as_of == AsOf::Present
        && match query.sort.as_slice() {
            [] if query.conditions.is_empty() => true,
            [key] if query.conditions.is_empty() => index.has_order(&key.path.sorted_column()),
            _ => results.cached_total(query, store.revision()).is_some(),
        }
}

/// Caches the total of a query if its pages read ranges.
pub(super) fn cache_total(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    results: &ResultCache,
    total: i64,
) -> StoreResult<()> {
    if query.takes_few_statements() && !snapshot.past && reads_ranges(snapshot, query)? {
        let (name, query) = (query.record_type.name, query.canonical.clone());
        results.cached(snapshot, name, query, |_| Ok(total))?;
    }
    Ok(())
}

/// Returns whether pages read ranges of a list's index in its order, latest first, and skip only a
/// few past entries.
fn reads_ranges(snapshot: &mut Snapshot<'_>, query: &ListQuery) -> StoreResult<bool> {
    let index = snapshot.indexes.of(query.record_type);
    let Some(scan) = ListIndexScan::of(index, &query.conditions) else { return Ok(false) };
    let has_order = query.sort.iter().all(|key| key.descending)
        && Order::of_entries(index, &query.sort, &scan.dates).is_some();
    // Reads of PostgreSQL do not run on the worker's thread.
    if !has_order
        || !scan.is_distinct()
        || !scan.has_no_other_tests()
        || snapshot.database().is_postgres()
    {
        return Ok(false);
    }
    let past = snapshot.number(scan.count_past(MAX_SKIPPED))?;
    Ok(usize::try_from(past).is_ok_and(|past| past < MAX_SKIPPED))
}
