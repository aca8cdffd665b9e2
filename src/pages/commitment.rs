//! A commitment: its words, its parts, what it follows, and its course as a time line.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::entries::{all_of, entries, standing};
use super::labels::{date, figure, prose, status};
use super::links::{Links, list, text};
use super::sections::Sections;
use super::sources::Sources;
use crate::reading::MAX_LIMIT;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// What the page of a commitment shows besides its facts.
pub fn parts(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok(Sections::default()) };
    let asked = [("follows", text(record, "id")), ("limit", &MAX_LIMIT.to_string())]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let followed_by = context.list(commitments, &asked)?;
    let links = &context.links;
    let sources = Sources::of(record);
    let lead = html! {
        p.lead {
            (standing(record))
            @if !list(record, "departments").is_empty() {
                " "
                (all_of(links, list(record, "departments")))
            }
        }
        (sources.note(links, "/status", "the status", &record["status"]))
    };
    let before = html! {
        @if let Some(text) = record["text"].as_str() {
            div.summary { (prose(text)) (sources.note(links, "/text", "the text", &record["text"])) }
        }
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
        (course(links, record, list(&followed_by, "data")))
        @if !list(record, "parts").is_empty() {
            section aria-labelledby="parts" {
                h2 #parts { "Its parts" }
                (entries(links, list(record, "parts")))
            }
        }
    };
    Ok(Sections {
        lead,
        before,
        after: html! {},
        shown_elsewhere: &["text", "status", "overdue", "figures", "departments"],
    })
}

/// One thing in the course of a commitment.
struct Step<'j> {
    date: &'j str,
    told: Markup,
}

/// What became of it: all that is dated, in order; what has no date comes last.
fn course(links: &Links, record: &Json, followed_by: &[Json]) -> Markup {
    let mut steps: Vec<Step<'_>> = Vec::new();
    steps.push(Step {
        date: text(record, "made_on"),
        told: html! {
            strong { "Made" }
            @if !record["made_by"].is_null() { " by " (links.link(&record["made_by"])) }
            @if !record["meeting"].is_null() { " at the " (links.link(&record["meeting"])) }
            @if !record["follows"].is_null() { ", following “" (links.link(&record["follows"])) "”" }
        },
    });
    for update in list(record, "progress_updates") {
        steps.push(Step {
            date: text(update, "date"),
            told: html! {
                strong { "Reported" }
                @if !update["meeting"].is_null() { " at the " (links.link(&update["meeting"])) }
                @if !update["status"].is_null() { " " (status(text(update, "status"))) }
                (prose(text(update, "text")))
                p { (links.link_as(update, "The report and its sources")) }
            },
        });
    }
    if let Some(due) = record["due"].as_str() {
        let overdue = record["overdue"] == true;
        steps.push(Step {
            date: due,
            told: html! {
                strong { "Due" }
                @if overdue {
                    " "
                    span.status.overdue { "overdue" }
                }
                (Sources::of(record).note(links, "/due", "the due date", &record["due"]))
            },
        });
    }
    if let Some(since) = record["status_date"].as_str() {
        steps.push(Step {
            date: since,
            told: html! {
                "Stands as "
                (status(text(record, "status")))
            },
        });
    }
    for later in followed_by {
        steps.push(Step {
            date: text(later, "made_on"),
            told: html! {
                strong { "Continued" }
                " by “"
                (links.link(later))
                "”"
            },
        });
    }
    steps.sort_by_key(|step| (step.date.is_empty(), step.date));
    html! {
        section aria-labelledby="course" {
            h2 #course { "What became of it" }
            ol.course {
                @for step in &steps {
                    li {
                        p.date {
                            @if step.date.is_empty() { "no date recorded" } @else {
                                (date(step.date))
                            }
                        }
                        div { (step.told) }
                    }
                }
            }
            @if list(record, "progress_updates").is_empty() && followed_by.is_empty() {
                p.unknown { "No later report of it is in the record." }
            }
        }
    }
}
