//! A meeting: who took part and what they said, what was committed to, awarded, announced and
//! reported there.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::charts::{Chart, timeline};
use super::context::PageContext;
use super::entries::entries;
use super::labels::{count, date, meaning, place, plain, prose};
use super::links::{Links, list, text};
use super::list_charts::events;
use super::sections::Sections;
use super::sources::Sources;
use crate::reading::MAX_LIMIT;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// What the page of a meeting shows besides its facts.
pub fn parts(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let chart = chart(context, record)?;
    let links = &context.links;
    let before = html! {
        @if let Some(summary) = record["summary"].as_str() {
            div.summary {
                (prose(summary))
                (Sources::of(record).note(links, "/summary", "the summary", &record["summary"]))
            }
        }
        (participants(links, record))
        (made(links, record, "commitments", "Commitments made there"))
        (made(links, record, "award_recipients", "Awards presented there"))
        (made(links, record, "council_members", "Appointments announced there"))
        (made(links, record, "progress_updates", "Progress reported there"))
    };
    let lead = html! {
        p.lead {
            (date(text(record, "date")))
            @if !record["location"].is_null() { ", " (place(&record["location"])) }
            @if text(record, "status") != "held" { " · " (plain(text(record, "status"))) }
        }
    };
    Ok(Sections { lead, before, after: chart, shown_elsewhere: &["summary", "participants"] })
}

/// The meeting among the others of its body.
fn chart(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Markup, Problem> {
    let Some(meetings) = CATALOGUE.get("meeting") else { return Ok(html! {}) };
    let asked = [
        ("organization", text(&record["organization"], "id")),
        ("fields", "id,name,date"),
        ("sort", "date"),
        ("limit", &MAX_LIMIT.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = context.list(meetings, &asked)?;
    let events = events(context, list(&answer, "data"), text(record, "id"));
    let query: Vec<(&str, &str)> =
        asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let chart = Chart {
        title: "This meeting among the others",
        series: &[],
        counted: "Meeting",
        data: Some(context.api("/meetings", &query)),
    };
    Ok(html! {
        @if events.len() > 1 {
            div.charts.wide { (timeline(&chart, &events)) }
        }
    })
}

fn participants(links: &Links, record: &Json) -> Markup {
    let participants = list(record, "participants");
    html! {
        @if !participants.is_empty() {
            section aria-labelledby="participants" {
                h2 #participants { "Who took part" }
                p.quiet {
                    (count(participants.len(), "participant", "participants"))
                    ",
                in the order of the source. Those with none beside them stand on "
                    a href="#sources" { "the sources of the meeting" }
                    "."
                }
                ol.participants {
                    @for (index, one) in participants.iter().enumerate() {
                        li { (participant(links, record, index, one)) }
                    }
                }
            }
        }
    }
}

fn participant(links: &Links, record: &Json, index: usize, one: &Json) -> Markup {
    let role = text(one, "role");
    let name = text(&one["agent"], "name");
    let attendance = text(one, "attendance");
    html! {
        h3 {
            (links.link(&one["agent"]))
            " "
            span
                class={ "tag role " (role) }
                title=[
                    CATALOGUE
                        .get("meeting")
                        .and_then(|meetings| meaning(meetings, "participants", role))
                ]
            { (plain(role)) }
            @if attendance != "attended" {
                " "
                span.tag { (attendance_words(attendance)) }
            }
        }
        p.facts-line {
            @if !text(one, "credited_as").is_empty() && text(one, "credited_as") != name {
                span { "as “" (text(one, "credited_as")) "”" }
            }
            @if !one["on_behalf_of"].is_null() {
                span { "for " (links.link(&one["on_behalf_of"])) }
            }
            @if !text(one, "stands_in_for").is_empty() {
                span { "in place of " (text(one, "stands_in_for")) }
            }
        }
        @if let Some(remarks) = one["remarks"].as_str() { (prose(remarks)) }
        @if !one["document"].is_null() {
            p.facts-line {
                span { "On: " (links.link(&one["document"])) }
            }
        }
        @if !list(one, "topics").is_empty() {
            ul.inline.topics {
                @for topic in list(one, "topics") {
                    li { (plain(topic.as_str().unwrap_or_default())) }
                }
            }
        }
        @if let Some(note) = one["note"].as_str() {
            p.note { (note) }
        }
        (Sources::of(record).note(links, &format!("/participants/{index}"), name, one))
    }
}

fn attendance_words(attendance: &str) -> &'static str {
    match attendance {
        "expected" => "announced to come",
        "absent" => "absent",
        "statement_only" => "sent a statement",
        _ => "presence not recorded",
    }
}

/// What a meeting has of one kind.
fn made(links: &Links, record: &Json, member: &str, title: &str) -> Markup {
    let records = list(record, member);
    html! {
        @if !records.is_empty() {
            section aria-labelledby=(member) {
                h2 id=(member) { (title) }
                (entries(links, records))
            }
        }
    }
}
