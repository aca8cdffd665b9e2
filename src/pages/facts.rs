//! The facts of a record, each with its sources beside it, in the order of the declaration.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::{heading, lower, plain};
use super::links::Links;
use super::sources::Sources;
use super::value::{is_unknown, value};
use crate::model::{Field, Kind, RecordType};

/// The fields that the pages of all types show outside of the facts.
const SHOWN_ELSEWHERE: [&str; 10] = [
    "type",
    "id",
    "name",
    "sources",
    "documents",
    "note",
    "revision",
    "created_at",
    "updated_at",
    "sort_name",
];

/// Renders the facts of a record, except the fields that its page shows elsewhere.
pub fn facts(
    links: &Links,
    record_type: &'static RecordType,
    record: &Json,
    shown_elsewhere: &[&str],
) -> Markup {
    let sources = Sources::of(record);
    let is_shown = |field: &&&Field| {
        !SHOWN_ELSEWHERE.contains(&field.name) && !shown_elsewhere.contains(&field.name)
    };
    let (unknown, known): (Vec<&Field>, Vec<&Field>) =
        record_type.all().iter().filter(is_shown).copied().partition(|field| {
            is_unknown(&record[field.name])
                && sources.of_field(&format!("/{}", field.name)).is_empty()
        });
    let unknown = not_recorded(record_type, &unknown);
    html! {
        @if !known.is_empty() || !unknown.is_empty() {
            section.facts aria-labelledby="facts" {
                h2 #facts { "Facts" }
                dl.facts {
                    @for field in known { (fact(links, field, record)) }
                    @if !unknown.is_empty() {
                        div {
                            dt { "Not recorded" }
                            dd.unknown { (unknown.join(", ")) }
                        }
                    }
                }
            }
        }
    }
}

fn fact(links: &Links, field: &Field, record: &Json) -> Markup {
    let known = &record[field.name];
    let pointer = format!("/{}", field.name);
    let note = Sources::of(record).note(links, &pointer, &plain(field.name), known);
    html! {
        div {
            dt { (heading(field.name)) }
            dd { (value(links, field, known)) (note) }
        }
    }
}

/// Returns the names of unknown fields. None are named for people, whose pages are limited to what
/// the public record requires.
fn not_recorded(record_type: &RecordType, unknown: &[&Field]) -> Vec<String> {
    if record_type.name == "person" {
        return Vec::new();
    }
    unknown
        .iter()
        .filter(|field| !matches!(field.kind, Kind::PastDue { .. }))
        .map(|field| lower(&heading(field.name)))
        .collect()
}

/// Renders the note of the record keeper.
pub fn note(record: &Json) -> Markup {
    html! {
        @if let Some(note) = record["note"].as_str() {
            aside.remark aria-label="Note" { (super::labels::prose(note)) }
        }
    }
}
