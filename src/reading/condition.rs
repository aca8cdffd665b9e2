//! What a record must meet to be in a list, as SQL. Values are bound; names come from the field
//! tables.

use super::field_path::{FieldPath, Operator};
use crate::model::{Kind, PartialDate, RecordType, text};
use crate::store::index::{
    TypeIndex, columns_of, digest_of, exact_column, join, key_column, main_date, past_due, plain,
};
use crate::store::statement::{any_of, begins_with};
use crate::store::{Snapshot, SqlValue, Statement};

/// A filter: any of the fields meets the test.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The fields.
    pub paths: Vec<FieldPath>,
    /// The test.
    pub test: Test,
    /// Whether the record's main date is tested, whichever field it is.
    pub main_date: bool,
}

/// What a value must meet. Values have the field's type already.
#[derive(Clone, Debug)]
pub enum Test {
    /// It equals one of these (a date: lies within).
    Any(Vec<String>),
    /// It equals none of these, or is not known.
    NotAny(Vec<String>),
    /// It refers to one of the records, or is a label with one of the names.
    AnyOf(Targets),
    /// It refers to none of the records and is a label with none of the names, or is not known.
    NoneOf(Targets),
    /// It holds this text, case and accents apart.
    Contains(String),
    /// It begins with this text, case and accents apart.
    StartsWith(String),
    /// It stands so to this value.
    Compare(Operator, String),
    /// It is known, or is not.
    Exists(bool),
    /// The term from this date on may include the day.
    Term(PartialDate),
}

/// What the ids in a filter lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// The keys of records.
    pub keys: Vec<i64>,
    /// The names of labels.
    pub labels: Vec<String>,
}

/// Along which index records are found. SQLite knows nothing of how frequent values are, so it is
/// told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DrivingIndex {
    /// That of the filters: for values that few records have. What is found is sorted.
    Filter,
    /// That of the order: for values that many records have. Each record on the way is looked at.
    Order,
}

