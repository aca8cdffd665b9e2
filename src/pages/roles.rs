//! A person, an organization or an award: everything they took part in, and the charts of it.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::charts::{Chart, columns};
use super::context::PageContext;
use super::entries::entries;
use super::labels::{capital, date, plain, prose};
use super::links::{Links, list, text};
use super::sections::Sections;
use super::series::{by_year, counted};
use super::sources::Sources;
use crate::model::RecordType;
use crate::reading::MAX_LIMIT;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// What the page of a person or an organization shows besides its facts.
pub fn parts(
    context: &mut PageContext<'_, '_>,
    record_type: &RecordType,
    record: &Json,
) -> Result<Sections, Problem> {
    let charts = if record_type.name == "organization" {
        commitments_of(context, text(record, "id"))?
    } else {
        html! {}
    };
    let links = &context.links;
    let lead = html! {
        @if !list(record, "other_names").is_empty() {
            p.lead {
                "Also: "
                (
                    list(record, "other_names")
                        .iter()
                        .filter_map(Json::as_str)
                        .collect::<Vec<_>>()
                        .join("; ")
                )
            }
        }
        @if let Some(summary) = record["summary"].as_str() {
            div.summary {
                (prose(summary))
                (Sources::of(record).note(links, "/summary", "the summary", &record["summary"]))
            }
        }
        (positions(links, record))
    };
    let before = html! {
        (roles(links, list(record, "roles")))
        (charts)
    };
    Ok(Sections {
        lead,
        before,
        after: html! {},
        shown_elsewhere: &["positions", "other_names", "summary", "given_name", "family_name"],
    })
}

fn positions(links: &Links, record: &Json) -> Markup {
    let positions = list(record, "positions");
    html! {
        @if !positions.is_empty() {
            ul.plain.positions {
                @for (index, position) in positions.iter().enumerate() {
                    li {
                        (text(position, "title"))
                        @if !position["organization"].is_null() {
                            ", "
                            (links.link(&position["organization"]))
                        }
                        @if !position["from"].is_null() { ", from " (date(text(position, "from"))) }
                        @if !position["to"].is_null() { ", until " (date(text(position, "to"))) }
                        @if !position["as_of"].is_null() {
                            span.note { " (by a source of " (date(text(position, "as_of"))) ")" }
                        }
                        (
                            Sources::of(record)
                                .note(
                                    links,
                                    &format!("/positions/{index}"),
                                    text(position, "title"),
                                    position,
                                )
                        )
                    }
                }
            }
        }
    }
}

/// Everything that somebody took part in: by the type of the record, newest first.
fn roles(links: &Links, roles: &[Json]) -> Markup {
    let of_type = |name: &str| {
        roles.iter().filter(|role| text(&role["record"], "type") == name).collect::<Vec<_>>()
    };
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
        section aria-labelledby="roles" {
            h2 #roles { "In the record" }
            @if roles.is_empty() {
                p.unknown { "No other record names a part that they had." }
            }
            @for record_type in order.iter().filter_map(|name| CATALOGUE.get(name)) {
                @let of_type = of_type(record_type.name);
                @if !of_type.is_empty() {
                    h3 {
                        (capital(&plain(record_type.plural)))
                        span.note { " " (of_type.len()) }
                    }
                    ol.roles {
                        @for role in of_type {
                            li {
                                p.date { (date(text(role, "date"))) }
                                p {
                                    (links.link(&role["record"]))
                                    " "
                                    span.tag.role { (plain(text(role, "role"))) }
                                    @if !text(role, "credited_as").is_empty() {
                                        " "
                                        span.note { "as “" (text(role, "credited_as")) "”" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a department committed to, by year and by where it stands.
fn commitments_of(context: &mut PageContext<'_, '_>, id: &str) -> Result<Markup, Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok(html! {}) };
    let query = [("department", id), ("facets", "status,year"), ("limit", "1")];
    let found = context
        .list(commitments, &query.map(|(name, value)| (name.to_owned(), value.to_owned())))?;
    let rows = by_year(&[found["facets"]["year"].clone()]);
    if rows.is_empty() {
        return Ok(html! {});
    }
    let chart = Chart {
        title: "Its commitments by year",
        series: &[],
        counted: "Year",
        data: Some(context.api("/commitments", &query)),
    };
    Ok(html! {
        div.charts.wide { (columns(&chart, &rows)) }
        p {
            a href=(context.links.with("/commitments", &[("department", id)])) {
                "All its commitments"
            }
            ": "
            @for (index, (status, _, count)) in counted(&found["facets"]["status"]).iter().enumerate() {
                @if index > 0 { ", " }
                a href=({
                    context.links
                        .with("/commitments", &[("department", id), ("status", status)])
                }) { (count) " " (plain(status)) }
            }
        }
    })
}

/// What the page of an award shows besides its facts: who received it.
pub fn of_award(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let Some(recipients) = CATALOGUE.get("award_recipient") else { return Ok(Sections::default()) };
    let query = [
        ("award", text(record, "id")),
        ("sort", "-year,name"),
        ("facets", "year"),
        ("limit", &MAX_LIMIT.to_string()),
    ];
    let found = context
        .list(recipients, &query.map(|(name, value)| (name.to_owned(), value.to_owned())))?;
    let links = &context.links;
    let chart = Chart {
        title: "Recipients by year",
        series: &[],
        counted: "Year",
        data: Some(context.api("/award-recipients", &query)),
    };
    let lead = html! {
        @if let Some(summary) = record["summary"].as_str() {
            div.summary {
                (prose(summary))
                (Sources::of(record).note(links, "/summary", "the summary", &record["summary"]))
            }
        }
        @if !record["given_by"].is_null() {
            p { "Given by " (links.link(&record["given_by"])) }
        }
    };
    let before = html! {
        section aria-labelledby="recipients" {
            h2 #recipients { "Who received it" }
            div.charts.wide { (columns(&chart, &by_year(&[found["facets"]["year"].clone()]))) }
            (entries(links, list(&found, "data")))
        }
    };
    Ok(Sections { lead, before, after: html! {}, shown_elsewhere: &["summary", "given_by"] })
}
