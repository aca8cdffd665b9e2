//! Redaction: removes values from a record, from all its versions and from the evidence for them.

use super::entries::{redirect_value, retain};
use super::load::load;
use super::references;
use super::source_links::{move_pointers, remove_claims, shorten_pointers};
use super::write::check_optional_precondition;
use super::{EditError, Edited, Precondition, Redaction};
use crate::model::text::REDACTED;
use crate::model::{Agent, Faults, Field, Kind, Pointer, Record, RecordType, Value};
use crate::store::records::versions_of;
use crate::store::transaction::merged_into;
use crate::store::{LIVE, Merged, Operation, ReasonStatus, RecordStatus, Transaction, Version};

/// Redacts fields of a record in all versions, including those of records merged into it. Returns
/// None for a deleted record.
pub fn redact(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    redaction: &Redaction,
    precondition: &Precondition,
) -> Result<Option<Edited>, EditError> {
    let live = match transaction.record_status(record_type, id)? {
        RecordStatus::Unknown => return Err(EditError::NotFound),
        RecordStatus::Merged(into) => return Err(EditError::Merged(into)),
        RecordStatus::Deleted(_) => false,
        RecordStatus::Live(revision) => {
            check_optional_precondition(precondition, revision)?;
            true
        }
    };
    let key = transaction.key_of(record_type, id)?.ok_or(EditError::NotFound)?;
    let mut all = vec![(key, id.to_owned())];
    all.extend(merged_into(transaction.connection, key)?);
    let keys: Vec<i64> = all.iter().map(|(key, _)| *key).collect();
    let Some(latest) = versions_of(transaction.connection, record_type, &[key])?.pop() else {
        return Err(EditError::NotFound);
    };
    let mut faults = Faults::default();
    let mut targets = targets(record_type, &latest.record, &redaction.fields, &mut faults);
    check_reasons(transaction, &keys, &redaction.reasons, &mut faults)?;
    if !faults.is_empty() {
        return Err(EditError::Invalid(faults.into_list()));
    }
    let versions = versions_of(transaction.connection, record_type, &keys)?;
    for target in &mut targets {
        let mut records = versions.iter().map(|version| &version.record);
        target.is_known = records.any(|record| target.has_value(record_type, record));
    }
    for (merged, merged_id) in &all {
        let mut any = false;
        let versions: Vec<&Version> =
            versions.iter().filter(|version| version.key == *merged).collect();
        let referred =
            references::targets(record_type, versions.iter().map(|version| &version.record));
        let targets_of_merged = references::merged(transaction, &referred)?;
        for version in versions {
            let mut erased = erased(record_type, &version.record, &targets, &targets_of_merged);
            if *merged != key {
                erase_name(record_type, &mut erased, &targets);
            }
            if erased != version.record {
                transaction.rewrite(record_type, version, &erased)?;
                any = true;
            }
        }
        // The revision does not say which of these records the reason was about, so that copies
        // must read all of them again.
        if *merged != key && (any || !redaction.reasons.is_empty()) {
            transaction.note(record_type, merged_id, *merged, Operation::Redact, None);
        }
    }
    for revision in &redaction.reasons {
        transaction.erase_reason(*revision)?;
    }
    transaction.reindex(record_type, &keys)?;
    transaction.redacted(record_type, id)?;
    if !live {
        transaction.note(record_type, id, key, Operation::Redact, None);
        return Ok(None);
    }
    let current = erased(record_type, &latest.record, &targets, &Merged::default());
    let changed = crate::model::changed(record_type, Some(&latest.record), Some(&current));
    let rewritten = Version { record: current.clone(), superseded_at: LIVE, ..latest };
    transaction.write(record_type, &current, Operation::Redact, Some(&rewritten))?;
    let existing = load(transaction, record_type, id)?.ok_or(EditError::NotFound)?;
    Ok(Some(Edited { changed, ..Edited::unchanged(transaction, existing) }))
}

/// A value to redact: the path to it, and the value itself if the path leads through a list.
struct Target {
    steps: Vec<Step>,
    value: Option<Value>,
    /// Whether any version has a value there.
    is_known: bool,
    /// The value that replaces it.
    placeholder: Value,
}

impl Target {
    /// Returns whether a pointer into this version leads to the value, into it, or to an object or
    /// a list that contains it.
    fn is_at(
        &self,
        record_type: &'static RecordType,
        record: &Record,
        pointer: &str,
        merged: &Merged,
    ) -> bool {
        let names: Vec<&str> = pointer.split('/').skip(1).collect();
        let ([Step::Member(index), steps @ ..], [name, names @ ..]) =
            (self.steps.as_slice(), names.as_slice())
        else {
            return false;
        };
        let field = record_type.written().zip(&record.values).nth(*index);
        field.is_some_and(|(field, value)| {
            field.name == *name && self.is_in(field.kind, value, steps, Some(names), merged)
        })
    }

    /// Returns whether this version has a value to redact.
    fn has_value(&self, record_type: &'static RecordType, record: &Record) -> bool {
        let [Step::Member(index), steps @ ..] = self.steps.as_slice() else { return false };
        let field = record_type.written().zip(&record.values).nth(*index);
        field.is_some_and(|(field, value)| {
            self.is_in(field.kind, value, steps, None, &Merged::default())
        })
    }

