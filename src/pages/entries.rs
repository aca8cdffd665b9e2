//! A record as one entry of a list: its name, its date and the few facts that tell it from its
//! neighbours.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::{capital, cohort, count, date, date_words, place, plain, status};
use super::links::{Links, list, text};

/// The entries of a list, one under the other.
pub fn entries(links: &Links, records: &[Json]) -> Markup {
    html! {
        ol.entries {
            @for record in records {
                li { (entry(links, record)) }
            }
        }
    }
}

/// One entry.
pub fn entry(links: &Links, record: &Json) -> Markup {
    match text(record, "type") {
        "meeting" => meeting(links, record),
        "commitment" => commitment(links, record),
        "progress_update" => progress_update(links, record),
        "council_member" => council_member(links, record),
        "award_recipient" => award_recipient(links, record),
        "person" => person(links, record),
        "organization" => organization(links, record),
        "document" => document(links, record),
        _ => html! {
            h3 { (links.link(record)) }
        },
    }
}

/// Several agents or records in one line.
pub fn all_of(links: &Links, references: &[Json]) -> Markup {
    html! {
        @for (index, reference) in references.iter().enumerate() {
            @if index > 0 { ", " }
            (links.link(reference))
        }
    }
}

fn meeting(links: &Links, record: &Json) -> Markup {
    let participants = list(record, "participants");
    let chairs: Vec<Json> = participants
        .iter()
        .filter(|one| matches!(text(one, "role"), "chair" | "co_chair"))
        .map(|one| one["agent"].clone())
        .collect();
    html! {
        p.date { (date(text(record, "date"))) }
        h3 { (links.link(record)) }
        p.facts-line {
            @if !chairs.is_empty() {
                span { "Chaired by " (all_of(links, &chairs)) }
            }
            @if !participants.is_empty() {
                span { (count(participants.len(), "participant", "participants")) " recorded" }
            }
            @if !record["location"].is_null() {
                span { (place(&record["location"])) }
            }
            @if text(record, "status") != "held" {
                span { (status(text(record, "status"))) }
            }
        }
    }
}

fn commitment(links: &Links, record: &Json) -> Markup {
    html! {
        p.date { (date(text(record, "made_on"))) }
        h3 { (links.link(record)) }
        p.facts-line {
            (standing(record))
            @if !list(record, "departments").is_empty() {
                span { (all_of(links, list(record, "departments"))) }
            }
            @if text(record, "kind") != "commitment" {
                span { (plain(text(record, "kind"))) }
            }
            @if !record["due"].is_null() {
                span { "due " (date(text(record, "due"))) }
            }
        }
    }
}

/// Where a commitment stands, and whether it is overdue.
pub fn standing(record: &Json) -> Markup {
    html! {
        span {
            (status(text(record, "status")))
            @if record["overdue"] == true {
                " "
                span.status.overdue { "overdue" }
            }
        }
    }
}

fn progress_update(links: &Links, record: &Json) -> Markup {
    html! {
        p.date { (date(text(record, "date"))) }
        h3 { (links.link(record)) }
        p { (text(record, "text")) }
        p.facts-line {
            @if !record["status"].is_null() {
                span { (status(text(record, "status"))) }
            }
            @if !list(record, "departments").is_empty() {
                span { (all_of(links, list(record, "departments"))) }
            }
            @if !record["commitment"].is_null() {
                span { "on “" (links.link(&record["commitment"])) "”" }
            }
        }
    }
}

fn council_member(links: &Links, record: &Json) -> Markup {
    html! {
        p.date { (date(text(record, "announced_on"))) }
        h3 { (links.link(&record["person"])) }
        p.facts-line {
            @if text(record, "role") != "member" {
                span { (capital(&plain(text(record, "role")))) }
            }
            @if !text(record, "cohort").is_empty() {
                span { (cohort(text(record, "cohort"))) }
            }
            @if !record["home_state"].is_null() {
                span { (place(&record["home_state"])) }
            }
            span {
                (
                    match text(record, "status") {
                        "unknown" => "whether in office is not recorded".to_owned(),
                        word => plain(word),
                    }
                )
            }
            span { (links.link_as(record, "The appointment")) }
        }
    }
}

fn award_recipient(links: &Links, record: &Json) -> Markup {
    let joint = !record["joint_award"].is_null();
    html! {
        p.date {
            (
                record["year"]
                    .as_i64()
                    .map_or_else(
                        || date_words(text(record, "presented_on")),
                        |year| year.to_string(),
                    )
            )
        }
        h3 { (links.link(&record["recipient"])) }
        @if !text(record, "citation").is_empty() {
            p { (text(record, "citation")) }
        }
        p.facts-line {
            @if let Some(title) = record["affiliation"]["title"].as_str() {
                span { (title) }
            }
            @if !record["affiliation"]["organization"].is_null() {
                span { (links.link(&record["affiliation"]["organization"])) }
            }
            @if !record["presented_at"].is_null() {
                span { "at the " (links.link(&record["presented_at"])) }
            }
            @if joint {
                span { "shared" }
            }
            span { (links.link_as(record, "The award in full")) }
        }
    }
}

fn person(links: &Links, record: &Json) -> Markup {
    let positions = list(record, "positions");
    html! {
        h3 { (links.link(record)) }
        p.facts-line {
            @for position in positions {
                span {
                    (text(position, "title"))
                    @if !position["organization"].is_null() {
                        ", "
                        (links.link(&position["organization"]))
                    }
                }
            }
        }
    }
}

fn organization(links: &Links, record: &Json) -> Markup {
    html! {
        h3 {
            (links.link(record))
            @if !text(record, "short_name").is_empty() { " (" (text(record, "short_name")) ")" }
        }
        p.facts-line {
            @if !record["kind"].is_null() {
                span { (plain(text(record, "kind"))) }
            }
            @if !record["task_force_role"].is_null() {
                span { (plain(text(record, "task_force_role"))) " of the task force" }
            }
            @if !record["parent"].is_null() {
                span { "part of " (links.link(&record["parent"])) }
            }
        }
    }
}

fn document(links: &Links, record: &Json) -> Markup {
    html! {
        p.date { (date(text(record, "issued"))) }
        h3 { (links.link(record)) }
        p.facts-line {
            span { (plain(text(record, "kind"))) }
            @if !text(record, "number").is_empty() {
                span { (text(record, "number")) }
            }
            @if !record["publisher"].is_null() {
                span { (links.link(&record["publisher"])) }
            }
        }
    }
}
