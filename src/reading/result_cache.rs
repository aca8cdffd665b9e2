//! A cache of totals, facets and the targets of filters by revision.

use std::sync::Arc;

use quick_cache::{Weighter, sync};

use super::condition::{Condition, DrivingIndex, count_all};
use super::facets;
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

/// The key of a result. It contains the latest redaction, because redactions change past counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// The name of a table or of a record type.
    name: &'static str,
    query: String,
    revision: i64,
    redaction: i64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<str>> for ByBytes {
    fn weight(&self, key: &Key, counted: &Arc<str>) -> u64 {
        (key.query.len() + counted.len() + 64) as u64
    }
}

impl ResultCache {
    /// Returns the result of a statement that counts records of a type.
    pub(super) fn number(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        select: Statement,
    ) -> StoreResult<i64> {
        let key = key(snapshot, index.table(), format!("{select:?}"));
        if let Some(known) = self.cache.get(&key).and_then(|number| number.parse().ok()) {
            return Ok(known);
        }
        let number = snapshot.number(select)?;
        self.insert(snapshot, key, number.to_string().into())?;
        Ok(number)
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

    /// Returns the keys of the records of a type with these ids, which `find` reads.
    pub(super) fn targets(
        &self,
        snapshot: &mut Snapshot<'_>,
        record_type: &'static str,
        ids: &[String],
        find: impl FnOnce(&mut Snapshot<'_>) -> StoreResult<Vec<i64>>,
    ) -> StoreResult<Vec<i64>> {
        let key = key(snapshot, record_type, format!("{ids:?}"));
        if let Some(keys) = self.cache.get(&key) {
            return Ok(serde_json::from_str(&keys)?);
        }
        let keys = find(snapshot)?;
        self.insert(snapshot, key, serde_json::to_string(&keys)?.into())?;
        Ok(keys)
    }

    fn insert(&self, snapshot: &mut Snapshot<'_>, key: Key, result: Arc<str>) -> StoreResult<()> {
        if snapshot.may_cache()? {
            self.cache.insert(key, result);
        }
        Ok(())
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
    ) -> StoreResult<Arc<str>> {
        let key = key(snapshot, index.table(), format!("{names:?} {condition:?}"));
        if let Some(facets) = self.cache.get(&key) {
            return Ok(facets);
        }
        let facets: Arc<str> =
            serde_json::to_string(&facets::count(snapshot, index, names, condition)?)?.into();
        self.insert(snapshot, key, Arc::clone(&facets))?;
        Ok(facets)
    }
}

fn key(snapshot: &Snapshot<'_>, name: &'static str, query: String) -> Key {
    let (revision, redaction) = (snapshot.revision, snapshot.redaction);
    Key { name, query, revision, redaction }
}
