//! A document: where it can be read, and which records stand on it.

use maud::html;
use serde_json::Value as Json;

use super::context::PageContext;
use super::labels::{capital, date, plain, several};
use super::links::{list, text};
use super::sections::Sections;
use super::value::outside;
use crate::records::CATALOGUE;

/// What the page of a document shows besides its facts.
pub fn parts(context: &PageContext<'_, '_>, record: &Json) -> Sections {
    let links = &context.links;
    let cited_by = list(record, "cited_by");
    let lead = html! {
        p.lead {
            (capital(&plain(text(record, "kind"))))
            @if !record["publisher"].is_null() { ", " (links.link(&record["publisher"])) }
            @if !record["issued"].is_null() { ", " (date(text(record, "issued"))) }
        }
        @if let Some(url) = record["url"].as_str() {
            p { (outside(url)) }
        }
    };
    let after = html! {
        section aria-labelledby="cited-by" {
            h2 #cited-by { "What stands on it" }
            @if cited_by.is_empty() {
                p.unknown { "No record refers to it." }
            }
            @for record_type in CATALOGUE.iter() {
                @let of_type: Vec<&Json> = cited_by
                    .iter()
                    .filter(|one| text(one, "type") == record_type.name)
                    .collect();
                @if !of_type.is_empty() {
                    h3 { (capital(&several(record_type))) }
                    ul.plain {
                        @for one in of_type {
                            li { (links.link(one)) }
                        }
                    }
                }
            }
        }
    };
    Sections { lead, before: html! {}, after, shown_elsewhere: &["url", "kind"] }
}
