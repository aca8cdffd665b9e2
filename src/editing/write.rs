//! Writes of one record: create, put, patch, remove.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::EditError;
use super::circles::check_circles;
use super::load::{Existing, load, read_json};
use super::references;
use super::source_links::settle;
use crate::model::{
    Fault, Faults, Field, Moment, Place, Pointer, Record, RecordType, changed, parse_members,
    parse_readable, text,
};
use crate::store::{Merged, Operation, RecordStatus, Transaction};

/// The version that a writer expects to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing was said.
    Unsaid,
    /// There is none yet.
    Nothing,
    /// There is one, whichever.
    Something,
    /// It is one of these revisions of the record.
    Revisions(Vec<i64>),
}

/// What a write did to a record. Where it is kept to be told again, what the record held is not:
/// the histories have it, and what is redacted there is redacted everywhere.
#[derive(Debug, Deserialize, Serialize)]
pub struct Edited {
    /// The record's id.
    pub id: String,
    /// The revision that last changed the record.
    pub revision: i64,
    /// The record as it is now; null where the write is told again.
    #[serde(skip)]
    pub json: Json,
    /// Whether it was made, and not changed.
    pub created: bool,
    /// The pointers of what differs.
    pub changed: Vec<String>,
    /// The state of the dataset from which the record was read.
    #[serde(default)]
    pub state: State,
}

/// A state of the dataset: the latest revision, on a day.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// The latest revision.
    pub revision: i64,
    /// The day (UTC) for which computed values hold.
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
    /// The record as it is stored.
    pub(super) fn unchanged(transaction: &Transaction<'_>, existing: Existing) -> Self {
        Self {
            id: existing.version.record.id.clone(),
            revision: existing.version.revision,
            json: existing.json,
            created: false,
            changed: Vec::new(),
            state: State::of(transaction),
        }
    }
}

/// Enters a new record. Without an id, it gets one made from its name.
pub fn create(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    mut body: Json,
) -> Result<Edited, EditError> {
    if let Json::Object(members) = &mut body
        && !members.contains_key("id")
    {
        let id = free_id(transaction, record_type, members)?;
        members.insert("id".to_owned(), Json::String(id));
    }
    let record = checked(transaction, record_type, &body, None, Faults::default())?;
    match transaction.record_status(record_type, &record.id)? {
        RecordStatus::Unknown => write_new(transaction, record_type, record),
        RecordStatus::Live(_) => {
            Err(taken(format!("there is a {} with the id {}", record_type.name, record.id)))
        }
        RecordStatus::Deleted(revision) => Err(taken(format!(
            "the id {} was that of a {} deleted by revision {revision}; ids are not used again",
            record.id, record_type.name
        ))),
        RecordStatus::Merged(into) => Err(taken(format!(
            "the id {} is that of a {} merged into {into}",
            record.id, record_type.name
        ))),
    }
}

