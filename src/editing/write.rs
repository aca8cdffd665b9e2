//! Writes a single record: create, put, patch and remove.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::EditError;
use super::cycles::check_cycles;
use super::load::{Existing, load};
use super::new_ids::{check_unused, free_id};
use super::read_only::check_read_only;
use super::references;
use super::source_links::settle_sources;
use crate::formats::json::to_value;
use crate::model::{Faults, Pointer, Record, RecordType, changed, parse_members, parse_readable};
use crate::store::{LIVE, Merged, Operation, RecordStatus, StoreError, Transaction, Version};

/// The precondition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The client sent none.
    Unspecified,
    /// The record must not exist.
    Absent,
    /// The record must exist, in any version.
    Exists,
    /// The record must have one of these revisions.
    Revisions(Vec<i64>),
    /// The client sent a revision without quotes, which never matches.
    Unquoted(i64),
}

/// The list that source links with a pointer into a list refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointers {
    /// The stored list, if they are as stored. They follow its entries.
    Follow,
    /// The list that is sent.
    AsSent,
}

/// The result of a write. It is stored for idempotent requests without the values of the record, so
/// that redactions need not change it.
#[derive(Debug, Deserialize, Serialize)]
pub struct Edited {
    /// The id of the record.
    pub id: String,
    /// The revision that last changed the record.
    pub revision: i64,
    /// The current record. Null in a repeated response.
    #[serde(skip)]
    pub json: Json,
    /// Whether the record is new.
    pub created: bool,
    /// Pointers to the changed values.
    pub changed: Vec<String>,
    /// The state from which the record was read.
    #[serde(default)]
    pub state: State,
}

/// A state of the dataset: its latest revision, on a day.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// The latest revision.
    pub revision: i64,
    /// The day in UTC for computed values.
    pub day: String,
}

impl State {
    fn of(transaction: &Transaction<'_>) -> Self {
        let revision =
            if transaction.has_changed() { transaction.revision } else { transaction.revision - 1 };
        Self { revision, day: transaction.today() }
    }
}

impl Edited {
    /// Returns the stored record as the result of a write that changed nothing.
    pub(super) fn unchanged(transaction: &Transaction<'_>, existing: Existing) -> Self {
        Self {
            id: existing.version.record.id.clone(),
            revision: existing.version.metadata.revision,
            json: existing.json,
            created: false,
            changed: Vec::new(),
            state: State::of(transaction),
        }
    }
}

/// Creates a record. Without an id, it gets one made from its name.
pub fn create(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    mut body: Json,
) -> Result<Edited, EditError> {
    if let Json::Object(members) = &mut body
        && members.get("id").is_none_or(Json::is_null)
    {
        let id = free_id(transaction, record_type, members, &HashSet::new())?;
        members.insert("id".to_owned(), Json::String(id));
    }
    let record = parse_and_check(transaction, record_type, &body, None, Faults::default())?;
    check_unused(transaction, record_type, &record.id)?;
    write_new(transaction, record_type, record)
}

/// Creates or replaces the record with this id.
pub fn put(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    mut body: Json,
    precondition: &Precondition,
    pointers: Pointers,
) -> Result<Edited, EditError> {
    let existing = match existing(transaction, record_type, id) {
        Ok(existing) => {
            check_precondition(precondition, existing.version.metadata.revision)?;
            Some(existing)
        }
        Err(EditError::NotFound)
            if matches!(precondition, Precondition::Unspecified | Precondition::Absent) =>
        {
            None
        }
        Err(error) => return Err(error),
    };
    if let Json::Object(members) = &mut body {
        let given = members.entry("id").or_insert(Json::Null);
        if given.is_null() {
            *given = Json::String(id.to_owned());
        }
    }
    let mut faults = Faults::default();
    if body.get("id").and_then(Json::as_str).is_some_and(|given| given != id) {
        faults.at(
            &Pointer::Root.member("id"),
            "wrong-value",
            "is not the id in the path; an id never changes",
            Some(id.to_owned()),
        );
    }
    match existing {
        Some(existing) => {
            check_read_only(record_type, &body, &existing, &mut faults);
            replace(transaction, record_type, existing, &body, pointers, faults)
        }
        None => {
            let record = parse_and_check(transaction, record_type, &body, None, faults)?;
            write_new(transaction, record_type, record)
        }
    }
}

