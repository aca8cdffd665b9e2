//! The page of a document: where to read it, its copies, and the records that cite it.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, pairs};
use super::labels::{capital, nouns, plain};
use super::links::{Links, list, text};
use super::sections::Sections;
use super::value::external_link;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// Returns the sections of a document.
pub fn sections(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let Some(documents) = CATALOGUE.get("document") else { return Ok(Sections::default()) };
    let query = pairs(&[("copy_of", text(record, "id")), ("sort", "name")]);
    let copies = context.all(documents, &query)?;
    let links = &context.links;
    let lead = html! {
        p.lead {
            (capital(&plain(text(record, "kind"))))
            @if !record["publisher"].is_null() { ", " (links.link(&record["publisher"])) }
            @if !record["issued"].is_null() { ", " (links.date(text(record, "issued"))) }
        }
        @if !record["copy_of"].is_null() {
            p { "Copy of " (links.link(&record["copy_of"])) }
        }
        @if let Some(url) = record["url"].as_str() {
            p { (external_link(url)) }
        }
    };
    let after_facts = html! {
        (copies_section(links, &copies))
        (cited_by(links, list(record, "cited_by")))
    };
    Ok(Sections {
        lead,
        after_facts,
        shown_elsewhere: &["url", "kind", "copy_of"],
        ..Sections::default()
    })
}

fn copies_section(links: &Links, copies: &[Json]) -> Markup {
    html! {
        @if !copies.is_empty() {
            section aria-labelledby="copies" {
                h2 #copies { "Copies" }
                ul.plain {
                    @for copy in copies {
                        li {
                            (links.link(copy))
                            @if !copy["publisher"].is_null() {
                                ", "
                                (links.link(&copy["publisher"]))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cited_by(links: &Links, citing: &[Json]) -> Markup {
    html! {
        section aria-labelledby="cited-by" {
            h2 #cited-by { "Records that cite this document" }
            @if citing.is_empty() {
                p.unknown { "No record cites it." }
            }
            @for record_type in CATALOGUE.iter() {
                @let of_type: Vec<&Json> = citing
                    .iter()
                    .filter(|one| text(one, "type") == record_type.name)
                    .collect();
                @if !of_type.is_empty() {
                    h3 { (capital(&nouns(record_type).1)) " " span.note { (of_type.len()) } }
                    ul.plain {
                        @for one in of_type {
                            li { (links.link(one)) }
                        }
                    }
                }
            }
        }
    }
}
