//! Filters as SQL conditions. Values are bound, and names come from the declarations.

use super::date_ranges::DateRanges;
use super::field_path::{FieldPath, Operator};
use super::value_test::Test;
use crate::model::{Kind, PartialDate, RecordType, text};
use crate::store::index::{
    TypeIndex, choice_number, columns_of, digest_of, enumeration_column, exact_column, has_digest,
    join, key_column, main_date, past_due, plain,
};
use crate::store::statement::{any_of, begins_with};
use crate::store::{Snapshot, SqlValue, Statement};

/// A filter, which a record matches if one of the fields passes the test.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The fields.
    pub paths: Vec<FieldPath>,
    /// The test.
    pub test: Test,
    /// Whether the main date of the record is tested instead of a field.
    pub main_date: bool,
}

/// The index that drives a query. SQLite does not know how frequent values are, and PostgreSQL
/// caches plans for average values, so the query must choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DrivingIndex {
    /// The indexes of filters, for rare values. The matching records are sorted.
    Filter,
    /// The index of the order, for frequent values. Records are tested in order.
    Order,
}

/// Returns a column for a test, without its index if the order drives the query.
fn tested_column(snapshot: &Snapshot<'_>, column: String, driving: DrivingIndex) -> String {
    if driving == DrivingIndex::Order { without_index(snapshot, &column) } else { column }
}

/// Returns a column for which SQLite must not use an index.
pub(super) fn without_index(snapshot: &Snapshot<'_>, column: &str) -> String {
    if snapshot.database().is_postgres() { column.to_owned() } else { format!("+{column}") }
}

impl Condition {
    /// Returns whether the condition tests only this field.
    pub(super) fn tests(&self, record_type: &'static RecordType, field: &FieldPath) -> bool {
        if self.main_date {
            return record_type.main_date == [field.field.name];
        }
        let [path] = self.paths.as_slice() else { return false };
        !path.in_list && path.field.name == field.field.name && path.prefix == field.prefix
    }

    /// Returns the main dates that meet the condition, or `None` if it tests something else.
    pub(super) fn main_dates(&self, record_type: &'static RecordType) -> Option<DateRanges> {
        let is_main_date = match self.paths.as_slice() {
            _ if self.main_date => true,
            [path] => matches!(path.kind, Kind::Date) && record_type.main_date == [path.field.name],
            _ => false,
        };
        if is_main_date { DateRanges::of(&self.test) } else { None }
    }

