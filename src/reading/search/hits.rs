//! The hits of a search among the records of one type, in their order: by class, newest first, then by id.

use std::ops::RangeInclusive;

use super::matching::{Class, Matching, of_all, of_class};
use super::terms::Search;
use crate::reading::condition::{Condition, Lead, where_all};
use crate::reading::memory::Memory;
use crate::store::layout::Layout;
use crate::store::search::{area_of, area_of_key, areas, first_key, keys_of, last_key};
use crate::store::{Cell, Snapshot, Statement, StoreResult};

/// As many hits as are counted; of more, it is told that there are more.
pub(crate) const MOST_COUNTED: i64 = 10_000;

/// How many of the next entries are looked at for each hit that is wanted, before all hits are gathered: they are enough if one
/// in as many is a hit.
const LOOKED_AT: usize = 20;

/// A record that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) class: Class,
    /// The record's main date.
    pub(crate) date: Option<String>,
    /// The record's id.
    pub(crate) id: String,
    /// The place of the date in the order.
    pub(super) area: i64,
}

/// How many hits there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) number: i64,
    /// Whether there are no more.
    pub(crate) is_exact: bool,
}

impl Total {
    /// Where at most one more than [`MOST_COUNTED`] were counted.
    pub(crate) fn of(counted: i64) -> Self {
        Self { number: counted.min(MOST_COUNTED), is_exact: counted <= MOST_COUNTED }
    }
}

impl Hit {
    /// As a cursor carries it.
    pub(crate) fn position(&self) -> Vec<Cell> {
        vec![Cell::from(self.class as i64), Cell::Text(self.date.clone()), Cell::from(self.id.as_str())]
    }

    /// The hit that a cursor carries.
    pub(crate) fn at(snapshot: &Snapshot<'_>, layout: &Layout, position: &[Cell]) -> Option<Self> {
        let [Cell::Integer(Some(class)), Cell::Text(date), Cell::Text(Some(id)), ..] = position else { return None };
        let class = *Class::ALL.get(usize::try_from(*class).ok()?)?;
        let area = area_within(snapshot, layout, false, area_of(snapshot.layouts, layout, false, date.as_deref()));
        Some(Self { class, date: date.clone(), id: id.clone(), area })
    }
}

