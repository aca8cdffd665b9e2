//! The differences between two versions of a record, side by side. For a list, only the entries
//! that differ are shown.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::{capital, heading, plain};
use super::links::{Links, text};
use super::value::{entry, is_unknown, value};
use crate::model::{Field, Kind, RecordType};

/// Renders the fields that differ, with the earlier value beside the later one.
pub fn differences(
    links: &Links,
    record_type: &'static RecordType,
    changed: &[String],
    before: &Json,
    after: &Json,
) -> Markup {
    html! {
        @if !before.is_null() && !after.is_null() && !changed.is_empty() {
            div.scroll tabindex="0" role="group" aria-label="Differences" {
                table.differences {
                    thead {
                        tr {
                            th scope="col" { "Field" }
                            th scope="col" { "Before" }
                            th scope="col" { "After" }
                        }
                    }
                    tbody {
                        @for pointer in changed {
                            (field_rows(links, record_type, pointer, before, after))
                        }
                    }
                }
            }
        }
    }
}

/// Renders the rows of a field: one for each entry of a list that differs, else one.
fn field_rows(
    links: &Links,
    record_type: &'static RecordType,
    pointer: &str,
    before: &Json,
    after: &Json,
) -> Markup {
    let field = field_at(record_type, pointer);
    let at = |record: &Json| record.pointer(pointer).cloned().unwrap_or(Json::Null);
    let (before, after) = (at(before), at(after));
    let name = pointer.split('/').skip(1).map(heading).collect::<Vec<_>>().join(", ");
    match (field, &before, &after) {
        (Some(field), Json::Array(before), Json::Array(after))
            if matches!(field.kind, Kind::List(_)) =>
        {
            list_rows(links, field, &name, before, after)
        }
        _ => {
            let show = |json: &Json| match field {
                _ if is_unknown(json) => none(),
                Some(field) => value(links, field, json),
                None => html! { (super::value::in_brief(json)) },
            };
            row(&name, "", Some(&show(&before)), Some(&show(&after)))
        }
    }
}

/// Renders the entries of a list that were added, removed or changed.
fn list_rows(
    links: &Links,
    field: &'static Field,
    name: &str,
    before: &[Json],
    after: &[Json],
) -> Markup {
    let pairs = pair_entries(before, after);
    let whole = |json: &Json| entry(links, field, json);
    html! {
        @for pair in &pairs {
            @match pair {
                (Some(before), Some(after)) => {
                    (
                        row(
                            name,
                            "changed",
                            Some(&differing(links, field, before, after)),
                            Some(&differing(links, field, after, before)),
                        )
                    )
                }
                (Some(before), None) => (row(name, "removed", Some(&whole(before)), None)),
                (None, Some(after)) => (row(name, "added", None, Some(&whole(after)))),
                (None, None) => {}
            }
        }
        @if pairs.is_empty() {
            (row(name, "other order", Some(&order(before)), Some(&order(after))))
        }
    }
}

/// Pairs the differing entries of two lists. An entry that was added or removed is paired with
/// nothing.
fn pair_entries<'j>(
    before: &'j [Json],
    after: &'j [Json],
) -> Vec<(Option<&'j Json>, Option<&'j Json>)> {
    let mut added: Vec<&Json> = after.iter().collect();
    let mut removed: Vec<&Json> = Vec::new();
    for entry in before {
        match added.iter().position(|other| *other == entry) {
            Some(place) => {
                added.remove(place);
            }
            None => removed.push(entry),
        }
    }
    let mut pairs = Vec::new();
    for entry in removed {
        let same = |other: &&Json| identity(other).is_some() && identity(other) == identity(entry);
        let place = added.iter().position(same);
        pairs.push((Some(entry), place.map(|place| added.remove(place))));
    }
    pairs.extend(added.into_iter().map(|entry| (None, Some(entry))));
    pairs
}

/// Returns the agent or reference that an entry is about.
fn identity(entry: &Json) -> Option<(&str, &str)> {
    let about = ["agent", "document", "organization"].iter().find_map(|name| {
        let about = &entry[*name];
        about.is_object().then_some(about)
    })?;
    Some((text(about, "name"), text(entry, "field")))
}

/// Renders the name of an entry, and its members that differ from another entry.
fn differing(links: &Links, field: &'static Field, one: &Json, other: &Json) -> Markup {
    let Kind::Object(object) = field.kind.element() else { return entry(links, field, one) };
    let differing: Vec<&Field> =
        object.fields.iter().filter(|field| one[field.name] != other[field.name]).collect();
    html! {
        @if let Some((name, _)) = identity(one) {
            p { (name) }
        }
        ul.members {
            @for field in differing {
                li {
                    span.label { (heading(field.name)) ": " }
                    @if is_unknown(&one[field.name]) { (none()) } @else {
                        (value(links, field, &one[field.name]))
                    }
                }
            }
        }
    }
}

/// Renders the names of entries in their order.
fn order(entries: &[Json]) -> Markup {
    let names = entries.iter().map(|entry| match identity(entry) {
        Some((name, _)) => name.to_owned(),
        None => super::value::in_brief(entry),
    });
    html! {
        (names.collect::<Vec<_>>().join("; "))
    }
}

fn row(name: &str, change: &str, before: Option<&Markup>, after: Option<&Markup>) -> Markup {
    html! {
        tr {
            th scope="row" {
                (name)
                @if !change.is_empty() {
                    " "
                    span.tag { (change) }
                }
            }
            td data-label="Before" {
                @if let Some(before) = before {
                    del { (before) }
                }
            }
            td data-label="After" {
                @if let Some(after) = after {
                    ins { (after) }
                }
            }
        }
    }
}

fn none() -> Markup {
    html! {
        span.unknown { "not recorded" }
    }
}

/// Returns the field that a pointer leads to.
fn field_at(record_type: &'static RecordType, pointer: &str) -> Option<&'static Field> {
    let mut steps = pointer.split('/').skip(1);
    let mut field = steps.next().and_then(|name| record_type.field(name))?;
    for step in steps {
        let Kind::Object(object) = field.kind else { return None };
        field = object.fields.iter().find(|field| field.name == step)?;
    }
    Some(field)
}

/// Returns an operation as a past participle.
pub fn operation(word: &str) -> String {
    let known = match word {
        "create" => "created",
        "update" => "changed",
        "delete" => "deleted",
        "restore" => "restored",
        "merge" => "merged into another",
        "redact" => "redacted",
        other => return plain(other),
    };
    known.to_owned()
}

/// Returns an operation as the beginning of a heading.
pub fn operation_heading(word: &str) -> String {
    capital(&operation(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pairs_an_added_a_removed_and_a_changed_entry() {
        let entry = |name: &str, role: &str| json!({ "agent": { "name": name }, "role": role });
        let (a, b, c) = (entry("A", "chair"), entry("B", "speaker"), entry("C", "speaker"));
        let changed = entry("B", "observer");
        let (before, after) = ([a.clone(), b.clone()], [a, changed.clone(), c.clone()]);
        assert_eq!(pair_entries(&before, &after), [(Some(&b), Some(&changed)), (None, Some(&c))]);
        assert_eq!(pair_entries(&after, &before)[1], (Some(&c), None));
    }
}
