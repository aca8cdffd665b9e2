//! The page of an organization: its commitments with their outcome, grouped by meeting, and its
//! other roles.

use std::collections::HashMap;

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, pairs};
use super::entries::status_tags;
use super::labels::{count, plain, sort_by_status, status};
use super::links::{Links, list, text, total};
use super::roles::{Involvement, by_type, involvements, lead, meeting_dates, meeting_link};
use super::sections::Sections;
use super::series::counted;
use crate::model::RecordType;
use crate::reading::MAX_LIMIT;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// Returns the sections of an organization.
pub fn sections(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    record: &Json,
) -> Result<Sections, Problem> {
    let id = text(record, "id");
    let commitments = commitments(context, id)?;
    // The commitments of a department have their own section.
    let roles = context.roles_except(record_type, id, ("commitment", "department"))?;
    let links = &context.links;
    let involvements = involvements(&roles);
    let before_facts = html! {
        @if let Some(commitments) = &commitments { (commitments) }
        @if !involvements.is_empty() || commitments.is_none() {
            section aria-labelledby="roles" {
                h2 #roles { "Roles" }
                @if involvements.is_empty() {
                    p.unknown { "No role of this organization is recorded." }
                }
                (by_type(links, &involvements.iter().collect::<Vec<&Involvement<'_>>>()))
            }
        }
    };
    Ok(Sections {
        lead: lead(links, record),
        before_facts,
        shown_elsewhere: &["other_names", "summary"],
        ..Sections::default()
    })
}

/// Renders the commitments of a department, if it has any.
fn commitments(context: &mut PageContext<'_, '_>, id: &str) -> Result<Option<Markup>, Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok(None) };
    let limit = MAX_LIMIT.to_string();
    let query = pairs(&[
        ("department", id),
        ("sort", "-made_on,position"),
        ("include", "progress_updates"),
        ("facets", "status"),
        ("limit", &limit),
    ]);
    let found = context.list(commitments, &query)?;
    let records = list(&found, "data");
    if records.is_empty() {
        return Ok(None);
    }
    let meetings: Vec<&Json> = records.iter().map(|record| &record["meeting"]).collect();
    let dates = meeting_dates(context, &meetings)?;
    let links = &context.links;
    let total = total(&found);
    let all = links.with("/commitments", &[("department", id)]);
    Ok(Some(html! {
        section aria-labelledby="commitments" {
            h2 #commitments { "Commitments " span.note { (total) } }
            (status_counts(links, id, &found["facets"]["status"]))
            @for group in records.chunk_by(|one, other| one["meeting"] == other["meeting"]) {
                (meeting_group(links, group, &dates))
            }
            p {
                a href=(all) {
                    @if records.len() < total {
                        "View all " (count(total, "commitment", "commitments"))
                    } @else { "Filter these commitments" }
                }
            }
        }
    }))
}

/// Renders the number of commitments of each status, as links to them.
fn status_counts(links: &Links, id: &str, facet: &Json) -> Markup {
    let mut counts = counted(facet);
    sort_by_status(&mut counts, |(word, ..)| word);
    html! {
        ul.inline.status-counts {
            @for (word, _, number) in &counts {
                li {
                    a href=(links.with("/commitments", &[("department", id), ("status", word)])) {
                        (number) " " (plain(word))
                    }
                }
            }
        }
    }
}

/// Renders the commitments that were made at one meeting.
fn meeting_group(links: &Links, commitments: &[Json], dates: &HashMap<String, String>) -> Markup {
    let meeting = commitments.first().map_or(&Json::Null, |commitment| &commitment["meeting"]);
    let date = dates.get(text(meeting, "id")).map_or("", String::as_str);
    html! {
        h3 {
            @if meeting.is_null() { "Outside of meetings" } @else {
                (meeting_link(links, meeting, date))
            }
        }
        table.commitments {
            thead {
                tr {
                    th scope="col" { "Commitment" }
                    th scope="col" { "Status" }
                    th scope="col" { "Due" }
                    th scope="col" { "Outcome" }
                }
            }
            tbody {
                @for commitment in commitments { (row(links, commitment)) }
            }
        }
    }
}

fn row(links: &Links, commitment: &Json) -> Markup {
    html! {
        tr {
            th scope="row" { (links.link(commitment)) }
            td data-label="Status" { (status_tags(commitment)) }
            td data-label="Due" {
                @if commitment["due"].is_null() {
                    span.unknown { "not recorded" }
                } @else { (links.date(text(commitment, "due"))) }
            }
            td data-label="Outcome" { (outcome(links, commitment)) }
        }
    }
}

/// Renders the latest progress update of a commitment.
fn outcome(links: &Links, commitment: &Json) -> Markup {
    let updates = list(commitment, "progress_updates");
    let latest = updates.iter().max_by_key(|update| text(update, "date"));
    html! {
        @match latest {
            Some(update) => {
                (links.link(update))
                @if !update["date"].is_null() { ", " (links.date(text(update, "date"))) }
                @if text(update, "status") != text(commitment, "status") {
                    " "
                    (status(text(update, "status")))
                }
            }
            None => span.unknown { "no later report" }
        }
    }
}
