//! Versions of records as the histories keep them: read back as the values that were written.

use std::collections::HashMap;

use super::connection::AnyConnection;
use super::dialect::any_of;
use super::error::{StoreError, StoreResult};
use super::layout::{Column, Layout, columns_of};
use super::statement::{Row, Statement};
use crate::model::{Agent, Kind, Moment, Record, Value};

/// A version of a record.
#[derive(Clone, Debug)]
pub struct Version {
    /// The revision that wrote it.
    pub revision: i64,
    /// The revision that replaced it; [`super::LIVE`] while none has.
    pub superseded_at: i64,
    /// When the record was first written.
    pub created_at: String,
    /// When this version was written.
    pub updated_at: String,
    /// What it held.
    pub record: Record,
}

/// Every version of one record, the oldest first.
pub fn versions_of(connection: &mut AnyConnection, layout: &Layout, id: &str) -> StoreResult<Vec<Version>> {
    let one = |owner: &str| {
        let mut condition = Statement::new(format!(r#""{owner}" = "#));
        condition.bind(id);
        condition
    };
    load(connection, layout, &one)
}

/// Every version of these records, the oldest first.
pub fn versions_of_all(connection: &mut AnyConnection, layout: &Layout, ids: &[String]) -> StoreResult<Vec<Version>> {
    let these = |owner: &str| {
        let mut condition = Statement::new(format!(r#""{owner}" IN "#));
        condition.append(any_of(ids));
        condition
    };
    load(connection, layout, &these)
}

/// The versions that a revision wrote of these records, in no order.
pub fn versions_at(connection: &mut AnyConnection, layout: &Layout, revision: i64, ids: &[String]) -> StoreResult<Vec<Version>> {
    let written = |owner: &str| {
        let mut condition = Statement::new(r#""revision" = "#);
        condition.bind(revision).push(format!(r#" AND "{owner}" IN "#)).append(any_of(ids));
        condition
    };
    load(connection, layout, &written)
}

/// The versions that a condition on the column of ids finds.
fn load(connection: &mut AnyConnection, layout: &Layout, condition: &dyn Fn(&str) -> Statement) -> StoreResult<Vec<Version>> {
    let mut query = Statement::new(format!(
        r#"SELECT "id", "revision", "superseded_at", "created_at", "updated_at", {} FROM "{}_history" WHERE "#,
        names(&layout.columns),
        layout.table()
    ));
    query.append(condition("id")).push(r#" ORDER BY "id", "revision""#);
    let rows = query.rows(connection)?;
    let mut lists: Vec<HashMap<(String, i64), Vec<Value>>> = Vec::with_capacity(layout.parts.len());
    for part in &layout.parts {
        let mut query = Statement::new(format!(
            r#"SELECT "{}", "revision", {} FROM "{}_history" WHERE "#,
            part.owner,
            names(&part.columns),
            part.table
        ));
        if let Some(shared) = part.shared {
            query.push(format!(r#""record_type" = '{shared}' AND "#));
        }
        query.append(condition(&part.owner)).push(format!(r#" ORDER BY "{}", "revision", "position""#, part.owner));
        let mut entries: HashMap<(String, i64), Vec<Value>> = HashMap::new();
        for row in query.rows(connection)? {
            let version = (row.text(0).unwrap_or_default().to_owned(), row.integer(1).unwrap_or_default());
            entries.entry(version).or_default().push(value(part.element, &row, &mut 2, true)?);
        }
        lists.push(entries);
    }
    rows.iter().map(|row| version(layout, row, &mut lists)).collect()
}

fn version(layout: &Layout, row: &Row, lists: &mut [HashMap<(String, i64), Vec<Value>>]) -> StoreResult<Version> {
    let text = |column: usize| row.text(column).unwrap_or_default().to_owned();
    let (id, revision) = (text(0), row.integer(1).unwrap_or_default());
    let (mut column, mut list) = (5, 0);
    let mut values = Vec::new();
    for field in layout.record_type.written() {
        values.push(if matches!(field.kind, Kind::List(_)) {
            list += 1;
            Value::List(lists[list - 1].remove(&(id.clone(), revision)).unwrap_or_default())
        } else {
            value(field.kind, row, &mut column, false)?
        });
    }
    Ok(Version {
        revision,
        superseded_at: row.integer(2).unwrap_or_default(),
        created_at: text(3),
        updated_at: text(4),
        record: Record { id, values },
    })
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| format!(r#""{}""#, column.name)).collect::<Vec<_>>().join(", ")
}

/// The value whose columns begin here: what [`super::layout::cells_of`] wrote. An entry of a list is never null.
fn value(kind: Kind, row: &Row, column: &mut usize, entry: bool) -> StoreResult<Value> {
    let at = *column;
    if let Kind::Object(object) = kind {
        let members: Vec<Value> = object.fields.iter().map(|member| value(member.kind, row, column, false)).collect::<Result<_, _>>()?;
        return Ok(if !entry && members.iter().all(Value::is_empty) { Value::Null } else { Value::Object(members) });
    }
    *column += columns_of(kind, "").len();
    if let Kind::Agent = kind {
        let agents = [Agent::Person as fn(String) -> Agent, Agent::Organization, Agent::Label];
        let found = agents.into_iter().enumerate().find_map(|(offset, agent)| Some(agent(row.text(at + offset)?.to_owned())));
        return Ok(found.map_or(Value::Null, Value::Agent));
    }
    let text = || row.text(at).map(str::to_owned);
    let broken = |why: String| StoreError::Internal(format!("a stored value cannot be read: {why}"));
    Ok(match kind {
        Kind::Integer(..) => row.integer(at).map_or(Value::Null, Value::Integer),
        Kind::Number => row.number(at).map_or(Value::Null, Value::Number),
        Kind::Date => text().map(|date| date.parse().map(Value::Date).map_err(broken)).transpose()?.unwrap_or(Value::Null),
        Kind::Moment => {
            text().map(|moment| moment.parse::<Moment>().map(Value::Moment).map_err(broken)).transpose()?.unwrap_or(Value::Null)
        }
        Kind::List(_) => {
            let words: Vec<String> = match row.text(at) {
                Some(json) => serde_json::from_str(json).map_err(|error| broken(error.to_string()))?,
                None => Vec::new(),
            };
            Value::List(words.into_iter().map(Value::Text).collect())
        }
        _ => text().map_or(Value::Null, Value::Text),
    })
}
