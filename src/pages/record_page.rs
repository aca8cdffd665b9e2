//! The page of any record: its facts with their sources, the records that refer to it, and its
//! history. Some types add sections.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::facts::{facts, note};
use super::labels::{capital, type_name};
use super::layout::{Page, page_header};
use super::links::{path_of, text};
use super::lists::list_of;
use super::respond::{AllowedParameters, respond};
use super::sections::Sections;
use super::{award, commitment, document, meeting, organization, person, seo, sources};
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;

/// Responds with the page of a record.
pub async fn show(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    respond(request, app, AllowedParameters::Only(&[]), move |context| {
        page(context, record_type, &id)
    })
    .await
}

fn page(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Page, Problem> {
    let backlinks: Vec<&'static str> =
        record_type.backlinks.iter().map(|backlink| backlink.name).collect();
    // The page of an organization reads its roles itself.
    let included: Vec<&'static str> = backlinks
        .iter()
        .copied()
        .filter(|name| (record_type.name, *name) != ("organization", "roles"))
        .collect();
    let record = context.item(record_type, id, &included)?;
    let sections = match record_type.name {
        "meeting" => meeting::sections(context, &record)?,
        "commitment" => commitment::sections(context, &record)?,
        "person" => person::sections(context, &record)?,
        "organization" => organization::sections(context, record_type, &record)?,
        "document" => document::sections(context, &record)?,
        "award" => award::sections(context, &record)?,
        _ => Sections::default(),
    };
    let publications = sources::publications(context, &record)?;
    let links = &context.links;
    let history = links.to(&format!("{}/history", path_of(record_type.name, id)));
    let body = html! {
        article.record {
            (
                page_header(
                    &breadcrumb(context, record_type),
                    text(&record, "name"),
                    &html! { a href=(history) { "View history" } },
                )
            )
            (sections.lead)
            (sections.before_facts)
            (note(&record))
            (facts(links, record_type, &record, sections.shown_elsewhere))
            (sections.after_facts)
            (sources::documents(links, &record))
            (sources::section(links, &record, &publications))
            p.quiet.updated {
                "Last changed in revision "
                (record["revision"])
                ", "
                (links.moment(text(&record, "updated_at")))
                "."
            }
        }
    };
    Ok(Page {
        title: text(&record, "name").to_owned(),
        description: description(record_type, &record),
        data: data(context, record_type, id, &backlinks),
        linked_data: seo::linked_data(context, record_type, &record),
        record_id: Some(id.to_owned()),
        is_gone: false,
        body,
    })
}

/// Renders the link back to the list of the record.
fn breadcrumb(context: &PageContext<'_, '_>, record_type: &RecordType) -> Markup {
    let listed_type = match record_type.name {
        "award" => "award_recipient",
        name => name,
    };
    html! {
        p.kind {
            @if let Some(listing) = list_of(listed_type) {
                a href=(context.links.to(listing.path)) { (listing.title) }
                " › "
            }
            (capital(&type_name(record_type.name)))
        }
    }
}

/// Returns a sentence about the record.
fn description(record_type: &RecordType, record: &Json) -> String {
    let sentence = ["summary", "text", "citation", "credited_as"]
        .iter()
        .find_map(|field| record[*field].as_str());
    let sentence = sentence.map_or_else(
        || format!("{}: {}.", capital(&type_name(record_type.name)), text(record, "name")),
        str::to_owned,
    );
    match sentence.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &sentence[..at]),
        None => sentence,
    }
}

/// Returns the addresses of the record as data.
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
