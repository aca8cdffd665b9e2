//! The page of a person: their roles, grouped by meeting.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::labels::{capital, type_name};
use super::links::{Links, list, text};
use super::roles::{
    Involvement, by_type, involvements, lead, meeting_dates, meeting_link, meetings_of,
    shared_heading, tags,
};
use super::sections::Sections;
use crate::web::problem::Problem;

/// Returns the sections of a person.
pub fn sections(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let involvements = involvements(list(record, "roles"));
    let groups = groups(context, &involvements)?;
    let grouped = |one: &&Involvement<'_>| {
        groups.iter().any(|group| group.members.iter().any(|other| std::ptr::eq(*other, *one)))
    };
    let others: Vec<&Involvement<'_>> = involvements.iter().filter(|one| !grouped(one)).collect();
    let links = &context.links;
    let before_facts = html! {
        section aria-labelledby="roles" {
            h2 #roles { "Roles" }
            @if involvements.is_empty() {
                p.unknown { "No role of this person is recorded." }
            }
            @for group in &groups { (render(links, group)) }
            (by_type(links, &others))
        }
    };
    Ok(Sections {
        lead: lead(links, record),
        before_facts,
        shown_elsewhere: &["positions", "other_names", "summary", "given_name", "family_name"],
        ..Sections::default()
    })
}

/// The roles of a person at one meeting.
struct Group<'j> {
    meeting: Json,
    date: String,
    members: Vec<&'j Involvement<'j>>,
}

/// Groups records by their meeting, the latest first.
fn groups<'j>(
    context: &mut PageContext<'_, '_>,
    involvements: &'j [Involvement<'j>],
) -> Result<Vec<Group<'j>>, Problem> {
    let meetings = meetings_of(context, involvements)?;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for one in involvements {
        let key = ["type", "id"].map(|member| text(one.record, member).to_owned());
        let meeting = if key[0] == "meeting" { Some(one.record) } else { meetings.get(&key) };
        let Some(meeting) = meeting else { continue };
        match groups.iter_mut().find(|group| group.meeting["id"] == meeting["id"]) {
            Some(group) => group.members.push(one),
            None => groups.push(Group {
                meeting: meeting.clone(),
                date: String::new(),
                members: vec![one],
            }),
        }
    }
    let dates = {
        let meetings: Vec<&Json> = groups.iter().map(|group| &group.meeting).collect();
        meeting_dates(context, &meetings)?
    };
    for group in &mut groups {
        group.date = dates.get(text(&group.meeting, "id")).cloned().unwrap_or_default();
    }
    groups.sort_by(|one, other| other.date.cmp(&one.date));
    Ok(groups)
}

/// Renders the roles at a meeting. Records in which the person has the same role are one entry.
fn render(links: &Links, group: &Group<'_>) -> Markup {
    let is_meeting = |one: &&Involvement<'_>| text(one.record, "type") == "meeting";
    let (attended, others): (Vec<&Involvement<'_>>, Vec<&Involvement<'_>>) =
        group.members.iter().copied().partition(is_meeting);
    let same = |one: &&Involvement<'_>, other: &&Involvement<'_>| {
        one.roles == other.roles && one.record["type"] == other.record["type"]
    };
    html! {
        h3 { (meeting_link(links, &group.meeting, &group.date)) }
        ul.roles {
            @for one in attended {
                li {
                    p { "Took part" (tags(one)) }
                }
            }
            @for members in others.chunk_by(same) {
                li {
                    @match shared_heading(members) {
                        Some(heading) => {
                            p { (heading) " " span.note { (members.len()) } }
                            ul {
                                @for one in members {
                                    li { (links.link(one.record)) }
                                }
                            }
                        }
                        None => @for one in members { (alone(links, one)) },
                    }
                }
            }
        }
    }
}

fn alone(links: &Links, one: &Involvement<'_>) -> Markup {
    html! {
        p {
            (capital(&type_name(text(one.record, "type"))))
            ": "
            (links.link(one.record))
            (tags(one))
        }
    }
}
