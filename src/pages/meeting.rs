//! The page of a meeting: its participants and their remarks, commitments, awards, appointments and
//! progress updates.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, pairs};
use super::entries::{entries, part, status_tags};
use super::labels::{place, plain, prose, status, topic};
use super::links::{Links, list, text};
use super::list_charts::meeting_timeline;
use super::sections::Sections;
use super::sources::{Sources, summary};
use crate::web::problem::Problem;

/// The lists of a meeting's records: member and title.
const RELATED: [(&str, &str); 3] = [
    ("award_recipients", "Awards presented"),
    ("council_members", "Appointments announced"),
    ("progress_updates", "Progress reported"),
];

/// Returns the sections of a meeting.
pub fn sections(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let chart = neighbors(context, record)?;
    let links = &context.links;
    let lead = html! {
        p.lead {
            (links.date(text(record, "date")))
            @if !record["location"].is_null() { ", " (place(&record["location"])) }
            @if text(record, "status") != "held" { " · " (plain(text(record, "status"))) }
        }
        (summary(links, record))
    };
    let before_facts = html! {
        (contents(record))
        (participants(links, record))
        (commitments(links, record))
        @for (member, title) in RELATED { (related(links, record, member, title)) }
    };
    Ok(Sections {
        lead,
        before_facts,
        after_facts: chart,
        shown_elsewhere: &["summary", "participants"],
    })
}

/// Renders the contents of the page, with the number of entries of each section.
fn contents(record: &Json) -> Markup {
    let first = [("participants", "Participants"), ("commitments", "Commitments made")];
    let sections = first.into_iter().chain(RELATED);
    let sections: Vec<(&str, &str, usize)> = sections
        .map(|(member, title)| (member, title, list(record, member).len()))
        .filter(|(_, _, number)| *number > 0)
        .collect();
    html! {
        nav.contents aria-label="On this page" {
            ul {
                @for (id, title, number) in sections {
                    li {
                        a href={ "#" (id) } { (title) }
                        " "
                        span.note { (number) }
                    }
                }
                li {
                    a href="#facts" { "Facts" }
                }
                li {
                    a href="#sources" { "Sources" }
                }
            }
        }
    }
}

