//! Changes lists and references in a record, and keeps the pointers of its sources correct.

use super::source_links::move_pointers;
use crate::model::{Agent, Kind, Record, RecordType, Value};

/// Removes entries from a list, and returns the new place of each entry.
pub(super) fn retain(
    entries: &mut Vec<Value>,
    mut keep: impl FnMut(&Value) -> bool,
) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut places = Vec::with_capacity(entries.len());
    entries.retain(|entry| {
        let stays = keep(entry);
        places.push(stays.then_some(next));
        next += usize::from(stays);
        stays
    });
    places
}

/// The result of replacing references: the lists with changes, by index of the field, and a flag
/// for each entry.
#[derive(Debug, Default)]
pub(super) struct Redirected {
    is_changed: bool,
    lists: Vec<(usize, Vec<bool>)>,
}

impl Redirected {
    /// Returns whether any reference changed.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Removes entries that became equal to another entry.
    pub(super) fn remove_duplicates(self, record_type: &'static RecordType, record: &mut Record) {
        for (index, changed) in self.lists {
            let Some(field) = record_type.written().nth(index) else { continue };
            let Value::List(entries) = &mut record.values[index] else { continue };
            let places = remove_duplicates(entries, &changed);
            move_pointers(record_type, record, &format!("/{}", field.name), &places);
        }
    }
}

/// Removes each entry that equals an earlier one if either of them changed. Returns the new index
/// of each entry.
fn remove_duplicates(entries: &mut Vec<Value>, changed: &[bool]) -> Vec<Option<usize>> {
    let mut distinct: Vec<(Value, bool)> = Vec::with_capacity(entries.len());
    let mut places = Vec::with_capacity(entries.len());
    for (entry, changed) in entries.drain(..).zip(changed) {
        let place = distinct
            .iter()
            .position(|(other, other_changed)| *other == entry && (*changed || *other_changed));
        places.push(Some(place.unwrap_or(distinct.len())));
        if place.is_none() {
            distinct.push((entry, *changed));
        }
    }
    entries.extend(distinct.into_iter().map(|(entry, _)| entry));
    places
}

/// Replaces the references for which `target` returns another id.
pub(super) fn redirect<'t>(
    record_type: &'static RecordType,
    record: &mut Record,
    target: &impl Fn(&str, &str) -> Option<&'t str>,
) -> Redirected {
    let mut redirected = Redirected::default();
    for (index, field) in record_type.written().enumerate() {
        let value = &mut record.values[index];
        if let (Kind::List(element), Value::List(entries)) = (field.kind, &mut *value) {
            let changed: Vec<bool> =
                entries.iter_mut().map(|entry| redirect_value(*element, entry, target)).collect();
            if changed.contains(&true) {
                redirected.is_changed = true;
                redirected.lists.push((index, changed));
            }
        } else {
            redirected.is_changed |= redirect_value(field.kind, value, target);
        }
    }
    redirected
}

/// Replaces the references in a value. Returns whether any changed.
pub(super) fn redirect_value<'t>(
    kind: Kind,
    value: &mut Value,
    target: &impl Fn(&str, &str) -> Option<&'t str>,
) -> bool {
    let (record_type, id): (&str, &mut String) = match (kind, value) {
        (Kind::Reference(record_type), Value::Text(id)) => (record_type, id),
        (Kind::Agent(_), Value::Agent(Agent::Record { record_type, id })) => (*record_type, id),
        (Kind::Object(object), Value::Object(members)) => {
            let members = object.fields.iter().zip(members);
            return members.fold(false, |any, (field, value)| {
                redirect_value(field.kind, value, target) || any
            });
        }
        (Kind::List(element), Value::List(entries)) => {
            let mut any = false;
            for entry in entries {
                any |= redirect_value(*element, entry, target);
            }
            return any;
        }
        _ => return false,
    };
    match target(record_type, id) {
        Some(target) => target.clone_into(id),
        None => return false,
    }
    true
}
