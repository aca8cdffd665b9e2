//! Merges two records of one person or organization: every reference moves, and the old id leads to
//! the other record.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::circles::check_circles;
use super::entries::redirect;
use super::redact::REDACTED;
use super::write::{existing, expect_if_said};
use super::{EditError, Edited, Expected};
use crate::model::{Faults, LIST_LENGTH, Pointer, Record, RecordType, Value, changed, text};
use crate::records::Id;
use crate::store::{At, Operation, RecordStatus, Transaction, links};

/// Records that are rewritten together.
const BATCH: usize = 256;

/// The record to merge into.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The id of the record to merge into.
    #[schema(value_type = Id)]
    pub into: String,
    /// Whether the name and other names of the merged record are added to `other_names` of the
    /// other record.
    #[schema(required = false, default = true)]
    pub keep_names: bool,
}

impl Merge {
    /// Parses a body.
    pub fn parse(body: &Json) -> Result<Self, EditError> {
        let mut faults = Faults::default();
        let root = Pointer::Root;
        let example = || Some("{\"into\": \"tara-example\"}".to_owned());
        let Json::Object(members) = body else {
            faults.at(&root, "wrong-type", "is not an object", example());
            return Err(EditError::Invalid(faults.into_list()));
        };
        for name in members.keys().filter(|name| !["into", "keep_names"].contains(&name.as_str())) {
            faults.at(
                &root.member(name),
                "unknown-field",
                format!("there is no field {name:?} here"),
                Some("into, keep_names".to_owned()),
            );
        }
        let into = members.get("into").and_then(Json::as_str);
        if into.is_none() {
            faults.at(
                &root.member("into"),
                "wrong-type",
                "the id of the record to merge into belongs here",
                example(),
            );
        }
        let keep_names = members.get("keep_names").map_or(Some(true), Json::as_bool);
        if keep_names.is_none() {
            faults.at(
                &root.member("keep_names"),
                "wrong-type",
                "is neither true nor false",
                Some("true".to_owned()),
            );
        }
        match (into, keep_names) {
            (Some(into), Some(keep_names)) if faults.is_empty() => {
                Ok(Self { into: into.to_owned(), keep_names })
            }
            _ => Err(EditError::Invalid(faults.into_list())),
        }
    }
}

/// Merges a record into another of its type.
pub fn merge(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    merge: &Merge,
    expected: &Expected,
) -> Result<Edited, EditError> {
    let merged = existing(transaction, record_type, id)?;
    expect_if_said(expected, merged.version.revision)?;
    let earlier = transaction.merged(vec![merge.into.clone()])?;
    let into = earlier.target(record_type.name, &merge.into).unwrap_or(&merge.into);
    let mut faults = Faults::default();
    let root = Pointer::Root;
    if id == into {
        faults.at(&root.member("into"), "circle", "is the record itself", None);
    } else if !matches!(transaction.record_status(record_type, into)?, RecordStatus::Live(_)) {
        faults.at(
            &root.member("into"),
            "broken-reference",
            format!("there is no {} {into}", record_type.name),
            None,
        );
    }
    if !faults.is_empty() {
        return Err(EditError::Invalid(faults.into_list()));
    }
    let target = existing(transaction, record_type, into)?;
    let mut record = target.version.record.clone();
    move_references(record_type, &mut record, record_type, id, into);
    if merge.keep_names {
        add_names(record_type, &mut record, &merged.version.record)?;
    }
    let changed = changed(record_type, Some(&target.version.record), Some(&record));
    if !changed.is_empty() {
        transaction.write(record_type, &record, Operation::Update, Some(&target.version))?;
        check_circles(transaction, record_type, &record, &root, &mut faults)?;
    }
    for (referrer, keys) in referrers(transaction, merged.version.key, target.version.key)? {
        for keys in keys.chunks(BATCH) {
            for before in transaction.versions(referrer, keys)? {
                let mut record = before.record.clone();
                move_references(referrer, &mut record, record_type, id, into);
                transaction.write(referrer, &record, Operation::Update, Some(&before))?;
                check_circles(transaction, referrer, &record, &root, &mut faults)?;
            }
        }
    }
    if !faults.is_empty() {
        let told = faults
            .into_list()
            .into_iter()
            .map(|fault| format!("{}: {}", fault.place.name(), fault.message));
        return Err(EditError::Conflict(
            format!("merged, it would refer to itself ({})", told.collect::<Vec<_>>().join("; ")),
            Vec::new(),
        ));
    }
    transaction.merge(record_type, &merged.version, into)?;
    let target = existing(transaction, record_type, into)?;
    Ok(Edited { changed, ..Edited::unchanged(transaction, target) })
}

/// The keys of the records that refer to the one that is merged, by type: without the two records
/// themselves.
fn referrers(
    transaction: &mut Transaction<'_>,
    merged: i64,
    into: i64,
) -> Result<Vec<(&'static RecordType, Vec<i64>)>, EditError> {
    transaction.flush()?;
    let mut found = links::referrers(transaction.connection, &[merged], At::Present)?;
    found.retain(|referrer| referrer.key != merged && referrer.key != into);
    found.dedup_by_key(|referrer| referrer.key);
    Ok(transaction
        .indexes
        .iter()
        .map(|index| {
            let of_type =
                found.iter().filter(|referrer| referrer.record_type == index.record_type.name);
            (index.record_type, of_type.map(|referrer| referrer.key).collect())
        })
        .collect())
}

/// Makes a record refer to another record instead; a list that held both holds one.
fn move_references(
    record_type: &'static RecordType,
    record: &mut Record,
    target: &RecordType,
    from: &str,
    to: &str,
) {
    let lead = |name: &str, id: &str| (name == target.name && id == from).then_some(to);
    redirect(record_type, record, &lead).remove_duplicates(record_type, record);
}

/// Adds the names of a merged record to the other names of its target.
fn add_names(
    record_type: &'static RecordType,
    target: &mut Record,
    merged: &Record,
) -> Result<(), EditError> {
    const OTHER_NAMES: &str = "other_names";
    let names = |record: &Record| {
        let mut names = vec![record.value(record_type, "name").clone()];
        if let Value::List(others) = record.value(record_type, OTHER_NAMES) {
            names.extend(others.iter().cloned());
        }
        names
    };
    let known = names(target);
    let mut folded: HashSet<String> =
        known.iter().filter_map(Value::as_text).map(text::fold).collect();
    let mut other_names: Vec<Value> = known.into_iter().skip(1).collect();
    let added = names(merged).into_iter();
    other_names.extend(added.filter(|name| {
        name.as_text().is_some_and(|name| name != REDACTED && folded.insert(text::fold(name)))
    }));
    if other_names.len() > LIST_LENGTH {
        let mut faults = Faults::default();
        let message = format!(
            "the record would have {} other names; a list has at most {LIST_LENGTH} entries",
            other_names.len()
        );
        faults.at(
            &Pointer::Root.member("keep_names"),
            "too-long",
            message,
            Some("false".to_owned()),
        );
        return Err(EditError::Invalid(faults.into_list()));
    }
    target.set(record_type, OTHER_NAMES, Value::List(other_names));
    Ok(())
}
