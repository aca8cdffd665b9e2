//! Records as entries of a list: the name, the date and the few facts that distinguish a record
//! from its neighbors.

use maud::{Markup, Render, html};
use serde_json::Value as Json;

use super::labels::{cohort, count, place, plain, status};
use super::links::{Links, list, text};

/// Renders records as a list.
pub fn entries(links: &Links, records: &[Json]) -> Markup {
    html! {
        ol.entries {
            @for record in records {
                li { (entry(links, record)) }
            }
        }
    }
}

/// Renders a record as an entry.
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

/// Renders a part of a line of facts, unless it is empty.
pub fn part(before: &str, content: impl Render) -> Markup {
    let content = content.render();
    html! {
        @if !content.0.is_empty() {
            span { (before) (content) }
        }
    }
}

/// Renders the date of an entry, if it has one. A list without dates has no column for them.
fn date_column(links: &Links, date: &str) -> Markup {
    html! {
        @if !date.is_empty() {
            p.date { (links.date(date)) }
        }
    }
}

/// The member that holds the number of a meeting's commitments, for its entry.
pub const COMMITMENT_COUNT: &str = "commitment_count";

/// The member that holds the copies of a document, for its entry.
pub const COPIES: &str = "copies_in_list";

fn meeting(links: &Links, record: &Json) -> Markup {
    let participants = list(record, "participants");
    let chairs: Vec<Json> = participants
        .iter()
        .filter(|one| matches!(text(one, "role"), "chair" | "co_chair"))
        .map(|one| one["agent"].clone())
        .collect();
    let date = links.date_text(text(record, "date"));
    let commitments = record[COMMITMENT_COUNT].as_u64().and_then(|number| number.try_into().ok());
    html! {
        h3 {
            @if date.is_empty() { (links.link(record)) } @else { (links.link_as(record, &date)) }
        }
        p.facts-line {
            (part("chaired by ", links.link_all(&chairs)))
            @if !participants.is_empty() {
                span { (count(participants.len(), "participant", "participants")) }
            }
            @if let Some(number) = commitments.filter(|number| *number > 0) {
                span { (count(number, "commitment", "commitments")) }
            }
            (part("", place(&record["location"])))
            @if text(record, "status") != "held" {
                span { (plain(text(record, "status"))) }
            }
        }
    }
}

fn commitment(links: &Links, record: &Json) -> Markup {
    html! {
        (date_column(links, text(record, "made_on")))
        h3 { (links.link(record)) }
        p.facts-line {
            (status_tags(record))
            (part("", links.link_all(list(record, "departments"))))
            @if text(record, "kind") != "commitment" {
                span { (plain(text(record, "kind"))) }
            }
            (part("due ", links.date(text(record, "due"))))
        }
    }
}

/// Renders the status of a commitment, and whether it is overdue.
pub fn status_tags(record: &Json) -> Markup {
    html! {
        (status(text(record, "status")))
        @if record["overdue"] == true {
            " "
            span.status.overdue { "overdue" }
        }
    }
}

fn progress_update(links: &Links, record: &Json) -> Markup {
    html! {
        (date_column(links, text(record, "date")))
        h3 { (links.link(record)) }
        p { (text(record, "text")) }
        p.facts-line {
            (status(text(record, "status")))
            (part("", links.link_all(list(record, "departments"))))
            @if !record["commitment"].is_null() {
                span { "on “" (links.link(&record["commitment"])) "”" }
            }
        }
    }
}

fn council_member(links: &Links, record: &Json) -> Markup {
    let appointment_status = match text(record, "status") {
        "unknown" => "current status not recorded".to_owned(),
        word => plain(word),
    };
    html! {
        (date_column(links, text(record, "announced_on")))
        h3 { (links.link(&record["person"])) }
        p.facts-line {
            @if text(record, "role") != "member" {
                span { (plain(text(record, "role"))) }
            }
            (part("", cohort(text(record, "cohort"))))
            (part("", place(&record["home_state"])))
            (term(links, record))
            span { (appointment_status) }
            span { (links.link_as(record, "Appointment details")) }
        }
    }
}

/// Renders the term of an appointment, as far as it is known.
fn term(links: &Links, record: &Json) -> Markup {
    let (start, end) = (text(record, "term_start"), text(record, "term_end"));
    html! {
        @if !start.is_empty() || !end.is_empty() {
            span {
                "term"
                @if !start.is_empty() { " from " (links.date(start)) }
                @if !end.is_empty() { " to " (links.date(end)) }
            }
        }
    }
}

fn award_recipient(links: &Links, record: &Json) -> Markup {
    let affiliation = &record["affiliation"];
    html! {
        (date_column(links, text(record, "presented_on")))
        h3 { (links.link(&record["recipient"])) }
        @if !text(record, "citation").is_empty() {
            p { (text(record, "citation")) }
        }
        p.facts-line {
            (part("", text(affiliation, "title")))
            (part("", links.link(&affiliation["organization"])))
            @if !record["presented_at"].is_null() {
                span { "presented at the " (links.meeting(&record["presented_at"])) }
            }
            @if !record["joint_award"].is_null() {
                span { "shared award" }
            }
            span { (links.link_as(record, "Award details")) }
        }
    }
}

fn person(links: &Links, record: &Json) -> Markup {
    html! {
        h3 { (links.link(record)) }
        p.facts-line {
            @for position in list(record, "positions") {
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
            (part("", plain(text(record, "kind"))))
            @if !record["task_force_role"].is_null() {
                span { (plain(text(record, "task_force_role"))) " of the task force" }
            }
            (part("part of ", links.link(&record["parent"])))
        }
    }
}

fn document(links: &Links, record: &Json) -> Markup {
    html! {
        (date_column(links, text(record, "issued")))
        h3 { (links.link(record)) }
        p.facts-line {
            span { (plain(text(record, "kind"))) }
            (part("", text(record, "number")))
            (part("", links.link(&record["publisher"])))
            (part("copy of ", links.link(&record["copy_of"])))
        }
        @if !list(record, COPIES).is_empty() {
            ul.copies {
                @for copy in list(record, COPIES) {
                    li {
                        "Copy: " (links.link(copy))
                        @if !copy["publisher"].is_null() { ", " (text(&copy["publisher"], "name")) }
                    }
                }
            }
        }
    }
}
