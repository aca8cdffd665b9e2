//! Finds and counts the hits of a search among the records of one type. They are in the order of
//! tiers, then of dates, latest first, then of ids.

use std::ops::RangeInclusive;

use super::hit::{Hit, MAX_COUNTED, total_of};
use super::matching::{MatchTier, Matching, of_all, of_tier};
use super::terms::Search;
use crate::reading::condition::{Condition, DrivingIndex};
use crate::reading::envelope::Total;
use crate::reading::result_cache::ResultCache;
use crate::reading::selection::where_all;
use crate::store::index::TypeIndex;
use crate::store::search::{
    area_of, area_of_key, areas, first_key, keys_of, last_key, place_of_key,
};
use crate::store::{Row, Snapshot, SqlValue, Statement, StoreResult};

/// Number of entries that are scanned for each hit before all hits are collected instead. It is
/// used if there are more than [`MAX_COUNTED`] hits, when usually one in 400 entries is a hit.
const SCANNED_PER_HIT: usize = 400;

/// An entry of the index: its key, the id of the record, its date, and the key of the record.
type Entry = (i64, String, Option<String>, i64);

/// A search among the records of one type.
#[derive(Clone, Copy)]
pub(crate) struct ListSearch<'s> {
    pub(crate) index: &'s TypeIndex,
    pub(crate) search: &'s Search,
    /// The filters that hits must match too.
    pub(crate) conditions: &'s [Condition],
}

/// The hit after which a search continues.
#[derive(Clone, Copy)]
struct After<'h> {
    hit: &'h Hit,
    /// Whether a record with the same date and id is included.
    inclusive: bool,
}

/// A range of matching entries.
struct Range<'m> {
    matching: &'m Matching,
    keys: RangeInclusive<i64>,
    /// The condition that excludes earlier hits of the first date.
    beyond: Statement,
}

/// The plan for finding hits in the order of their keys.
#[derive(Clone, Copy)]
enum Plan {
    /// The index returns hits in this order.
    Ordered,
    /// This number of next entries is scanned for hits.
    Scan(usize),
    /// All hits are collected and sorted.
    Sort,
}

/// Finds the next hits of searches of one or more types, at most `limit`.
pub(super) fn find<'s>(
    snapshot: &mut Snapshot<'_>,
    results: &ResultCache,
    searches: &[ListSearch<'s>],
    after: Option<&[SqlValue]>,
    limit: usize,
) -> StoreResult<Vec<(&'s TypeIndex, Hit)>> {
    let last = after.and_then(Hit::at);
    if after.is_some() && last.is_none() {
        return Ok(Vec::new());
    }
    // A position in a search of one type has no type.
    let last_type = after.and_then(|position| position.get(3)?.as_text());
    let mut found: Vec<(&TypeIndex, Hit)> = Vec::new();
    for tier in MatchTier::ALL {
        let mut of_tier: Vec<(&TypeIndex, Hit)> = Vec::new();
        for list_search in searches {
            let index = list_search.index;
            if found.len() >= limit || last.as_ref().is_some_and(|last| tier < last.tier) {
                continue;
            }
            // Records with the same date and id are in the order of their types' names.
            let inclusive = last_type.is_some_and(|name| index.record_type.name > name);
            let after = last.as_ref().filter(|last| last.tier == tier);
            let after = after.map(|hit| After { hit, inclusive });
            let hits = list_search.of_tier(snapshot, results, tier, after, limit - found.len())?;
            of_tier.extend(hits.into_iter().map(|hit| (index, hit)));
        }
        of_tier.sort_by(|(one_index, one), (other_index, other)| {
            (one.place, &one.id, one_index.record_type.name).cmp(&(
                other.place,
                &other.id,
                other_index.record_type.name,
            ))
        });
        found.extend(of_tier);
        found.truncate(limit);
    }
    Ok(found)
}

