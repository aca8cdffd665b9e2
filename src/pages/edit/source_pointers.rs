//! Sources that support an entry of a list. In a form, they follow their entry, and are removed
//! with it.
//!
//! For each entry of such a list, `POINTER@was` is the index that it had when the form was opened.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::draft::{Draft, ListForm};
use crate::model::{Kind, RecordType};

/// The name of the list with the sources of a record.
const SOURCES: &str = "sources";

/// Adds to the draft the index of each entry that a source supports, and the index of that source.
pub fn note_places(record_type: &'static RecordType, record: &Json, draft: &mut Draft) {
    let sources = record[SOURCES].as_array().into_iter().flatten();
    let pointers = sources.filter_map(|source| place_in(source["field"].as_str()?));
    let mut lists: Vec<&str> = pointers.map(|(list, ..)| list).collect();
    if lists.is_empty() {
        return;
    }
    lists.push(SOURCES);
    for list in lists {
        if is_tracked(record_type, list) {
            let count = record[list].as_array().map_or(0, Vec::len);
            draft.set(&was(list, None), count.to_string());
            (0..count).for_each(|index| draft.set(&was(list, Some(index)), index.to_string()));
        }
    }
}

/// Returns the name of the text with the index that an entry had, or with the number of entries.
fn was(list: &str, index: Option<usize>) -> String {
    index.map_or_else(|| format!("/{list}@was"), |index| format!("/{list}/{index}@was"))
}

fn is_tracked(record_type: &'static RecordType, list: &str) -> bool {
    record_type.field(list).is_some_and(|field| match field.kind {
        Kind::List(element) => ListForm::of(*element) == ListForm::Entries,
        _ => false,
    })
}

/// Returns the list, the index and the rest of a pointer into a list: `/places/2/city`.
fn place_in(pointer: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = pointer.strip_prefix('/')?.split_once('/')?;
    let end = rest.find('/').unwrap_or(rest.len());
    Some((list, rest[..end].parse().ok()?, &rest[end..]))
}

/// Returns whether the form has the earlier index of every entry that sources support. If not, it
/// was opened with another version of the record.
pub fn knows_places(record_type: &'static RecordType, base: &Json, draft: &Draft) -> bool {
    let sources = base[SOURCES].as_array().into_iter().flatten();
    let mut lists = sources.filter_map(|source| Some(place_in(source["field"].as_str()?)?.0));
    lists.all(|list| !is_tracked(record_type, list) || draft.has_text(&was(list, None)))
}

/// Removes the earlier indexes of a list's entries, because someone else changed the list too.
pub fn forget_places(list: &str, draft: &mut Draft) {
    drop(draft.take(&was(list, None)));
    (0..draft.count(&format!("/{list}")))
        .for_each(|index| drop(draft.take(&was(list, Some(index)))));
}

/// Returns the texts at a pointer and below it, without the earlier indexes of entries.
pub fn without_places<'d>(draft: &'d Draft, at: &str) -> BTreeMap<&'d str, &'d str> {
    let mut texts = draft.part(at);
    texts.retain(|name, _| !name.ends_with("@was"));
    texts
}

/// Moves the pointers of sources to where their entries are now. Sources of removed entries are
/// removed; returns a sentence for each.
pub fn follow_entries(
    record_type: &'static RecordType,
    base: &Json,
    draft: &Draft,
    record: &mut Json,
) -> Vec<String> {
    let mut removed = Vec::new();
    if !knows_places(record_type, base, draft) {
        return removed;
    }
    let Some(sources) = record[SOURCES].as_array().cloned() else { return removed };
    let mut kept = Vec::with_capacity(sources.len());
    for (index, mut source) in sources.into_iter().enumerate() {
        let stored = draft.get(&was(SOURCES, Some(index))).parse::<usize>().ok();
        let stored = stored.and_then(|stored| base[SOURCES][stored]["field"].as_str());
        // A pointer that was typed leads to where the entry is now.
        let pointer = source["field"].as_str().filter(|pointer| stored == Some(*pointer));
        let Some((list, from, rest)) = pointer.and_then(place_in) else {
            kept.push(source);
            continue;
        };
        match place_of(record_type, list, from, &base[list], &record[list], draft) {
            Some(to) => {
                source["field"] = format!("/{list}/{to}{rest}").into();
                kept.push(source);
            }
            None => removed.push(sentence(list, from, &base[list][from], &source)),
        }
    }
    record[SOURCES] = kept.into();
    removed
}

/// Returns the current index of an entry.
fn place_of(
    record_type: &'static RecordType,
    list: &str,
    from: usize,
    before: &Json,
    after: &Json,
    draft: &Draft,
) -> Option<usize> {
    let after = after.as_array().map_or(&[][..], Vec::as_slice);
    if record_type.field(list).is_none_or(|field| !matches!(field.kind, Kind::List(_))) {
        return Some(from);
    }
    if is_tracked(record_type, list) {
        let from = from.to_string();
        return (0..after.len()).find(|index| draft.get(&was(list, Some(*index))) == from);
    }
    // An entry of one text is the same, or it is edited in its place.
    let is_edited = before.as_array().is_some_and(|before| before.len() == after.len());
    let same = after.iter().position(|entry| *entry == before[from]);
    same.or_else(|| Some(from).filter(|_| is_edited))
}

fn sentence(list: &str, index: usize, entry: &Json, source: &Json) -> String {
    let name = |json: &Json| {
        let text = json["name"].as_str().or(json["id"].as_str()).or(json.as_str());
        text.map(str::to_owned)
    };
    let members = entry.as_object().into_iter().flatten().map(|(_, value)| value);
    let entry = name(entry).or_else(|| members.filter_map(name).next());
    let entry = entry.map_or_else(String::new, |entry| format!(" (“{entry}”)"));
    let document = name(&source["document"]).unwrap_or_default();
    format!(
        "You removed entry {} of {}{entry}. Its source, “{document}”, is removed with it.",
        index + 1,
        crate::pages::labels::heading(list),
    )
}
