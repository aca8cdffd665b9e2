//! Values taken out for good: of the record, of every version of it, of what is kept of both to prove them by.

use serde_json::Value as Json;

use super::entries::{follow, retain, shorten, silence};
use super::load::load;
use super::write::expect_if_said;
use super::{EditError, Edited, Expected};
use crate::model::{Faults, Field, Kind, Pointer, Record, RecordType, Value, text};
use crate::store::versions::{Version, versions_of};
use crate::store::{Operation, Standing, Transaction};

/// What stands where a text must stand and was redacted.
const REDACTED: &str = "[redacted]";

/// What is to be redacted, and why.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// Pointers into the record as it is now, or, of a deleted one, as it was last.
    pub fields: Vec<String>,
    /// Why: it goes into the revision, and tells nothing of what was redacted.
    pub reason: String,
}

impl Redaction {
    /// The redaction that a body asks for.
    pub fn parse(body: &Json) -> Result<Self, EditError> {
        let mut faults = Faults::default();
        let root = Pointer::Root;
        let Json::Object(members) = body else {
            faults.at(&root, "wrong-type", "is not an object", Some("{\"fields\": [\"/note\"], \"reason\": \"…\"}".to_owned()));
            return Err(EditError::Invalid(faults.into_list()));
        };
        for name in members.keys().filter(|name| !["fields", "reason"].contains(&name.as_str())) {
            faults.at(&root.member(name), "unknown-field", format!("there is no field {name:?} here"), None);
        }
        let fields: Vec<String> = match members.get("fields") {
            Some(Json::Array(entries)) if !entries.is_empty() && entries.iter().all(Json::is_string) => {
                entries.iter().filter_map(Json::as_str).map(str::to_owned).collect()
            }
            _ => {
                faults.at(
                    &root.member("fields"),
                    "wrong-type",
                    "a list of JSON pointers into the record belongs here",
                    Some("[\"/note\"]".to_owned()),
                );
                Vec::new()
            }
        };
        let reason = members.get("reason").and_then(Json::as_str).map(|reason| text::clean(reason, false));
        let reason = match reason {
            Some(Ok(reason)) if !reason.is_empty() && reason.chars().count() <= text::SHORT.longest => reason,
            Some(Err(why)) => {
                faults.at(&root.member("reason"), "invalid-text", why, None);
                String::new()
            }
            _ => {
                let why = format!("a reason of 1 to {} characters is required; it must not tell what is redacted", text::SHORT.longest);
                faults.at(&root.member("reason"), "required", why, None);
                String::new()
            }
        };
        if faults.is_empty() { Ok(Self { fields, reason }) } else { Err(EditError::Invalid(faults.into_list())) }
    }
}

/// Redacts fields of a record. None is told of a record that is deleted: its versions are redacted alone.
pub fn redact(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    redaction: &Redaction,
    expected: &Expected,
) -> Result<Option<Edited>, EditError> {
    let live = match transaction.standing(record_type, id)? {
        Standing::Unknown => return Err(EditError::NotFound),
        Standing::Merged(into) => return Err(EditError::Merged(into)),
        Standing::Deleted(_) => false,
        Standing::Live(revision) => {
            expect_if_said(expected, revision)?;
            true
        }
    };
    let layout = transaction.layouts.of(record_type);
    let versions = versions_of(transaction.connection, layout, id)?;
    let Some(newest) = versions.last().cloned() else { return Err(EditError::NotFound) };
    let targets = targets(record_type, &newest.record, &redaction.fields)?;
    for version in versions {
        let Version { record, .. } = &version;
        let erased = erased(record_type, record, &targets);
        if erased != *record {
            transaction.rewrite(record_type, &version, &erased)?;
        }
    }
    transaction.redacted(record_type, id)?;
    if !live {
        transaction.tell_redacted(record_type, id);
        return Ok(None);
    }
    let current = erased(record_type, &newest.record, &targets);
    let changed = crate::model::changed(record_type, Some(&newest.record), Some(&current));
    transaction.write(record_type, &current, Operation::Redact, Some(&newest.created_at))?;
    let existing = load(transaction, record_type, id)?.ok_or(EditError::NotFound)?;
    Ok(Some(Edited { changed, ..Edited::unchanged(existing) }))
}

/// A value to take out: the way to it, and the value where the way leads through a list.
struct Target {
    steps: Vec<Step>,
    value: Option<Value>,
}

impl Target {
    /// Whether a pointer into this version leads to the value, or to something in it.
    fn is_at(&self, record_type: &'static RecordType, record: &Record, pointer: &str) -> bool {
        let mut names = pointer.split('/').skip(1);
        let [Step::Member(index), steps @ ..] = self.steps.as_slice() else { return false };
        let Some((field, mut value)) = record_type.written().zip(&record.values).nth(*index) else { return false };
        if names.next() != Some(field.name) {
            return false;
        }
        let mut kind = field.kind;
        for step in steps {
            let Some(name) = names.next() else { return false };
            let next = match (step, kind, value) {
                (Step::Member(index), Kind::Object(object), Value::Object(members)) if object.fields[*index].name == name => {
                    members.get(*index).map(|member| (object.fields[*index].kind, member))
                }
                (Step::Entry, Kind::List(element), Value::List(entries)) => {
                    name.parse::<usize>().ok().and_then(|index| entries.get(index)).map(|entry| (*element, entry))
                }
                _ => None,
            };
            let Some(next) = next else { return false };
            (kind, value) = next;
        }
        self.value.as_ref().is_none_or(|wanted| wanted == value)
    }
}

/// A step on the way to a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The member at this place.
    Member(usize),
    /// Any entry of the list.
    Entry,
}

