//! Facets: the number of matching records with each value of a field.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::condition::expression;
use super::envelope::{FacetCount, FacetValue, Facets};
use super::field_path::FieldPath;
use super::selection::records;
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
            _ => count_years(&count_dates(snapshot, index, condition)?),
        };
        counted.push((facet.as_str(), values));
    }
    Ok(Facets(counted.into_iter().collect()))
}

/// Counts the main dates that are known.
pub(super) fn count_dates(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    condition: &Statement,
) -> StoreResult<Vec<FacetCount>> {
    count_values(snapshot, index, &main_date(index.record_type, "t"), None, condition)
}

/// Adds up the years of dates, most frequent first, then by year. The database counts dates, which
/// its index has in order.
pub(super) fn count_years(dates: &[FacetCount]) -> Vec<FacetCount> {
    let mut years: BTreeMap<&str, i64> = BTreeMap::new();
    for date in dates {
        if let FacetValue::Text(text) = &date.value {
            *years.entry(text.get(..4).unwrap_or(text)).or_default() += date.count;
        }
    }
    let count = |(year, count): (&str, i64)| FacetCount {
        value: FacetValue::Text(year.to_owned()),
        name: None,
        count,
    };
    let mut counts: Vec<FacetCount> = years.into_iter().map(count).collect();
    counts.sort_by_key(|year| Reverse(year.count));
    counts
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
    let Some(list) = list.and_then(|field| index.list(field)) else {
        let mut select = Statement::new(format!("SELECT {values}, count(*) AS count"));
        select.append(records(snapshot, index)).append(condition.clone());
        return select;
    };
    let count = if list.repeats() { r#"count(DISTINCT p."record_key")"# } else { "count(*)" };
    let mut select =
        Statement::new(format!(r#"SELECT {values}, {count} AS count FROM "{}" p"#, list.table));
    let at = snapshot.at();
    // Without a condition, the entries are enough.
    if !condition.is_empty() {
        let records = index.table();
        select.push(format!(r#" JOIN "{records}" t ON t."record_key" = p."record_key" AND "#));
        select.append(at.valid("t"));
    }
    select.push(" WHERE ").append(at.valid("p"));
    select.push(snapshot.database().within_time_limit(r#"p."record_key""#));
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