    /// Returns the condition on an entry `p` if it tests an enumeration of the entry's record.
    pub(super) fn on_enumeration(&self) -> Option<Statement> {
        let [path] = self.paths.as_slice() else { return None };
        let Kind::Enumeration(choices) = path.kind else { return None };
        // Members of objects have other columns.
        if path.in_list || self.main_date || path.prefix != path.field.name {
            return None;
        }
        let column = format!(r#"p."{}""#, enumeration_column(path.field.name));
        let (values, negative) = match &self.test {
            Test::Any(values) => (values, false),
            Test::NotAny(values) => (values, true),
            _ => return None,
        };
        let numbers: Vec<i64> = values.iter().map(|value| choice_number(choices, value)).collect();
        let mut sql = Statement::new("(");
        if negative {
            sql.push_fmt(format_args!("{column} IS NULL OR {column} NOT IN "));
        } else {
            sql.push_fmt(format_args!("{column} IN "));
        }
        sql.append(any_of(&numbers)).push(")");
        Some(sql)
    }

    /// Returns whether the index of one column can serve the condition.
    pub(super) fn is_indexed(&self, index: &TypeIndex) -> bool {
        let [path] = self.paths.as_slice() else { return false };
        let column = match (&self.test, path.kind) {
            (Test::AnyOf(targets), _) if targets.labels.is_empty() => {
                key_column(path.kind, &path.prefix)
            }
            (Test::Any(_), Kind::Enumeration(_)) => plain(&path.prefix),
            _ => return false,
        };
        !path.in_list
            && !self.main_date
            && index.columns.iter().any(|other| other.name == column && other.indexed)
    }

    fn is_negative(&self) -> bool {
        matches!(self.test, Test::NotAny(_) | Test::NoneOf(_) | Test::Exists(false))
    }

    pub(super) fn sql(
        &self,
        snapshot: &Snapshot<'_>,
        index: &TypeIndex,
        driving: DrivingIndex,
    ) -> Statement {
        if let Test::Term(day) = &self.test {
            return term(index.record_type, day);
        }
        if self.main_date {
            let date = tested_column(snapshot, main_date(index.record_type, "t"), driving);
            return column_test(snapshot, Kind::Date, &date, &self.test);
        }
        let negative = self.is_negative();
        let separator = if negative { " AND " } else { " OR " };
        let mut sql = Statement::new("(");
        for (position, path) in self.paths.iter().enumerate() {
            sql.push(if position > 0 { separator } else { "" });
            if path.in_list {
                sql.append(in_list(snapshot, index, path, &self.test, negative, driving));
            } else {
                sql.append(value_test(snapshot, index, path, "t", &self.test, driving));
            }
        }
        sql.push(")");
        sql
    }
}

/// Returns the test of a list: one of its entries passes. For a negative test, no entry passes the
/// opposite test.
fn in_list(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    test: &Test,
    negative: bool,
    driving: DrivingIndex,
) -> Statement {
    let opposite = match test {
        Test::NotAny(values) => Test::Any(values.clone()),
        Test::NoneOf(targets) => Test::AnyOf(targets.clone()),
        Test::Exists(false) => Test::Exists(true),
        other => other.clone(),
    };
    let is_subquery = driving == DrivingIndex::Filter && !negative;
    // SQLite turns `EXISTS` into a join. Without the index of the value, it looks up the entries by
    // their record.
    let lookup = if is_subquery { DrivingIndex::Filter } else { DrivingIndex::Order };
    let Some(owners) = owners(snapshot, index, path, &opposite, lookup) else {
        return Statement::new("1 = 0");
    };
    if is_subquery {
        let mut sql = Statement::new(r#"t."record_key" IN ("#);
        sql.append(owners).push(")");
        return sql;
    }
    let mut sql = Statement::new(if negative { "NOT EXISTS (" } else { "EXISTS (" });
    sql.append(owners).push(r#" AND p."record_key" = t."record_key")"#);
    sql
}

/// Returns the query for the keys of records with an entry `p` of this list that passes a test.
fn owners(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    test: &Test,
    driving: DrivingIndex,
) -> Option<Statement> {
    let list = index.list(path.field.name)?;
    let mut sql =
        Statement::new(format!(r#"SELECT p."record_key" FROM "{}" p WHERE "#, list.table));
    sql.append(snapshot.at().valid("p"));
    if !matches!(test, Test::Exists(_)) || !path.prefix.is_empty() {
        sql.push(" AND ").append(value_test(snapshot, index, path, "p", test, driving));
    }
    Some(sql)
}

fn value_test(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    alias: &str,
    test: &Test,
    driving: DrivingIndex,
) -> Statement {
    match path.kind {
        Kind::Agent(_) | Kind::Reference(_) if !matches!(test, Test::Exists(_)) => {
            target_test(snapshot, path, alias, test, driving)
        }
        Kind::Agent(_) | Kind::Object(_) | Kind::List(_) => {
            let mut columns = Vec::new();
            columns_of(path.kind, &path.prefix, &mut columns);
            let known: Vec<String> = columns
                .iter()
                .map(|column| format!(r#"{alias}."{}" IS NOT NULL"#, column.name))
                .collect();
            let known = known.join(" OR ");
            Statement::new(if matches!(test, Test::Exists(false)) {
                format!("NOT ({known})")
            } else {
                format!("({known})")
            })
        }
        kind => {
            let folded = matches!(test, Test::Contains(_) | Test::StartsWith(_));
            let column = expression(snapshot, index, path, alias, folded);
            let mut test = test.clone();
            if has_digest(kind)
                && let Test::Any(values) | Test::NotAny(values) = &mut test
            {
                values.iter_mut().for_each(|value| *value = digest_of(value));
            }
            column_test(snapshot, kind, &tested_column(snapshot, column, driving), &test)
        }
    }
}

/// Returns the SQL expression of a scalar value. `folded` selects the form without case and
/// accents.
pub(super) fn expression(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    alias: &str,
    folded: bool,
) -> String {
    let column = |name: &str| format!(r#"{alias}."{name}""#);
    match path.kind {
        Kind::Type => format!("'{}'", index.record_type.name),
        Kind::Text(format) if folded && format.folded => {
            column(&join(&plain(&path.prefix), "folded"))
        }
        Kind::Text(_) => column(&exact_column(path.kind, &path.prefix)),
        Kind::Reference(_) | Kind::Agent(_) => column(&key_column(path.kind, &path.prefix)),
        Kind::Label(_) => column(if folded { "name_folded" } else { "name" }),
        Kind::PastDue { date, state, ended } => {
            past_due(date, state, ended, alias, &snapshot.today)
        }
        _ => column(&plain(&path.prefix)),
    }
}

/// Returns the test of a reference or an agent.
fn target_test(
    snapshot: &Snapshot<'_>,
    path: &FieldPath,
    alias: &str,
    test: &Test,
    driving: DrivingIndex,
) -> Statement {
    let (targets, negative) = match test {
        Test::AnyOf(targets) => (targets, false),
        Test::NoneOf(targets) => (targets, true),
        _ => return Statement::new("1 = 0"),
    };
    let mut tests: Vec<Statement> = Vec::new();
    let mut among = |column: String, values: Statement| {
        let column = tested_column(snapshot, format!(r#"{alias}."{column}""#), driving);
        // Null must count as different, also under `NOT`.
        let mut sql = Statement::new(format!("({column} IS NOT NULL AND {column} IN "));
        sql.append(values).push(")");
        tests.push(sql);
    };
    if !targets.keys.is_empty() {
        among(key_column(path.kind, &path.prefix), any_of(&targets.keys));
    }
    if !targets.labels.is_empty() && matches!(path.kind, Kind::Agent(_)) {
        among(join(&path.prefix, "label"), any_of(&targets.labels));
    }
    let mut sql = Statement::new(if negative { "NOT (" } else { "(" });
    if tests.is_empty() {
        sql.push("1 = 0");
    }
    for (index, test) in tests.into_iter().enumerate() {
        sql.push(if index > 0 { " OR " } else { "" }).append(test);
    }
    sql.push(")");
    sql
}

fn column_test(snapshot: &Snapshot<'_>, kind: Kind, column: &str, test: &Test) -> Statement {
    if let (Kind::Date, Some(dates)) = (kind, DateRanges::of(test)) {
        return dates.condition(column);
    }
    let mut sql = Statement::new("(");
    match test {
        Test::Any(values) => {
            sql.append(equals(kind, column, values));
        }
        Test::NotAny(values) => {
            sql.push(format!("{column} IS NULL OR NOT ")).append(equals(kind, column, values));
        }
        Test::Contains(value) => {
            sql.append(snapshot.database().contains(column, &text::fold(value)));
        }
        Test::StartsWith(value) => {
            sql.append(begins_with(column, &text::fold(value)));
        }
        Test::Exists(known) => {
            sql.push(format!("{column} IS {}NULL", if *known { "NOT " } else { "" }));
        }
        Test::Compare(operator, value) => {
            sql.append(compare(kind, column, *operator, value));
        }
        Test::Term(_) | Test::AnyOf(_) | Test::NoneOf(_) => {
            sql.push("1 = 0");
        }
    }
    sql.push(")");
    sql
}

fn equals(kind: Kind, column: &str, values: &[String]) -> Statement {
    let mut sql = Statement::new("(");
    match kind {
        Kind::Integer(..) | Kind::Number | Kind::PastDue { .. } => {
            sql.push(format!("{column} IN ("))
                .bind_all(values.iter().map(|value| sql_value(kind, value)))
                .push(")");
        }
        _ => {
            sql.push(format!("{column} IN ")).append(any_of(values));
        }
    }
    sql.push(")");
    sql
}

fn sql_value(kind: Kind, value: &str) -> SqlValue {
    match kind {
        Kind::Integer(..) => SqlValue::Integer(value.parse().ok()),
        Kind::Number => SqlValue::Number(value.parse().ok()),
        Kind::PastDue { .. } => SqlValue::Integer(Some(i64::from(value == "true"))),
        _ => SqlValue::from(value),
    }
}

fn compare(kind: Kind, column: &str, operator: Operator, value: &str) -> Statement {
    let sign = match operator {
        Operator::Greater => ">",
        Operator::AtLeast => ">=",
        Operator::Less => "<",
        _ => "<=",
    };
    let mut sql = Statement::new(format!("({column} {sign} "));
    sql.bind(sql_value(kind, value)).push(")");
    sql
}

/// Returns the condition that the term of a record may include the day: it may have begun by then,
/// and has not certainly ended before. If its beginning is unknown, the main date is used. If that
/// is unknown too, any day may be included.
fn term(record_type: &'static RecordType, day: &PartialDate) -> Statement {
    let (start, end) = record_type.term.unwrap_or_default();
    let (start, end) = (
        format!(r#"coalesce(t."{start}", {})"#, main_date(record_type, "t")),
        format!(r#"t."{end}""#),
    );
    let mut sql = Statement::new(format!("(({start} IS NULL OR "));
    sql.append(DateRanges::compared(Operator::AtMost, day).condition(&start));
    sql.push(format!(") AND ({end} IS NULL OR "))
        .append(DateRanges::compared(Operator::AtLeast, day).condition(&end))
        .push("))");
    sql
}
