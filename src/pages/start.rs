//! The start page: what the record is, how much it holds, the last meeting, where commitments
//! stand, what changed.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::answer::{Takes, answer};
use super::charts::{Picture, bars, timeline};
use super::entries::entry;
use super::layout::Sheet;
use super::links::{list, text};
use super::numbers::{Row, counted};
use super::pictures::events;
use super::view::{Pair, View};
use super::words::{capital, grouped, plain, prose};
use super::{changes, lists, machines};
use crate::api::index::index;
use crate::reading::MOST;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::negotiation::accepted;
use crate::web::problem::Problem;

/// Answers `/`: the page to a browser, the index to everybody else.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    if accepted(&request, &["application/json", "text/html"])? == 0 {
        return index(app).await;
    }
    answer(request, app, Takes::Only(&[]), page).await
}

fn pairs<const N: usize>(query: [(&str, &str); N]) -> [Pair; N] {
    query.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn page(view: &mut View<'_, '_>) -> Result<Sheet, Problem> {
    let totals = totals(view)?;
    let meetings = match CATALOGUE.get("meeting") {
        Some(meetings) => {
            view.list(meetings, &pairs([("sort", "-date"), ("limit", &MOST.to_string())]))?
        }
        None => Json::Null,
    };
    let standing = standing(view)?;
    let after = (view.snapshot.revision - 3).max(0);
    let written = changes::newest(view, after, 3, changes::BRIEF)?;
    let links = &view.links;
    let settings = &view.app.settings;
    let line = events(
        view,
        list(&meetings, "data"),
        list(&meetings, "data").first().map_or("", |last| text(last, "id")),
    );
    let data = view.api("/meetings", &[("sort", "-date"), ("limit", &MOST.to_string())]);
    let picture = Picture {
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
            div.pictures.wide { (timeline(&picture, &line)) }
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
    Ok(Sheet {
        title: settings.title.clone(),
        description: settings.description.clone(),
        data: vec![
            ("Meetings as JSON", data),
            ("Commitments as JSON", view.api("/commitments", &STANDING)),
            (
                "Changes as JSON",
                links
                    .present()
                    .with("/v1/changes", &[("after", &after.to_string()), ("limit", "3")]),
            ),
        ],
        linked_data: Some(machines::dataset(view.app)?),
        body,
    })
}

/// How many records each list has.
fn totals(view: &mut View<'_, '_>) -> Result<Vec<(&'static str, String, u64)>, Problem> {
    let mut totals = Vec::new();
    for listing in &lists::LISTINGS {
        let Some(record_type) = CATALOGUE.get(listing.record_type) else { continue };
        let found = view.list(record_type, &pairs([("limit", "1"), ("fields", "id")]))?;
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
fn standing(view: &mut View<'_, '_>) -> Result<Markup, Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok(html! {}) };
    let found = view.list(commitments, &pairs(STANDING))?;
    let rows: Vec<Row> = counted(&found["facets"]["status"])
        .into_iter()
        .map(|(status, _, count)| Row {
            label: capital(&plain(&status)),
            counts: vec![count],
            address: Some(view.links.with("/commitments", &[("status", &status)])),
        })
        .collect();
    let picture = Picture {
        title: "Commitments by status",
        series: &[],
        counted: "Status",
        data: Some(view.api("/commitments", &STANDING)),
    };
    Ok(html! {
        @if !rows.is_empty() {
            section aria-labelledby="stand" {
                h2 #stand { "Where commitments stand" }
                p.quiet {
                    "A status is recorded from a source, never inferred: “unknown” says \
                    that no later report was found."
                }
                div.pictures.wide { (bars(&picture, &rows)) }
                p {
                    a href=(view.links.to("/commitments")) {
                        "The tracker: by department, pillar, topic and meeting"
                    }
                }
            }
        }
    })
}