/// Creates or replaces the record with this id.
pub fn put(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    mut body: Json,
    expected: &Expected,
) -> Result<Edited, EditError> {
    let existing = match transaction.record_status(record_type, id)? {
        RecordStatus::Deleted(revision) => return Err(EditError::Gone(revision)),
        RecordStatus::Merged(into) => return Err(EditError::Merged(into)),
        RecordStatus::Unknown
            if matches!(expected, Expected::Something | Expected::Revisions(_)) =>
        {
            return Err(EditError::NotFound);
        }
        RecordStatus::Unknown => None,
        RecordStatus::Live(revision) => {
            expect(expected, revision)?;
            load(transaction, record_type, id)?
        }
    };
    if let Json::Object(members) = &mut body {
        members.entry("id").or_insert_with(|| Json::String(id.to_owned()));
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
            replace(transaction, record_type, existing, &body, faults)
        }
        None => {
            let record = checked(transaction, record_type, &body, None, faults)?;
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
    expected: &Expected,
) -> Result<Edited, EditError> {
    let existing = existing(transaction, record_type, id)?;
    expect(expected, existing.version.revision)?;
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
    replace(transaction, record_type, existing, &merged, faults)
}

/// Deletes the record with this id.
pub fn remove(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    expected: &Expected,
) -> Result<(), EditError> {
    let existing = existing(transaction, record_type, id)?;
    expect(expected, existing.version.revision)?;
    let referrers = references::referrers(transaction, existing.version.key)?;
    if !referrers.is_empty() {
        return Err(EditError::Conflict(
            format!(
                "other records refer to the {} {id}; change or delete them first",
                record_type.name
            ),
            referrers,
        ));
    }
    Ok(transaction.delete(record_type, &existing.version)?)
}

/// The record with this id, which must be there.
pub(super) fn existing(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Existing, EditError> {
    match transaction.record_status(record_type, id)? {
        RecordStatus::Unknown => Err(EditError::NotFound),
        RecordStatus::Deleted(revision) => Err(EditError::Gone(revision)),
        RecordStatus::Merged(into) => Err(EditError::Merged(into)),
        RecordStatus::Live(_) => load(transaction, record_type, id)?.ok_or(EditError::NotFound),
    }
}

fn expect(expected: &Expected, revision: i64) -> Result<(), EditError> {
    match expected {
        Expected::Unsaid => Err(EditError::ConditionMissing),
        Expected::Something => Ok(()),
        Expected::Revisions(revisions) if revisions.contains(&revision) => Ok(()),
        Expected::Nothing => Err(EditError::Present(revision)),
        Expected::Revisions(_) => Err(EditError::Stale(revision)),
    }
}

/// Checks the version that a writer expects where one was said, and need not have been.
pub(super) fn expect_if_said(expected: &Expected, revision: i64) -> Result<(), EditError> {
    if *expected == Expected::Unsaid { Ok(()) } else { expect(expected, revision) }
}

fn replace(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    existing: Existing,
    body: &Json,
    faults: Faults,
) -> Result<Edited, EditError> {
    let mut record =
        checked(transaction, record_type, body, Some(&existing.version.record), faults)?;
    if let Some(derive) = record_type.derive {
        derive(&mut record, Some(&existing.version.record));
    }
    let changed = changed(record_type, Some(&existing.version.record), Some(&record));
    if changed.is_empty() {
        return Ok(Edited::unchanged(transaction, existing));
    }
    transaction.write(record_type, &record, Operation::Update, Some(&existing.version))?;
    written(transaction, record_type, record, changed)
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
    Ok(Edited { created: true, ..written(transaction, record_type, record, changed)? })
}

/// What was done to a record that stands written: its references are checked now that it stands
/// beside the others.
pub(super) fn written(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    record: Record,
    changed: Vec<String>,
) -> Result<Edited, EditError> {
    check_references(transaction, record_type, &record)?;
    let key = transaction.key_of(record_type, &record.id)?.ok_or(EditError::NotFound)?;
    let json = read_json(transaction, record_type, key)?;
    let state = State::of(transaction);
    Ok(Edited {
        id: record.id,
        revision: transaction.revision,
        json,
        created: false,
        changed,
        state,
    })
}

/// Checks what can be checked only once the record stands beside the others.
fn check_references(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    record: &Record,
) -> Result<(), EditError> {
    let mut found = references::Found::new();
    let mut faults = Faults::default();
    references::collect(record_type, record, &Pointer::Root, &mut found);
    references::check(transaction, found, &mut faults)?;
    check_circles(transaction, record_type, record, &Pointer::Root, &mut faults)?;
    if faults.is_empty() { Ok(()) } else { Err(EditError::Invalid(faults.into_list())) }
}

/// Checks that the stored values that only the program writes are those of the version that was
/// sent, where they were sent. Computed values are not compared: they change without the record.
fn check_read_only(
    record_type: &'static RecordType,
    sent: &Json,
    existing: &Existing,
    faults: &mut Faults,
) {
    for field in
        record_type.all().iter().filter(|field| field.read_only && !field.kind.is_computed())
    {
        let (given, stored) = (&sent[field.name], &existing.json[field.name]);
        if let Some((code, message)) = difference(field, given, stored, existing.version.revision) {
            let hint = "read the record again, and make your change in the version that you get";
            faults.at(&Pointer::Root.member(field.name), code, message, Some(hint.to_owned()));
        }
    }
}

/// Why a value that only the program writes is not the stored one. Values of another type have
/// their fault already.
fn difference(
    field: &Field,
    given: &Json,
    stored: &Json,
    revision: i64,
) -> Option<(&'static str, String)> {
    let moment = |value: &Json| value.as_str().map(str::parse::<Moment>);
    let is_older = match (given.as_f64().zip(stored.as_f64()), moment(given).zip(moment(stored))) {
        (Some((given, stored)), _) if given == stored => return None,
        (Some((given, stored)), _) => given < stored,
        (_, Some((Ok(given), Ok(stored)))) if given == stored => return None,
        (_, Some((Ok(given), Ok(stored)))) => field.name == "updated_at" && given < stored,
        (_, Some(_)) => false,
        (None, None) => return None,
    };
    Some(if is_older {
        (
            "stale",
            format!("this record was changed at revision {revision}, after the version you sent"),
        )
    } else {
        (
            "read-only",
            format!(
                "{given} is not what is stored ({stored}); only the program writes {}",
                field.name
            ),
        )
    })
}

/// The record in a body, ready to be written; else every fault of it, its references' too.
fn checked(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    body: &Json,
    stored: Option<&Record>,
    mut faults: Faults,
) -> Result<Record, EditError> {
    let mut record = parse_readable(record_type, body, &Pointer::Root, &mut faults);
    if let Some(record) = &mut record {
        let merged = references::merged(transaction, std::iter::once((record_type, &*record)))?;
        follow(record_type, stored, record, &merged, &Pointer::Root, &mut faults);
    }
    match record {
        Some(record) if faults.is_empty() => Ok(record),
        record => {
            let mut found = references::Found::new();
            if let Some(record) = record {
                references::collect(record_type, &record, &Pointer::Root, &mut found);
            }
            references::check(transaction, found, &mut faults)?;
            Err(EditError::Invalid(faults.into_list()))
        }
    }
}

/// Makes a record that was sent refer to the targets of merged records, and its sources follow
/// their entries. Returns whether anything changed by it.
pub(super) fn follow(
    record_type: &'static RecordType,
    stored: Option<&Record>,
    record: &mut Record,
    merged: &Merged,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> bool {
    let redirected = references::follow_merged(record_type, record, merged);
    let is_moved = settle(record_type, stored, record, at, faults);
    let is_redirected = redirected.is_changed();
    redirected.remove_duplicates(record_type, record);
    is_moved || is_redirected
}

fn taken(why: String) -> EditError {
    let fault = Fault {
        place: Place::Pointer("/id".to_owned()),
        code: "taken",
        message: why.clone(),
        hint: None,
    };
    EditError::Conflict(why, vec![fault])
}

/// An id made from the record's name, or from what its computed name would tell.
fn free_id(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    members: &Map<String, Json>,
) -> Result<String, EditError> {
    let told = |name: &str| match members.get(name) {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Number(number)) => Some(number.to_string()),
        Some(Json::Object(object)) => ["id", "name"]
            .iter()
            .find_map(|member| object.get(*member).and_then(Json::as_str))
            .map(str::to_owned),
        _ => None,
    };
    let name = match record_type.label {
        None => told("name"),
        Some(parts) => {
            let fields = parts.iter().filter_map(|part| match part {
                crate::model::LabelPart::NameOf(field)
                | crate::model::LabelPart::With(_, field) => told(field),
                crate::model::LabelPart::Text(_) => None,
            });
            Some(fields.collect::<Vec<_>>().join(" "))
        }
    };
    let base = text::slug_of(name.as_deref().unwrap_or(record_type.name));
    let mut id = base.clone();
    let mut number = 1;
    while transaction.record_status(record_type, &id)? != RecordStatus::Unknown {
        number += 1;
        id = format!("{base}-{number}");
    }
    Ok(id)
}

/// Merges a patch into a value (RFC 7396).
fn merge(target: &mut Json, patch: &Map<String, Json>) {
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    let Json::Object(members) = target else { return };
    // An agent that becomes a label has no record any more: its old id is not meant.
    if patch.get("type").and_then(Json::as_str) == Some("label") {
        members.shift_remove("id");
    }
    for (name, value) in patch {
        match value {
            Json::Null => drop(members.shift_remove(name)),
            Json::Object(inner) => merge(members.entry(name).or_insert(Json::Null), inner),
            _ => drop(members.insert(name.clone(), value.clone())),
        }
    }
}
