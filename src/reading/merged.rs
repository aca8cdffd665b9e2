//! Filters by merged ids: they find the records of the target, from the revision of the merge on.

use std::borrow::Cow;

use super::condition::{Condition, Test};
use super::query::ListQuery;
use crate::model::{Agent, RecordType};
use crate::store::{Merged, Snapshot, StoreResult};

/// The query with the targets in place of ids that are merged at the revision that is read.
pub(super) fn follow_merged<'q>(snapshot: &mut Snapshot<'_>, query: &'q ListQuery) -> StoreResult<Cow<'q, ListQuery>> {
    let record_type = query.record_type;
    let mut ids: Vec<String> = Vec::new();
    for condition in &query.conditions {
        if let Some((_, values)) = named(record_type, condition) {
            ids.extend(values.iter().map(|value| split(value).1.to_owned()));
        }
    }
    let merged = Merged::load(snapshot.connection, ids, snapshot.revision)?;
    if merged.is_empty() {
        return Ok(Cow::Borrowed(query));
    }
    let mut query = query.clone();
    for condition in &mut query.conditions {
        let Some((targets, values)) = named(record_type, condition) else { continue };
        // The values stay: the label of an agent may have the same text as an id.
        let mut followed = values.to_vec();
        for value in values {
            let (prefix, id) = split(value);
            let targets = targets.iter().filter(|target| prefix.is_none_or(|prefix| prefix == **target));
            followed.extend(targets.filter_map(|target| merged.target(target, id)).map(|id| match prefix {
                Some(prefix) => format!("{prefix}:{id}"),
                None => id.to_owned(),
            }));
        }
        match &mut condition.test {
            Test::Any(values) | Test::NotAny(values) => *values = followed,
            _ => {}
        }
    }
    Ok(Cow::Owned(query))
}

/// The values of a condition that names records by id, with the types of record that they may have.
fn named<'c>(record_type: &'static RecordType, condition: &'c Condition) -> Option<(Vec<&'static str>, &'c [String])> {
    let (Test::Any(values) | Test::NotAny(values)) = &condition.test else { return None };
    let mut targets: Vec<&'static str> = Vec::new();
    for path in &condition.paths {
        targets.extend(path.kind.targets());
        if path.field.name == "id" {
            targets.push(record_type.name);
        }
    }
    targets.retain(|target| Agent::TARGETS.contains(target));
    targets.sort_unstable();
    targets.dedup();
    (!targets.is_empty()).then_some((targets, values))
}

/// The type in front of the id of an agent, if it is given, and the id.
fn split(value: &str) -> (Option<&str>, &str) {
    match value.split_once(':') {
        Some((prefix, id)) => (Some(prefix), id),
        None => (None, value),
    }
}
