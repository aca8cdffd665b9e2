//! The facts of a record, each with its sources beside it, in the order of the declaration.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::{heading, plain};
use super::links::Links;
use super::sources::Sources;
use super::value::{is_unknown, value};
use crate::model::{Field, Kind, RecordType};

/// What every record has and no page lists among its facts.
const ALWAYS_APART: [&str; 10] = [
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

/// The facts of a record but those that the page shows in another place.
pub fn facts(
    links: &Links,
    record_type: &'static RecordType,
    record: &Json,
    shown_elsewhere: &[&str],
) -> Markup {
    let sources = Sources::of(record);
    let shown = |field: &&&Field| {
        !ALWAYS_APART.contains(&field.name) && !shown_elsewhere.contains(&field.name)
    };
    let (unknown, known): (Vec<&Field>, Vec<&Field>) =
        record_type.all().iter().filter(shown).copied().partition(|field| {
            is_unknown(&record[field.name])
                && sources.speaking_of(&format!("/{}", field.name)).is_empty()
        });
    html! {
        dl.facts {
            @for field in known {
                div {
                    dt title=(field.doc) { (heading(field.name)) }
                    dd {
                        (value(links, field.kind, &record[field.name]))
                        (
                            sources
                                .note(
                                    links,
                                    &format!("/{}", field.name),
                                    &plain(field.name),
                                    &record[field.name],
                                )
                        )
                    }
                }
            }
            @let unknown: Vec<String> = unknown
                .iter()
                .filter(|field| !matches!(field.kind, Kind::PastDue { .. }))
                .map(|field| heading(field.name).to_lowercase())
                .collect();
            @if !unknown.is_empty() {
                div {
                    dt { "Not recorded" }
                    dd.unknown { (unknown.join(", ")) }
                }
            }
        }
    }
}

/// What the record keeper remarks.
pub fn remark(record: &Json) -> Markup {
    html! {
        @if let Some(note) = record["note"].as_str() {
            aside.remark aria-label="Remark of the record keeper" { (super::labels::prose(note)) }
        }
    }
}
