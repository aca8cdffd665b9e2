//! The hits of a search among the records of one type, in their order: by tier, newest first, then
//! by id.

use std::ops::RangeInclusive;

use super::hit::{Hit, MAX_COUNTED, Total, area_within};
use super::matching::{MatchTier, Matching, of_all, of_class};
use super::terms::Search;
use crate::reading::condition::{Condition, DrivingIndex, where_all};
use crate::reading::counts::Counts;
use crate::store::index::TypeIndex;
use crate::store::search::{area_of, area_of_key, areas, first_key, keys_of, last_key};
use crate::store::{Snapshot, SqlValue, Statement, StoreResult};

/// How many of the next entries are looked at for each hit that is wanted, at most, before all hits
/// are gathered: they are enough if one in as many is a hit. There are more than [`MAX_COUNTED`]
/// hits then: seldom fewer than that.
const LOOKED_AT: usize = 400;

/// An entry of the index: its key, the record's id, its date, the record's key.
type Entry = (i64, String, Option<String>, i64);

/// What is looked for among the records of one type.
#[derive(Clone, Copy)]
pub(crate) struct ListSearch<'s> {
    pub(crate) index: &'s TypeIndex,
    pub(crate) search: &'s Search,
    /// What hits must meet besides.
    pub(crate) conditions: &'s [Condition],
}

/// Where to go on.
#[derive(Clone, Copy)]
pub(super) struct After<'h> {
    pub(super) hit: &'h Hit,
    /// Whether a record with the same date and id comes yet.
    pub(super) itself: bool,
}

/// Some of the entries of the index that match.
struct Range<'m> {
    matching: &'m Matching,
    keys: RangeInclusive<i64>,
    /// What of the first date was seen already.
    beyond: Statement,
}

/// How hits are found in the order of their keys.
#[derive(Clone, Copy)]
enum Plan {
    /// They come in this order.
    Along,
    /// Some of the next entries are looked at, whether they are hits.
    Among(usize),
    /// All hits are gathered and sorted.
    Gather,
}

