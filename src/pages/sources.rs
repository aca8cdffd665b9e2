//! The sources of facts: the documents that support a field, with the place and the value in each.
//! A few sources that differ are shown expanded. Sources of the whole record are numbered.

use std::collections::HashMap;

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::entries::part;
use super::labels::{count, prose};
use super::links::{Links, list, text};
use super::value::in_brief;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// The number of sources that differ above which they are collapsed.
const MAX_EXPANDED: usize = 4;

/// The sources of a record.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'j>(&'j [Json]);

impl<'j> Sources<'j> {
    /// Returns the sources of a record.
    pub fn of(record: &'j Json) -> Self {
        Self(list(record, "sources"))
    }

    /// Returns whether there is no source.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Returns the sources of a field and of anything in it.
    pub fn of_field(self, pointer: &str) -> Vec<&'j Json> {
        let is_of_field = |source: &&Json| {
            text(source, "field")
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().filter(is_of_field).collect()
    }

    /// Returns the sources of the record rather than of one of its fields.
    pub fn of_record(self) -> Vec<&'j Json> {
        self.0.iter().filter(|source| source["field"].is_null()).collect()
    }

    /// Returns the number of a source in the list of the record's sources.
    fn number(self, source: &Json) -> Option<usize> {
        let id = text(&source["document"], "id");
        let is_same = |other: &&Json| text(&other["document"], "id") == id;
        self.of_record().iter().position(is_same).map(|index| index + 1)
    }

    /// Renders the number of a source, which distinguishes documents of the same name.
    fn reference(self, source: &Json) -> Markup {
        html! {
            @if let Some(number) = self.number(source) {
                " "
                a.numbers href={ "#source-" (number) } { "[" (number) "]" }
            }
        }
    }

    /// Renders the sources of a field by number, if the list of sources says everything about them.
    pub fn numbers(self, pointer: &str, label: &str) -> Option<Markup> {
        let sources = self.of_field(pointer);
        let is_plain =
            |source: &&Json| ["says", "locator", "note"].iter().all(|name| source[*name].is_null());
        let numbers: Vec<usize> =
            sources.iter().filter(|one| is_plain(one)).filter_map(|one| self.number(one)).collect();
        if numbers.is_empty() || numbers.len() < sources.len() {
            return None;
        }
        let link = |number: usize, source: &Json, content: &Markup| {
            let name = text(&source["document"], "name");
            html! { a href={ "#source-" (number) } title=(name) { (content) } }
        };
        Some(html! {
            span.numbers {
                @if let ([number], [only]) = (numbers.as_slice(), sources.as_slice()) {
                    (link(*number, only, &html! { "Source " (number) }))
                    span.hidden { " for " (label) }
                } @else {
                    "Sources"
                    span.hidden { " for " (label) }
                    @for (index, (number, one)) in numbers.iter().zip(&sources).enumerate() {
                        (if index > 0 { ", " } else { " " })
                        (link(*number, one, &html! { span.hidden { "Source " } (number) }))
                    }
                }
            }
        })
    }

    /// Renders the sources of a field as a note beside its value.
    pub fn note(self, links: &Links, pointer: &str, label: &str, value: &Json) -> Markup {
        let sources = self.of_field(pointer);
        let statements: Vec<&str> = sources
            .iter()
            .map(|source| text(source, "says"))
            .filter(|says| !says.is_empty())
            .collect();
        let differ = statements.iter().any(|says| *says != in_brief(value));
        html! {
            @if let Some(numbers) = self.numbers(pointer, label) {
                p.sources { (numbers) }
            } @else if let ([only], []) = (sources.as_slice(), statements.as_slice()) {
                p.sources {
                    span.label {
                        "Source"
                        span.hidden { " for " (label) }
                        ": "
                    }
                    (source(links, only, &html! {}))
                }
            } @else if !sources.is_empty() {
                details.sources.differ[differ] open[differ && sources.len() <= MAX_EXPANDED] {
                    summary {
                        (count(sources.len(), "source", "sources"))
                        span.hidden { " for " (label) }
                        @if differ {
                            " · "
                            strong { "sources differ" }
                        }
                    }
                    ul {
                        @for one in &sources {
                            li { (source(links, one, &self.reference(one))) }
                        }
                    }
                }
            }
        }
    }
}

