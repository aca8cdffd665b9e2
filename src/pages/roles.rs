//! The roles of a person or an organization in other records.

use std::collections::HashMap;

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::labels::{capital, nouns, plain};
use super::links::{Links, list, text};
use super::sources::{Sources, summary};
use crate::model::{Kind, RecordType};
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// A record in which an agent has one or more roles.
#[derive(Debug)]
pub struct Involvement<'j> {
    pub record: &'j Json,
    pub date: &'j str,
    pub roles: Vec<&'j str>,
    /// The names that the sources use.
    pub credited_as: Vec<&'j str>,
}

/// Returns each record once, with all roles of the agent in it. Roles in the same record are next
/// to each other.
pub fn involvements(roles: &[Json]) -> Vec<Involvement<'_>> {
    roles.chunk_by(|one, next| one["record"] == next["record"]).map(Involvement::of).collect()
}

impl<'j> Involvement<'j> {
    /// Returns the roles in one record together.
    fn of(roles: &'j [Json]) -> Self {
        let first = roles.first().unwrap_or(&Json::Null);
        let mut credited_as: Vec<&str> = Vec::new();
        for name in roles.iter().map(|role| text(role, "credited_as")) {
            if !name.is_empty() && !credited_as.contains(&name) {
                credited_as.push(name);
            }
        }
        Self {
            record: &first["record"],
            date: text(first, "date"),
            roles: roles.iter().map(|role| text(role, "role")).collect(),
            credited_as,
        }
    }
}

/// The number of records above which a list is collapsed after its first records.
const MAX_EXPANDED: usize = 12;
const FIRST: usize = 8;

