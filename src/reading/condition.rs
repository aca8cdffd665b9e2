//! What a record must meet to be in a list, as SQL. Values are bound; names come from the field tables.

use super::field_path::{FieldPath, Operator};
use crate::model::{Agent, Kind, PartialDate, RecordType, text};
use crate::store::dialect::{any_of, begins_with};
use crate::store::layout::{Layout, join, label, main_date, plain, reference, selection_of};
use crate::store::{Cell, Snapshot, Statement};

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

/// Along which index records are found. SQLite knows nothing of how frequent values are, so it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// That of the filters: for values that few records have. What is found is sorted.
    Filter,
    /// That of the order: for values that many records have. Each record on the way is looked at.
    Order,
}

/// Adds the condition that records meet all of these; the record's table is `t`.
pub(super) fn where_all(
    snapshot: &Snapshot<'_>,
    layout: &Layout,
    conditions: &[Condition],
    lead: impl Fn(&Condition) -> Lead,
) -> Statement {
    let mut all = Statement::default();
    for condition in conditions {
        all.push(if all.is_empty() { "" } else { " AND " }).append(condition.sql(snapshot, layout, lead(condition)));
    }
    all
}

/// How many records meet all of these.
pub(super) fn count_all(snapshot: &Snapshot<'_>, layout: &Layout, conditions: &[Condition]) -> Statement {
    // What is asked of one list alone is answered by the list's index.
    if let [condition] = conditions
        && let ([path], false) = (condition.paths.as_slice(), condition.main_date)
        && path.in_list
        && !condition.is_negative()
        && let Some(owners) = owners(snapshot, layout, path, &condition.test)
    {
        let mut count = Statement::new("SELECT count(*) FROM (SELECT DISTINCT p.owner FROM (");
        count.append(owners).push(") p) t");
        return count;
    }
    let mut count = Statement::new(format!(r#"SELECT count(*) FROM "{}" t"#, layout.table()));
    if !conditions.is_empty() {
        count.push(" WHERE ").append(where_all(snapshot, layout, conditions, |_| Lead::Filter));
    }
    count
}

/// A column that is tested, with its index or without, as records are found.
fn led(snapshot: &Snapshot<'_>, column: String, lead: Lead) -> String {
    if lead == Lead::Order { without_index(snapshot, &column) } else { column }
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

    fn is_negative(&self) -> bool {
        matches!(self.test, Test::NotAny(_) | Test::Exists(false))
    }

    fn sql(&self, snapshot: &Snapshot<'_>, layout: &Layout, lead: Lead) -> Statement {
        if let Test::Term(day) = &self.test {
            return term(layout.record_type, day);
        }
        if self.main_date {
            let date = led(snapshot, main_date(layout.record_type, "t"), lead);
            return column_test(snapshot, Kind::Date, &date, &self.test);
        }
        let negative = self.is_negative();
        let joint = if negative { " AND " } else { " OR " };
        let mut sql = Statement::new("(");
        for (index, path) in self.paths.iter().enumerate() {
            sql.push(if index > 0 { joint } else { "" });
            if path.in_list {
                sql.append(in_list(snapshot, layout, path, &self.test, negative, lead));
            } else {
                sql.append(value_test(snapshot, layout, path, "t", &self.test, lead));
            }
        }
        sql.push(")");
        sql
    }
}

/// The test of a list's entries: one of them meets it; of a negative test, none meets its opposite.
fn in_list(snapshot: &Snapshot<'_>, layout: &Layout, path: &FieldPath, test: &Test, negative: bool, lead: Lead) -> Statement {
    let opposite = match test {
        Test::NotAny(values) => Test::Any(values.clone()),
        Test::Exists(false) => Test::Exists(true),
        other => other.clone(),
    };
    let (Some(part), Some(owners)) = (layout.part(path.field.name), owners(snapshot, layout, path, &opposite)) else {
        return Statement::new("1 = 0");
    };
    if lead == Lead::Filter && !negative {
        let mut sql = Statement::new(r#"t."id" IN ("#);
        sql.append(owners).push(")");
        return sql;
    }
    let mut sql = Statement::new(if negative { "NOT EXISTS (" } else { "EXISTS (" });
    sql.append(owners).push_fmt(format_args!(r#" AND p."{}" = t."id")"#, part.owner));
    sql
}

/// The ids of the records that have an entry of this list which meets a test, as a query of the list's table `p`.
fn owners(snapshot: &Snapshot<'_>, layout: &Layout, path: &FieldPath, test: &Test) -> Option<Statement> {
    let part = layout.part(path.field.name)?;
    let mut sql = Statement::new(format!(r#"SELECT p."{}" AS owner FROM "{}" p WHERE "#, part.owner, part.table));
    if let Some(shared) = part.shared {
        sql.push(format!(r#"p."record_type" = '{shared}' AND "#));
    }
    if matches!(test, Test::Exists(_)) && path.prefix.is_empty() {
        sql.push("1 = 1");
    } else {
        sql.append(value_test(snapshot, layout, path, "p", test, Lead::Filter));
    }
    Some(sql)
}

fn value_test(snapshot: &Snapshot<'_>, layout: &Layout, path: &FieldPath, alias: &str, test: &Test, lead: Lead) -> Statement {
    match path.kind {
        Kind::Agent => agent_test(alias, &path.prefix, test),
        Kind::Object(_) | Kind::List(_) => {
            let mut columns = Vec::new();
            let layouts = snapshot.layouts;
            selection_of(path.kind, &path.prefix, alias, layouts, &snapshot.today, &mut columns);
            let known = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" OR ");
            Statement::new(if matches!(test, Test::Exists(false)) { format!("NOT ({known})") } else { format!("({known})") })
        }
        kind => {
            let column = expression(snapshot, layout, path, alias, matches!(test, Test::Contains(_) | Test::StartsWith(_)));
            column_test(snapshot, kind, &led(snapshot, column, lead), test)
        }
    }
}

/// The expression of a scalar; in the form that is compared without case and accents, if so asked.
pub(super) fn expression(snapshot: &Snapshot<'_>, layout: &Layout, path: &FieldPath, alias: &str, folded: bool) -> String {
    let column = |name: &str| format!(r#"{alias}."{name}""#);
    match path.kind {
        Kind::Type => format!("'{}'", layout.record_type.name),
        Kind::Text(format) if folded && format.folded => column(&join(&plain(&path.prefix), "folded")),
        Kind::Reference(target) => column(&reference(&path.prefix, target)),
        Kind::Label(parts) => label(parts, alias, if folded { "name_folded" } else { "name" }, snapshot.layouts),
        Kind::PastDue { .. } => {
            let mut expressions = Vec::new();
            selection_of(path.kind, &path.prefix, alias, snapshot.layouts, &snapshot.today, &mut expressions);
            expressions.pop().unwrap_or_default()
        }
        _ => column(&plain(&path.prefix)),
    }
}

fn column_test(snapshot: &Snapshot<'_>, kind: Kind, column: &str, test: &Test) -> Statement {
    let mut sql = Statement::new("(");
    match test {
        Test::Any(values) => drop(sql.append(equals(kind, column, values))),
        Test::NotAny(values) => drop(sql.push(format!("{column} IS NULL OR NOT ")).append(equals(kind, column, values))),
        Test::Contains(value) => drop(sql.append(snapshot.connection.holds(column, &text::fold(value)))),
        Test::StartsWith(value) => drop(sql.append(begins_with(column, &text::fold(value)))),
        Test::Exists(known) => drop(sql.push(format!("{column} IS {}NULL", if *known { "NOT " } else { "" }))),
        Test::Compare(operator, value) => drop(sql.append(compare(kind, column, *operator, value))),
        Test::Term(_) => drop(sql.push("1 = 0")),
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
            sql.push(format!("{column} IN (")).bind_all(values.iter().map(|value| cell(kind, value))).push(")");
        }
        _ => drop(sql.push(format!("{column} IN ")).append(any_of(values))),
    }
    sql.push(")");
    sql
}

fn cell(kind: Kind, value: &str) -> Cell {
    match kind {
        Kind::Integer(..) => Cell::Integer(value.parse().ok()),
        Kind::Number => Cell::Number(value.parse().ok()),
        Kind::PastDue { .. } => Cell::Integer(Some(i64::from(value == "true"))),
        _ => Cell::from(value),
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
        (None, _) => drop(sql.push(format!("{column} {sign} ")).bind(cell(kind, value))),
        // It certainly lies after, or may lie at or before: its first day against the last day asked for.
        (Some(date), Operator::Greater | Operator::AtMost) => drop(sql.push(format!("{column} {sign} ")).bind(date.last_day())),
        // It may lie at or after: it begins then, or it is one of the wider dates that hold that day.
        (Some(date), Operator::AtLeast) => {
            sql.push(format!("{column} >= ")).bind(date.first_day()).push(format!(" OR {column} IN ")).append(any_of(&date.wider()));
        }
        // It certainly lies before: it begins earlier and is none of the wider dates that hold that day.
        (Some(date), _) => {
            sql.push(format!("{column} < ")).bind(date.first_day()).push(format!(" AND {column} NOT IN ")).append(any_of(&date.wider()));
        }
    }
    sql.push(")");
    sql
}

fn agent_test(alias: &str, prefix: &str, test: &Test) -> Statement {
    let [person, organization] = Agent::TARGETS.map(|target| format!(r#"{alias}."{}""#, join(prefix, &format!("{target}_id"))));
    let named = format!(r#"{alias}."{}""#, join(prefix, "label"));
    let known = format!("({person} IS NOT NULL OR {organization} IS NOT NULL OR {named} IS NOT NULL)");
    let values = match test {
        Test::Any(values) | Test::NotAny(values) => values,
        Test::Exists(false) => return Statement::new(format!("NOT {known}")),
        _ => return Statement::new(known),
    };
    let mut matches = Statement::new("(");
    for (index, value) in values.iter().enumerate() {
        matches.push(if index > 0 { " OR " } else { "" });
        let columns: Vec<(&String, &str)> = match value.split_once(':') {
            Some(("person", id)) => vec![(&person, id)],
            Some(("organization", id)) => vec![(&organization, id)],
            Some(("label", name)) => vec![(&named, name)],
            _ => vec![(&person, value), (&organization, value), (&named, value)],
        };
        for (index, (column, value)) in columns.into_iter().enumerate() {
            // A column that is not known differs; it does not leave the question open.
            matches.push(if index > 0 { " OR " } else { "" }).push(format!("({column} IS NOT NULL AND {column} = ")).bind(value).push(")");
        }
    }
    matches.push(")");
    if matches!(test, Test::NotAny(_)) {
        let mut none = Statement::new("NOT ");
        none.append(matches);
        return none;
    }
    matches
}

/// The term of a record may include the day: it may have begun by then, and has not certainly ended before. Where its
/// beginning is not known, it is no earlier than the record's main date; where neither is known, any day may be in it.
fn term(record_type: &'static RecordType, day: &PartialDate) -> Statement {
    let (start, end) = record_type.term.unwrap_or_default();
    let (start, end) = (format!(r#"coalesce(t."{start}", {})"#, main_date(record_type, "t")), format!(r#"t."{end}""#));
    let mut sql = Statement::new(format!("(({start} IS NULL OR "));
    sql.append(compare(Kind::Date, &start, Operator::AtMost, day.as_str()));
    sql.push(format!(") AND ({end} IS NULL OR ")).append(compare(Kind::Date, &end, Operator::AtLeast, day.as_str())).push("))");
    sql
}
