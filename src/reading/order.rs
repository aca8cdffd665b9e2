//! The order of a list, and the queries that continue it after any record.
//!
//! A page is read in up to three steps: the rest of the records with the last value of the first
//! sort key, the records beyond it, and the records without a value. If the order has an index,
//! each step is one range of it, at any depth.

use std::fmt::Write as _;

use super::condition::{DrivingIndex, expression, without_index};
use super::date_ranges::DateRanges;
use super::field_path::FieldPath;
use super::selection::MAIN_DATE;
use crate::model::Kind;
use crate::store::index::TypeIndex;
use crate::store::{Snapshot, SqlValue, Statement};

/// A key that a list is sorted by.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// The field.
    pub path: FieldPath,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

/// A sort key as SQL.
struct Key {
    column: String,
    nullable: bool,
    descending: bool,
}

/// The order of a list as SQL.
pub(super) struct Order {
    keys: Vec<Key>,
    /// The alias of the sorted table.
    alias: &'static str,
    /// The values of the first key, if it is a main date.
    dates: Option<DateRanges>,
}

impl Order {
    /// Creates the order by these keys and then by id.
    pub(super) fn new(
        snapshot: &Snapshot<'_>,
        index: &TypeIndex,
        sort: &[SortKey],
        driving: DrivingIndex,
    ) -> Self {
        let mut keys: Vec<Key> = sort
            .iter()
            .take_while(|key| key.path.field.name != "id")
            // All records of a list have one type.
            .filter(|key| !matches!(key.path.kind, Kind::Type))
            .map(|key| Key {
                column: sorted_by(key.path.kind, expression(snapshot, index, &key.path, "t", true)),
                nullable: key.path.field.nullable() && !key.path.kind.is_computed()
                    || key.path.prefix != key.path.field.name,
                descending: key.descending,
            })
            .collect();
        if let (DrivingIndex::Filter, Some(first)) = (driving, keys.first_mut()) {
            first.column = without_index(snapshot, &first.column);
        }
        let id_descends = sort.iter().any(|key| key.path.field.name == "id" && key.descending);
        keys.push(Key { column: r#"t."id""#.to_owned(), nullable: false, descending: id_descends });
        Self { keys, alias: "t", dates: None }
    }

    /// Returns the order of entries of a list by main date and then by id, within these dates.
    /// Returns `None` for another order.
    pub(super) fn of_entries(
        index: &TypeIndex,
        sort: &[SortKey],
        dates: &DateRanges,
    ) -> Option<Self> {
        let [key] = sort else { return None };
        let is_main_date =
            !key.path.in_list && index.record_type.main_date == [key.path.field.name];
        is_main_date.then(|| Self {
            keys: vec![
                Key { column: MAIN_DATE.to_owned(), nullable: true, descending: key.descending },
                Key { column: r#"p."id""#.to_owned(), nullable: false, descending: false },
            ],
            alias: "p",
            dates: Some(dates.clone()),
        })
    }

    /// Returns the selected columns: the key of the record, then the values of the sort keys.
    fn columns(&self) -> String {
        let mut columns = format!(r#"{}."record_key""#, self.alias);
        for (number, key) in (1..).zip(&self.keys) {
            let _ = write!(columns, r#", {} "k{number}""#, key.column);
        }
        columns
    }

    /// Returns the number of sort keys.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns the queries of the steps after a position over the matching rows.
    pub(super) fn selects(&self, rows: &Statement, after: Option<&[SqlValue]>) -> Vec<Statement> {
        let select = |(step, ordering): (Statement, String)| {
            let mut select = Statement::new(format!("SELECT {}", self.columns()));
            select.append(rows.clone()).push(" AND ").append(step);
            if !ordering.is_empty() {
                select.push_fmt(format_args!(" ORDER BY {ordering}"));
            }
            select
        };
        self.steps(after).into_iter().map(select).collect()
    }

    /// Returns the conditions and orderings of the steps after a position.
    fn steps(&self, after: Option<&[SqlValue]>) -> Vec<(Statement, String)> {
        let [first, rest @ ..] = self.keys.as_slice() else { return Vec::new() };
        let full_order = self.ordering(&self.keys);
        let rest_order = self.ordering(rest);
        let unknown = || Statement::new(format!("{} IS NULL", first.column));
        let mut steps = Vec::new();
        match after {
            Some([]) => return Vec::new(),
            Some([value, values @ ..]) if is_null(value) => {
                let mut rest_of_unknown = unknown();
                rest_of_unknown.push(" AND ").append(beyond(rest, values));
                return vec![(rest_of_unknown, rest_order)];
            }
            Some([value, values @ ..]) if !rest.is_empty() => {
                let mut ties = Statement::new(format!("{} = ", first.column));
                ties.bind(value.clone()).push(" AND ").append(beyond(rest, values));
                steps.push((ties, rest_order.clone()));
            }
            _ => {}
        }
        let value = after.and_then(<[SqlValue]>::first);
        steps.extend(self.further(first, value).into_iter().map(|step| (step, full_order.clone())));
        let has_unknown = self.dates.as_ref().is_none_or(DateRanges::has_unknown);
        if first.nullable && has_unknown {
            steps.push((unknown(), rest_order));
        }
        steps
    }

    /// Returns the conditions of the known values of the first key, after this one.
    fn further(&self, first: &Key, after: Option<&SqlValue>) -> Vec<Statement> {
        if let Some(dates) = &self.dates {
            return dates.known(after.and_then(SqlValue::as_text), &first.column, first.descending);
        }
        let mut further = Statement::new(match after {
            None if first.nullable => format!("{} IS NOT NULL", first.column),
            None => "1 = 1".to_owned(),
            Some(_) => format!("{} {} ", first.column, if first.descending { "<" } else { ">" }),
        });
        if let Some(value) = after {
            further.bind(value.clone());
        }
        vec![further]
    }

    /// Returns the `ORDER BY` terms of keys. A step over all keys has no nulls in the first one.
    fn ordering(&self, keys: &[Key]) -> String {
        let all_keys = keys.len() == self.keys.len();
        let term = |(index, key): (usize, &Key)| {
            let direction = if key.descending { " DESC" } else { "" };
            let nulls_last = if key.nullable && !(all_keys && index == 0) {
                format!("{} IS NULL, ", key.column)
            } else {
                String::new()
            };
            format!("{nulls_last}{}{direction}", key.column)
        };
        keys.iter().enumerate().map(term).collect::<Vec<_>>().join(", ")
    }
}

/// The number of characters by which longer texts are sorted, so that cursors with them stay short.
const SORTED_CHARACTERS: usize = 2_000;

/// Returns the part of a column that a list is sorted by.
fn sorted_by(kind: Kind, column: String) -> String {
    match kind {
        Kind::Text(format) if format.max_length > SORTED_CHARACTERS => {
            format!("substr({column}, 1, {SORTED_CHARACTERS})")
        }
        _ => column,
    }
}

/// Returns the condition that a record comes after these values in the order of these keys. Nulls
/// are last.
fn beyond(keys: &[Key], values: &[SqlValue]) -> Statement {
    let ([key, rest @ ..], [value, values @ ..]) = (keys, values) else {
        return Statement::new("1 = 0");
    };
    let column = &key.column;
    let mut sql = Statement::new("(");
    if is_null(value) {
        sql.push(format!("{column} IS NULL AND ")).append(beyond(rest, values));
    } else {
        sql.push(format!("{column} {} ", if key.descending { "<" } else { ">" }))
            .bind(value.clone());
        if key.nullable {
            sql.push(format!(" OR {column} IS NULL"));
        }
        if !rest.is_empty() {
            sql.push(format!(" OR ({column} = "))
                .bind(value.clone())
                .push(" AND ")
                .append(beyond(rest, values))
                .push(")");
        }
    }
    sql.push(")");
    sql
}

fn is_null(value: &SqlValue) -> bool {
    matches!(value, SqlValue::Text(None) | SqlValue::Integer(None) | SqlValue::Number(None))
}
