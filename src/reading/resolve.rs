//! Resolves the ids in filters to the keys of records.

use std::borrow::Cow;
use std::collections::HashMap;

use super::condition::Condition;
use super::query::ListQuery;
use super::result_cache::ResultCache;
use super::value_test::{Targets, Test};
use crate::model::{Kind, LABEL, text::fold};
use crate::store::index::join;
use crate::store::statement::any_of;
use crate::store::{Merged, Snapshot, Statement, StoreResult};

/// Resolves the ids in the filters of a query. Merged ids are replaced by their targets. If no
/// record has an id, records with that short name match.
pub(super) fn resolve<'q>(
    snapshot: &mut Snapshot<'_>,
    query: &'q ListQuery,
    results: &ResultCache,
) -> StoreResult<Cow<'q, ListQuery>> {
    let record_type = query.record_type.name;
    let can_merge = query.record_type.is_agent;
    let is_on_merged_ids = |condition: &Condition| {
        can_merge && condition.paths.iter().any(|path| path.field.name == "id")
    };
    if !query.conditions.iter().any(|condition| is_by_id(condition) || is_on_merged_ids(condition))
    {
        return Ok(Cow::Borrowed(query));
    }
    let mut query = query.clone();
    for condition in &mut query.conditions {
        if is_on_merged_ids(condition)
            && let Test::Any(values) | Test::NotAny(values) = &mut condition.test
        {
            let (record_types, revision) = ([record_type.to_owned()], snapshot.revision);
            let connection = snapshot.connection();
            let merged = Merged::load(connection, &record_types, values.clone(), revision)?;
            values.iter_mut().for_each(|id| {
                if let Some(target) = merged.target(record_type, id) {
                    *id = target.to_owned();
                }
            });
        }
        if is_by_id(condition)
            && let Some(kind) = condition.paths.first().map(|path| path.kind)
        {
            condition.test = match std::mem::replace(&mut condition.test, Test::Exists(true)) {
                Test::Any(values) => Test::AnyOf(targets(snapshot, kind, &values, results)?),
                Test::NotAny(values) => Test::NoneOf(targets(snapshot, kind, &values, results)?),
                other => other,
            };
        }
    }
    Ok(Cow::Owned(query))
}

fn is_by_id(condition: &Condition) -> bool {
    matches!(condition.test, Test::Any(_) | Test::NotAny(_))
        && condition
            .paths
            .iter()
            .any(|path| matches!(path.kind, Kind::Reference(_) | Kind::Agent(_)))
}

/// Returns the targets of the values of a filter.
fn targets(
    snapshot: &mut Snapshot<'_>,
    kind: Kind,
    values: &[String],
    results: &ResultCache,
) -> StoreResult<Targets> {
    let is_agent = matches!(kind, Kind::Agent(_));
    let mut targets = Targets::default();
    let mut wanted: HashMap<&'static str, Vec<String>> = HashMap::new();
    for value in values {
        let prefixed = value.split_once(':').filter(|_| is_agent);
        match prefixed {
            Some((LABEL, name)) => targets.labels.push(name.to_owned()),
            Some((record_type, id)) if kind.targets().contains(&record_type) => {
                let target = kind.targets().iter().filter(|target| **target == record_type);
                target.for_each(|target| wanted.entry(target).or_default().push(id.to_owned()));
            }
            _ => {
                for target in kind.targets() {
                    wanted.entry(target).or_default().push(value.clone());
                }
                targets.labels.extend(is_agent.then(|| value.clone()));
            }
        }
    }
    for (target, ids) in wanted {
        let keys: Vec<i64> = results.cached(snapshot, target, format!("{ids:?}"), |snapshot| {
            let found = by_id(snapshot, target, &ids)?;
            let unknown: Vec<String> =
                ids.iter().filter(|id| !found.contains_key(*id)).cloned().collect();
            let named = by_short_name(snapshot, target, &unknown)?;
            Ok(found.into_values().chain(named).collect())
        })?;
        targets.keys.extend(keys);
    }
    targets.keys.sort_unstable();
    targets.keys.dedup();
    Ok(targets)
}

/// Returns the keys of ids, following merges up to the revision that is read.
fn by_id(
    snapshot: &mut Snapshot<'_>,
    target: &'static str,
    ids: &[String],
) -> StoreResult<HashMap<String, i64>> {
    let mut select = Statement::new(
        r#"SELECT r."id", r."key", c."into_key" FROM "records" r LEFT JOIN "changes" c
            ON c."record_key" = r."key" AND c."into_key" IS NOT NULL AND c."revision" <= "#,
    );
    select
        .bind(snapshot.revision)
        .push(r#" WHERE r."record_type" = "#)
        .bind(target)
        .push(r#" AND r."id" IN "#)
        .append(any_of(ids));
    if snapshot.past {
        // A later record must not hide the short name of another one.
        select.push(
            r#" AND EXISTS (SELECT 1 FROM "changes" f WHERE f."record_key" = r."key"
                    AND f."revision" <= "#,
        );
        select.bind(snapshot.revision).push(")");
    }
    let rows = snapshot.rows(select)?;
    let mut found = HashMap::new();
    for row in &rows {
        let key = match row.integer(2) {
            Some(into) => merge_target(snapshot, into)?,
            None => row.required_integer(1)?,
        };
        found.insert(row.required_text(0)?.to_owned(), key);
    }
    Ok(found)
}

/// Returns the last record of a chain of merges.
fn merge_target(snapshot: &mut Snapshot<'_>, mut key: i64) -> StoreResult<i64> {
    loop {
        let mut select = Statement::new(
            r#"SELECT "into_key" FROM "changes" WHERE "into_key" IS NOT NULL AND "record_key" = "#,
        );
        select.bind(key).push(r#" AND "revision" <= "#).bind(snapshot.revision);
        match select.first(snapshot.connection())?.and_then(|row| row.integer(0)) {
            Some(into) => key = into,
            None => return Ok(key),
        }
    }
}

fn by_short_name(
    snapshot: &mut Snapshot<'_>,
    target: &'static str,
    names: &[String],
) -> StoreResult<Vec<i64>> {
    let Some(index) = snapshot.indexes.named(target).filter(|_| !names.is_empty()) else {
        return Ok(Vec::new());
    };
    let Some(short_name) = index.record_type.short_name else { return Ok(Vec::new()) };
    let names: Vec<String> = names.iter().map(|name| fold(name)).collect();
    let mut select =
        Statement::new(format!(r#"SELECT t."record_key" FROM "{}" t WHERE "#, index.table()));
    select
        .append(snapshot.at().valid("t"))
        .push(format!(r#" AND t."{}" IN "#, join(short_name, "folded")))
        .append(any_of(&names));
    select.rows(snapshot.connection())?.iter().map(|row| row.required_integer(0)).collect()
}
