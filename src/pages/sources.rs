//! Where a fact comes from: the documents behind a field, where in them, and what each says. What
//! contradicts is shown open.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::count;
use super::links::{Links, list, text};
use super::value::in_brief;

/// The sources of a record.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'j>(&'j [Json]);

impl<'j> Sources<'j> {
    /// Those of this record.
    pub fn of(record: &'j Json) -> Self {
        Self(list(record, "sources"))
    }

    /// Those that speak of a field, or of something in it.
    pub fn speaking_of(self, pointer: &str) -> Vec<&'j Json> {
        let speaks = |source: &&Json| {
            text(source, "field")
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().filter(speaks).collect()
    }

    /// Those of the record as a whole.
    pub fn whole(self) -> Vec<&'j Json> {
        self.0.iter().filter(|source| source["field"].is_null()).collect()
    }

    /// The sources of a field, as a note beside its value.
    pub fn note(self, links: &Links, pointer: &str, what: &str, value: &Json) -> Markup {
        let sources = self.speaking_of(pointer);
        let told: Vec<&str> = sources
            .iter()
            .map(|source| text(source, "says"))
            .filter(|says| !says.is_empty())
            .collect();
        let differ = told.iter().any(|says| *says != in_brief(value));
        html! {
            @if let ([only], []) = (sources.as_slice(), told.as_slice()) {
                p.sources {
                    span.label {
                        "Source"
                        span.hidden { " for " (what) }
                        ": "
                    }
                    (one(links, only))
                }
            } @else if !sources.is_empty() {
                details.sources.differ[differ] open[differ] {
                    summary {
                        (count(sources.len(), "source", "sources"))
                        span.hidden { " for " (what) }
                        @if differ {
                            " · "
                            strong { "not alike" }
                        }
                    }
                    (entries(links, &sources))
                }
            }
        }
    }
}

/// Sources one by one, with what each says.
pub fn entries(links: &Links, sources: &[&Json]) -> Markup {
    html! {
        ul {
            @for source in sources {
                li { (one(links, source)) }
            }
        }
    }
}

/// A source: the document, where in it, what it says.
fn one(links: &Links, source: &Json) -> Markup {
    html! {
        (links.link(&source["document"]))
        @if !text(source, "locator").is_empty() {
            ", "
            span.locator { (text(source, "locator")) }
        }
        @if !text(source, "says").is_empty() {
            span.says {
                " says "
                q { (text(source, "says")) }
            }
        }
        @if !text(source, "note").is_empty() {
            " "
            span.note { (text(source, "note")) }
        }
    }
}

/// The sources of the record as a whole, and those of fields that no fact on the page has shown.
pub fn section(links: &Links, record: &Json) -> Markup {
    let sources = Sources::of(record);
    let whole = sources.whole();
    html! {
        section aria-labelledby="sources" {
            h2 #sources { "Sources" }
            @if sources.0.is_empty() {
                p.unknown { "No source is recorded yet." }
            } @else if whole.is_empty() {
                p.quiet { "Each source stands beside the fact that it tells." }
            } @else {
                p.quiet { "Facts that show no source of their own stand on these." }
                div.cited { (entries(links, &whole)) }
            }
        }
    }
}

/// The documents that have to do with a record, other than its sources.
pub fn documents(links: &Links, record: &Json) -> Markup {
    let linked = list(record, "documents");
    html! {
        @if !linked.is_empty() {
            section aria-labelledby="documents" {
                h2 #documents { "Related documents" }
                ul.cited {
                    @for link in linked {
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
        "about" => "tells of it",
        "advances" => "advanced by it",
        "implements" => "carries it out",
        "product" => "came out of it",
        _ => "related",
    }
}