impl ListSearch<'_> {
    /// Finds the next hits, at most `limit`.
    pub(crate) fn find(
        &self,
        snapshot: &mut Snapshot<'_>,
        results: &ResultCache,
        after: Option<&[SqlValue]>,
        limit: usize,
    ) -> StoreResult<Vec<Hit>> {
        let found = find(snapshot, results, &[*self], after, limit)?;
        Ok(found.into_iter().map(|(_, hit)| hit).collect())
    }

    /// Finds the next hits of one tier, at most `limit`.
    fn of_tier(
        &self,
        snapshot: &mut Snapshot<'_>,
        results: &ResultCache,
        tier: MatchTier,
        after: Option<After<'_>>,
        limit: usize,
    ) -> StoreResult<Vec<Hit>> {
        let Some(matching) =
            of_tier(snapshot, self.search, tier).filter(|_| !self.search.is_empty())
        else {
            return Ok(Vec::new());
        };
        let Some(plan) = self.plan(snapshot, results, &matching, limit)? else {
            return Ok(Vec::new());
        };
        let mut hits: Vec<Hit> = Vec::new();
        for past in states(snapshot) {
            let range = self.range(snapshot, &matching, *past, after);
            for (key, id, date, record) in self.next(snapshot, range, limit, plan)? {
                hits.push(Hit { tier, date, id, key: record, place: place_of_key(key) });
            }
        }
        hits.sort_unstable_by(|one, other| (one.place, &one.id).cmp(&(other.place, &other.id)));
        hits.truncate(limit);
        Ok(hits)
    }

    /// Returns the plan for the next hits, or `None` if there are no hits.
    fn plan(
        &self,
        snapshot: &mut Snapshot<'_>,
        results: &ResultCache,
        matching: &Matching,
        limit: usize,
    ) -> StoreResult<Option<Plan>> {
        if !snapshot.database().search_syntax().unordered {
            return Ok(Some(Plan::Ordered));
        }
        Ok(match self.count_matching(snapshot, results, matching)? {
            0 => None,
            counted if counted > MAX_COUNTED => Some(Plan::Scan(SCANNED_PER_HIT * limit)),
            _ => Some(Plan::Sort),
        })
    }

    /// Returns the range of entries, live or past, after a hit.
    fn range<'m>(
        &self,
        snapshot: &Snapshot<'_>,
        matching: &'m Matching,
        past: bool,
        after: Option<After<'_>>,
    ) -> Range<'m> {
        let mut keys = keys_of(&areas(snapshot.indexes, self.index, past));
        let mut beyond = Statement::default();
        if let Some(After { hit, inclusive }) = after {
            let area = area_of(snapshot.indexes, self.index, past, hit.date.as_deref());
            keys = first_key(area)..=*keys.end();
            let sign = if inclusive { ">=" } else { ">" };
            let key = snapshot.database().search_syntax().key;
            beyond.push_fmt(format_args!(r#" AND ({key} > {} OR e."id" {sign} "#, last_key(area)));
            beyond.bind(hit.id.as_str()).push(")");
        }
        Range { matching, keys, beyond }
    }

    /// Reads the first hits of a range: `limit` of them, and others that may sort before the last.
    fn next(
        &self,
        snapshot: &mut Snapshot<'_>,
        mut range: Range<'_>,
        limit: usize,
        mut plan: Plan,
    ) -> StoreResult<Vec<Entry>> {
        let mut rows = self.select(snapshot, &range, Some(limit), plan)?;
        if matches!(plan, Plan::Scan(_)) {
            plan = Plan::Sort;
            if rows.len() < limit {
                rows = self.select(snapshot, &range, Some(limit), plan)?;
            }
        }
        // If the entries of the last date are not in the order of ids, all of them are read.
        if let Some(last) = rows.last().filter(|_| rows.len() == limit).map(|row| row.0)
            && let Some(end) = unordered_until(snapshot, last)?
        {
            range.keys = last + 1..=end;
            rows.extend(self.select(snapshot, &range, None, plan)?);
        }
        Ok(rows)
    }

    /// Reads the entries of a range whose records match the filters, by key.
    fn select(
        &self,
        snapshot: &mut Snapshot<'_>,
        range: &Range<'_>,
        limit: Option<usize>,
        plan: Plan,
    ) -> StoreResult<Vec<Entry>> {
        let syntax = snapshot.database().search_syntax();
        let (key, keys) = (syntax.key, &range.keys);
        let sort = matches!(plan, Plan::Sort);
        let mut select = Statement::new(if sort {
            r#"SELECT h."key", h."id", h."date", h."record_key" FROM ("#
        } else {
            ""
        });
        select.push_fmt(format_args!(r#"SELECT {key}, e."id", e."date", e."record_key" FROM "#));
        if let Plan::Scan(entries) = plan {
            select.push_fmt(format_args!(
                "(SELECT e.* FROM {} WHERE {key} >= {} AND {key} <= {}",
                syntax.from,
                keys.start(),
                keys.end()
            ));
            select
                .append(range.beyond.clone())
                .push_fmt(format_args!(" ORDER BY {key} LIMIT {entries}) e"));
        } else {
            select.push(syntax.from);
        }
        select.append(self.hits(snapshot, range.matching, keys)).append(range.beyond.clone());
        // `OFFSET 0` prevents PostgreSQL from merging the subquery into the outer query.
        select.push(if sort {
            r#" OFFSET 0) h ORDER BY h."key""#.to_owned()
        } else {
            format!(" ORDER BY {key}")
        });
        if let Some(limit) = limit {
            select.limit(limit);
        }
        let rows = select.rows(snapshot.connection())?;
        let entry = |row: &Row| {
            Ok((
                row.required_integer(0)?,
                row.required_text(1)?.to_owned(),
                row.text(2).map(str::to_owned),
                row.required_integer(3)?,
            ))
        };
        rows.iter().map(entry).collect()
    }

    /// Returns the tables that are needed to count hits.
    fn counted_tables(&self, snapshot: &Snapshot<'_>, matching: &Matching) -> &'static str {
        let syntax = snapshot.database().search_syntax();
        if self.conditions.is_empty() && matching.words.is_none() && !snapshot.past {
            syntax.count_from
        } else {
            syntax.from
        }
    }

    /// Returns the joins after the index's own tables, and `WHERE`.
    fn hits(
        &self,
        snapshot: &Snapshot<'_>,
        matching: &Matching,
        keys: &RangeInclusive<i64>,
    ) -> Statement {
        let syntax = snapshot.database().search_syntax();
        let join = syntax.join;
        let mut sql = Statement::default();
        if matching.words.is_some() {
            sql.push_fmt(format_args!(r#" {join} "search_words" w ON w."key" = e."key""#));
        }
        if !self.conditions.is_empty() {
            sql.push_fmt(format_args!(
                r#" {join} "{}" t ON t."record_key" = e."record_key" AND "#,
                self.index.table()
            ));
            sql.append(snapshot.at().valid("t"));
        }
        sql.push(" WHERE ").append(matching.matches.clone());
        sql.push_fmt(format_args!(" AND {} >= ", syntax.key)).bind(*keys.start());
        sql.push_fmt(format_args!(" AND {} <= ", syntax.key)).bind(*keys.end());
        sql.push(snapshot.database().within_time_limit(syntax.key));
        if snapshot.past {
            sql.push(r#" AND e."valid_from" <= "#).bind(snapshot.revision);
            sql.push(r#" AND e."superseded_at" > "#).bind(snapshot.revision);
        }
        if let Some(words) = &matching.words {
            sql.push(" AND ").append(words.clone());
        }
        if !self.conditions.is_empty() {
            sql.append(where_all(snapshot, self.index, self.conditions, |_| DrivingIndex::Filter));
        }
        sql
    }

    /// Returns the query of all matching entries that selects this expression, or counts them
    /// without one.
    fn all(
        &self,
        snapshot: &Snapshot<'_>,
        matching: &Matching,
        expression: Option<&str>,
    ) -> Statement {
        let mut all = Statement::default();
        for past in states(snapshot) {
            let keys = keys_of(&areas(snapshot.indexes, self.index, *past));
            let tables = if expression.is_some() {
                snapshot.database().search_syntax().from
            } else {
                self.counted_tables(snapshot, matching)
            };
            all.push(if all.is_empty() { "" } else { " UNION ALL " }).push_fmt(format_args!(
                "SELECT {} FROM {tables}",
                expression.unwrap_or("1 AS hit")
            ));
            all.append(self.hits(snapshot, matching, &keys));
            if self.search.is_empty() {
                all.push(" AND 1 = 0");
            }
        }
        all
    }

    /// Counts the hits.
    pub(crate) fn count(
        &self,
        snapshot: &mut Snapshot<'_>,
        results: &ResultCache,
    ) -> StoreResult<Total> {
        if self.search.is_empty() {
            return Ok(total_of(0));
        }
        if !snapshot.database().search_syntax().unordered {
            let matching = of_all(snapshot, self.search);
            return Ok(total_of(self.count_matching(snapshot, results, &matching)?));
        }
        // The hits of each tier are counted to plan the search, so their sum costs nothing more.
        let mut counted = 0;
        for tier in MatchTier::ALL {
            let Some(matching) = of_tier(snapshot, self.search, tier) else { continue };
            if counted <= MAX_COUNTED {
                counted += self.count_matching(snapshot, results, &matching)?;
            }
        }
        Ok(total_of(counted))
    }

    /// Counts the matching entries up to [`MAX_COUNTED`] + 1. Live and past ones are counted
    /// together, because later revisions make live ones past.
    fn count_matching(
        &self,
        snapshot: &mut Snapshot<'_>,
        results: &ResultCache,
        matching: &Matching,
    ) -> StoreResult<i64> {
        let mut count = Statement::new("SELECT count(*) FROM (SELECT 1 FROM (");
        count.append(self.all(snapshot, matching, None));
        count.push(") h").limit(MAX_COUNTED + 1).push(") c");
        results.number(snapshot, self.index, count)
    }

    /// Returns the condition that a record `t` is a hit, without the filters.
    pub(crate) fn membership(&self, snapshot: &Snapshot<'_>) -> Statement {
        let unfiltered = ListSearch { conditions: &[], ..*self };
        let matching = of_all(snapshot, self.search);
        let mut sql = Statement::new(r#"t."record_key" IN ("#);
        sql.append(unfiltered.all(snapshot, &matching, Some(r#"e."record_key""#))).push(")");
        sql
    }
}

/// Returns the values of `past` for the entries to search. The present has live entries only.
fn states(snapshot: &Snapshot<'_>) -> &'static [bool] {
    if snapshot.past { &[false, true] } else { &[false] }
}

/// Returns the last key of the date of this key, if the keys of that date are not in the order of
/// ids.
fn unordered_until(snapshot: &mut Snapshot<'_>, key: i64) -> StoreResult<Option<i64>> {
    let area = area_of_key(key);
    let mut select = Statement::new(r#"SELECT "in_order" FROM "search_areas" WHERE "area" = "#);
    select.bind(area);
    let in_order = select.first(snapshot.connection())?.and_then(|row| row.integer(0)) == Some(1);
    Ok((!in_order).then(|| last_key(area)))
}
