//! The start page: what the record is, how much it holds, the last meeting, where commitments
//! stand, what changed.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::charts::{Chart, bars, timeline};
use super::context::{PageContext, Pair};
use super::entries::entry;
use super::labels::{capital, grouped, plain, prose};
use super::layout::Page;
use super::links::{list, text};
use super::list_charts::events;
use super::respond::{AllowedParameters, answer};
use super::series::{Row, counted};
use super::{changes, lists, seo};
use crate::api::index::index;
use crate::reading::MAX_LIMIT;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::negotiation::negotiate;
use crate::web::problem::Problem;

/// Answers `/`: the page to a browser, the index to everybody else.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    if negotiate(&request, &["application/json", "text/html"])? == 0 {
        return index(app).await;
    }
    answer(request, app, AllowedParameters::Only(&[]), page).await
}

fn pairs<const N: usize>(query: [(&str, &str); N]) -> [Pair; N] {
    query.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn page(context: &mut PageContext<'_, '_>) -> Result<Page, Problem> {
    let totals = totals(context)?;
    let meetings = match CATALOGUE.get("meeting") {
        Some(meetings) => context
            .list(meetings, &pairs([("sort", "-date"), ("limit", &MAX_LIMIT.to_string())]))?,
        None => Json::Null,
    };
    let standing = standing(context)?;
    let after = (context.snapshot.revision - 3).max(0);
    let written = changes::newest(context, after, 3, changes::BRIEF)?;
    let links = &context.links;
    let settings = &context.app.settings;
    let line = events(
        context,
        list(&meetings, "data"),
        list(&meetings, "data").first().map_or("", |last| text(last, "id")),
    );
    let data = context.api("/meetings", &[("sort", "-date"), ("limit", &MAX_LIMIT.to_string())]);
    let chart = Chart {
        title: "Every meeting in the record",
        series: &[],
        counted: "Meeting",
        data: Some(data.clone()),
    };
    let body = html! {
        h1 { (settings.title) }
        div.lead { (prose(&settings.description)) }
        ul.totals {
            @for (path, title, total) in &totals {
                li {
                    a href=(links.to(path)) {
                        strong { (grouped(&total.to_string())) }
                        " "
                        (title)
                    }
                }
            }
        }
        @if let Some(last) = list(&meetings, "data").first() {
            section aria-labelledby="last" {
                h2 #last { "The last meeting" }
                div.entries { (entry(links, last)) }
                @if let Some(summary) = last["summary"].as_str() {
                    div.summary { (prose(summary)) }
                }
            }
        }
        @if !line.is_empty() {
            div.charts.wide { (timeline(&chart, &line)) }
        }
        (standing)
        section aria-labelledby="changed" {
            h2 #changed { "Lately changed" }
            ol.versions.brief {
                @for one in &written {
                    li { (changes::revision(links, one, true)) }
                }
            }
            p {
                a href=(links.to("/changes")) { "All changes" }
            }
        }
    };
    Ok(Page {
        title: settings.title.clone(),
        description: settings.description.clone(),
        data: vec![
            ("Meetings as JSON", data),
            ("Commitments as JSON", context.api("/commitments", &STANDING)),
            (
                "Changes as JSON",
                links
                    .latest()
                    .with("/v1/changes", &[("after", &after.to_string()), ("limit", "3")]),
            ),
        ],
        linked_data: Some(seo::dataset(context.app)?),
        body,
    })
}

/// How many records each list has.
fn totals(context: &mut PageContext<'_, '_>) -> Result<Vec<(&'static str, String, u64)>, Problem> {
    let mut totals = Vec::new();
    for listing in &lists::LISTINGS {
        let Some(record_type) = CATALOGUE.get(listing.record_type) else { continue };
        let found = context.list(record_type, &pairs([("limit", "1"), ("fields", "id")]))?;
        totals.push((
            listing.path,
            plain(record_type.plural),
            found["page"]["total"].as_u64().unwrap_or_default(),
        ));
    }
    Ok(totals)
}

/// What is asked to see where commitments stand.
const STANDING: [(&str, &str); 2] = [("facets", "status"), ("limit", "1")];

/// Where commitments stand.
fn standing(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok(html! {}) };
    let found = context.list(commitments, &pairs(STANDING))?;
    let rows: Vec<Row> = counted(&found["facets"]["status"])
        .into_iter()
        .map(|(status, _, count)| Row {
            label: capital(&plain(&status)),
            counts: vec![count],
            address: Some(context.links.with("/commitments", &[("status", &status)])),
        })
        .collect();
    let chart = Chart {
        title: "Commitments by status",
        series: &[],
        counted: "Status",
        data: Some(context.api("/commitments", &STANDING)),
    };
    Ok(html! {
        @if !rows.is_empty() {
            section aria-labelledby="stand" {
                h2 #stand { "Where commitments stand" }
                p.quiet {
                    "A status is recorded from a source, never inferred: “unknown” says \
                    that no later report was found."
                }
                div.charts.wide { (bars(&chart, &rows)) }
                p {
                    a href=(context.links.to("/commitments")) {
                        "The tracker: by department, pillar, topic and meeting"
                    }
                }
            }
        }
    })
}
