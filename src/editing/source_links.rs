//! Source links with a pointer into a list: they stay with the entry that they support when the
//! list changes.
//!
//! A pointer contains an index (`/participants/2`), so it is right for one version of the list
//! only.

use std::collections::BTreeMap;

use crate::model::{Agent, Faults, Kind, Pointer, Record, RecordType, Value, nearest, resolves};

/// The indexes of `document`, `field` and `says` in a source link.
const DOCUMENT: usize = 0;
const FIELD: usize = 1;
const SAYS: usize = 2;

/// The reason why a pointer no longer leads to an entry, with a description of the entry.
#[derive(Debug, PartialEq, Eq)]
enum Lost {
    Gone(String),
    Ambiguous(String),
}

/// Checks the pointers of a record before it is written. Moves the pointers that were sent
/// unchanged.
///
/// Links into a list count as unchanged if they have the stored documents and pointers. They then
/// refer to the stored list, and follow its entries. Other links refer to the list that was sent.
/// Returns whether any pointer moved.
pub(super) fn settle_sources(
    record_type: &'static RecordType,
    stored: Option<&Record>,
    record: &mut Record,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> bool {
    // An entry with a fault cannot be recognized.
    let before = faults.len();
    let is_sound = before == 0;
    let mut as_stored: BTreeMap<String, bool> = BTreeMap::new();
    let mut moves: Vec<(usize, String)> = Vec::new();
    for (index, (_, pointer)) in links(record_type, record) {
        let stored = stored.filter(|stored| {
            outer_list(record_type, pointer).is_some_and(|list| {
                *as_stored
                    .entry(list.to_owned())
                    .or_insert_with(|| is_as_stored(record_type, stored, record, list))
            })
        });
        let placed = stored.map_or_else(
            || Ok(pointer.to_owned()),
            |stored| moved(record_type, stored, record, pointer),
        );
        let sources = at.member("sources");
        let entry = sources.entry(index);
        match placed {
            Ok(placed) if resolves(record_type, record, &placed) => {
                if placed != pointer {
                    moves.push((index, placed));
                }
            }
            Ok(_) => {
                let names = record_type.all().iter().map(|field| field.name);
                let hint =
                    nearest(pointer.trim_start_matches('/'), names).map(|name| format!("/{name}"));
                let message = format!("{pointer:?} does not lead to a field of this record");
                faults.at(&entry.member("field"), "dangling-pointer", message, hint);
            }
            Err(lost) if is_sound => report_lost(pointer, &lost, &entry.member("field"), faults),
            Err(_) => {}
        }
    }
    if moves.is_empty() || faults.len() > before {
        return false;
    }
    let Some(Value::List(sources)) = sources_mut(record_type, record) else { return false };
    for (index, pointer) in moves {
        if let Some(Value::Object(members)) = sources.get_mut(index) {
            members[FIELD] = Value::Text(pointer);
        }
    }
    true
}

fn report_lost(pointer: &str, lost: &Lost, at: &Pointer<'_>, faults: &mut Faults) {
    let (code, message) = match lost {
        Lost::Gone(entry) => (
            "source-without-entry",
            format!("{pointer} is the source of {entry}, which is no longer in the list"),
        ),
        Lost::Ambiguous(entry) => (
            "ambiguous-source",
            format!(
                "{pointer} is the source of {entry}, and more than one entry of the new list \
                could be that one"
            ),
        ),
    };
    let hint = "remove this source link, or send the sources with pointers to the entries that \
        they support";
    faults.at(at, code, message, Some(hint.to_owned()));
}

/// Returns the source links with a pointer: index in `sources`, document and pointer.
fn links<'r>(
    record_type: &'static RecordType,
    record: &'r Record,
) -> impl Iterator<Item = (usize, (&'r str, &'r str))> {
    let sources = match record.value(record_type, "sources") {
        Value::List(sources) => sources.as_slice(),
        _ => &[],
    };
    sources.iter().enumerate().filter_map(|(index, source)| {
        let Value::Object(members) = source else { return None };
        Some((index, (members[DOCUMENT].as_text().unwrap_or_default(), members[FIELD].as_text()?)))
    })
}

