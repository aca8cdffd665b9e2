//! The page of any record: its facts with their sources, what refers to it, its history. Types with
//! more to show add to it.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::facts::{facts, remark};
use super::labels::{capital, moment, plain};
use super::layout::Page;
use super::links::{path_of, text};
use super::lists::list_of;
use super::respond::{AllowedParameters, answer};
use super::sections::Sections;
use super::{commitment, document, meeting, roles, seo, sources};
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;

/// Answers the page of a record.
pub async fn show(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    answer(request, app, AllowedParameters::Only(&[]), move |context| {
        page(context, record_type, &id)
    })
    .await
}

fn page(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Page, Problem> {
    let include: Vec<&'static str> =
        record_type.backlinks.iter().map(|backlink| backlink.name).collect();
    let record = context.item(record_type, id, &include)?;
    let parts = match record_type.name {
        "meeting" => meeting::parts(context, &record)?,
        "commitment" => commitment::parts(context, &record)?,
        "person" | "organization" => roles::parts(context, record_type, &record)?,
        "document" => document::parts(context, &record),
        "award" => roles::of_award(context, &record)?,
        _ => Sections::default(),
    };
    let links = &context.links;
    let address = path_of(record_type.name, id);
    let body = html! {
        article.record {
            (breadcrumb(context, record_type))
            h1 { (text(&record, "name")) }
            (parts.lead)
            (remark(&record))
            (parts.before)
            section.facts aria-labelledby="facts" {
                h2 #facts { "Facts" }
                (facts(links, record_type, &record, parts.shown_elsewhere))
            }
            (parts.after)
            (sources::documents(links, &record))
            (sources::section(links, &record))
            section aria-labelledby="history" {
                h2 #history { "History" }
                p {
                    "Last changed by revision "
                    (record["revision"])
                    ", "
                    (moment(text(&record, "updated_at")))
                    ". "
                    a href=(links.to(&format!("{address}/history"))) {
                        "Every version, and what differs"
                    }
                }
            }
        }
    };
    Ok(Page {
        title: text(&record, "name").to_owned(),
        description: description(record_type, &record),
        data: data(context, record_type, id, &include),
        linked_data: seo::linked_data(context, record_type, &record),
        body,
    })
}

/// The way back to the list that the record stands in.
fn breadcrumb(context: &PageContext<'_, '_>, record_type: &RecordType) -> Markup {
    let path = match record_type.name {
        "award" => "award_recipient",
        name => name,
    };
    html! {
        p.kind {
            @if let Some(listing) = list_of(path) {
                a href=(context.links.to(listing.path)) { (listing.title) }
                " › "
            }
            (capital(&plain(record_type.name)))
        }
    }
}

/// A sentence on the record.
fn description(record_type: &RecordType, record: &Json) -> String {
    let told = ["summary", "text", "citation", "credited_as"]
        .iter()
        .find_map(|field| record[*field].as_str());
    let told = told.map_or_else(
        || format!("{}: {}.", capital(&plain(record_type.name)), text(record, "name")),
        str::to_owned,
    );
    match told.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &told[..at]),
        None => told,
    }
}

/// The same as data: the record with all that is included, and its row.
fn data(
    context: &PageContext<'_, '_>,
    record_type: &RecordType,
    id: &str,
    include: &[&str],
) -> Vec<(&'static str, String)> {
    let path = format!("/{}", record_type.path);
    let include = include.join(",");
    let query: Vec<(&str, &str)> =
        if include.is_empty() { Vec::new() } else { vec![("include", include.as_str())] };
    vec![
        ("JSON", context.api(&format!("{path}/{id}"), &query)),
        ("CSV", context.api(&path, &[("id", id), ("format", "csv")])),
    ]
}