/// Changes members of the record with this id, by a merge patch (RFC 7396).
pub fn patch(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    patch: &Json,
    precondition: &Precondition,
) -> Result<Edited, EditError> {
    let existing = existing(transaction, record_type, id)?;
    check_precondition(precondition, existing.version.metadata.revision)?;
    let mut faults = Faults::default();
    let Some(members) = parse_members(record_type, patch, &Pointer::Root, &mut faults) else {
        return Err(EditError::Invalid(faults.into_list()));
    };
    let mut merged = existing.json.clone();
    let is_written = |name: &str| record_type.written().any(|field| field.name == name);
    let written = members.iter().filter(|(name, _)| is_written(name));
    merge(&mut merged, &written.map(|(name, value)| (name.clone(), value.clone())).collect());
    check_read_only(record_type, patch, &existing, &mut faults);
    if let Some(given) = members.get("id").filter(|given| given.as_str() != Some(id)) {
        faults.at(
            &Pointer::Root.member("id"),
            "read-only",
            format!("{given} is not the id; an id never changes"),
            Some(id.to_owned()),
        );
    }
    replace(transaction, record_type, existing, &merged, Pointers::Follow, faults)
}

/// Deletes a record.
pub fn remove(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    precondition: &Precondition,
) -> Result<(), EditError> {
    let existing = existing(transaction, record_type, id)?;
    check_precondition(precondition, existing.version.metadata.revision)?;
    let referrers = references::referrers(transaction, existing.version.key)?;
    if !referrers.is_empty() {
        return Err(EditError::Conflict(
            format!(
                "Other records refer to the {} {id}; change or delete them first",
                record_type.name
            ),
            referrers,
        ));
    }
    Ok(transaction.delete(record_type, &existing.version)?)
}