/// The table of a type's records as `t`, without those that are not valid in this state.
pub(super) fn records(snapshot: &Snapshot<'_>, index: &TypeIndex) -> Statement {
    let mut sql = Statement::new(format!(r#" FROM "{}" t WHERE "#, index.table()));
    sql.append(snapshot.at().valid("t"));
    sql.push(snapshot.connection.within_time_limit(r#"t."record_key""#));
    sql
}

/// A SQL condition that all of the conditions hold, beginning with `AND` if there are any; the
/// record's table is `t`.
pub(super) fn where_all(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    conditions: &[Condition],
    lead: impl Fn(&Condition) -> DrivingIndex,
) -> Statement {
    let mut all = Statement::default();
    for condition in conditions {
        all.push(" AND ").append(condition.sql(snapshot, index, lead(condition)));
    }
    all
}

/// The number of records that meet all of the conditions.
pub(super) fn count_all(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    conditions: &[Condition],
) -> Statement {
    if let Some(led) = ListIndexScan::of(index, conditions)
        .filter(|led| led.rest.iter().all(|condition| condition.is_indexed(index)))
    {
        return led.count(snapshot, index);
    }
    let mut count = Statement::new("SELECT count(*)");
    count
        .append(records(snapshot, index))
        .append(where_all(snapshot, index, conditions, |_| DrivingIndex::Filter));
    count
}

/// A query that the index of a list answers: its records have an entry with one value, and may have
/// a main date in some range.
pub(super) struct ListIndexScan<'q> {
    table: &'q str,
    column: String,
    value: SqlValue,
    dates: Vec<&'q Condition>,
    /// What else the records must meet.
    rest: Vec<&'q Condition>,
    /// Whether one record may have several such entries.
    repeats: bool,
}

impl<'q> ListIndexScan<'q> {
    /// The query by the first condition that a list's index leads to.
    pub(super) fn of(index: &'q TypeIndex, conditions: &'q [Condition]) -> Option<Self> {
        let leading = |condition: &Condition| {
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
            .find_map(|(at, condition)| Some((at, leading(condition)?)))?;
        let mut led = Self {
            table: &list.table,
            column,
            value,
            dates: Vec::new(),
            rest: Vec::new(),
            repeats: matches!(list.element, Kind::Object(_)),
        };
        for (_, condition) in conditions.iter().enumerate().filter(|(other, _)| *other != at) {
            let of_date = condition.main_date
                || matches!(condition.paths.as_slice(), [path] if index.record_type.main_date == [path.field.name]);
            let can = matches!(
                condition.test,
                Test::Any(_) | Test::NotAny(_) | Test::Compare(..) | Test::Exists(_)
            );
            if of_date && can { led.dates.push(condition) } else { led.rest.push(condition) }
        }
        Some(led)
    }

    /// Whether an entry leads to each record only once.
    pub(super) fn is_distinct(&self) -> bool {
        !self.repeats
    }

    /// The entries, as ` FROM … WHERE …`; their table is `p`.
    pub(super) fn entries(&self, snapshot: &Snapshot<'_>, index: &TypeIndex) -> Statement {
        let mut sql = Statement::new(format!(r#" FROM "{}" p"#, self.table));
        if !self.rest.is_empty() {
            sql.push_fmt(format_args!(
                r#" JOIN "{}" t ON t."record_key" = p."record_key" AND "#,
                index.table()
            ));
            sql.append(snapshot.at().valid("t"));
        }
        sql.push_fmt(format_args!(r#" WHERE p."{}" = "#, self.column))
            .bind(self.value.clone())
            .push(" AND ");
        sql.append(snapshot.at().valid("p"));
        for condition in &self.dates {
            sql.push(" AND ").append(column_test(
                snapshot,
                Kind::Date,
                r#"p."main_date""#,
                &condition.test,
            ));
        }
        for condition in &self.rest {
            sql.push(" AND ").append(condition.sql(snapshot, index, DrivingIndex::Order));
        }
        sql
    }

    /// The number of records. What else they must meet is looked up in the answers of its indexes,
    /// not in each record.
    fn count(mut self, snapshot: &Snapshot<'_>, index: &TypeIndex) -> Statement {
        let indexed = std::mem::take(&mut self.rest);
        let mut count = Statement::new(if self.repeats {
            r#"SELECT count(DISTINCT p."record_key")"#
        } else {
            "SELECT count(*)"
        });
        count.append(self.entries(snapshot, index));
        for condition in indexed {
            count
                .push(r#" AND p."record_key" IN (SELECT t."record_key""#)
                .append(records(snapshot, index));
            count
                .push(" AND ")
                .append(condition.sql(snapshot, index, DrivingIndex::Filter))
                .push(")");
        }
        count
    }
}

/// A column that is tested, with its index or without, as records are found.
fn led(snapshot: &Snapshot<'_>, column: String, lead: DrivingIndex) -> String {
    if lead == DrivingIndex::Order { without_index(snapshot, &column) } else { column }
}

/// A column that no index is to be taken for.
pub(super) fn without_index(snapshot: &Snapshot<'_>, column: &str) -> String {
    if snapshot.connection.is_postgres() { column.to_owned() } else { format!("+{column}") }
}

impl Condition {
    /// Whether it tests this field alone.
    pub(super) fn tests(&self, record_type: &'static RecordType, field: &FieldPath) -> bool {
        if self.main_date {
            return record_type.main_date == [field.field.name];
        }
        matches!(self.paths.as_slice(), [path] if !path.in_list && path.field.name == field.field.name && path.prefix == field.prefix)
    }

    /// Whether the index of one column answers it.
    fn is_indexed(&self, index: &TypeIndex) -> bool {
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

    fn sql(&self, snapshot: &Snapshot<'_>, index: &TypeIndex, lead: DrivingIndex) -> Statement {
        if let Test::Term(day) = &self.test {
            return term(index.record_type, day);
        }
        if self.main_date {
            let date = led(snapshot, main_date(index.record_type, "t"), lead);
            return column_test(snapshot, Kind::Date, &date, &self.test);
        }
        let negative = self.is_negative();
        let joint = if negative { " AND " } else { " OR " };
        let mut sql = Statement::new("(");
        for (place, path) in self.paths.iter().enumerate() {
            sql.push(if place > 0 { joint } else { "" });
            if path.in_list {
                sql.append(in_list(snapshot, index, path, &self.test, negative, lead));
            } else {
                sql.append(value_test(snapshot, index, path, "t", &self.test, lead));
            }
        }
        sql.push(")");
        sql
    }
}

/// The test of a list's entries: one of them meets it; of a negative test, none meets its opposite.
fn in_list(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    test: &Test,
    negative: bool,
    lead: DrivingIndex,
) -> Statement {
    let opposite = match test {
        Test::NotAny(values) => Test::Any(values.clone()),
        Test::NoneOf(targets) => Test::AnyOf(targets.clone()),
        Test::Exists(false) => Test::Exists(true),
        other => other.clone(),
    };
    let Some(owners) = owners(snapshot, index, path, &opposite) else {
        return Statement::new("1 = 0");
    };
    if lead == DrivingIndex::Filter && !negative {
        let mut sql = Statement::new(r#"t."record_key" IN ("#);
        sql.append(owners).push(")");
        return sql;
    }
    let mut sql = Statement::new(if negative { "NOT EXISTS (" } else { "EXISTS (" });
    sql.append(owners).push(r#" AND p."record_key" = t."record_key")"#);
    sql
}

/// The keys of the records that have an entry of this list which meets a test, as a query of the
/// list's table `p`.
fn owners(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    test: &Test,
) -> Option<Statement> {
    let list = index.list(path.field.name)?;
    let mut sql =
        Statement::new(format!(r#"SELECT p."record_key" FROM "{}" p WHERE "#, list.table));
    sql.append(snapshot.at().valid("p"));
    if !matches!(test, Test::Exists(_)) || !path.prefix.is_empty() {
        sql.push(" AND ").append(value_test(
            snapshot,
            index,
            path,
            "p",
            test,
            DrivingIndex::Filter,
        ));
    }
    Some(sql)
}

fn value_test(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    alias: &str,
    test: &Test,
    lead: DrivingIndex,
) -> Statement {
    match path.kind {
        Kind::Agent(_) | Kind::Reference(_) if !matches!(test, Test::Exists(_)) => {
            target_test(path, alias, test)
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
            if exact_column(kind, "x") != "x"
                && let Test::Any(values) | Test::NotAny(values) = &mut test
            {
                values.iter_mut().for_each(|value| *value = digest_of(value));
            }
            column_test(snapshot, kind, &led(snapshot, column, lead), &test)
        }
    }
}

/// The expression of a scalar; in the form that ignores case and accents, if so asked.
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

/// The test of a reference or an agent.
fn target_test(path: &FieldPath, alias: &str, test: &Test) -> Statement {
    let (targets, negative) = match test {
        Test::AnyOf(targets) => (targets, false),
        Test::NoneOf(targets) => (targets, true),
        _ => return Statement::new("1 = 0"),
    };
    let mut tests: Vec<Statement> = Vec::new();
    let mut among = |column: String, values: Statement| {
        // A column that is not known differs; it does not leave the question open.
        let mut sql = Statement::new(format!(
            r#"({alias}."{column}" IS NOT NULL AND {alias}."{column}" IN "#
        ));
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
    let mut sql = Statement::new("(");
    match test {
        Test::Any(values) => {
            sql.append(equals(kind, column, values));
        }
        Test::NotAny(values) => {
            sql.push(format!("{column} IS NULL OR NOT ")).append(equals(kind, column, values));
        }
        Test::Contains(value) => {
            sql.append(snapshot.connection.holds(column, &text::fold(value)));
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
        // A date lies within another if its text begins with the other's.
        Kind::Date => {
            for (index, value) in values.iter().enumerate() {
                sql.push(if index > 0 { " OR " } else { "" }).append(begins_with(column, value));
            }
        }
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
    let mut sql = Statement::new("(");
    let date = if matches!(kind, Kind::Date) { value.parse::<PartialDate>().ok() } else { None };
    match (date, operator) {
        (None, _) => {
            sql.push(format!("{column} {sign} ")).bind(sql_value(kind, value));
        }
        // It certainly lies after, or may lie at or before: its first day against the last day
        // asked for.
        (Some(date), Operator::Greater | Operator::AtMost) => {
            sql.push(format!("{column} {sign} ")).bind(date.last_day());
        }
        // It may lie at or after: it begins then, or it is one of the wider dates that hold that
        // day. The year sorts before all of these, so it bounds the range of an index.
        (Some(date), Operator::AtLeast) => {
            let wider = date.wider();
            sql.push(format!("{column} >= "))
                .bind(wider[0].as_str())
                .push(format!(" AND ({column} >= "))
                .bind(date.first_day())
                .push(format!(" OR {column} IN "))
                .append(any_of(&wider))
                .push(")");
        }
        // It certainly lies before: it begins earlier and is none of the wider dates that hold that
        // day.
        (Some(date), _) => {
            sql.push(format!("{column} < "))
                .bind(date.first_day())
                .push(format!(" AND {column} NOT IN "))
                .append(any_of(&date.wider()));
        }
    }
    sql.push(")");
    sql
}

/// The term of a record may include the day: it may have begun by then, and has not certainly ended
/// before. Where its beginning is not known, it is no earlier than the record's main date; where
/// neither is known, any day may be in it.
fn term(record_type: &'static RecordType, day: &PartialDate) -> Statement {
    let (start, end) = record_type.term.unwrap_or_default();
    let (start, end) = (
        format!(r#"coalesce(t."{start}", {})"#, main_date(record_type, "t")),
        format!(r#"t."{end}""#),
    );
    let mut sql = Statement::new(format!("(({start} IS NULL OR "));
    sql.append(compare(Kind::Date, &start, Operator::AtMost, day.as_str()));
    sql.push(format!(") AND ({end} IS NULL OR "))
        .append(compare(Kind::Date, &end, Operator::AtLeast, day.as_str()))
        .push("))");
    sql
}