/// Renders records with the roles in them. The rest of a long list is collapsed.
fn involvement_list(links: &Links, involvements: &[&Involvement<'_>], has_tags: bool) -> Markup {
    let is_long = involvements.len() > MAX_EXPANDED;
    let (first, rest) = involvements.split_at(if is_long { FIRST } else { involvements.len() });
    let entries = |involvements: &[&Involvement<'_>]| {
        html! {
            ol.roles {
                @for one in involvements {
                    li { (involvement(links, one, has_tags)) }
                }
            }
        }
    };
    html! {
        (entries(first))
        @if is_long {
            details.more {
                summary { "Show " (rest.len()) " more" }
                (entries(rest))
            }
        }
    }
}

fn involvement(links: &Links, one: &Involvement<'_>, has_tags: bool) -> Markup {
    let is_meeting = text(one.record, "type") == "meeting";
    html! {
        @if !is_meeting && !one.date.is_empty() {
            p.date { (links.date(one.date)) }
        }
        p {
            @if is_meeting { (meeting_link(links, one.record, one.date)) } @else {
                (links.link(one.record))
            }
            @if has_tags { (tags(one)) }
        }
    }
}

/// Returns the heading of records in which an agent has the same role, if the role needs no tag.
pub fn shared_heading(involvements: &[&Involvement<'_>]) -> Option<&'static str> {
    let first = involvements.first()?;
    let is_shared =
        involvements.iter().all(|one| one.roles == first.roles && one.credited_as.is_empty());
    let [role] = first.roles.as_slice() else { return None };
    if !is_shared || involvements.len() < 2 {
        return None;
    }
    match (text(first.record, "type"), *role) {
        ("meeting", "organization") => Some("Meetings held"),
        ("commitment", "made_by") => Some("Commitments made"),
        ("award_recipient", "presented_by") => Some("Awards presented"),
        ("council_member", "appointed_by") => Some("Appointments made"),
        ("council_member", "council") => Some("Members of this council"),
        ("progress_update", "department") => Some("Progress reported"),
        ("document", "publisher") => Some("Documents published"),
        ("organization", "parent") => Some("Parts of this organization"),
        ("person", "position") => Some("People with a position"),
        _ => None,
    }
}

/// Renders the roles in a record, and the names that its sources use.
pub fn tags(one: &Involvement<'_>) -> Markup {
    html! {
        @for role in &one.roles {
            " "
            span.tag.role { (plain(role)) }
        }
        @for name in &one.credited_as {
            " "
            span.note { "as “" (name) "”" }
        }
    }
}

/// Renders records by type, the most relevant types first.
pub fn by_type(links: &Links, involvements: &[&Involvement<'_>]) -> Markup {
    let order = [
        "meeting",
        "award_recipient",
        "council_member",
        "commitment",
        "progress_update",
        "award",
        "organization",
        "person",
        "document",
    ];
    html! {
        @for record_type in order.iter().filter_map(|name| CATALOGUE.get(name)) {
            @let of_type: Vec<&Involvement<'_>> = involvements
                .iter()
                .copied()
                .filter(|one| text(one.record, "type") == record_type.name)
                .collect();
            @if !of_type.is_empty() {
                @let shared = shared_heading(&of_type);
                h3 {
                    @match shared {
                        Some(heading) => (heading),
                        None => (capital(&nouns(record_type).1)),
                    }
                    " "
                    span.note { (of_type.len()) }
                }
                (involvement_list(links, &of_type, shared.is_none()))
            }
        }
    }
}

/// Returns the meeting of each record that has one, by the type and id of the record.
pub fn meetings_of(
    context: &mut PageContext<'_, '_>,
    involvements: &[Involvement<'_>],
) -> Result<HashMap<[String; 2], Json>, Problem> {
    let mut meetings = HashMap::new();
    for record_type in CATALOGUE.iter() {
        let Some(field) = meeting_field(record_type) else { continue };
        let of_type =
            involvements.iter().filter(|one| text(one.record, "type") == record_type.name);
        let ids = of_type.map(|one| text(one.record, "id"));
        for (id, mut record) in context.by_ids(record_type, ids, field)? {
            if !record[field].is_null() {
                meetings.insert([record_type.name.to_owned(), id], record[field].take());
            }
        }
    }
    Ok(meetings)
}

/// Returns the field of a type that refers to a meeting.
fn meeting_field(record_type: &'static RecordType) -> Option<&'static str> {
    let refers = |kind: Kind| matches!(kind, Kind::Reference("meeting"));
    record_type.all().iter().find(|field| refers(field.kind)).map(|field| field.name)
}

/// Returns the dates of meetings, by id.
pub fn meeting_dates(
    context: &mut PageContext<'_, '_>,
    meetings: &[&Json],
) -> Result<HashMap<String, String>, Problem> {
    let Some(record_type) = CATALOGUE.get("meeting") else { return Ok(HashMap::new()) };
    let ids = meetings.iter().map(|meeting| text(meeting, "id"));
    let found = context.by_ids(record_type, ids, "date")?.into_iter();
    Ok(found.map(|(id, meeting)| (id, text(&meeting, "date").to_owned())).collect())
}

/// Renders a link to a meeting by its date, which is shorter than its name.
pub fn meeting_link(links: &Links, meeting: &Json, date: &str) -> Markup {
    if date.is_empty() {
        return links.link(meeting);
    }
    links.link_as(meeting, &format!("Meeting of {}", links.date_text(date)))
}

/// Renders other names, the summary and the positions of a person or an organization.
pub fn lead(links: &Links, record: &Json) -> Markup {
    let other_names: Vec<&str> =
        list(record, "other_names").iter().filter_map(Json::as_str).collect();
    html! {
        @if !other_names.is_empty() {
            p.lead { "Also known as " (other_names.join("; ")) }
        }
        (summary(links, record))
        (positions(links, record))
    }
}

fn positions(links: &Links, record: &Json) -> Markup {
    let positions = list(record, "positions");
    html! {
        @if !positions.is_empty() {
            ul.plain.positions {
                @for (index, position) in positions.iter().enumerate() {
                    li { (one_position(links, record, index, position)) }
                }
            }
        }
    }
}

fn one_position(links: &Links, record: &Json, index: usize, position: &Json) -> Markup {
    let pointer = format!("/positions/{index}");
    let title = text(position, "title");
    html! {
        (title)
        @if !position["organization"].is_null() {
            ", "
            (links.link(&position["organization"]))
        }
        @if !position["from"].is_null() { ", from " (links.date(text(position, "from"))) }
        @if !position["to"].is_null() { ", until " (links.date(text(position, "to"))) }
        @if !position["as_of"].is_null() {
            span.note { " (as of " (links.date(text(position, "as_of"))) ")" }
        }
        (Sources::of(record).note(links, &pointer, title, position))
    }
}