/// Returns text with single quotation marks, since it will be within double ones.
fn quoted(text: &str) -> String {
    text.replace('“', "‘").replace('”', "’")
}

/// Renders a source: the document, its number, the place in it, and its value.
fn source(links: &Links, source: &Json, number: &Markup) -> Markup {
    html! {
        (links.source(&source["document"]))
        (number)
        @if !text(source, "locator").is_empty() {
            ", "
            span.locator { (text(source, "locator")) }
        }
        @if !text(source, "says").is_empty() {
            span.says {
                " says: "
                q { (quoted(text(source, "says"))) }
            }
        }
        @if !text(source, "note").is_empty() {
            " "
            span.note { (text(source, "note")) }
        }
    }
}

/// Returns where and when the documents of a record's own sources were published, by id.
pub fn publications(
    context: &mut PageContext<'_, '_>,
    record: &Json,
) -> Result<HashMap<String, Json>, Problem> {
    let Some(documents) = CATALOGUE.get("document") else { return Ok(HashMap::new()) };
    let sources = Sources::of(record).of_record();
    let ids = sources.iter().map(|source| text(&source["document"], "id"));
    context.by_ids(documents, ids, "publisher,issued,url,archived_url")
}

/// Renders the sources of the record, with their publication. Facts refer to them by number.
pub fn section(links: &Links, record: &Json, publications: &HashMap<String, Json>) -> Markup {
    let sources = Sources::of(record);
    let of_record = sources.of_record();
    // A document is a source itself.
    let needs_none = text(record, "type") == "document";
    html! {
        @if !(sources.is_empty() && needs_none) {
            section aria-labelledby="sources" {
                h2 #sources { "Sources" }
                @if sources.is_empty() {
                    p.unknown { "No source has been recorded yet." }
                } @else if of_record.is_empty() {
                    p.quiet { "Sources are shown beside each fact." }
                } @else {
                    p.quiet { "Unless another source is shown, facts come from these sources." }
                    ol.cited {
                        @for (index, one) in of_record.iter().enumerate() {
                            li id={ "source-" (index + 1) } {
                                (source(links, one, &html! {}))
                                @if let Some(publication) =
                                    publications.get(text(&one["document"], "id"))
                                {
                                    (published(links, publication))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Renders the publisher, the date and the original or archived address of a document.
fn published(links: &Links, document: &Json) -> Markup {
    let url = document["url"].as_str().or_else(|| document["archived_url"].as_str());
    let host = url
        .and_then(|url| url::Url::parse(url).ok())
        .and_then(|url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned()));
    html! {
        p.facts-line {
            (part("", text(&document["publisher"], "name")))
            (part("", links.date(text(document, "issued"))))
            @if let (Some(url), Some(host)) = (url, host) {
                span {
                    a.outside href=(url) rel="external nofollow noopener" { (host) }
                }
            }
        }
    }
}

/// Renders the documents related to a record, other than its sources.
pub fn documents(links: &Links, record: &Json) -> Markup {
    let related = list(record, "documents");
    html! {
        @if !related.is_empty() {
            section aria-labelledby="documents" {
                h2 #documents { "Related documents" }
                ul.related {
                    @for link in related {
                        li {
                            (links.link(&link["document"]))
                            " "
                            span.tag { (relation(text(link, "rel"))) }
                            @if !text(link, "note").is_empty() {
                                " "
                                span.note { (text(link, "note")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn relation(rel: &str) -> &str {
    match rel {
        "recording" => "recording",
        "about" => "about it",
        "advances" => "advanced by it",
        "implements" => "implements it",
        "product" => "result of it",
        _ => "related",
    }
}

/// Renders the summary of a record with its sources.
pub fn summary(links: &Links, record: &Json) -> Markup {
    html! {
        @if let Some(text) = record["summary"].as_str() {
            div.summary {
                (prose(text))
                (Sources::of(record).note(links, "/summary", "the summary", &record["summary"]))
            }
        }
    }
}
