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

/// Adds the condition that records meet all of these; the record's table is `t`.
pub(super) fn where_all(snapshot: &Snapshot<'_>, layout: &Layout, conditions: &[Condition]) -> Statement {
    let mut all = Statement::default();
    for condition in conditions {
        all.push(if all.is_empty() { "" } else { " AND " }).append(condition.sql(snapshot, layout));
    }
    all
}

impl Condition {
    fn sql(&self, snapshot: &Snapshot<'_>, layout: &Layout) -> Statement {
        if let Test::Term(day) = &self.test {
            return term(layout.record_type, day);
        }
        if self.main_date {
            return column_test(snapshot, Kind::Date, &main_date(layout.record_type, "t"), &self.test);
        }
        let (joint, negative) = match &self.test {
            Test::NotAny(_) | Test::Exists(false) => (" AND ", true),
            _ => (" OR ", false),
        };
        let mut sql = Statement::new("(");
        for (index, path) in self.paths.iter().enumerate() {
            sql.push(if index > 0 { joint } else { "" });
            if path.in_list {
                sql.append(in_list(snapshot, layout, path, &self.test, negative));
            } else {
                sql.append(value_test(snapshot, layout, path, "t", &self.test));
            }
        }
        sql.push(")");
        sql
    }
}

/// The test of a list's entries: one of them meets it; of a negative test, none meets its opposite.
fn in_list(snapshot: &Snapshot<'_>, layout: &Layout, path: &FieldPath, test: &Test, negative: bool) -> Statement {
    let Some(part) = layout.part(path.field.name) else { return Statement::new("1 = 0") };
    let opposite = match test {
        Test::NotAny(values) => Test::Any(values.clone()),
        Test::Exists(false) => Test::Exists(true),
        other => other.clone(),
    };
    let mut sql = Statement::new(format!(r#"{}EXISTS (SELECT 1 FROM "{}" p WHERE "#, if negative { "NOT " } else { "" }, part.table));
    if let Some(shared) = part.shared {
        sql.push(format!(r#"p."record_type" = '{shared}' AND "#));
    }
    sql.push_fmt(format_args!(r#"p."{}" = t."id" AND "#, part.owner));
    if matches!(opposite, Test::Exists(_)) && path.prefix.is_empty() {
        sql.push("1 = 1");
    } else {
        sql.append(value_test(snapshot, layout, path, "p", &opposite));
    }
    sql.push(")");
    sql
}

fn value_test(snapshot: &Snapshot<'_>, layout: &Layout, path: &FieldPath, alias: &str, test: &Test) -> Statement {
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
            column_test(snapshot, kind, &column, test)
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
