//! Merges two agents: all references move to the other record, and the old id redirects to it.
#![expect(clippy::disallowed_macros, reason = "ToSchema uses json! for a default")]

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::cycles::check_cycles;
use super::entries::redirect;
use super::write::{check_optional_precondition, existing};
use super::{EditError, Edited, Precondition};
use crate::model::{Faults, MAX_LIST_LENGTH, Pointer, Record, RecordType, Value, changed, text};
use crate::records::Id;
use crate::store::{At, Operation, RecordStatus, Transaction, links};

/// The number of records that are rewritten together.
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
            faults.at(&root, "wrong-type", "must be an object", example());
            return Err(EditError::Invalid(faults.into_list()));
        };
        for name in members.keys().filter(|name| !["into", "keep_names"].contains(&name.as_str())) {
            faults.at(
                &root.member(name),
                "unknown-field",
                format!("there is no field {name:?}"),
                Some("into, keep_names".to_owned()),
            );
        }
        let into = members.get("into").and_then(Json::as_str);
        if into.is_none() {
            faults.at(
                &root.member("into"),
                "wrong-type",
                "must be the id of the record to merge into",
                example(),
            );
        }
        let keep_names = members.get("keep_names").map_or(Some(true), Json::as_bool);
        if keep_names.is_none() {
            faults.at(
                &root.member("keep_names"),
                "wrong-type",
                "must be true or false",
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

/// Merges a record into another one of its type.
pub fn merge(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    merge: &Merge,
    precondition: &Precondition,
) -> Result<Edited, EditError> {
    let merged = existing(transaction, record_type, id)?;
    check_optional_precondition(precondition, merged.version.metadata.revision)?;
    let earlier = transaction.merged(vec![merge.into.clone()])?;
    let into = earlier.target(record_type.name, &merge.into).unwrap_or(&merge.into);
    let mut faults = Faults::default();
    let root = Pointer::Root;
    if id == into {
        faults.at(&root.member("into"), "circle", "is the id of the merged record itself", None);
    } else if !matches!(transaction.record_status(record_type, into)?, RecordStatus::Live(_)) {
        faults.at(
            &root.member("into"),
            "broken-reference",
            format!("the {} {into} does not exist", record_type.name),
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
    // Also if nothing changes: what a client expects of the merged record's version must not hold
    // for that of the target, to which its request is redirected.
    transaction.write(record_type, &record, Operation::Update, Some(&target.version))?;
    check_cycles(transaction, record_type, &record, &root, &mut faults)?;
    for (referrer, keys) in referrers(transaction, merged.version.key, target.version.key)? {
        for keys in keys.chunks(BATCH) {
            for before in transaction.versions(referrer, keys)? {
                let mut record = before.record.clone();
                move_references(referrer, &mut record, record_type, id, into);
                transaction.write(referrer, &record, Operation::Update, Some(&before))?;
                check_cycles(transaction, referrer, &record, &root, &mut faults)?;
            }
        }
    }
    if !faults.is_empty() {
        let reasons = faults
            .into_list()
            .into_iter()
            .map(|fault| format!("{}: {}", fault.place.name(), fault.message));
        let why = format!(
            "records would refer to themselves after the merge ({})",
            reasons.collect::<Vec<_>>().join("; ")
        );
        let mut faults = Faults::default();
        faults.at(&root.member("into"), "circle", why, None);
        return Err(EditError::Invalid(faults.into_list()));
    }
    transaction.merge(record_type, &merged.version, into)?;
    let target = existing(transaction, record_type, into)?;
    Ok(Edited { changed, ..Edited::unchanged(transaction, target) })
}

/// Returns the keys of the records that refer to the merged record, by type, without the two
/// records themselves.
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

/// Moves references to another record. A list that contained both then contains one.
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
        name.as_text().is_some_and(|name| name != text::REDACTED && folded.insert(text::fold(name)))
    }));
    if other_names.len() > MAX_LIST_LENGTH {
        let mut faults = Faults::default();
        let message = format!(
            "the record would have {} other names; a list can have at most {MAX_LIST_LENGTH} \
            entries",
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