fn targets(record_type: &'static RecordType, record: &Record, pointers: &[String]) -> Result<Vec<Target>, EditError> {
    let mut faults = Faults::default();
    let mut targets: Vec<Target> = Vec::new();
    let root = Pointer::Root;
    let list = root.member("fields");
    for (index, pointer) in pointers.iter().enumerate() {
        match target(record_type, record, pointer) {
            Ok(target) => targets.push(target),
            Err(why) => faults.at(&list.entry(index), "not-redactable", format!("{pointer:?} {why}"), None),
        }
    }
    if faults.is_empty() { Ok(targets) } else { Err(EditError::Invalid(faults.into_list())) }
}

fn target(record_type: &'static RecordType, record: &Record, pointer: &str) -> Result<Target, String> {
    const NOTHING: &str = "names no field of this record that is written";
    let mut names = pointer.split('/');
    let field = names.nth(1).ok_or(NOTHING)?;
    let index = record_type.written().position(|other| other.name == field).ok_or(NOTHING)?;
    let field = record_type.written().nth(index).ok_or(NOTHING)?;
    let (mut steps, mut kind, mut blank) = (vec![Step::Member(index)], field.kind, blank(field));
    let mut value = Some(&record.values[index]);
    for name in names {
        match kind {
            Kind::Object(object) => {
                let index = object.fields.iter().position(|member| member.name == name).ok_or(NOTHING)?;
                steps.push(Step::Member(index));
                (kind, blank) = (object.fields[index].kind, self::blank(&object.fields[index]));
                value = match value {
                    Some(Value::Object(members)) => members.get(index),
                    _ => None,
                };
            }
            Kind::List(element) => {
                let index: usize = name.parse().map_err(|_| NOTHING)?;
                let Some(Value::List(entries)) = value else { return Err(NOTHING.to_owned()) };
                value = Some(entries.get(index).ok_or("names an entry that the list does not have")?);
                steps.push(Step::Entry);
                (kind, blank) = (*element, Ok(Value::Null));
            }
            Kind::Agent | Kind::Reference(_) => return Err("names a part of a reference; name the whole of it".to_owned()),
            _ => return Err(NOTHING.to_owned()),
        }
    }
    blank?;
    let through_list = steps.contains(&Step::Entry);
    if through_list && value.is_none_or(Value::is_empty) {
        return Err("is empty already; name the list to empty it in every version".to_owned());
    }
    Ok(Target { steps, value: value.filter(|_| through_list).cloned() })
}

/// What stands in a field that was redacted; why it cannot be, where nothing can stand there.
fn blank(field: &Field) -> Result<Value, String> {
    match field.kind {
        Kind::List(_) => Ok(Value::List(Vec::new())),
        Kind::Text(_) if field.default == Some("") => Ok(Value::Text(String::new())),
        Kind::Text(format) if field.required && format.pattern.is_none() => Ok(Value::Text(REDACTED.to_owned())),
        _ if field.nullable() => Ok(Value::Null),
        _ => Err(format!("must be known ({}); redact the entry that it stands in, or delete the record", field.name)),
    }
}

/// The record without what is to be taken out.
fn erased(record_type: &'static RecordType, record: &Record, targets: &[Target]) -> Record {
    let mut erased = record.clone();
    // Before anything moves: what sources say of a value is found by the place that the value has in this version.
    silence(record_type, &mut erased, |pointer| targets.iter().any(|target| target.is_at(record_type, record, pointer)));
    for target in targets {
        let [Step::Member(index), steps @ ..] = target.steps.as_slice() else { continue };
        let Some(field) = record_type.written().nth(*index) else { continue };
        if steps.is_empty() {
            erased.values[*index] = blank(field).unwrap_or(Value::Null);
        } else if let (Some(moved), _) = erase(field.kind, &mut erased.values[*index], steps, target.value.as_ref()) {
            follow(record_type, &mut erased, field.name, &moved);
        }
    }
    if erased != *record {
        shorten(record_type, &mut erased);
        if let Some(derive) = record_type.derive {
            derive(&mut erased, Some(record));
        }
    }
    erased
}

/// Takes the value out of what stands here. Gives where the entries of the list here stand now, if it is one that lost some,
/// and whether nothing is left.
fn erase(kind: Kind, value: &mut Value, steps: &[Step], wanted: Option<&Value>) -> (Option<Vec<Option<usize>>>, bool) {
    let is_wanted = |value: &Value| wanted.is_none_or(|wanted| wanted == value);
    match (kind, value, steps) {
        (Kind::List(_), Value::List(entries), [Step::Entry]) => (Some(retain(entries, |entry| !is_wanted(entry))), false),
        (Kind::List(element), Value::List(entries), [Step::Entry, rest @ ..]) => {
            let mut empty = Vec::with_capacity(entries.len());
            for entry in entries.iter_mut() {
                empty.push(erase(*element, entry, rest, wanted).1);
            }
            let mut at = empty.iter();
            (Some(retain(entries, |_| !at.next().copied().unwrap_or_default())), false)
        }
        (Kind::Object(object), value @ Value::Object(_), [Step::Member(index), rest @ ..]) => {
            let Value::Object(members) = value else { return (None, false) };
            if !rest.is_empty() {
                erase(object.fields[*index].kind, &mut members[*index], rest, wanted);
            } else if is_wanted(&members[*index]) {
                members[*index] = blank(&object.fields[*index]).unwrap_or(Value::Null);
            }
            let empty = members.iter().all(Value::is_empty);
            if empty {
                *value = Value::Null;
            }
            (None, empty)
        }
        _ => (None, false),
    }
}