/// Returns the record with this id, or an error if it does not exist.
pub(super) fn existing(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Existing, EditError> {
    if let Some(existing) = load(transaction, record_type, id)? {
        return Ok(existing);
    }
    Err(match transaction.record_status(record_type, id)? {
        RecordStatus::Unknown => EditError::NotFound,
        RecordStatus::Live(_) => {
            let why = format!("the live {} {id} was not found", record_type.name);
            StoreError::Internal(why).into()
        }
        RecordStatus::Deleted(revision) => EditError::Gone(revision),
        RecordStatus::Merged(into) => EditError::Merged(into),
    })
}

fn check_precondition(precondition: &Precondition, revision: i64) -> Result<(), EditError> {
    match precondition {
        Precondition::Unspecified => Err(EditError::PreconditionRequired),
        Precondition::Exists => Ok(()),
        Precondition::Revisions(revisions) if revisions.contains(&revision) => Ok(()),
        Precondition::Absent => Err(EditError::Present(revision)),
        Precondition::Revisions(_) => Err(EditError::Stale(revision)),
        Precondition::Unquoted(given) => Err(EditError::Unquoted(*given, revision)),
    }
}

/// Checks a precondition that the client need not send.
pub(super) fn check_optional_precondition(
    precondition: &Precondition,
    revision: i64,
) -> Result<(), EditError> {
    if *precondition == Precondition::Unspecified {
        Ok(())
    } else {
        check_precondition(precondition, revision)
    }
}

fn replace(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    existing: Existing,
    body: &Json,
    pointers: Pointers,
    faults: Faults,
) -> Result<Edited, EditError> {
    let stored = Some(&existing.version.record).filter(|_| pointers == Pointers::Follow);
    let mut record = parse_and_check(transaction, record_type, body, stored, faults)?;
    if let Some(derive) = record_type.derive {
        derive(&mut record, Some(&existing.version.record));
    }
    let changed = changed(record_type, Some(&existing.version.record), Some(&record));
    if changed.is_empty() {
        return Ok(Edited::unchanged(transaction, existing));
    }
    transaction.write(record_type, &record, Operation::Update, Some(&existing.version))?;
    finish_write(transaction, record_type, record, Some(&existing.version), changed)
}

fn write_new(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    mut record: Record,
) -> Result<Edited, EditError> {
    if let Some(derive) = record_type.derive {
        derive(&mut record, None);
    }
    transaction.write(record_type, &record, Operation::Create, None)?;
    let changed = changed(record_type, None, Some(&record));
    Ok(Edited { created: true, ..finish_write(transaction, record_type, record, None, changed)? })
}

/// Checks the references of a written record, and returns the result of the write.
pub(super) fn finish_write(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    record: Record,
    before: Option<&Version>,
    changed: Vec<String>,
) -> Result<Edited, EditError> {
    let stored = before.filter(|before| before.superseded_at == LIVE);
    check_references(transaction, record_type, &record, stored.map(|before| &before.record))?;
    let created_at = before.map(|before| before.metadata.created_at.as_str());
    let document = transaction.written_document(record_type, &record, created_at)?;
    let state = State::of(transaction);
    Ok(Edited {
        id: record.id,
        revision: transaction.revision,
        json: to_value(&document.json)?,
        created: false,
        changed,
        state,
    })
}

/// Checks new references and cycles. The record must be written already. The targets of stored
/// references exist: a record cannot be deleted while another refers to it, and a merge moves the
/// references.
fn check_references(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    record: &Record,
    stored: Option<&Record>,
) -> Result<(), EditError> {
    let mut found = references::ReferencePlaces::new();
    let mut faults = Faults::default();
    references::collect(record_type, record, &Pointer::Root, &mut found);
    let known = references::targets(record_type, stored);
    found.retain(|target, _| !known.contains(target));
    references::check(transaction, found, &mut faults)?;
    check_cycles(transaction, record_type, record, &Pointer::Root, &mut faults)?;
    if faults.is_empty() { Ok(()) } else { Err(EditError::Invalid(faults.into_list())) }
}

/// Parses and checks a body. Returns all faults, including those of references.
fn parse_and_check(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    body: &Json,
    stored: Option<&Record>,
    mut faults: Faults,
) -> Result<Record, EditError> {
    let mut record = parse_readable(record_type, body, &Pointer::Root, &mut faults);
    if let Some(record) = &mut record {
        let merged =
            references::merged(transaction, &references::targets(record_type, [&*record]))?;
        settle_references(record_type, stored, record, &merged, &Pointer::Root, &mut faults);
    }
    match record {
        Some(record) if faults.is_empty() => Ok(record),
        record => {
            let mut found = references::ReferencePlaces::new();
            if let Some(record) = record {
                references::collect(record_type, &record, &Pointer::Root, &mut found);
            }
            references::check(transaction, found, &mut faults)?;
            Err(EditError::Invalid(faults.into_list()))
        }
    }
}

/// Moves references to merged records to their targets, and source links to the new indexes of
/// their entries. Returns whether anything changed.
pub(super) fn settle_references(
    record_type: &'static RecordType,
    stored: Option<&Record>,
    record: &mut Record,
    merged: &Merged,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> bool {
    let redirected = references::follow_merged(record_type, record, merged);
    let is_moved = settle_sources(record_type, stored, record, at, faults);
    let is_redirected = redirected.is_changed();
    redirected.remove_duplicates(record_type, record);
    is_moved || is_redirected
}

/// Merges a patch into a value (RFC 7396).
fn merge(target: &mut Json, patch: &Map<String, Json>) {
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    let Json::Object(members) = target else { return };
    // An agent that becomes a label keeps no id.
    if patch.get("type").and_then(Json::as_str) == Some("label") {
        members.shift_remove("id");
    }
    for (name, value) in patch {
        match value {
            Json::Null if members.shift_remove(name).is_some() => {}
            // A label has no id, and a reference has no name.
            Json::Null if matches!(name.as_str(), "id" | "name") => {}
            // Parsing rejects unknown names.
            Json::Null => drop(members.insert(name.clone(), Json::Null)),
            Json::Object(inner) => merge(members.entry(name).or_insert(Json::Null), inner),
            _ => drop(members.insert(name.clone(), value.clone())),
        }
    }
}
