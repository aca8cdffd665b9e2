//! A cache of totals, facets and the targets of filters by revision.

use std::sync::Arc;

use quick_cache::{Weighter, sync};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::condition::{Condition, DrivingIndex};
use super::facets;
use super::query::ListQuery;
use super::selection::count_all;
use crate::store::index::TypeIndex;
use crate::store::{Snapshot, Statement, StoreResult};

/// Maximum size of the cache in bytes.
const CAPACITY: u64 = 4 << 20;

/// A cache of totals, facets and the targets of filters.
pub struct ResultCache {
    cache: sync::Cache<Key, Arc<str>, ByBytes>,
}

impl Default for ResultCache {
    fn default() -> Self {
        Self { cache: sync::Cache::with_weighter(1_024, CAPACITY, ByBytes) }
    }
}

/// The key of a result. It contains the latest revision, because redactions change past counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// The name of a table or of a record type.
    name: &'static str,
    query: String,
    revision: i64,
    latest: i64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<str>> for ByBytes {
    fn weight(&self, key: &Key, counted: &Arc<str>) -> u64 {
        (key.query.len() + counted.len() + 64) as u64
    }
}

impl ResultCache {
    /// Returns the result of a query, which `find` reads if it is not cached.
    pub(super) fn cached<T: Serialize + DeserializeOwned>(
        &self,
        snapshot: &mut Snapshot<'_>,
        name: &'static str,
        query: String,
        find: impl FnOnce(&mut Snapshot<'_>) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let (revision, latest) = (snapshot.revision, snapshot.latest);
        let key = Key { name, query, revision, latest };
        if let Some(result) = self.cache.get(&key) {
            return Ok(serde_json::from_str(&result)?);
        }
        let result = find(snapshot)?;
        if snapshot.may_cache()? {
            self.cache.insert(key, serde_json::to_string(&result)?.into());
        }
        Ok(result)
    }

    /// Returns the result of a statement that counts records of a type.
    pub(super) fn number(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        select: Statement,
    ) -> StoreResult<i64> {
        let query = format!("{select:?}");
        self.cached(snapshot, index.table(), query, |snapshot| snapshot.number(select))
    }

    /// Returns the number of records that meet the conditions.
    pub(super) fn total(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        conditions: &[Condition],
    ) -> StoreResult<i64> {
        if conditions.is_empty() && !snapshot.past {
            let mut select =
                Statement::new(r#"SELECT "live" FROM "counts" WHERE "record_type" = "#);
            select.bind(index.record_type.name);
            return self.number(snapshot, index, select);
        }
        let select = count_all(snapshot, index, conditions);
        self.number(snapshot, index, select)
    }

    /// Returns the total of a query at the latest revision, if `short_pages` cached it.
    pub(super) fn cached_total(&self, query: &ListQuery, latest: i64) -> Option<i64> {
        // The total of all records is not cached under the text of a query.
        if query.conditions.is_empty() {
            return None;
        }
        let (name, query) = (query.record_type.name, query.canonical.clone());
        self.cache.get(&Key { name, query, revision: latest, latest })?.parse().ok()
    }

    /// Chooses the index for finding `limit` of `total` matching records.
    pub(super) fn driving_index(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        total: i64,
        limit: usize,
    ) -> StoreResult<DrivingIndex> {
        // With the filter's index, all `total` records are read. With the order's index, about
        // `size / total * limit` records are.
        let size = self.total(snapshot, index, &[])?;
        let by_order = i128::from(size) * limit as i128;
        Ok(if i128::from(total) * i128::from(total) <= by_order {
            DrivingIndex::Filter
        } else {
            DrivingIndex::Order
        })
    }

    /// Returns the facets of the records that meet a condition, as JSON.
    pub(super) fn facets(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        names: &[String],
        condition: &Statement,
    ) -> StoreResult<Box<RawValue>> {
        let query = format!("{names:?} {condition:?}");
        self.cached(snapshot, index.table(), query, |snapshot| {
            facets::count(snapshot, index, names, condition)?.to_raw()
        })
    }
}
