//! Entries taken out of lists, and the sources that speak of entries: their pointers follow.

use crate::model::{Record, RecordType, Value, resolves};

/// Takes the entries out of a list that are not to be kept, and gives where each entry stands now.
pub(super) fn retain(entries: &mut Vec<Value>, mut keep: impl FnMut(&Value) -> bool) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut moved = Vec::with_capacity(entries.len());
    entries.retain(|entry| {
        let kept = keep(entry);
        moved.push(kept.then_some(next));
        next += usize::from(kept);
        kept
    });
    moved
}

/// Takes out what stands in a list already.
pub(super) fn retain_distinct(entries: &mut Vec<Value>) -> Vec<Option<usize>> {
    let mut seen: Vec<Value> = Vec::with_capacity(entries.len());
    retain(entries, |entry| {
        let new = !seen.contains(entry);
        if new {
            seen.push(entry.clone());
        }
        new
    })
}

/// Lets the pointers of sources into a field's list follow its entries; those of entries that went speak of the list.
pub(super) fn follow(record_type: &'static RecordType, record: &mut Record, field: &str, moved: &[Option<usize>]) {
    let prefix = format!("/{field}/");
    each_pointer(record_type, record, |pointer| {
        let rest = pointer.strip_prefix(&prefix)?;
        let (index, beyond) = rest.split_once('/').map_or((rest, ""), |(index, beyond)| (index, beyond));
        let to = moved.get(index.parse::<usize>().ok()?)?;
        Some(match to {
            Some(to) if beyond.is_empty() => format!("{prefix}{to}"),
            Some(to) => format!("{prefix}{to}/{beyond}"),
            None => format!("/{field}"),
        })
    });
}

/// Shortens the pointers of sources that lead to nothing any more to what is still there.
pub(super) fn shorten(record_type: &'static RecordType, record: &mut Record) {
    let whole = record.clone();
    each_pointer(record_type, record, |pointer| {
        let mut pointer = pointer.to_owned();
        while !resolves(record_type, &whole, &pointer) {
            let (shorter, _) = pointer.rsplit_once('/').filter(|(shorter, _)| !shorter.is_empty())?;
            pointer = shorter.to_owned();
        }
        Some(pointer)
    });
}

/// The place of `field` and of `says` in a source link.
const FIELD: usize = 1;
const SAYS: usize = 2;

fn each_pointer(record_type: &'static RecordType, record: &mut Record, change: impl Fn(&str) -> Option<String>) {
    each_source(record_type, record, |members| {
        if let Some(changed) = members.get(FIELD).and_then(Value::as_text).and_then(&change) {
            members[FIELD] = Value::Text(changed);
        }
    });
}

/// Takes out what sources say of the places that the pointers lead to which are to be silenced.
pub(super) fn silence(record_type: &'static RecordType, record: &mut Record, is_silenced: impl Fn(&str) -> bool) {
    each_source(record_type, record, |members| {
        if members.get(FIELD).and_then(Value::as_text).is_some_and(&is_silenced) {
            members[SAYS] = Value::Null;
        }
    });
}

fn each_source(record_type: &'static RecordType, record: &mut Record, mut change: impl FnMut(&mut Vec<Value>)) {
    let Some(index) = record_type.written().position(|field| field.name == "sources") else { return };
    let Value::List(sources) = &mut record.values[index] else { return };
    for source in sources {
        if let Value::Object(members) = source {
            change(members);
        }
    }
}
