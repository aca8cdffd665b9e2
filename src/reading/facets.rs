//! Facets: the number of matching records with each value of a field.

use super::condition::{expression, records};
use super::envelope::{FacetCount, FacetValue, Facets};
use super::field_path::FieldPath;
use crate::model::{Kind, LABEL};
use crate::store::index::{TypeIndex, join, key_column, main_date};
use crate::store::{Row, Snapshot, Statement, StoreError, StoreResult};

/// Counts the values of each facet, most frequent first, then by value.
pub(super) fn count(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    facets: &[String],
    condition: &Statement,
) -> StoreResult<Facets> {
    let mut counted = Vec::with_capacity(facets.len());
    for facet in facets {
        let values = match FieldPath::resolve(index.record_type, facet) {
            Some(path) if facet != "year" || path.field.name == "year" => {
                count_field(snapshot, index, &path, condition)?
            }
            _ => count_years(snapshot, index, condition)?,
        };
        counted.push((facet.as_str(), values));
    }
    Ok(Facets(counted.into_iter().collect()))
}

/// Counts the years of main dates.
pub(super) fn count_years(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    condition: &Statement,
) -> StoreResult<Vec<FacetCount>> {
    count_values(
        snapshot,
        index,
        &format!("substr({}, 1, 4)", main_date(index.record_type, "t")),
        None,
        condition,
    )
}

/// Counts the values of a field.
pub(super) fn count_field(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    path: &FieldPath,
    condition: &Statement,
) -> StoreResult<Vec<FacetCount>> {
    let list = path.in_list.then_some(path.field.name);
    let alias = if list.is_some() { "p" } else { "t" };
    match path.kind {
        Kind::Agent(_) | Kind::Reference(_) => {
            let key = format!(r#"{alias}."{}""#, key_column(path.kind, &path.prefix));
            let label = match path.kind {
                Kind::Agent(_) => format!(r#"{alias}."{}""#, join(&path.prefix, "label")),
                _ => "CAST(NULL AS text)".to_owned(),
            };
            count_targets(snapshot, index, &key, &label, list, condition)
        }
        _ => {
            let column = expression(snapshot, index, path, alias, false);
            let mut counts = count_values(snapshot, index, &column, list, condition)?;
            if matches!(path.kind, Kind::PastDue { .. }) {
                for count in &mut counts {
                    count.value = FacetValue::Boolean(count.value == FacetValue::Integer(1));
                }
            }
            Ok(counts)
        }
    }
}

/// Counts the types of the agents in a field.
pub(super) fn count_agent_types(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    field: &str,
) -> StoreResult<Vec<FacetCount>> {
    let value = format!(
        r#"coalesce(
            (SELECT r."record_type" FROM "records" r WHERE r."key" = t."{}"),
            CASE WHEN t."{}" IS NOT NULL THEN '{LABEL}' END)"#,
        join(field, "key"),
        join(field, "label")
    );
    count_values(snapshot, index, &value, None, &Statement::default())
}

/// Returns the query that counts values in matching records, or in entries `p` of one of their
/// lists.
fn counted(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    values: &str,
    list: Option<&str>,
    condition: &Statement,
) -> Statement {
    let list = list.and_then(|field| index.list(field));
    let count = if list.is_some() { r#"count(DISTINCT p."record_key")"# } else { "count(*)" };
    let mut select = Statement::new(format!("SELECT {values}, {count} AS count"));
    match list {
        None => drop(select.append(records(snapshot, index))),
        Some(list) => {
            select.push_fmt(format_args!(
                r#" FROM "{}" p JOIN "{}" t ON t."record_key" = p."record_key" WHERE "#,
                list.table,
                index.table()
            ));
            select.append(snapshot.at().valid("p")).push(" AND ").append(snapshot.at().valid("t"));
            select.push(snapshot.database().within_time_limit(r#"t."record_key""#));
        }
    }
    select.append(condition.clone());
    select
}

/// Counts the values of an SQL expression, most frequent first, then by value.
fn count_values(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    value: &str,
    list: Option<&str>,
    condition: &Statement,
) -> StoreResult<Vec<FacetCount>> {
    let mut select = Statement::new("SELECT f.value, f.count FROM (");
    select.append(counted(snapshot, index, &format!("{value} AS value"), list, condition));
    select.push(" GROUP BY 1) f WHERE f.value IS NOT NULL ORDER BY f.count DESC, f.value");
    let rows = select.rows(snapshot.connection())?;
    let count = |row: &Row| {
        let value = match (row.text(0), row.integer(0)) {
            (Some(text), _) => FacetValue::Text(text.to_owned()),
            (None, Some(number)) => FacetValue::Integer(number),
            (None, None) => {
                return Err(StoreError::Internal(
                    "a facet has a value that is neither a text nor an integer".to_owned(),
                ));
            }
        };
        Ok(FacetCount { value, name: None, count: row.required_integer(1)? })
    };
    rows.iter().map(count).collect()
}

/// Counts the targets of references, with their names. The name of a label is its text.
fn count_targets(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    key: &str,
    label: &str,
    list: Option<&str>,
    condition: &Statement,
) -> StoreResult<Vec<FacetCount>> {
    let mut select = Statement::new(
        r#"SELECT coalesce(r."id", f.label) AS value, f.count, coalesce(n."name", f.label) FROM ("#,
    );
    select.append(counted(
        snapshot,
        index,
        &format!("{key} AS key, {label} AS label"),
        list,
        condition,
    ));
    select.push(
        r#" GROUP BY 1, 2) f LEFT JOIN "records" r ON r."key" = f.key LEFT JOIN "names" n
        ON n."record_key" = f.key AND "#,
    );
    select.append(snapshot.at().valid("n"));
    // A label, a person and an organization may have the same value.
    select.push(
        r#" WHERE f.key IS NOT NULL OR f.label IS NOT NULL
        ORDER BY f.count DESC, value, coalesce(r."record_type", '')"#,
    );
    let rows = select.rows(snapshot.connection())?;
    let count = |row: &Row| {
        Ok(FacetCount {
            value: FacetValue::Text(row.required_text(0)?.to_owned()),
            name: row.text(2).map(str::to_owned),
            count: row.required_integer(1)?,
        })
    };
    rows.iter().map(count).collect()
}
