//! The page of a commitment: its text, its parts, and a timeline of its progress.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, pairs};
use super::entries::{entries, status_tags};
use super::labels::{figure, prose, status};
use super::links::{Links, list, text};
use super::sections::Sections;
use super::sources::Sources;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// Returns the sections of a commitment.
pub fn sections(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok(Sections::default()) };
    let followed_by = context.all(commitments, &pairs(&[("follows", text(record, "id"))]))?;
    let links = &context.links;
    let lead = html! {
        p.lead {
            (status_tags(record))
            @if !list(record, "departments").is_empty() {
                " "
                (links.link_all(list(record, "departments")))
            }
        }
        (Sources::of(record).note(links, "/status", "the status", &record["status"]))
    };
    let before_facts = html! {
        (summary(links, record))
        (figures(links, record))
        (timeline(links, record, &followed_by))
        @if !list(record, "parts").is_empty() {
            section aria-labelledby="parts" {
                h2 #parts { "Parts" }
                (entries(links, list(record, "parts")))
            }
        }
    };
    Ok(Sections {
        lead,
        before_facts,
        shown_elsewhere: &["text", "status", "overdue", "figures", "departments", "position"],
        ..Sections::default()
    })
}

/// Renders the text, which is a summary, and the statements of its sources.
fn summary(links: &Links, record: &Json) -> Markup {
    let sources = Sources::of(record);
    let statements: Vec<&Json> =
        sources.of_record().into_iter().filter(|source| !text(source, "says").is_empty()).collect();
    html! {
        @if let Some(summary) = record["text"].as_str().filter(|text| adds_to_name(record, text)) {
            div.summary {
                (prose(summary))
                p.caption { "Summary of the sources." }
                (sources.note(links, "/text", "the text", &record["text"]))
            }
        }
        @for source in statements {
            figure.statement {
                blockquote {
                    p { (text(source, "says")) }
                }
                figcaption { (links.link(&source["document"])) }
            }
        }
    }
}

/// Returns whether a text says more than the name of its record.
fn adds_to_name(record: &Json, summary: &str) -> bool {
    summary.trim_end_matches('.') != text(record, "name").trim_end_matches('.')
}

fn figures(links: &Links, record: &Json) -> Markup {
    let sources = Sources::of(record);
    html! {
        @if !list(record, "figures").is_empty() {
            section aria-labelledby="figures" {
                h2 #figures { "Figures" }
                ul.figures {
                    @for (index, one) in list(record, "figures").iter().enumerate() {
                        li {
                            (figure(one))
                            (sources.note(links, &format!("/figures/{index}"), "the figure", one))
                        }
                    }
                }
            }
        }
    }
}

/// An event in the life of a commitment.
struct Event<'j> {
    date: &'j str,
    description: Markup,
}

/// Returns the events of a commitment in order; those without a date come last.
fn events<'j>(links: &Links, record: &'j Json, followed_by: &'j [Json]) -> Vec<Event<'j>> {
    let made = html! {
        strong { "Made" }
        @if !record["made_by"].is_null() { " by " (links.link(&record["made_by"])) }
        @if !record["meeting"].is_null() { " at the " (links.meeting(&record["meeting"])) }
        @if !record["follows"].is_null() { ", continuing “" (links.link(&record["follows"])) "”" }
    };
    let mut events = vec![Event { date: text(record, "made_on"), description: made }];
    for update in list(record, "progress_updates") {
        let description = html! {
            strong { "Progress reported" }
            @if !update["meeting"].is_null() { " at the " (links.meeting(&update["meeting"])) }
            " "
            (status(text(update, "status")))
            (prose(text(update, "text")))
            p { (links.link_as(update, "View update and sources")) }
        };
        events.push(Event { date: text(update, "date"), description });
    }
    if let Some(due) = record["due"].as_str() {
        let description = html! {
            strong { "Due" }
            @if record["overdue"] == true {
                " "
                span.status.overdue { "overdue" }
            }
            (Sources::of(record).note(links, "/due", "the due date", &record["due"]))
        };
        events.push(Event { date: due, description });
    }
    if let Some(since) = record["status_date"].as_str() {
        let description = html! {
            strong { "Status:" }
            " "
            (status(text(record, "status")))
        };
        events.push(Event { date: since, description });
    }
    for later in followed_by {
        let description = html! {
            strong { "Continued" }
            " by “"
            (links.link(later))
            "”"
        };
        events.push(Event { date: text(later, "made_on"), description });
    }
    events.sort_by_key(|event| (event.date.is_empty(), event.date));
    events
}

/// Renders the timeline of the commitment.
fn timeline(links: &Links, record: &Json, followed_by: &[Json]) -> Markup {
    html! {
        section aria-labelledby="outcome" {
            h2 #outcome { "Progress and outcome" }
            ol.timeline {
                @for event in events(links, record, followed_by) {
                    li {
                        p.date {
                            @if event.date.is_empty() { "Date not recorded" } @else {
                                (links.date(event.date))
                            }
                        }
                        div { (event.description) }
                    }
                }
            }
            @if list(record, "progress_updates").is_empty() && followed_by.is_empty() {
                p.unknown { "No later report has been found." }
            }
        }
    }
}
