//! Finds the roles of a person or an organization in records of all types, by the columns that
//! refer to it.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::List;
use crate::model::{Field, Kind, PartialDate, RecordType};
use crate::records::Reference;
use crate::store::index::{TypeIndex, join, key_column, main_date};
use crate::store::statement::any_of;
use crate::store::{Row, Snapshot, Statement, StoreError, StoreResult};

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

/// Returns at most `limit` roles of a person or an organization after the first `offset`, latest
/// first, and the number of all roles.
pub fn roles(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    key: i64,
    offset: usize,
    limit: usize,
) -> StoreResult<(Vec<Role>, usize)> {
    let Some(all) = select(snapshot, record_type, &[key], None) else {
        return Ok(Default::default());
    };
    let mut page = in_order(all.clone(), ", count(*) OVER ()");
    page.limit(limit).offset(offset);
    let rows = page.rows(snapshot.connection())?;
    let total = match rows.first() {
        Some(row) => row.required_integer(TOTAL)?,
        // Beyond the last role, no row has the total.
        None => {
            let mut count = Statement::new("SELECT count(*) FROM (");
            count.append(all).push(") r");
            count.number(snapshot.connection())?
        }
    };
    let roles = with_names(snapshot, rows)?.remove(&key).unwrap_or_default();
    let total = usize::try_from(total)
        .map_err(|_| StoreError::Internal(format!("the number of roles is {total}")))?;
    Ok((roles, total))
}

/// Returns the roles of people or organizations by their keys, latest first. `except` is a type of
/// records and a role in them, which is left out.
pub fn roles_of(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    keys: &[i64],
    except: Option<(&str, &str)>,
) -> StoreResult<HashMap<i64, Vec<Role>>> {
    let Some(all) = select(snapshot, record_type, keys, except) else {
        return Ok(HashMap::new());
    };
    let rows = in_order(all, "").rows(snapshot.connection())?;
    with_names(snapshot, rows)
}

/// The position of the column with the number of all roles.
const TOTAL: usize = 7;

/// Selects the roles of people or organizations, without duplicates. Returns `None` without keys,
/// or if no field refers to their type. `except` does not apply to roles that records enter.
fn select(
    snapshot: &Snapshot<'_>,
    record_type: &'static RecordType,
    keys: &[i64],
    except: Option<(&str, &str)>,
) -> Option<Statement> {
    let mut union = Statement::default();
    for index in snapshot.indexes.iter() {
        let is_wanted =
            |field: &ReferringField| except != Some((index.record_type.name, field.role()));
        for field in referring_fields(index, record_type).into_iter().filter(is_wanted) {
            union.push(if union.is_empty() { "" } else { " UNION " });
            union.append(field.select(snapshot, index, keys));
        }
    }
    (!union.is_empty() && !keys.is_empty()).then_some(union)
}

/// Selects roles in order. `more` is added to their columns.
fn in_order(all: Statement, more: &str) -> Statement {
    let mut ordered = Statement::new(format!(
        "SELECT agent, role, type, id, record, date, credited{more} FROM ("
    ));
    ordered.append(all).push(
        ") r ORDER BY agent, date IS NULL, date DESC, type, id, role, credited IS NULL, \
        credited",
    );
    ordered
}

/// Returns the roles in rows, by the key of the person or the organization.
fn with_names(snapshot: &mut Snapshot<'_>, rows: Vec<Row>) -> StoreResult<HashMap<i64, Vec<Role>>> {
    let mut records: Vec<i64> =
        rows.iter().map(|row| row.required_integer(4)).collect::<StoreResult<_>>()?;
    records.sort_unstable();
    records.dedup();
    let names = snapshot.names(&records)?;
    let mut by_key: HashMap<i64, Vec<Role>> = HashMap::new();
    for row in rows {
        let text = |column: usize| row.required_text(column).map(str::to_owned);
        let name = names.get(&row.required_integer(4)?).cloned().unwrap_or_default();
        by_key.entry(row.required_integer(0)?).or_default().push(Role {
            role: text(1)?,
            record: Reference { record_type: text(2)?, id: text(3)?, name },
            date: row.text(5).map(str::to_owned),
            credited_as: row.text(6).map(str::to_owned),
        });
    }
    Ok(by_key)
}

/// A field that refers to records of a type.
struct ReferringField {
    /// The list that contains the field.
    list: Option<&'static Field>,
    field: &'static Field,
    /// The fields of the same object.
    siblings: &'static [Field],
    /// The prefix of the columns of the object.
    prefix: String,
}

impl ReferringField {
    /// Returns the role of the records in this field, unless its sibling `role` contains it.
    fn role(&self) -> &'static str {
        self.field.role.unwrap_or(self.field.name)
    }

    fn select(&self, snapshot: &Snapshot<'_>, index: &TypeIndex, keys: &[i64]) -> Statement {
        let alias = if self.list.is_some() { "p" } else { "t" };
        let has = |name: &str| self.siblings.iter().any(|field| field.name == name);
        let role = if has("role") && self.field.role.is_none() {
            format!(r#"{alias}."{}""#, join(&self.prefix, "role"))
        } else {
            format!("'{}'", self.role())
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

/// Returns the fields of a type that may refer to records of another type.
fn referring_fields(index: &TypeIndex, target: &'static RecordType) -> Vec<ReferringField> {
    let mut found = Vec::new();
    for field in index.record_type.fields {
        match field.kind {
            Kind::List(Kind::Object(object)) => {
                add_referring_fields(object.fields, "", Some(field), target, &mut found)
            }
            Kind::List(element) if element.targets().contains(&target.name) => {
                let prefix = String::new();
                found.push(ReferringField { list: Some(field), field, siblings: &[], prefix });
            }
            _ => {}
        }
    }
    add_referring_fields(index.record_type.fields, "", None, target, &mut found);
    found
}

fn add_referring_fields(
    fields: &'static [Field],
    prefix: &str,
    list: Option<&'static Field>,
    target: &'static RecordType,
    found: &mut Vec<ReferringField>,
) {
    for field in fields {
        match field.kind {
            Kind::Object(object) => {
                add_referring_fields(object.fields, &join(prefix, field.name), list, target, found)
            }
            kind if kind.targets().contains(&target.name) => {
                let prefix = prefix.to_owned();
                found.push(ReferringField { list, field, siblings: fields, prefix });
            }
            _ => {}
        }
    }
}