impl ListSearch<'_> {
    /// The hits that come next, at most `limit`.
    pub(crate) fn find(
        &self,
        snapshot: &mut Snapshot<'_>,
        counts: &Counts,
        after: Option<&[SqlValue]>,
        limit: usize,
    ) -> StoreResult<Vec<Hit>> {
        let after = match after {
            Some(position) => match Hit::at(snapshot, self.index, position) {
                Some(hit) => Some(hit),
                None => return Ok(Vec::new()),
            },
            None => None,
        };
        let mut found = Vec::new();
        for tier in MatchTier::ALL
            .into_iter()
            .skip_while(|tier| after.as_ref().is_some_and(|after| *tier < after.tier))
        {
            if found.len() >= limit {
                break;
            }
            let after = after
                .as_ref()
                .filter(|after| after.tier == tier)
                .map(|after| After { hit: after, itself: false });
            found.extend(self.of_class(snapshot, counts, tier, after, limit - found.len())?);
        }
        Ok(found)
    }

    /// The hits of one tier that come next, at most `limit`.
    pub(super) fn of_class(
        &self,
        snapshot: &mut Snapshot<'_>,
        counts: &Counts,
        tier: MatchTier,
        after: Option<After<'_>>,
        limit: usize,
    ) -> StoreResult<Vec<Hit>> {
        let Some(matching) =
            of_class(snapshot, self.search, tier).filter(|_| !self.search.is_empty())
        else {
            return Ok(Vec::new());
        };
        let mut hits: Vec<Hit> = Vec::new();
        for past in states(snapshot) {
            let Some(plan) = self.plan(snapshot, counts, &matching, *past, limit)? else {
                continue;
            };
            let range = self.range(snapshot, &matching, *past, after);
            for (key, id, date, record) in self.next(snapshot, range, limit, plan)? {
                let area = area_within(snapshot, self.index, *past, area_of_key(key));
                hits.push(Hit { tier, date, id, key: record, area });
            }
        }
        hits.sort_unstable_by(|one, other| (one.area, &one.id).cmp(&(other.area, &other.id)));
        hits.truncate(limit);
        Ok(hits)
    }

    /// How to find the next hits; None where there is none.
    fn plan(
        &self,
        snapshot: &mut Snapshot<'_>,
        counts: &Counts,
        matching: &Matching,
        past: bool,
        limit: usize,
    ) -> StoreResult<Option<Plan>> {
        if !snapshot.connection.search_syntax().unordered {
            return Ok(Some(Plan::Along));
        }
        Ok(match self.count_matching(snapshot, counts, matching, past)? {
            0 => None,
            counted if counted > MAX_COUNTED => Some(Plan::Among(LOOKED_AT * limit)),
            _ => Some(Plan::Gather),
        })
    }

    /// The entries, live or past, that come after a hit.
    fn range<'m>(
        &self,
        snapshot: &Snapshot<'_>,
        matching: &'m Matching,
        past: bool,
        after: Option<After<'_>>,
    ) -> Range<'m> {
        let mut keys = keys_of(&areas(snapshot.indexes, self.index, past));
        let mut beyond = Statement::default();
        if let Some(After { hit, itself }) = after {
            let area = area_of(snapshot.indexes, self.index, past, hit.date.as_deref());
            keys = first_key(area)..=*keys.end();
            let sign = if itself { ">=" } else { ">" };
            let key = snapshot.connection.search_syntax().key;
            beyond.push_fmt(format_args!(r#" AND ({key} > {} OR e."id" {sign} "#, last_key(area)));
            beyond.bind(hit.id.as_str()).push(")");
        }
        Range { matching, keys, beyond }
    }

    /// The first hits of a range, `limit` of them and those that may belong before the last.
    fn next(
        &self,
        snapshot: &mut Snapshot<'_>,
        mut range: Range<'_>,
        limit: usize,
        mut plan: Plan,
    ) -> StoreResult<Vec<Entry>> {
        let mut rows = self.select(snapshot, &range, Some(limit), plan)?;
        if matches!(plan, Plan::Among(_)) {
            plan = Plan::Gather;
            if rows.len() < limit {
                rows = self.select(snapshot, &range, Some(limit), plan)?;
            }
        }
        // Of a date whose entries are not in the order of ids, all are looked at.
        if let Some(last) = rows.last().filter(|_| rows.len() == limit).map(|row| row.0)
            && let Some(end) = end_of_disorder(snapshot, last)?
        {
            range.keys = last + 1..=end;
            rows.extend(self.select(snapshot, &range, None, plan)?);
        }
        Ok(rows)
    }

    /// The entries of a range whose records meet the conditions, by key.
    fn select(
        &self,
        snapshot: &mut Snapshot<'_>,
        range: &Range<'_>,
        limit: Option<usize>,
        plan: Plan,
    ) -> StoreResult<Vec<Entry>> {
        let syntax = snapshot.connection.search_syntax();
        let (key, keys) = (syntax.key, &range.keys);
        let gather = matches!(plan, Plan::Gather);
        let mut select = Statement::new(if gather {
            r#"SELECT h."key", h."id", h."date", h."record_key" FROM ("#
        } else {
            ""
        });
        select.push_fmt(format_args!(r#"SELECT {key}, e."id", e."date", e."record_key" FROM "#));
        if let Plan::Among(entries) = plan {
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
        // An offset, be it none, keeps the two apart where they are planned.
        select.push(if gather {
            r#" OFFSET 0) h ORDER BY h."key""#.to_owned()
        } else {
            format!(" ORDER BY {key}")
        });
        if let Some(limit) = limit {
            select.limit(limit);
        }
        let rows = select.rows(snapshot.connection)?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                Some((
                    row.integer(0)?,
                    row.text(1)?.to_owned(),
                    row.text(2).map(str::to_owned),
                    row.integer(3)?,
                ))
            })
            .collect())
    }

    /// The tables of hits of which only the number is wanted.
    fn counted(&self, snapshot: &Snapshot<'_>, matching: &Matching) -> &'static str {
        let syntax = snapshot.connection.search_syntax();
        if self.conditions.is_empty() && matching.words.is_none() && !snapshot.past {
            syntax.bare
        } else {
            syntax.from
        }
    }

    /// What follows the index's own tables in `FROM`, and `WHERE`.
    fn hits(
        &self,
        snapshot: &Snapshot<'_>,
        matching: &Matching,
        keys: &RangeInclusive<i64>,
    ) -> Statement {
        let syntax = snapshot.connection.search_syntax();
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
        sql.push(snapshot.connection.within_time_limit(syntax.key));
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

    /// All hits, live and where need be past, as one `SELECT` of this expression; without one, to
    /// be counted.
    fn all(&self, snapshot: &Snapshot<'_>, expression: Option<&str>) -> Statement {
        let matching = of_all(snapshot, self.search);
        let mut all = Statement::default();
        for past in states(snapshot) {
            let keys = keys_of(&areas(snapshot.indexes, self.index, *past));
            let tables = if expression.is_some() {
                snapshot.connection.search_syntax().from
            } else {
                self.counted(snapshot, &matching)
            };
            all.push(if all.is_empty() { "" } else { " UNION ALL " }).push_fmt(format_args!(
                "SELECT {} FROM {tables}",
                expression.unwrap_or("1 AS hit")
            ));
            all.append(self.hits(snapshot, &matching, &keys));
            if self.search.is_empty() {
                all.push(" AND 1 = 0");
            }
        }
        all
    }

    /// How many hits there are.
    pub(crate) fn count(&self, snapshot: &mut Snapshot<'_>, counts: &Counts) -> StoreResult<Total> {
        if self.search.is_empty() {
            return Ok(Total::of(0));
        }
        if !snapshot.connection.search_syntax().unordered {
            let all = self.all(snapshot, None);
            return Ok(Total::of(self.number(snapshot, counts, all)?));
        }
        // Those of each tier are counted to find them, so that all need not be counted besides.
        let mut counted = 0;
        for tier in MatchTier::ALL {
            let Some(matching) = of_class(snapshot, self.search, tier) else { continue };
            for past in states(snapshot) {
                if counted <= MAX_COUNTED {
                    counted += self.count_matching(snapshot, counts, &matching, *past)?;
                }
            }
        }
        Ok(Total::of(counted))
    }

    /// How many entries match, live or past, up to one more than are counted.
    fn count_matching(
        &self,
        snapshot: &mut Snapshot<'_>,
        counts: &Counts,
        matching: &Matching,
        past: bool,
    ) -> StoreResult<i64> {
        let mut select = Statement::new("SELECT 1 AS hit FROM ");
        select.push(self.counted(snapshot, matching));
        select.append(self.hits(
            snapshot,
            matching,
            &keys_of(&areas(snapshot.indexes, self.index, past)),
        ));
        self.number(snapshot, counts, select)
    }

    /// How many rows a query has: one more than are counted, if there are more.
    fn number(
        &self,
        snapshot: &mut Snapshot<'_>,
        counts: &Counts,
        rows: Statement,
    ) -> StoreResult<i64> {
        let mut count = Statement::new("SELECT count(*) FROM (SELECT 1 FROM (");
        count.append(rows).push(") h").limit(MAX_COUNTED + 1).push(") c");
        counts.number(snapshot, self.index, count)
    }

    /// The condition that a record is a hit; the record's table is `t`. Other conditions are left
    /// to the query that it stands in.
    pub(crate) fn membership(&self, snapshot: &Snapshot<'_>) -> Statement {
        let mut sql = Statement::new(r#"t."record_key" IN ("#);
        sql.append(
            ListSearch { conditions: &[], ..*self }.all(snapshot, Some(r#"e."record_key""#)),
        )
        .push(")");
        sql
    }
}

/// Which entries are looked at: the live ones, and where the past is read, the past ones.
fn states(snapshot: &Snapshot<'_>) -> &'static [bool] {
    if snapshot.past { &[false, true] } else { &[false] }
}

/// The last key of the date that this key is of, where its keys are not in the order of ids.
fn end_of_disorder(snapshot: &mut Snapshot<'_>, key: i64) -> StoreResult<Option<i64>> {
    let area = area_of_key(key);
    let mut select = Statement::new(r#"SELECT "in_order" FROM "search_areas" WHERE "area" = "#);
    select.bind(area);
    let in_order = select.first(snapshot.connection)?.and_then(|row| row.integer(0)) == Some(1);
    Ok((!in_order).then(|| last_key(area)))
}
