//! Totals and facets that were counted before, each for one revision.

use std::sync::Arc;

use quick_cache::{Weighter, sync};

use super::condition::{Condition, DrivingIndex, count_all};
use super::facets;
use crate::store::index::TypeIndex;
use crate::store::{Snapshot, Statement, StoreResult};

/// The memory for totals and facets, in bytes.
const CAPACITY: u64 = 4 << 20;

/// Totals and facets that were counted before.
pub struct Counts {
    counted: sync::Cache<Count, Arc<str>, ByBytes>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { counted: sync::Cache::with_weighter(1_024, CAPACITY, ByBytes) }
    }
}

/// What was counted, at which revision. A redaction changes what is counted of the past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Count {
    table: &'static str,
    what: String,
    revision: i64,
    redaction: i64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Count, Arc<str>> for ByBytes {
    fn weight(&self, count: &Count, counted: &Arc<str>) -> u64 {
        (count.what.len() + counted.len() + 64) as u64
    }
}

impl Counts {
    /// The number that a statement counts in the records of a type.
    pub(super) fn number(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        select: Statement,
    ) -> StoreResult<i64> {
        let key = count(snapshot, index, format!("{select:?}"));
        if let Some(known) = self.counted.get(&key).and_then(|number| number.parse().ok()) {
            return Ok(known);
        }
        let number = select.number(snapshot.connection)?;
        self.counted.insert(key, number.to_string().into());
        Ok(number)
    }

    /// How many records meet the conditions.
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
            return select.number(snapshot.connection);
        }
        let select = count_all(snapshot, index, conditions);
        self.number(snapshot, index, select)
    }

    /// Along which index to look for `limit` of the records that meet some condition, of which
    /// there are `total`.
    pub(super) fn lead(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        total: i64,
        limit: usize,
    ) -> StoreResult<DrivingIndex> {
        // Led by the filter, all that match are looked at; led by the order, one in so many as do
        // not, until there are enough.
        let size = self.total(snapshot, index, &[])?;
        let by_order = i128::from(size) * limit as i128;
        Ok(if i128::from(total) * i128::from(total) <= by_order {
            DrivingIndex::Filter
        } else {
            DrivingIndex::Order
        })
    }

    /// The facets over the records that meet a condition, as JSON.
    pub(super) fn facets(
        &self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        names: &[String],
        condition: &Statement,
    ) -> StoreResult<Arc<str>> {
        let key = count(snapshot, index, format!("{names:?} {condition:?}"));
        if let Some(facets) = self.counted.get(&key) {
            return Ok(facets);
        }
        let facets: Arc<str> =
            serde_json::to_string(&facets::count(snapshot, index, names, condition)?)?.into();
        self.counted.insert(key, Arc::clone(&facets));
        Ok(facets)
    }
}

fn count(snapshot: &Snapshot<'_>, index: &TypeIndex, what: String) -> Count {
    Count { table: index.table(), what, revision: snapshot.revision, redaction: snapshot.redaction }
}
