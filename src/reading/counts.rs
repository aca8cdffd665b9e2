//! What was counted before and still holds: totals and facets of filters, each at one revision; and how many records of each
//! type there are, which is followed from revision to revision, for to count a million anew takes longer than a page.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::{Weighter, sync};

use super::condition::{Condition, Lead, count_all};
use super::facets;
use crate::store::layout::Layout;
use crate::store::{Operation, Snapshot, Statement, StoreResult};

/// The memory for totals and facets, in bytes.
const COUNTS: u64 = 4 << 20;

/// As many changes are followed; after more, all is counted anew.
const FOLLOWED: usize = 1_000;

/// What was counted before and still holds.
pub(super) struct Counts {
    counted: sync::Cache<Count, Arc<str>, ByBytes>,
    /// About how many records a table had, and at which revision.
    sizes: RwLock<HashMap<&'static str, (i64, i64)>>,
    /// How many records a table has, and at which revision.
    all: RwLock<HashMap<&'static str, (i64, i64)>>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { counted: sync::Cache::with_weighter(1_024, COUNTS, ByBytes), sizes: RwLock::default(), all: RwLock::default() }
    }
}

/// What was counted: over which records, at which revision. What was redacted since counts otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Count {
    table: &'static str,
    what: String,
    revision: i64,
    redaction: i64,
}

impl Count {
    fn of(snapshot: &Snapshot<'_>, layout: &Layout, what: String) -> Self {
        Self { table: layout.table(), what, revision: snapshot.revision, redaction: snapshot.redaction }
    }
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
    pub(super) fn number(&self, snapshot: &mut Snapshot<'_>, layout: &Layout, select: Statement) -> StoreResult<i64> {
        let key = Count::of(snapshot, layout, format!("{select:?}"));
        if let Some(known) = self.counted.get(&key).and_then(|number| number.parse().ok()) {
            return Ok(known);
        }
        let number = select.number(snapshot.connection)?;
        self.counted.insert(key, number.to_string().into());
        Ok(number)
    }

    /// How many records meet the conditions; None where that would have to be counted and `count` forbids it.
    pub(super) fn total(
        &self,
        snapshot: &mut Snapshot<'_>,
        layout: &Layout,
        conditions: &[Condition],
        count: bool,
    ) -> StoreResult<Option<i64>> {
        if conditions.is_empty() && !snapshot.past {
            return self.all(snapshot, layout, count);
        }
        let select = count_all(snapshot, layout, conditions);
        let key = Count::of(snapshot, layout, format!("{select:?}"));
        let known = self.counted.get(&key).and_then(|total| total.parse().ok());
        if known.is_some() || !count { Ok(known) } else { self.number(snapshot, layout, select).map(Some) }
    }

    /// About how many records there are: as many as when it was last asked, unless there must be more by now.
    pub(super) fn size(&self, snapshot: &mut Snapshot<'_>, layout: &Layout, least: i64) -> StoreResult<i64> {
        let known = self.sizes.read().unwrap_or_else(PoisonError::into_inner).get(layout.table()).copied();
        if let Some((size, _)) = known.filter(|(size, at)| *at == snapshot.revision || (least > 0 && *size >= least)) {
            return Ok(size);
        }
        let size = match snapshot.connection.about_rows(layout.table())? {
            Some(size) => size.max(least),
            None => self.total(snapshot, layout, &[], true)?.unwrap_or(least),
        };
        if !snapshot.past {
            self.sizes.write().unwrap_or_else(PoisonError::into_inner).insert(layout.table(), (size, snapshot.revision));
        }
        Ok(size)
    }

    /// Along which index to look for `limit` of the records that meet some condition, as many as `total`.
    pub(super) fn lead(&self, snapshot: &mut Snapshot<'_>, layout: &Layout, total: i64, limit: usize) -> StoreResult<Lead> {
        // Led by the filter, all that match are looked at; led by the order, one in so many as do not, until there are enough.
        let size = self.size(snapshot, layout, total)?;
        let by_order = i128::from(size) * limit as i128;
        Ok(if i128::from(total) * i128::from(total) <= by_order { Lead::Filter } else { Lead::Order })
    }

    /// The facets over the records that meet a condition, as JSON.
    pub(super) fn facets(
        &self,
        snapshot: &mut Snapshot<'_>,
        layout: &Layout,
        names: &[String],
        condition: &Statement,
    ) -> StoreResult<Arc<str>> {
        let key = Count::of(snapshot, layout, format!("{names:?} {condition:?}"));
        if let Some(facets) = self.counted.get(&key) {
            return Ok(facets);
        }
        let facets: Arc<str> = facets::count(snapshot, layout, names, condition)?.to_string().into();
        self.counted.insert(key, Arc::clone(&facets));
        Ok(facets)
    }

    /// How many records of a type there are; None where they would have to be counted and `count` forbids it.
    fn all(&self, snapshot: &mut Snapshot<'_>, layout: &Layout, count: bool) -> StoreResult<Option<i64>> {
        let known = self.all.read().unwrap_or_else(PoisonError::into_inner).get(layout.table()).copied();
        let followed = match known {
            Some((number, at)) if at == snapshot.revision => return Ok(Some(number)),
            Some((number, at)) if at < snapshot.revision => growth(snapshot, layout, at)?.map(|growth| number + growth),
            _ => None,
        };
        let number = match followed {
            Some(number) => number,
            None if count => count_all(snapshot, layout, &[]).number(snapshot.connection)?,
            None => return Ok(None),
        };
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(layout.table()).or_insert((number, snapshot.revision));
        if known.1 < snapshot.revision {
            *known = (number, snapshot.revision);
        }
        Ok(Some(number))
    }
}

/// How many more records of a type there are in the present than there were after a revision; None where the changes since do
/// not tell, or are too many to look at.
fn growth(snapshot: &mut Snapshot<'_>, layout: &Layout, since: i64) -> StoreResult<Option<i64>> {
    let mut select = Statement::new("SELECT record_type, operation FROM changes WHERE revision > ");
    select.bind(since).push(" AND revision <= ").bind(snapshot.revision).push_fmt(format_args!(" LIMIT {}", FOLLOWED + 1));
    let changes = select.rows(snapshot.connection)?;
    if changes.len() > FOLLOWED {
        return Ok(None);
    }
    let mut growth = 0;
    for change in changes.iter().filter(|change| change.text(0) == Some(layout.record_type.name)) {
        growth += match change.text(1).and_then(Operation::named) {
            Some(Operation::Create) => 1,
            Some(Operation::Delete | Operation::Merge) => -1,
            Some(Operation::Update | Operation::Redact) => 0,
            // A version came back, of a record that was there or of one that was not.
            Some(Operation::Restore) | None => return Ok(None),
        };
    }
    Ok(Some(growth))
}