/// The hits that come next, at most `limit`.
pub(crate) fn find(
    snapshot: &mut Snapshot<'_>,
    layout: &Layout,
    search: &Search,
    conditions: &[Condition],
    after: Option<&[Cell]>,
    limit: usize,
    memory: &Memory,
) -> StoreResult<Vec<Hit>> {
    let after = match after {
        Some(position) => match Hit::at(snapshot, layout, position) {
            Some(hit) => Some(hit),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let mut found = Vec::new();
    for class in Class::ALL.into_iter().skip_while(|class| after.as_ref().is_some_and(|after| *class < after.class)) {
        if found.len() >= limit {
            break;
        }
        let after = after.as_ref().filter(|after| after.class == class).map(|after| After { hit: after, itself: false });
        found.extend(of_one_class(snapshot, layout, search, conditions, class, after, limit - found.len(), memory)?);
    }
    Ok(found)
}

/// Where to go on.
#[derive(Clone, Copy)]
pub(super) struct After<'h> {
    pub(super) hit: &'h Hit,
    /// Whether a record with the same date and id comes yet.
    pub(super) itself: bool,
}

/// The hits of one class that come next, at most `limit`.
#[expect(clippy::too_many_arguments, reason = "what is asked for, where to go on, and what is known already")]
pub(super) fn of_one_class(
    snapshot: &mut Snapshot<'_>,
    layout: &Layout,
    search: &Search,
    conditions: &[Condition],
    class: Class,
    after: Option<After<'_>>,
    limit: usize,
    memory: &Memory,
) -> StoreResult<Vec<Hit>> {
    let Some(matching) = of_class(snapshot, search, class).filter(|_| !search.is_empty()) else { return Ok(Vec::new()) };
    let mut hits: Vec<Hit> = Vec::new();
    for past in states(snapshot) {
        let all = areas(snapshot.layouts, layout, *past);
        let mut keys = keys_of(&all);
        let mut plan = Plan::Along;
        if snapshot.connection.search_syntax().unordered {
            match count_of_class(snapshot, layout, &matching, conditions, *past, memory)? {
                0 => continue,
                counted => plan = if counted > MOST_COUNTED { Plan::Among(LOOKED_AT * limit) } else { Plan::Gather },
            }
        }
        let mut beyond = Statement::default();
        if let Some(After { hit, itself }) = after {
            let area = area_of(snapshot.layouts, layout, *past, hit.date.as_deref());
            keys = first_key(area)..=*keys.end();
            let sign = if itself { ">=" } else { ">" };
            let key = snapshot.connection.search_syntax().key;
            beyond.push_fmt(format_args!(r#" AND ({key} > {} OR e."record_id" {sign} "#, last_key(area)));
            beyond.bind(hit.id.as_str()).push(")");
        }
        let mut rows = select(snapshot, layout, &matching, conditions, keys.clone(), &beyond, Some(limit), plan)?;
        if rows.len() < limit && matches!(plan, Plan::Among(_)) {
            plan = Plan::Gather;
            rows = select(snapshot, layout, &matching, conditions, keys, &beyond, Some(limit), plan)?;
        }
        // Of a date whose entries are not in the order of ids, all are looked at.
        if let Some(last) = rows.last().filter(|_| rows.len() == limit).map(|row| row.0)
            && let Some(end) = end_of_disorder(snapshot, last)?
        {
            let plan = if matches!(plan, Plan::Along) { Plan::Along } else { Plan::Gather };
            rows.extend(select(snapshot, layout, &matching, conditions, last + 1..=end, &beyond, None, plan)?);
        }
        for (key, id, date) in rows {
            let area = area_within(snapshot, layout, *past, area_of_key(key));
            hits.push(Hit { class, date, id, area });
        }
    }
    hits.sort_unstable_by(|one, other| (one.area, &one.id).cmp(&(other.area, &other.id)));
    hits.truncate(limit);
    Ok(hits)
}

/// The place of an area among those of its type.
fn area_within(snapshot: &Snapshot<'_>, layout: &Layout, past: bool, area: i64) -> i64 {
    area - areas(snapshot.layouts, layout, past).start()
}

/// The last key of the date that this key is of, where its keys are not in the order of ids.
fn end_of_disorder(snapshot: &mut Snapshot<'_>, key: i64) -> StoreResult<Option<i64>> {
    let area = area_of_key(key);
    let mut select = Statement::new(r#"SELECT "in_order" FROM "search_areas" WHERE "area" = "#);
    select.bind(area);
    let in_order = select.first(snapshot.connection)?.and_then(|row| row.integer(0)) == Some(1);
    Ok((!in_order).then(|| last_key(area)))
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

/// The entries with keys in a range that match and whose records meet the conditions: key, id and date, by key.
#[expect(clippy::too_many_arguments, reason = "what is asked for, where, and how")]
fn select(
    snapshot: &mut Snapshot<'_>,
    layout: &Layout,
    matching: &Matching,
    conditions: &[Condition],
    keys: RangeInclusive<i64>,
    beyond: &Statement,
    limit: Option<usize>,
    plan: Plan,
) -> StoreResult<Vec<(i64, String, Option<String>)>> {
    let syntax = snapshot.connection.search_syntax();
    let key = syntax.key;
    let gather = matches!(plan, Plan::Gather);
    let mut select = Statement::new(if gather { r#"SELECT h."key", h."record_id", h."date" FROM ("# } else { "" });
    select.push_fmt(format_args!(r#"SELECT {key}, e."record_id", e."date" FROM "#));
    if let Plan::Among(entries) = plan {
        select.push_fmt(format_args!("(SELECT e.* FROM {} WHERE {key} >= {} AND {key} <= {}", syntax.from, keys.start(), keys.end()));
        select.append(beyond.clone()).push_fmt(format_args!(" ORDER BY {key} LIMIT {entries}) e"));
    } else {
        select.push(syntax.from);
    }
    select.append(hits(snapshot, layout, matching, conditions, keys)).append(beyond.clone());
    // An offset, be it none, keeps the two apart where they are planned.
    select.push(if gather { r#" OFFSET 0) h ORDER BY h."key""#.to_owned() } else { format!(" ORDER BY {key}") });
    if let Some(limit) = limit {
        select.push(" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
    }
    let rows = select.rows(snapshot.connection)?;
    Ok(rows.iter().filter_map(|row| Some((row.integer(0)?, row.text(1)?.to_owned(), row.text(2).map(str::to_owned)))).collect())
}

/// The tables of hits of which only the number is wanted.
fn counted(snapshot: &Snapshot<'_>, matching: &Matching, conditions: &[Condition]) -> &'static str {
    let syntax = snapshot.connection.search_syntax();
    if conditions.is_empty() && matching.words.is_none() && !snapshot.past { syntax.bare } else { syntax.from }
}

/// What follows the index's own tables in `FROM`, and `WHERE`.
fn hits(snapshot: &Snapshot<'_>, layout: &Layout, matching: &Matching, conditions: &[Condition], keys: RangeInclusive<i64>) -> Statement {
    let syntax = snapshot.connection.search_syntax();
    let join = syntax.join;
    let mut sql = Statement::default();
    if matching.words.is_some() {
        sql.push_fmt(format_args!(r#" {join} "search_words" w ON w."key" = e."key""#));
    }
    if !conditions.is_empty() {
        sql.push_fmt(format_args!(r#" {join} "{}" t ON t."id" = e."record_id""#, layout.table()));
    }
    sql.push(" WHERE ").append(matching.matches.clone());
    sql.push_fmt(format_args!(" AND {} >= ", syntax.key)).bind(*keys.start());
    sql.push_fmt(format_args!(" AND {} <= ", syntax.key)).bind(*keys.end());
    if snapshot.past {
        sql.push(r#" AND e."revision" <= "#).bind(snapshot.revision);
        sql.push(r#" AND e."superseded_at" > "#).bind(snapshot.revision);
    }
    if let Some(words) = &matching.words {
        sql.push(" AND ").append(words.clone());
    }
    if !conditions.is_empty() {
        sql.push(" AND ").append(where_all(snapshot, layout, conditions, Lead::Filter));
    }
    sql
}

/// All hits, live and where need be past, as one `SELECT` of this expression; without one, to be counted.
fn all_hits(snapshot: &Snapshot<'_>, layout: &Layout, search: &Search, conditions: &[Condition], expression: Option<&str>) -> Statement {
    let matching = of_all(snapshot, search);
    let mut all = Statement::default();
    for past in states(snapshot) {
        let keys = keys_of(&areas(snapshot.layouts, layout, *past));
        let tables = if expression.is_some() { snapshot.connection.search_syntax().from } else { counted(snapshot, &matching, conditions) };
        all.push(if all.is_empty() { "" } else { " UNION ALL " })
            .push_fmt(format_args!("SELECT {} FROM {tables}", expression.unwrap_or("1 AS hit")));
        all.append(hits(snapshot, layout, &matching, conditions, keys));
        if search.is_empty() {
            all.push(" AND 1 = 0");
        }
    }
    all
}

/// How many hits there are.
pub(crate) fn count(
    snapshot: &mut Snapshot<'_>,
    layout: &Layout,
    search: &Search,
    conditions: &[Condition],
    memory: &Memory,
) -> StoreResult<Total> {
    if search.is_empty() {
        return Ok(Total::of(0));
    }
    if !snapshot.connection.search_syntax().unordered {
        let all = all_hits(snapshot, layout, search, conditions, None);
        return Ok(Total::of(number(snapshot, layout, all, memory)?));
    }
    // Those of each class are counted to find them, so that all need not be counted besides.
    let mut counted = 0;
    for class in Class::ALL {
        let Some(matching) = of_class(snapshot, search, class) else { continue };
        for past in states(snapshot) {
            if counted <= MOST_COUNTED {
                counted += count_of_class(snapshot, layout, &matching, conditions, *past, memory)?;
            }
        }
    }
    Ok(Total::of(counted))
}

/// How many rows a query has: one more than are counted, if there are more.
fn number(snapshot: &mut Snapshot<'_>, layout: &Layout, rows: Statement, memory: &Memory) -> StoreResult<i64> {
    let mut count = Statement::new("SELECT count(*) FROM (SELECT 1 FROM (");
    count.append(rows).push(") h LIMIT ").bind(MOST_COUNTED + 1).push(") c");
    memory.number(snapshot, layout, count)
}

/// How many hits of one class there are, live or past, up to one more than are counted.
fn count_of_class(
    snapshot: &mut Snapshot<'_>,
    layout: &Layout,
    matching: &Matching,
    conditions: &[Condition],
    past: bool,
    memory: &Memory,
) -> StoreResult<i64> {
    let mut select = Statement::new("SELECT 1 AS hit FROM ");
    select.push(counted(snapshot, matching, conditions));
    select.append(hits(snapshot, layout, matching, conditions, keys_of(&areas(snapshot.layouts, layout, past))));
    number(snapshot, layout, select, memory)
}

/// Which entries are looked at: the live ones, and where the past is read, the past ones.
fn states(snapshot: &Snapshot<'_>) -> &'static [bool] {
    if snapshot.past { &[false, true] } else { &[false] }
}

/// The condition that a record is a hit; the record's table is `t`.
pub(crate) fn membership(snapshot: &Snapshot<'_>, layout: &Layout, search: &Search) -> Statement {
    let mut sql = Statement::new(r#"t."id" IN ("#);
    sql.append(all_hits(snapshot, layout, search, &[], Some(r#"e."record_id""#))).push(")");
    sql
}