    /// Returns whether these steps from a value lead to the value to redact, and the names, if any
    /// are left, are those on the way. A pointer without them leads to something around the value.
    fn is_in(
        &self,
        kind: Kind,
        value: &Value,
        steps: &[Step],
        names: Option<&[&str]>,
        merged: &Merged,
    ) -> bool {
        let [step, steps @ ..] = steps else {
            return match &self.value {
                Some(wanted) => is_same(kind, wanted, value, merged),
                None => names.is_some() || self.is_known || !value.is_empty(),
            };
        };
        let (name, names) = match names {
            Some([name, names @ ..]) => (Some(*name), Some(names)),
            _ => (None, None),
        };
        match (step, kind, value) {
            (Step::Member(index), Kind::Object(object), Value::Object(members)) => {
                let member = &object.fields[*index];
                name.is_none_or(|name| name == member.name)
                    && members
                        .get(*index)
                        .is_some_and(|value| self.is_in(member.kind, value, steps, names, merged))
            }
            (Step::Entry, Kind::List(element), Value::List(entries)) => {
                let index = name.map(str::parse::<usize>);
                entries.iter().enumerate().any(|(place, entry)| {
                    index.as_ref().is_none_or(|index| *index == Ok(place))
                        && self.is_in(*element, entry, steps, names, merged)
                })
            }
            _ => false,
        }
    }
}

/// Compares values; merged records count as their targets.
fn is_same(kind: Kind, wanted: &Value, value: &Value, merged: &Merged) -> bool {
    if wanted == value || merged.is_empty() {
        return wanted == value;
    }
    let target = |record_type: &str, id: &str| merged.target(record_type, id);
    let (mut wanted, mut value) = (wanted.clone(), value.clone());
    redirect_value(kind, &mut wanted, &target);
    redirect_value(kind, &mut value, &target);
    wanted == value
}

/// A step of the path to a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The member with this index.
    Member(usize),
    /// Any entry of the list.
    Entry,
}

fn targets(
    record_type: &'static RecordType,
    record: &Record,
    pointers: &[String],
    faults: &mut Faults,
) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let root = Pointer::Root;
    let list = root.member("fields");
    for (index, pointer) in pointers.iter().enumerate() {
        match target(record_type, record, pointer) {
            Ok(target) => targets.push(target),
            Err(why) => {
                faults.at(&list.entry(index), "not-redactable", format!("{pointer:?} {why}"), None)
            }
        }
    }
    targets
}

/// Checks that these revisions changed one of these records and have reasons.
fn check_reasons(
    transaction: &mut Transaction<'_>,
    keys: &[i64],
    revisions: &[i64],
    faults: &mut Faults,
) -> Result<(), EditError> {
    let root = Pointer::Root;
    let list = root.member("reasons");
    for (index, revision) in revisions.iter().enumerate() {
        let why = match transaction.reason_status(keys, *revision)? {
            ReasonStatus::Redactable => continue,
            ReasonStatus::Unrelated => {
                "did not change this record; its history lists the revisions that did"
            }
            ReasonStatus::Absent => "has no reason, or its reason was redacted already",
        };
        faults.at(&list.entry(index), "not-redactable", format!("revision {revision} {why}"), None);
    }
    Ok(())
}

fn target(
    record_type: &'static RecordType,
    record: &Record,
    pointer: &str,
) -> Result<Target, String> {
    const NOTHING: &str = "does not lead to a writable field of this record";
    let mut names = pointer.split('/');
    let field = names.nth(1).ok_or(NOTHING)?;
    let index = record_type.written().position(|other| other.name == field).ok_or(NOTHING)?;
    let field = record_type.written().nth(index).ok_or(NOTHING)?;
    let (mut steps, mut kind, mut placeholder) =
        (vec![Step::Member(index)], field.kind, placeholder(field));
    let mut value = Some(&record.values[index]);
    for name in names {
        match kind {
            Kind::Object(object) => {
                let index =
                    object.fields.iter().position(|member| member.name == name).ok_or(NOTHING)?;
                steps.push(Step::Member(index));
                (kind, placeholder) =
                    (object.fields[index].kind, self::placeholder(&object.fields[index]));
                value = match value {
                    Some(Value::Object(members)) => members.get(index),
                    _ => None,
                };
            }
            Kind::List(element) => {
                let index: usize = name.parse().map_err(|_| NOTHING)?;
                let Some(Value::List(entries)) = value else { return Err(NOTHING.to_owned()) };
                value = Some(
                    entries.get(index).ok_or("leads to an entry that the list does not have")?,
                );
                steps.push(Step::Entry);
                (kind, placeholder) = (*element, Ok(Value::Null));
            }
            Kind::Agent(_) | Kind::Reference(_) => {
                return Err(
                    "leads into a reference; only a whole reference can be redacted".to_owned()
                );
            }
            _ => return Err(NOTHING.to_owned()),
        }
    }
    let placeholder = placeholder?;
    let through_list = steps.contains(&Step::Entry);
    if through_list && value.is_none_or(Value::is_empty) {
        return Err("is empty already; redact the list to empty it in every version".to_owned());
    }
    let value = value.filter(|_| through_list).cloned();
    Ok(Target { steps, value, is_known: false, placeholder })
}

