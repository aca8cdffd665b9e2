//! The SQL that selects and counts the records that meet all conditions of a query.

use super::condition::{Condition, DrivingIndex};
use super::date_ranges::DateRanges;
use super::value_test::Test;
use crate::model::Kind;
use crate::store::index::{TypeIndex, exact_column, is_past, key_column};
use crate::store::{At, Snapshot, SqlValue, Statement};

/// Returns `FROM` and `WHERE` for the valid records `t` of a type.
pub(super) fn records(snapshot: &Snapshot<'_>, index: &TypeIndex) -> Statement {
    let mut sql = Statement::new(format!(r#" FROM "{}" t WHERE "#, index.table()));
    sql.append(snapshot.at().valid("t"));
    sql.push(snapshot.database().within_time_limit(r#"t."record_key""#));
    sql
}

/// Returns the SQL of all conditions on the records `t`. Each begins with `AND`.
pub(super) fn where_all(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    conditions: &[Condition],
    driving: impl Fn(&Condition) -> DrivingIndex,
) -> Statement {
    let mut all = Statement::default();
    let mut rest: Vec<&Condition> = conditions.iter().collect();
    if conditions.iter().all(|condition| driving(condition) == DrivingIndex::Filter)
        && let Some(scan) = ListIndexScan::of(index, conditions)
    {
        all.push(r#" AND t."record_key" IN ("#).append(scan.owners(snapshot)).push(")");
        rest = scan.rest;
    }
    for condition in rest {
        all.push(" AND ").append(condition.sql(snapshot, index, driving(condition)));
    }
    all
}

/// Returns the query for the number of records that meet all conditions.
pub(super) fn count_all(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    conditions: &[Condition],
) -> Statement {
    if let Some(scan) = ListIndexScan::of(index, conditions)
        .filter(|scan| scan.rest.iter().all(|condition| condition.is_indexed(index)))
    {
        return scan.count(snapshot, index);
    }
    let mut count = Statement::new("SELECT count(*)");
    count
        .append(records(snapshot, index))
        .append(where_all(snapshot, index, conditions, |_| DrivingIndex::Filter));
    count
}

/// Maximum number of ranges of main dates that one query scans.
const MAX_DATE_RANGES: usize = 8;

/// The main date of an entry's record.
pub(super) const MAIN_DATE: &str = r#"p."main_date""#;

/// A query that scans the index of a list, for records with a certain entry and optionally ranges
/// of main dates.
pub(super) struct ListIndexScan<'q> {
    table: &'q str,
    column: String,
    value: SqlValue,
    /// The main dates of the records.
    pub(super) dates: DateRanges,
    /// The conditions on enumerations of the record, on the columns of the entry.
    enumerations: Statement,
    /// The other conditions.
    rest: Vec<&'q Condition>,
    /// Whether a record may have several such entries.
    repeats: bool,
}

impl<'q> ListIndexScan<'q> {
    /// Returns the scan for the first condition that a list's index can serve.
    pub(super) fn of(index: &'q TypeIndex, conditions: &'q [Condition]) -> Option<Self> {
        let indexed_entry = |condition: &Condition| {
            let [path] = condition.paths.as_slice() else { return None };
            if !path.in_list || condition.main_date {
                return None;
            }
            let (column, value) = match &condition.test {
                Test::AnyOf(targets) => {
                    match (targets.keys.as_slice(), targets.labels.as_slice()) {
                        ([key], []) => (key_column(path.kind, &path.prefix), SqlValue::from(*key)),
                        _ => return None,
                    }
                }
                Test::Any(values)
                    if matches!(path.kind, Kind::Text(_) | Kind::Enumeration(_))
                        && path.prefix.is_empty() =>
                {
                    let [value] = values.as_slice() else { return None };
                    (exact_column(path.kind, ""), SqlValue::from(value.as_str()))
                }
                _ => return None,
            };
            let list = index.list(path.field.name)?;
            list.columns
                .iter()
                .any(|other| other.name == column && other.indexed)
                .then_some((list, column, value))
        };
        let (at, (list, column, value)) = conditions
            .iter()
            .enumerate()
            .find_map(|(at, condition)| Some((at, indexed_entry(condition)?)))?;
        let mut scan = Self {
            table: &list.table,
            column,
            value,
            dates: DateRanges::all(),
            enumerations: Statement::default(),
            rest: Vec::new(),
            repeats: list.repeats(),
        };
        for (_, condition) in conditions.iter().enumerate().filter(|(other, _)| *other != at) {
            let narrowed = condition.main_dates(index.record_type).map(|dates| {
                let mut narrowed = scan.dates.clone();
                narrowed.intersect(&dates);
                narrowed
            });
            match narrowed.filter(|dates| dates.len() <= MAX_DATE_RANGES) {
                Some(narrowed) => scan.dates = narrowed,
                None => match condition.on_enumeration() {
                    Some(sql) => drop(scan.enumerations.push(" AND ").append(sql)),
                    None => scan.rest.push(condition),
                },
            }
        }
        Some(scan)
    }

    /// Returns whether the scan returns each record only once.
    pub(super) fn is_distinct(&self) -> bool {
        !self.repeats
    }

    /// Returns whether all live entries with the value and within the dates match.
    pub(super) fn has_no_other_tests(&self) -> bool {
        self.enumerations.is_empty() && self.rest.is_empty()
    }

    /// Returns the query for the number of past entries with the value, but at most `limit`.
    pub(super) fn count_past(&self, limit: usize) -> Statement {
        let mut count = Statement::new("SELECT count(*) FROM (SELECT 1");
        count.append(self.with_value()).push(" AND ").push(is_past()).limit(limit).push(") s");
        count
    }

    /// Returns `FROM` and `WHERE` for all entries `p` with the value, live and past.
    fn with_value(&self) -> Statement {
        let mut sql =
            Statement::new(format!(r#" FROM "{}" p WHERE p."{}" = "#, self.table, self.column));
        sql.bind(self.value.clone());
        sql
    }

    /// Returns `FROM` and `WHERE` for the entries `p`, of all main dates.
    pub(super) fn entries(&self, snapshot: &Snapshot<'_>, index: &TypeIndex) -> Statement {
        let mut sql = Statement::new(format!(r#" FROM "{}" p"#, self.table));
        if !self.rest.is_empty() {
            sql.push_fmt(format_args!(
                r#" JOIN "{}" t ON t."record_key" = p."record_key" AND "#,
                index.table()
            ));
            sql.append(snapshot.at().valid("t"));
        }
        sql.push(" WHERE ").append(self.test(snapshot));
        for condition in &self.rest {
            sql.push(" AND ").append(condition.sql(snapshot, index, DrivingIndex::Order));
        }
        sql
    }

    /// Returns the query for the keys of records that meet all conditions except `rest`.
    fn owners(&self, snapshot: &Snapshot<'_>) -> Statement {
        let mut select =
            Statement::new(format!(r#"SELECT p."record_key" FROM "{}" p WHERE "#, self.table));
        select.append(self.test(snapshot));
        if self.dates != DateRanges::all() {
            select.push(" AND ").append(self.dates.condition(MAIN_DATE));
        }
        select
    }

    /// Returns the condition on entries `p`, without that on main dates.
    fn test(&self, snapshot: &Snapshot<'_>) -> Statement {
        let mut test = Statement::new(format!(r#"p."{}" = "#, self.column));
        // Most entries are live, so SQLite should test that last.
        test.bind(self.value.clone()).append(self.enumerations.clone());
        test.push(" AND ").append(snapshot.at().valid("p"));
        test
    }

    /// Returns the query for the number of records.
    fn count(&self, snapshot: &Snapshot<'_>, index: &TypeIndex) -> Statement {
        let mut sum = Statement::new("SELECT CAST(0");
        if self.dates == DateRanges::all() {
            sum.append(self.count_within(None, snapshot, index));
        } else {
            // A record has one main date, so it is in one range.
            for range in self.dates.conditions(MAIN_DATE) {
                sum.append(self.count_within(Some(range), snapshot, index));
            }
        }
        sum.push(" AS BIGINT)");
        sum
    }

    /// Returns the number of records within a range of main dates, as a term of a sum.
    fn count_within(
        &self,
        range: Option<Statement>,
        snapshot: &Snapshot<'_>,
        index: &TypeIndex,
    ) -> Statement {
        let mut within = Statement::default();
        if let Some(range) = range {
            within.push(" AND ").append(range);
        }
        let mut term = Statement::new(" + (SELECT count(");
        if self.has_no_other_tests() && !self.repeats && snapshot.at() == At::Present {
            // All entries without the past ones, which have a small index. SQLite would take twice
            // as long to test whether each entry is live.
            term.push("*)").append(self.with_value()).append(within.clone());
            term.push(") - (SELECT count(*)").append(self.with_value()).append(within);
            term.push(" AND ").push(is_past()).push(")");
            return term;
        }
        term.push(if self.repeats { r#"DISTINCT p."record_key")"# } else { "*)" });
        term.push_fmt(format_args!(r#" FROM "{}" p WHERE "#, self.table));
        term.append(self.test(snapshot));
        // The other conditions are subqueries on their indexes, so that no record is read.
        for condition in &self.rest {
            term.push(r#" AND p."record_key" IN (SELECT t."record_key""#)
                .append(records(snapshot, index));
            term.push(" AND ")
                .append(condition.sql(snapshot, index, DrivingIndex::Filter))
                .push(")");
        }
        term.append(within).push(")");
        term
    }
}
