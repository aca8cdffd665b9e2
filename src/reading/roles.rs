//! Everything that a person or an organization took part in, whatever the type of the record: found by the columns that refer to it.

use std::collections::HashMap;

use crate::formats::json::{write_member, write_reference, write_text};
use crate::model::{Field, Kind, RecordType};
use crate::store::dialect::any_of;
use crate::store::layout::{Layout, Part, join, main_date, name_expression, reference};
use crate::store::{Snapshot, Statement, StoreResult};

/// A part that somebody had.
#[derive(Debug)]
pub struct Role {
    /// What the part was: `chair`, `recipient`, `department` …
    pub role: String,
    /// The record that tells of it: its type, id and name.
    pub record: (String, String, String),
    /// When it was.
    pub date: Option<String>,
    /// As the source styles whoever had it.
    pub credited_as: Option<String>,
}

impl Role {
    /// Writes it as JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"role\":");
        write_text(out, &self.role);
        out.extend_from_slice(b",\"record\":");
        let (record_type, id, name) = &self.record;
        write_reference(out, record_type, id, name);
        write_member(out, "date", self.date.as_deref());
        write_member(out, "credited_as", self.credited_as.as_deref());
        out.push(b'}');
    }
}

/// What one person or organization took part in, newest first.
pub fn roles(snapshot: &mut Snapshot<'_>, record_type: &'static RecordType, id: &str) -> StoreResult<Vec<Role>> {
    Ok(roles_of(snapshot, record_type, &[id.to_owned()])?.remove(id).unwrap_or_default())
}

/// What each of these took part in, newest first.
pub(super) fn roles_of(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    ids: &[String],
) -> StoreResult<HashMap<String, Vec<Role>>> {
    let layouts = snapshot.layouts;
    let mut union = Statement::default();
    for (layout, part, column) in layouts.references_to(record_type.name) {
        // Where something was published is no part that it had in it, nor is where a position was held.
        let Some((field, members, prefix)) = field_of(layout, part, &column.name, record_type.name) else { continue };
        let alias = if part.is_some() { "p" } else { "t" };
        let has = |name: &str| members.iter().any(|member| member.name == name);
        let role = if has("role") && field.role.is_none() {
            format!(r#"{alias}."{}""#, join(&prefix, "role"))
        } else {
            format!("'{}'", field.role.unwrap_or(field.name))
        };
        let credited_as = if has("credited_as") && matches!(field.name, "agent" | "person" | "recipient") {
            format!(r#"{alias}."{}""#, join(&prefix, "credited_as"))
        } else {
            "NULL".to_owned()
        };
        let owner = layout.record_type;
        let name = name_expression(owner, layouts);
        let date = if owner.main_date.is_empty() { "NULL".to_owned() } else { main_date(owner, "t") };
        let from = match part {
            None => String::new(),
            Some(part) => {
                let shared = part.shared.map_or(String::new(), |shared| format!(r#" AND p."record_type" = '{shared}'"#));
                format!(r#" JOIN "{}" p ON p."{}" = t."id"{shared}"#, part.table, part.owner)
            }
        };
        union.push(if union.is_empty() { "" } else { " UNION " });
        union.push_fmt(format_args!(
            r#"SELECT {alias}."{}" AS agent, CAST({role} AS text) AS role, '{}' AS type, t."id" AS id, {name} AS name, CAST({date} AS text) AS date, CAST({credited_as} AS text) AS credited FROM "{}" t{from} WHERE {alias}."{}" IN "#,
            column.name,
            owner.name,
            layout.table(),
            column.name
        ));
        union.append(any_of(ids));
    }
    let mut all = Statement::new("SELECT agent, role, type, id, name, date, credited FROM (");
    all.append(union).push(") r ORDER BY agent, date IS NULL, date DESC, type, id, role, credited");
    let mut by_id: HashMap<String, Vec<Role>> = HashMap::new();
    for row in all.rows(snapshot.connection)? {
        let text = |column: usize| row.text(column).unwrap_or_default().to_owned();
        by_id.entry(text(0)).or_default().push(Role {
            role: text(1),
            record: (text(2), text(3), text(4)),
            date: row.text(5).map(str::to_owned),
            credited_as: row.text(6).map(str::to_owned),
        });
    }
    Ok(by_id)
}

/// The field that a column belongs to, with the fields beside it and what their columns' names begin with.
fn field_of(layout: &Layout, part: Option<&Part>, column: &str, target: &str) -> Option<(&'static Field, &'static [Field], String)> {
    if let Some(part) = part {
        return match part.element {
            Kind::Object(object) => holder(object.fields, "", column, target),
            _ => Some((part.field, &[], String::new())),
        };
    }
    holder(layout.record_type.fields, "", column, target)
}

fn holder(fields: &'static [Field], prefix: &str, column: &str, target: &str) -> Option<(&'static Field, &'static [Field], String)> {
    for field in fields {
        let name = join(prefix, field.name);
        let holds = match field.kind {
            Kind::Reference(_) => reference(&name, target) == column,
            Kind::Agent => format!("{name}_{target}_id") == column,
            Kind::Object(object) => match holder(object.fields, &name, column, target) {
                Some(found) => return Some(found),
                None => false,
            },
            _ => false,
        };
        if holds {
            return Some((field, fields, prefix.to_owned()));
        }
    }
    None
}