/// Returns the pointer to the outermost list that a pointer leads into.
fn outer_list<'p>(record_type: &'static RecordType, pointer: &'p str) -> Option<&'p str> {
    let mut end = 0;
    let mut kind: Option<Kind> = None;
    for step in pointer.split('/').skip(1) {
        kind = match kind {
            None => Some(record_type.field(step)?.kind),
            Some(Kind::List(_)) => return Some(&pointer[..end]),
            Some(Kind::Object(object)) => {
                Some(object.fields.iter().find(|member| member.name == step)?.kind)
            }
            Some(_) => return None,
        };
        end += step.len() + 1;
    }
    None
}

/// Returns whether the links into a list have the stored documents and pointers.
fn is_as_stored(
    record_type: &'static RecordType,
    stored: &Record,
    record: &Record,
    list: &str,
) -> bool {
    let into = |record| {
        let mut links: Vec<_> = links(record_type, record)
            .map(|(_, link)| link)
            .filter(|(_, pointer)| outer_list(record_type, pointer) == Some(list))
            .collect();
        links.sort_unstable();
        links
    };
    into(stored) == into(record)
}

/// Returns the pointer in one version of a record to the value that has a pointer in another
/// version.
fn moved(
    record_type: &'static RecordType,
    before: &Record,
    after: &Record,
    pointer: &str,
) -> Result<String, Lost> {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let mut out = String::with_capacity(pointer.len());
    if let Some((name, rest)) = steps.split_first() {
        let kind = record_type.field(name).map_or(Kind::Type, |field| field.kind);
        push(&mut out, name);
        walk(
            kind,
            before.value(record_type, name),
            after.value(record_type, name),
            rest,
            &mut out,
        )?;
    }
    Ok(out)
}

fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(step);
}

fn walk(
    kind: Kind,
    before: &Value,
    after: &Value,
    steps: &[&str],
    out: &mut String,
) -> Result<(), Lost> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    match kind {
        Kind::List(element) => {
            let (before, after) = (entries(before), entries(after));
            if let Some(from) = step.parse::<usize>().ok().filter(|from| *from < before.len()) {
                let to = place_of(*element, before, after, from)?;
                push(out, &to.to_string());
                return walk(*element, &before[from], &after[to], rest, out);
            }
        }
        Kind::Object(object) => {
            if let Some(index) = object.fields.iter().position(|member| member.name == *step) {
                push(out, step);
                return walk(
                    object.fields[index].kind,
                    member(before, index),
                    member(after, index),
                    rest,
                    out,
                );
            }
        }
        _ => {}
    }
    steps.iter().for_each(|step| push(out, step));
    Ok(())
}

fn entries(value: &Value) -> &[Value] {
    if let Value::List(entries) = value { entries } else { &[] }
}

fn member(value: &Value, index: usize) -> &Value {
    if let Value::Object(members) = value {
        members.get(index).unwrap_or(&Value::Null)
    } else {
        &Value::Null
    }
}

/// Returns the new index of an entry: that of the equal entry; else of the only entry with the same
/// agent or reference; else, for entries without these, the same index if it is the only change.
fn place_of(element: Kind, before: &[Value], after: &[Value], from: usize) -> Result<usize, Lost> {
    let entry = &before[from];
    if after.get(from) == Some(entry) {
        return Ok(from);
    }
    let equal = |list: &[Value], entry: &Value| list.iter().filter(|other| *other == entry).count();
    // Equal entries keep their order.
    let rank = equal(&before[..from], entry);
    let places = (0..after.len()).filter(|place| after[*place] == *entry);
    if let Some(place) = places.take(rank + 1).last() {
        return Ok(place);
    }
    // Entries that are in both lists stay themselves.
    let is_new =
        |place: &usize| equal(&after[..*place], &after[*place]) >= equal(before, &after[*place]);
    let is_old =
        |place: &usize| equal(&before[..*place], &before[*place]) >= equal(after, &before[*place]);
    let mut new = (0..after.len()).filter(is_new);
    let Some(key) = key(element, entry) else {
        let is_edited = before.len() == after.len()
            && (0..before.len()).all(|place| place == from || before[place] == after[place]);
        return match new.next() {
            Some(_) if is_edited => Ok(from),
            Some(_) => Err(Lost::Ambiguous(describe(element, entry))),
            None => Err(Lost::Gone(describe(element, entry))),
        };
    };
    let has_key = |value: &Value| self::key(element, value) == Some(key);
    let others = (0..before.len()).filter(is_old).filter(|place| has_key(&before[*place])).count();
    let mut same = new.filter(|place| has_key(&after[*place]));
    match (same.next(), same.next()) {
        (Some(place), None) if others == 1 => Ok(place),
        (None, _) => Err(Lost::Gone(describe(element, entry))),
        _ => Err(Lost::Ambiguous(describe(element, entry))),
    }
}