/// Returns whether a whole field can be redacted.
pub fn is_redactable(field: &Field) -> bool {
    placeholder(field).is_ok()
}

/// Returns the value of a redacted field, or the reason why the field cannot be redacted.
fn placeholder(field: &Field) -> Result<Value, String> {
    match field.kind {
        Kind::List(_) => Ok(Value::List(Vec::new())),
        Kind::Text(_) if field.default == Some("") => Ok(Value::Text(String::new())),
        Kind::Text(format) if field.required && format.pattern.is_none() => {
            Ok(Value::Text(REDACTED.to_owned()))
        }
        _ if field.nullable() => Ok(Value::Null),
        Kind::Agent(_) => Ok(Value::Agent(Agent::Label(REDACTED.to_owned()))),
        _ => Err(format!("is required ({}); redact its entry, or delete the record", field.name)),
    }
}

/// Returns the record without the redacted values.
fn erased(
    record_type: &'static RecordType,
    record: &Record,
    targets: &[Target],
    merged: &Merged,
) -> Record {
    let mut erased = record.clone();
    // Source links must be found by their pointers before entries move.
    remove_claims(record_type, &mut erased, |pointer| {
        targets.iter().any(|target| target.is_at(record_type, record, pointer, merged))
    });
    for target in targets {
        let [Step::Member(index), steps @ ..] = target.steps.as_slice() else { continue };
        let Some(field) = record_type.written().nth(*index) else { continue };
        if steps.is_empty() {
            erased.values[*index] = target.placeholder.clone();
            continue;
        }
        let mut erasure = Erasure { target, merged, moves: Vec::new() };
        erasure.erase(field.kind, &mut erased.values[*index], steps, &format!("/{}", field.name));
        for (list, places) in erasure.moves {
            move_pointers(record_type, &mut erased, &list, &places);
        }
    }
    if erased != *record {
        shorten_pointers(record_type, &mut erased);
        if let Some(derive) = record_type.derive {
            derive(&mut erased, Some(record));
        }
    }
    erased
}

/// Redacts the name of a merged record if it is redacted as another name of its target.
fn erase_name(record_type: &'static RecordType, record: &mut Record, targets: &[Target]) {
    let name = record.value(record_type, "name");
    let other_names = record_type.written().position(|field| field.name == "other_names");
    let is_other_name = |target: &Target| match target.steps.as_slice() {
        [Step::Member(index), Step::Entry] => {
            Some(*index) == other_names && target.value.as_ref() == Some(name)
        }
        _ => false,
    };
    if !name.is_empty() && targets.iter().any(is_other_name) {
        let before = record.clone();
        record.set(record_type, "name", Value::Text(REDACTED.to_owned()));
        if let Some(derive) = record_type.derive {
            derive(record, Some(&before));
        }
    }
}

/// The removal of one value from a field.
struct Erasure<'e> {
    target: &'e Target,
    merged: &'e Merged,
    /// The lists that lost entries, inner lists first, with the new indexes of their entries.
    moves: Vec<(String, Vec<Option<usize>>)>,
}

impl Erasure<'_> {
    fn is_wanted(&self, kind: Kind, value: &Value) -> bool {
        self.target.value.as_ref().is_none_or(|wanted| is_same(kind, wanted, value, self.merged))
    }

    /// Removes the value at a pointer. Returns whether nothing is left there.
    fn erase(&mut self, kind: Kind, value: &mut Value, steps: &[Step], pointer: &str) -> bool {
        match (kind, value, steps) {
            (Kind::List(element), Value::List(entries), [Step::Entry, rest @ ..]) => {
                let mut is_gone = Vec::with_capacity(entries.len());
                for (index, entry) in entries.iter_mut().enumerate() {
                    is_gone.push(match rest {
                        [] => self.is_wanted(*element, entry),
                        rest => self.erase(*element, entry, rest, &format!("{pointer}/{index}")),
                    });
                }
                let mut is_gone = is_gone.into_iter();
                let places = retain(entries, |_| is_gone.next() == Some(false));
                self.moves.push((pointer.to_owned(), places));
                false
            }
            (Kind::Object(object), value @ Value::Object(_), [Step::Member(index), rest @ ..]) => {
                let Value::Object(members) = value else { return false };
                let field = &object.fields[*index];
                if !rest.is_empty() {
                    self.erase(
                        field.kind,
                        &mut members[*index],
                        rest,
                        &format!("{pointer}/{}", field.name),
                    );
                } else if self.is_wanted(field.kind, &members[*index]) {
                    members[*index] = self.target.placeholder.clone();
                }
                let is_empty = members.iter().all(Value::is_empty);
                if is_empty {
                    *value = Value::Null;
                }
                is_empty
            }
            _ => false,
        }
    }
}
