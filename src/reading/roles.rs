//! Everything that a person or an organization took part in, whatever the type of the record: found
//! by the columns that refer to it.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::List;
use crate::model::{Field, Kind, PartialDate, RecordType};
use crate::records::Reference;
use crate::store::index::{TypeIndex, join, key_column, main_date};
use crate::store::records::names;
use crate::store::statement::any_of;
use crate::store::{Snapshot, Statement, StoreResult};

/// A page of roles.
pub type RoleList = List<Role>;

/// A role that a person or an organization had in a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Role {
    /// The role: `chair`, `recipient`, `department` …
    pub role: String,
    /// The record.
    pub record: Reference,
    /// The main date of the record.
    #[schema(required, value_type = Option<PartialDate>)]
    pub date: Option<String>,
    /// The name that the source uses.
    #[schema(required)]
    pub credited_as: Option<String>,
}

/// What one person or organization took part in, newest first.
pub fn roles(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    key: i64,
) -> StoreResult<Vec<Role>> {
    Ok(roles_of(snapshot, record_type, &[key])?.remove(&key).unwrap_or_default())
}

/// What each of these took part in, newest first.
pub(super) fn roles_of(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<HashMap<i64, Vec<Role>>> {
    let mut union = Statement::default();
    for index in snapshot.indexes.iter() {
        for holder in holders(index, record_type) {
            union.push(if union.is_empty() { "" } else { " UNION " });
            union.append(holder.select(snapshot, index, keys));
        }
    }
    if union.is_empty() || keys.is_empty() {
        return Ok(HashMap::new());
    }
    let mut all = Statement::new("SELECT agent, role, type, id, record, date, credited FROM (");
    all.append(union).push(") r ORDER BY agent, date IS NULL, date DESC, type, id, role, credited");
    let rows = all.rows(snapshot.connection)?;
    let mut records: Vec<i64> = rows.iter().filter_map(|row| row.integer(4)).collect();
    records.sort_unstable();
    records.dedup();
    let at = snapshot.at();
    let names = names(snapshot.connection, &records, at)?;
    let mut by_key: HashMap<i64, Vec<Role>> = HashMap::new();
    for row in rows {
        let text = |column: usize| row.text(column).unwrap_or_default().to_owned();
        let name = row.integer(4).and_then(|key| names.get(&key)).cloned().unwrap_or_default();
        by_key.entry(row.integer(0).unwrap_or_default()).or_default().push(Role {
            role: text(1),
            record: Reference { record_type: text(2), id: text(3), name },
            date: row.text(5).map(str::to_owned),
            credited_as: row.text(6).map(str::to_owned),
        });
    }
    Ok(by_key)
}

/// A field that refers to records of a type, with the fields beside it.
struct Holder {
    /// The list that it is in.
    list: Option<&'static Field>,
    field: &'static Field,
    beside: &'static [Field],
    /// What the names of the columns of the fields beside it begin with.
    prefix: String,
}

impl Holder {
    fn select(&self, snapshot: &Snapshot<'_>, index: &TypeIndex, keys: &[i64]) -> Statement {
        let alias = if self.list.is_some() { "p" } else { "t" };
        let has = |name: &str| self.beside.iter().any(|field| field.name == name);
        let role = if has("role") && self.field.role.is_none() {
            format!(r#"{alias}."{}""#, join(&self.prefix, "role"))
        } else {
            format!("'{}'", self.field.role.unwrap_or(self.field.name))
        };
        let credited_as = self.field.credited_as.map_or_else(
            || "NULL".to_owned(),
            |name| format!(r#"{alias}."{}""#, join(&self.prefix, name)),
        );
        let name = if self.list.is_some_and(|list| std::ptr::eq(list, self.field)) {
            ""
        } else {
            self.field.name
        };
        let column = key_column(self.field.kind.element(), &join(&self.prefix, name));
        let record_type = index.record_type;
        let mut select = Statement::new(format!(
            r#"SELECT {alias}."{column}" AS agent, CAST({role} AS text) AS role, '{}' AS type,
                t."id" AS id, t."record_key" AS record, CAST({} AS text) AS date,
                CAST({credited_as} AS text) AS credited FROM "{}" t"#,
            record_type.name,
            main_date(record_type, "t"),
            index.table(),
        ));
        let at = snapshot.at();
        if let Some(list) = self.list.and_then(|list| index.list(list.name)) {
            select
                .push_fmt(format_args!(
                    r#" JOIN "{}" p ON p."record_key" = t."record_key" AND "#,
                    list.table
                ))
                .append(at.valid("p"));
        }
        select.push(" WHERE ").append(at.valid("t"));
        select.push_fmt(format_args!(r#" AND {alias}."{column}" IN "#)).append(any_of(keys));
        select
    }
}

/// The fields of a type's records that refer to records of another.
fn holders(index: &TypeIndex, target: &'static RecordType) -> Vec<Holder> {
    let mut found = Vec::new();
    for field in index.record_type.fields {
        match field.kind {
            Kind::List(Kind::Object(object)) => {
                add_holders(object.fields, "", Some(field), target, &mut found)
            }
            Kind::List(element) if element.targets().contains(&target.name) => {
                found.push(Holder { list: Some(field), field, beside: &[], prefix: String::new() });
            }
            _ => {}
        }
    }
    add_holders(index.record_type.fields, "", None, target, &mut found);
    found
}

fn add_holders(
    fields: &'static [Field],
    prefix: &str,
    list: Option<&'static Field>,
    target: &'static RecordType,
    found: &mut Vec<Holder>,
) {
    for field in fields {
        match field.kind {
            Kind::Object(object) => {
                add_holders(object.fields, &join(prefix, field.name), list, target, found)
            }
            kind if kind.targets().contains(&target.name) => {
                found.push(Holder { list, field, beside: fields, prefix: prefix.to_owned() });
            }
            _ => {}
        }
    }
}
