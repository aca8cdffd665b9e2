//! The sources of facts: the documents that support a field, with the place and the value in each.
//! Sources that differ are shown expanded.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::count;
use super::links::{Links, list, text};
use super::value::in_brief;

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
            @if let ([only], []) = (sources.as_slice(), statements.as_slice()) {
                p.sources {
                    span.label {
                        "Source"
                        span.hidden { " for " (label) }
                        ": "
                    }
                    (source(links, only))
                }
            } @else if !sources.is_empty() {
                details.sources.differ[differ] open[differ] {
                    summary {
                        (count(sources.len(), "source", "sources"))
                        span.hidden { " for " (label) }
                        @if differ {
                            " · "
                            strong { "sources differ" }
                        }
                    }
                    (entries(links, &sources))
                }
            }
        }
    }
}

/// Renders sources as a list.
pub fn entries(links: &Links, sources: &[&Json]) -> Markup {
    html! {
        ul {
            @for one in sources {
                li { (source(links, one)) }
            }
        }
    }
}

/// Renders a source: the document, the place in it, and its value.
fn source(links: &Links, source: &Json) -> Markup {
    html! {
        (links.source(&source["document"]))
        @if !text(source, "locator").is_empty() {
            ", "
            span.locator { (text(source, "locator")) }
        }
        @if !text(source, "says").is_empty() {
            span.says {
                " says: "
                q { (text(source, "says")) }
            }
        }
        @if !text(source, "note").is_empty() {
            " "
            span.note { (text(source, "note")) }
        }
    }
}

/// Renders the sources of the record.
pub fn section(links: &Links, record: &Json) -> Markup {
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
                    div.cited { (entries(links, &of_record)) }
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
                ul.cited {
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
