//! The start page: the latest meeting, the status of commitments, overdue commitments, recent
//! changes.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::charts::{Chart, bars};
use super::context::{PageContext, pairs};
use super::entries::{COMMITMENT_COUNT, entries, entry};
use super::labels::{capital, grouped, nouns, plain, prose, sort_by_status};
use super::layout::{Page, license};
use super::links::{Links, list, text};
use super::list_charts::meeting_timeline;
use super::respond::{AllowedParameters, respond};
use super::series::{Row, counted};
use super::{changes, lists, seo};
use crate::api::index::index;
use crate::records::CATALOGUE;
use crate::settings::Settings;
use crate::web::app::App;
use crate::web::negotiation::negotiate;
use crate::web::problem::Problem;

/// The number of overdue commitments that the page lists.
const OVERDUE: &str = "5";

/// The number of revisions that the page shows.
const RECENT: i64 = 3;

/// Responds to `/`: with the page for browsers, with the index of the API for other clients.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    if negotiate(&request, &["application/json", "text/html"])? == 0 {
        return index(app).await;
    }
    respond(request, app, AllowedParameters::Only(&[]), page).await
}

fn page(context: &mut PageContext<'_, '_>) -> Result<Page, Problem> {
    let totals = totals(context)?;
    let latest_meeting = latest_meeting(context)?;
    let (by_status, overdue) = commitments(context)?;
    let after = (context.snapshot.revision - RECENT).max(0);
    let recent = changes::revisions_after(context, after, RECENT, changes::MAX_NAMED)?;
    let links = &context.links;
    let settings = &context.app.settings;
    let body = html! {
        h1 { (settings.title) }
        (introduction(settings))
        (totals)
        div.columns {
            div {
                (latest_meeting)
                (recent_changes(links, &recent))
            }
            div { (by_status) (overdue) }
        }
    };
    let (after_text, limit) = (after.to_string(), RECENT.to_string());
    let recent_query = [("after", after_text.as_str()), ("limit", limit.as_str())];
    Ok(Page {
        title: settings.short_title().to_owned(),
        description: settings.description.clone(),
        data: vec![
            ("Statistics as JSON", context.api("/statistics", &[])),
            ("Meetings as JSON", context.api("/meetings", &[("sort", "-date")])),
            ("Changes as JSON", links.latest().with("/v1/changes", &recent_query)),
        ],
        linked_data: Some(seo::dataset(context.app)),
        body,
        ..Page::default()
    })
}

/// Renders the sentence about the dataset, its publisher and its license.
fn introduction(settings: &Settings) -> Markup {
    html! {
        div.lead { (prose(&settings.description)) }
        p.quiet {
            @if let Some(publisher) = &settings.publisher {
                "Published by " (publisher) ". "
            }
            "The data may be used under "
            (license(settings))
            "."
        }
    }
}

fn recent_changes(links: &Links, recent: &[changes::RevisionSummary]) -> Markup {
    html! {
        section aria-labelledby="recent" {
            h2 #recent { "Recent changes" }
            ol.versions.brief {
                @for one in recent {
                    li { (changes::revision(links, one, true)) }
                }
            }
            p {
                a href=(links.to("/changes")) { "View all changes" }
            }
        }
    }
}

/// Renders the number of records in each list.
fn totals(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let mut totals = Vec::new();
    for listing in &lists::LISTINGS {
        let Some(record_type) = CATALOGUE.get(listing.record_type) else { continue };
        let found = context.list(record_type, &pairs(&[("limit", "1"), ("fields", "id")]))?;
        let total = found["page"]["total"].as_u64().unwrap_or_default();
        let (one, several) = nouns(record_type);
        totals.push((listing.path, if total == 1 { one } else { several }, total));
    }
    let links = &context.links;
    Ok(html! {
        ul.totals {
            @for (path, noun, total) in &totals {
                li {
                    a href=(links.to(path)) {
                        strong { (grouped(&total.to_string())) }
                        " "
                        (noun)
                    }
                }
            }
        }
    })
}

/// Renders the latest meeting, and all meetings on a timeline.
fn latest_meeting(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let Some(meetings) = CATALOGUE.get("meeting") else { return Ok(html! {}) };
    let found = context.list(meetings, &pairs(&[("sort", "-date"), ("limit", "1")]))?;
    let Some(mut latest) = list(&found, "data").first().cloned() else { return Ok(html! {}) };
    if let Some(commitments) = CATALOGUE.get("commitment") {
        let query = pairs(&[("meeting", text(&latest, "id")), ("limit", "1")]);
        latest[COMMITMENT_COUNT] = context.list(commitments, &query)?["page"]["total"].take();
    }
    let (_, timeline) = meeting_timeline(context, "All meetings", &[], text(&latest, "id"))?;
    let links = &context.links;
    Ok(html! {
        section aria-labelledby="latest" {
            h2 #latest { "Latest meeting" }
            div.latest { (entry(links, &latest)) }
            @if let Some(summary) = latest["summary"].as_str() {
                div.summary { (prose(summary)) }
            }
            div.charts { (timeline) }
        }
    })
}

/// The request for the number of commitments of each status.
const BY_STATUS: [(&str, &str); 2] = [("facets", "status"), ("limit", "1")];

/// Renders the chart of commitments by status, and the overdue commitments.
fn commitments(context: &mut PageContext<'_, '_>) -> Result<(Markup, Markup), Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok((html! {}, html! {})) };
    let found = context.list(commitments, &pairs(&BY_STATUS))?;
    let query = pairs(&[("overdue", "true"), ("sort", "due,name"), ("limit", OVERDUE)]);
    let overdue = context.list(commitments, &query)?;
    let mut counts = counted(&found["facets"]["status"]);
    sort_by_status(&mut counts, |(status, ..)| status);
    let links = &context.links;
    let rows: Vec<Row> = counts
        .into_iter()
        .map(|(status, _, number)| Row {
            address: Some(links.with("/commitments", &[("status", &status)])),
            class: Some(status.clone()),
            ..Row::new(capital(&plain(&status)), vec![number])
        })
        .collect();
    let chart =
        Chart::new("Commitments by status", "Status", context.api("/commitments", &BY_STATUS));
    let by_status = html! {
        @if !rows.is_empty() {
            section aria-labelledby="by-status" {
                h2 #by-status { "Commitments" }
                p.quiet {
                    "A status comes from a source and is never inferred. “Unknown” means that the \
                    sources do not say."
                }
                div.charts { (bars(&chart, &rows)) }
                p {
                    a href=(links.to("/commitments")) { "View all commitments" }
                }
            }
        }
    };
    Ok((by_status, overdue_section(links, &overdue)))
}

fn overdue_section(links: &Links, found: &Json) -> Markup {
    let total = found["page"]["total"].as_u64().unwrap_or_default();
    html! {
        @if total > 0 {
            section aria-labelledby="overdue" {
                h2 #overdue { "Overdue commitments " span.note { (grouped(&total.to_string())) } }
                (entries(links, list(found, "data")))
                p {
                    a href=(links.with("/commitments", &[("overdue", "true")])) {
                        "View all overdue commitments"
                    }
                }
            }
        }
    }
}