/// Draws the meeting on a timeline of the meetings of its organization.
fn neighbors(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Markup, Problem> {
    let conditions = pairs(&[("organization", text(&record["organization"], "id"))]);
    let title = "This meeting among all meetings";
    let (number, timeline) = meeting_timeline(context, title, &conditions, text(record, "id"))?;
    Ok(html! {
        @if number > 1 {
            div.charts { (timeline) }
        }
    })
}

fn participants(links: &Links, record: &Json) -> Markup {
    let participants = list(record, "participants");
    html! {
        @if !participants.is_empty() {
            section aria-labelledby="participants" {
                h2 #participants { "Participants " span.note { (participants.len()) } }
                p.quiet {
                    "Listed in the order of the source. Numbers refer to "
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
    let (sources, pointer) = (Sources::of(record), format!("/participants/{index}"));
    let numbers = sources.numbers(&pointer, name);
    let has_numbers = numbers.is_some();
    html! {
        div {
            h3 {
                (links.link(&one["agent"]))
                " "
                span class={ "tag role " (role) } { (plain(role)) }
                @if let Some(attendance) = attendance_label(text(one, "attendance")) {
                    " "
                    span.tag { (attendance) }
                }
            }
            (credit(links, one, numbers))
            (remarks(links, one))
        }
        @if !has_numbers { (sources.note(links, &pointer, name, one)) }
    }
}

/// Renders the participant's style and organization, each once, and the numbers of the sources.
fn credit(links: &Links, one: &Json, numbers: Option<Markup>) -> Markup {
    let stands_in_for = text(one, "stands_in_for");
    let credited_as = without_name(text(one, "credited_as"), text(&one["agent"], "name"));
    let organization = &one["on_behalf_of"];
    let is_named = credited_as.contains(text(organization, "name"));
    html! {
        p.facts-line {
            (part("", credited_as))
            @if !organization.is_null() && !is_named {
                span { (links.link(organization)) }
            }
            (part("in place of ", stands_in_for))
            @if let Some(numbers) = numbers { (numbers) }
        }
    }
}

/// Returns a participant's style without the name at its beginning or end.
fn without_name<'s>(style: &'s str, name: &str) -> &'s str {
    let rest = style.strip_suffix(name).or_else(|| style.strip_prefix(name)).unwrap_or(style);
    let rest = rest.trim_matches([' ', ',']);
    // An honorific such as "Dr." belongs to the name.
    match rest.rsplit_once(' ') {
        Some((style, last)) if last.len() <= 4 && last.ends_with('.') => style,
        _ => rest,
    }
}

/// Renders a participant's remarks, collapsed.
fn remarks(links: &Links, one: &Json) -> Markup {
    let topics = list(one, "topics");
    let has_remarks = !one["remarks"].is_null() || !one["note"].is_null() || !topics.is_empty();
    html! {
        @if has_remarks {
            details.remarks {
                summary {
                    "Remarks"
                    span.hidden { " of " (text(&one["agent"], "name")) }
                }
                (prose(text(one, "remarks")))
                @if !topics.is_empty() {
                    ul.inline.topics {
                        @for slug in topics {
                            li { (topic(slug.as_str().unwrap_or_default())) }
                        }
                    }
                }
                @if let Some(note) = one["note"].as_str() {
                    p.note { (note) }
                }
            }
        }
        @if !one["document"].is_null() {
            p.facts-line {
                span { "Presented: " (links.link(&one["document"])) }
            }
        }
    }
}

/// Returns the attendance of a participant who is not known to have attended.
fn attendance_label(attendance: &str) -> Option<&'static str> {
    match attendance {
        "attended" => None,
        "expected" => Some("expected to attend"),
        "absent" => Some("absent"),
        "statement_only" => Some("sent a statement"),
        _ => Some("attendance not recorded"),
    }
}

/// The number of commitments above which the groups are collapsed.
const MAX_EXPANDED: usize = 12;

/// Renders the commitments, grouped by lead department in the order of the source. The groups of a
/// long list are collapsed.
fn commitments(links: &Links, meeting: &Json) -> Markup {
    let all = list(meeting, "commitments");
    let mut groups: Vec<(&str, Vec<&Json>)> = Vec::new();
    for commitment in all {
        let lead = lead_of(commitment);
        match groups.iter_mut().find(|(name, _)| *name == lead) {
            Some((_, group)) => group.push(commitment),
            None => groups.push((lead, vec![commitment])),
        }
    }
    html! {
        @if !all.is_empty() {
            section aria-labelledby="commitments" {
                h2 #commitments { "Commitments made " span.note { (all.len()) } }
                @for (name, group) in &groups {
                    details.group open[all.len() <= MAX_EXPANDED] {
                        summary { (name) " " span.note { (group.len()) } }
                        ul.plain {
                            @for commitment in group { li { (commitment_line(links, commitment)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the name of the lead department, or else of the maker, of a commitment.
fn lead_of(commitment: &Json) -> &str {
    let lead = list(commitment, "departments").first().unwrap_or(&commitment["made_by"]);
    Some(text(lead, "name")).filter(|name| !name.is_empty()).unwrap_or("Other")
}

/// Renders a commitment in one line: its name, status, other departments and due date.
fn commitment_line(links: &Links, commitment: &Json) -> Markup {
    let others = list(commitment, "departments").get(1..).unwrap_or_default();
    html! {
        (links.link(commitment))
        " "
        (status_tags(commitment))
        @if text(commitment, "kind") != "commitment" {
            span.note { " " (plain(text(commitment, "kind"))) }
        }
        @if !commitment["due"].is_null() {
            span.note { " due " (links.date(text(commitment, "due"))) }
        }
        @if !others.is_empty() {
            span.note { " with " (links.link_all(others)) }
        }
    }
}

/// Renders the records of a meeting in one member, without the meeting's own name and date.
fn related(links: &Links, meeting: &Json, member: &str, title: &str) -> Markup {
    let mut records = list(meeting, member).to_vec();
    for record in &mut records {
        for (name, value) in record.as_object_mut().into_iter().flatten() {
            let is_meeting =
                text(value, "type") == "meeting" && text(value, "id") == text(meeting, "id");
            let is_date = name != "due" && is_within(text(meeting, "date"), value);
            if is_meeting || is_date {
                *value = Json::Null;
            }
        }
    }
    html! {
        @if !records.is_empty() {
            section aria-labelledby=(member) {
                h2 id=(member) {
                    (title)
                    " "
                    span.note { (records.len()) }
                }
                @if member == "progress_updates" {
                    ul.plain.progress {
                        @for update in &records { li { (progress_line(links, update)) } }
                    }
                } @else { (entries(links, &records)) }
            }
        }
    }
}

/// Returns whether a value is the date of the meeting, or its month or year.
fn is_within(date: &str, value: &Json) -> bool {
    let is_date =
        |part: &str| part.len() >= 4 && part.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    value.as_str().is_some_and(|part| is_date(part) && date.starts_with(part))
}

/// Renders a progress update in one line, without its long text.
fn progress_line(links: &Links, update: &Json) -> Markup {
    html! {
        (links.link(update))
        " "
        (status(text(update, "status")))
        p.facts-line {
            (part("", links.date(text(update, "date"))))
            (part("", links.link_all(list(update, "departments"))))
            @if !update["commitment"].is_null() {
                span { "on “" (links.link(&update["commitment"])) "”" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_style_of_a_participant_without_the_name() {
        assert_eq!(without_name("Secretary of State Jane Doe", "Jane Doe"), "Secretary of State");
        assert_eq!(without_name("Jane Doe, co-founder", "Jane Doe"), "co-founder");
        assert_eq!(without_name("Advisor Dr. Jane Doe", "Jane Doe"), "Advisor");
        assert_eq!(without_name("Jane Doe", "Jane Doe"), "");
        assert_eq!(without_name("Under Secretary Doe", "Jane Doe"), "Under Secretary Doe");
    }
}
