//! How often each value of a field occurs among the records of a list.

use serde_json::{Value as Json, json};

use super::condition::expression;
use super::field_path::FieldPath;
use crate::model::{Agent, Kind};
use crate::store::layout::{Layout, join, main_date, name_of};
use crate::store::{Snapshot, Statement, StoreResult};

/// The counts of each facet: the most frequent value first, then by value.
pub(super) fn count(snapshot: &mut Snapshot<'_>, layout: &Layout, facets: &[String], condition: &Statement) -> StoreResult<Json> {
    let mut counted = serde_json::Map::new();
    for facet in facets {
        let values = match FieldPath::resolve(layout.record_type, facet) {
            Some(path) if facet != "year" || path.field.name == "year" => count_field(snapshot, layout, &path, condition)?,
            _ => count_years(snapshot, layout, condition)?,
        };
        counted.insert(facet.clone(), values);
    }
    Ok(Json::Object(counted))
}

/// The counts of the years of the main date.
pub(super) fn count_years(snapshot: &mut Snapshot<'_>, layout: &Layout, condition: &Statement) -> StoreResult<Json> {
    count_values(snapshot, layout, &format!("substr({}, 1, 4)", main_date(layout.record_type, "t")), "NULL", None, condition)
}

/// The counts of a field.
pub(super) fn count_field(snapshot: &mut Snapshot<'_>, layout: &Layout, path: &FieldPath, condition: &Statement) -> StoreResult<Json> {
    let part = layout.part(path.field.name).filter(|_| path.in_list);
    let alias = if part.is_some() { "p" } else { "t" };
    let from = part.map(|part| (part.table.as_str(), part.owner.as_str(), part.shared));
    match path.kind {
        Kind::Agent => {
            let [person, organization] =
                Agent::TARGETS.map(|target| format!(r#"{alias}."{}""#, join(&path.prefix, &format!("{target}_id"))));
            let label = format!(r#"{alias}."{}""#, join(&path.prefix, "label"));
            let kind = format!(
                "CASE WHEN {person} IS NOT NULL THEN 'person' WHEN {organization} IS NOT NULL THEN 'organization' ELSE 'label' END"
            );
            count_values(snapshot, layout, &format!("coalesce({person}, {organization}, {label})"), &kind, from, condition)
        }
        Kind::Reference(target) => {
            let column = expression(snapshot, layout, path, alias, false);
            count_values(snapshot, layout, &column, &format!("'{target}'"), from, condition)
        }
        _ => {
            let column = expression(snapshot, layout, path, alias, false);
            count_values(snapshot, layout, &column, "NULL", from, condition)
        }
    }
}

/// The counts of an expression's values; with their names, where `kind` tells the type of the records that they are ids of.
pub(super) fn count_values(
    snapshot: &mut Snapshot<'_>,
    layout: &Layout,
    value: &str,
    kind: &str,
    from: Option<(&str, &str, Option<&str>)>,
    condition: &Statement,
) -> StoreResult<Json> {
    let table = layout.table();
    let mut inner = match from {
        None => Statement::new(format!(r#"SELECT {value} AS value, {kind} AS kind, count(*) AS count FROM "{table}" t"#)),
        Some((part, owner, shared)) => {
            let shared = shared.map_or(String::new(), |shared| format!(r#" AND p."record_type" = '{shared}'"#));
            Statement::new(format!(
                r#"SELECT {value} AS value, {kind} AS kind, count(DISTINCT p."{owner}") AS count FROM "{part}" p JOIN "{table}" t ON t."id" = p."{owner}"{shared}"#
            ))
        }
    };
    if !condition.is_empty() {
        inner.push(" WHERE ").append(condition.clone());
    }
    inner.push(" GROUP BY 1, 2");
    let name = |target: &str| name_of(target, "f.value", "name", snapshot.layouts);
    let named = if kind == "NULL" {
        "NULL".to_owned()
    } else {
        let targets = ["person", "organization", "award", "commitment", "document", "meeting"];
        let cases: Vec<String> = targets
            .iter()
            .filter(|target| kind.contains(**target))
            .map(|target| format!("WHEN '{target}' THEN {}", name(target)))
            .collect();
        format!("CASE f.kind {} ELSE f.value END", cases.join(" "))
    };
    let mut select = Statement::new(format!("SELECT f.value, f.count, {named} FROM ("));
    select.append(inner).push(") f WHERE f.value IS NOT NULL ORDER BY f.count DESC, f.value");
    let rows = select.rows(snapshot.connection)?;
    let past_due = value.starts_with("CAST(CASE");
    Ok(rows
        .iter()
        .map(|row| {
            let value = match (row.text(0), row.integer(0)) {
                (Some(text), _) => json!(text),
                (None, Some(flag)) if past_due => json!(flag == 1),
                (None, number) => json!(number),
            };
            match row.text(2) {
                Some(name) => json!({ "value": value, "name": name, "count": row.integer(1) }),
                None => json!({ "value": value, "count": row.integer(1) }),
            }
        })
        .collect())
}