/// Returns the agent or the reference that identifies an entry, if its kind requires one.
fn key(element: Kind, entry: &Value) -> Option<&Value> {
    match element {
        Kind::Agent(_) | Kind::Reference(_) => Some(entry),
        Kind::Object(object) => {
            let refers = |kind| matches!(kind, Kind::Agent(_) | Kind::Reference(_));
            object
                .fields
                .iter()
                .position(|field| field.required && refers(field.kind))
                .map(|index| member(entry, index))
        }
        _ => None,
    }
}

/// Describes an entry for record keepers.
fn describe(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Enumeration(_) | Kind::Reference(_), Value::Text(word)) => word.clone(),
        (_, Value::Text(text)) => format!("{:?}", text.chars().take(60).collect::<String>()),
        (_, Value::Integer(number)) => number.to_string(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Date(date)) => date.to_string(),
        (_, Value::Agent(Agent::Record { record_type, id })) => {
            format!("the {} {id}", record_type.replace('_', " "))
        }
        (_, Value::Agent(Agent::Label(name))) => format!("{name:?}"),
        (Kind::Object(object), Value::Object(members)) => {
            let known = object.fields.iter().zip(members).filter(|(_, value)| !value.is_empty());
            known
                .take(2)
                .map(|(field, value)| format!("{} {}", field.name, describe(field.kind, value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        _ => "an entry".to_owned(),
    }
}

/// Moves the pointers into a list to the new indexes of its entries. Pointers to removed entries
/// become pointers to the list.
pub(super) fn move_pointers(
    record_type: &'static RecordType,
    record: &mut Record,
    list: &str,
    places: &[Option<usize>],
) {
    each_pointer(record_type, record, |pointer| {
        let rest = pointer.strip_prefix(list)?.strip_prefix('/')?;
        let (index, beyond) =
            rest.split_once('/').map_or((rest, None), |(index, beyond)| (index, Some(beyond)));
        Some(match (places.get(index.parse::<usize>().ok()?)?, beyond) {
            (Some(to), None) => format!("{list}/{to}"),
            (Some(to), Some(beyond)) => format!("{list}/{to}/{beyond}"),
            (None, _) => list.to_owned(),
        })
    });
}

/// Shortens pointers that lead nowhere to their longest part that exists.
pub(super) fn shorten_pointers(record_type: &'static RecordType, record: &mut Record) {
    let whole = record.clone();
    each_pointer(record_type, record, |pointer| {
        let mut pointer = pointer.to_owned();
        while !resolves(record_type, &whole, &pointer) {
            let (shorter, _) =
                pointer.rsplit_once('/').filter(|(shorter, _)| !shorter.is_empty())?;
            pointer = shorter.to_owned();
        }
        Some(pointer)
    });
}

/// Removes the values that sources claim for the matching pointers.
pub(super) fn remove_claims(
    record_type: &'static RecordType,
    record: &mut Record,
    is_removed: impl Fn(&str) -> bool,
) {
    each_source(record_type, record, |members| {
        if members.get(FIELD).and_then(Value::as_text).is_some_and(&is_removed) {
            members[SAYS] = Value::Null;
        }
    });
}

fn each_pointer(
    record_type: &'static RecordType,
    record: &mut Record,
    change: impl Fn(&str) -> Option<String>,
) {
    each_source(record_type, record, |members| {
        if let Some(changed) = members.get(FIELD).and_then(Value::as_text).and_then(&change) {
            members[FIELD] = Value::Text(changed);
        }
    });
}

fn each_source(
    record_type: &'static RecordType,
    record: &mut Record,
    mut change: impl FnMut(&mut Vec<Value>),
) {
    let Some(Value::List(sources)) = sources_mut(record_type, record) else { return };
    for source in sources {
        if let Value::Object(members) = source {
            change(members);
        }
    }
}

fn sources_mut<'r>(
    record_type: &'static RecordType,
    record: &'r mut Record,
) -> Option<&'r mut Value> {
    let index = record_type.written().position(|field| field.name == "sources")?;
    record.values.get_mut(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text;

    const TEXT: Kind = Kind::Text(&text::SHORT);

    fn texts(entries: &[&str]) -> Vec<Value> {
        entries.iter().map(|entry| Value::Text((*entry).to_owned())).collect()
    }

    fn document_links(entries: &[(&str, &str)]) -> Vec<Value> {
        let link = |(id, note): &(&str, &str)| {
            Value::Object(vec![
                Value::Text("about".to_owned()),
                Value::Text((*id).to_owned()),
                Value::Text((*note).to_owned()),
            ])
        };
        entries.iter().map(link).collect()
    }

    /// Returns the kind of the entries of `documents`.
    fn document_link() -> Kind {
        crate::records::CATALOGUE.iter().next().unwrap().field("documents").unwrap().kind.element()
    }

    #[test]
    fn finds_an_equal_entry_at_another_index() {
        let before = texts(&["a", "b", "c"]);
        assert_eq!(place_of(TEXT, &before, &texts(&["c", "x", "b"]), 1), Ok(2));
        assert_eq!(place_of(TEXT, &texts(&["a", "a", "b"]), &texts(&["b", "a", "a"]), 0), Ok(1));
        assert_eq!(
            place_of(TEXT, &texts(&["b", "a", "a"]), &texts(&["a", "b", "a"]), 2),
            Ok(2),
            "the same place comes first"
        );
    }

    #[test]
    fn recognizes_an_entry_without_a_reference_that_is_edited_in_place() {
        let before = texts(&["a", "b", "c"]);
        assert_eq!(place_of(TEXT, &before, &texts(&["a", "x", "c"]), 1), Ok(1));
        let ambiguous = Err(Lost::Ambiguous("\"b\"".to_owned()));
        assert_eq!(place_of(TEXT, &before, &texts(&["a", "x", "y"]), 1), ambiguous);
        assert_eq!(place_of(TEXT, &before, &texts(&["c", "x", "a"]), 1), ambiguous);
        assert_eq!(
            place_of(TEXT, &before, &texts(&["a", "c"]), 1),
            Err(Lost::Gone("\"b\"".to_owned()))
        );
    }

    #[test]
    fn recognizes_an_entry_by_its_unique_reference() {
        let find = |before: &[(&str, &str)], after: &[(&str, &str)], from| {
            place_of(document_link(), &document_links(before), &document_links(after), from)
                .map_err(|lost| matches!(lost, Lost::Gone(_)))
        };
        assert_eq!(find(&[("d", "1"), ("e", "1")], &[("e", "1"), ("d", "2")], 0), Ok(1));
        assert_eq!(
            find(&[("d", "1"), ("d", "2")], &[("d", "3"), ("d", "2")], 0),
            Ok(0),
            "the other entry is unchanged"
        );
        assert_eq!(
            find(&[("d", "1"), ("d", "2")], &[("d", "2")], 0),
            Err(true),
            "the other entry was there before"
        );
        assert_eq!(find(&[("d", "1"), ("d", "2")], &[("d", "3")], 0), Err(false));
        assert_eq!(find(&[("d", "1")], &[("d", "2"), ("d", "3")], 0), Err(false));
        assert_eq!(
            find(&[("d", "1")], &[("e", "1")], 0),
            Err(true),
            "another document at the same place"
        );
    }

    #[test]
    fn moves_links_of_merged_entries_to_the_remaining_entry() {
        let record_type = crate::records::CATALOGUE.get("commitment").unwrap();
        let body = serde_json::json!({
            "id": "c", "name": "C", "departments": ["b", "x", "a"],
            "sources": [
                { "document": "d", "field": "/departments/2" },
                { "document": "d", "field": "/departments/1" },
            ],
        });
        let mut record =
            crate::model::parse_record(record_type, &body, &Pointer::Root, &mut Faults::default())
                .unwrap();
        let lead = |_: &str, id: &str| (id == "a").then_some("b");
        super::super::entries::redirect(record_type, &mut record, &lead)
            .remove_duplicates(record_type, &mut record);
        let pointers: Vec<&str> =
            links(record_type, &record).map(|(_, (_, pointer))| pointer).collect();
        assert_eq!(pointers, ["/departments/0", "/departments/1"]);
        assert_eq!(entries(record.value(record_type, "departments")).len(), 2);
    }
}
