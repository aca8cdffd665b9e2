//! What search engines and other programs are told: linked data by schema.org, the map of the site, the rules for robots.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{PreEscaped, html};
use serde_json::{Map, Value as Json, json};

use super::links::{list, path_of, text};
use super::lists::LISTINGS;
use super::view::View;
use super::words::place;
use crate::formats::json::to_value;
use crate::http::{self, App, CATALOGUE, Found, Problem};
use crate::model::{Faults, RecordType};
use crate::reading::{Batches, parse_query};
use crate::store::Pin;

/// As many addresses as the map of a site may have.
const MOST: usize = 50_000;

/// The record as a whole.
pub fn dataset(app: &App) -> Json {
    let settings = &app.settings;
    let distribution =
        |path: &str, format: &str| json!({ "@type": "DataDownload", "encodingFormat": format, "contentUrl": app.address(path) });
    json!({
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": settings.title,
        "description": settings.description,
        "url": app.address("/"),
        "license": settings.license.get(1),
        "isAccessibleForFree": true,
        "distribution": CATALOGUE.iter().flat_map(|record_type| {
            let path = format!("/v1/{}", record_type.path);
            [distribution(&path, "application/json"), distribution(&format!("{path}?format=csv"), "text/csv")]
        }).collect::<Vec<_>>(),
    })
}

/// A record in the words of schema.org; what is not known is left out.
pub fn linked_data(view: &View<'_, '_>, record_type: &RecordType, record: &Json) -> Option<Json> {
    let of = |reference: &Json| thing(view, reference);
    let (kind, more): (&str, Json) = match record_type.name {
        "meeting" => (
            "Event",
            json!({
                "startDate": record["date"], "endDate": record["end_date"], "description": record["summary"],
                "organizer": of(&record["organization"]),
                "eventStatus": match text(record, "status") { "cancelled" => "https://schema.org/EventCancelled", "postponed" => "https://schema.org/EventPostponed", _ => "https://schema.org/EventScheduled" },
                "location": if record["location"].is_null() { Json::Null } else { json!({ "@type": "Place", "name": place(&record["location"]) }) },
                "attendee": list(record, "participants").iter().map(|one| of(&one["agent"])).collect::<Vec<_>>(),
            }),
        ),
        "person" => (
            "Person",
            json!({
                "givenName": record["given_name"], "familyName": record["family_name"], "alternateName": record["other_names"],
                "honorificPrefix": record["honorific_prefix"], "honorificSuffix": record["honorific_suffix"], "description": record["summary"],
                "jobTitle": list(record, "positions").iter().map(|position| position["title"].clone()).collect::<Vec<_>>(),
            }),
        ),
        "organization" => {
            let kind = match text(record, "kind") {
                "task_force" | "department" | "agency" | "office" | "committee" | "government" => "GovernmentOrganization",
                "nongovernmental" => "NGO",
                "company" => "Corporation",
                _ => "Organization",
            };
            (
                kind,
                json!({
                    "alternateName": record["short_name"], "foundingDate": record["established"], "dissolutionDate": record["dissolved"],
                    "sameAs": record["website"], "description": record["summary"], "parentOrganization": of(&record["parent"]),
                }),
            )
        }
        "document" => {
            let kind = match text(record, "kind") {
                "report" | "action_plan" => "Report",
                "press_release" | "news" => "NewsArticle",
                "statute" | "executive_order" | "memorandum" => "Legislation",
                "video" => "VideoObject",
                "webpage" => "WebPage",
                "dataset" => "Dataset",
                _ => "DigitalDocument",
            };
            (
                kind,
                json!({
                    "datePublished": record["issued"], "inLanguage": record["language"], "publisher": of(&record["publisher"]),
                    "sameAs": record["url"], "identifier": record["number"], "abstract": record["summary"], "license": record["license"],
                }),
            )
        }
        "commitment" => (
            "Action",
            json!({
                "description": record["text"], "startTime": record["made_on"],
                "agent": list(record, "departments").iter().map(of).collect::<Vec<_>>(),
                "actionStatus": match text(record, "status") { "completed" => "https://schema.org/CompletedActionStatus", "in_progress" => "https://schema.org/ActiveActionStatus", "announced" => "https://schema.org/PotentialActionStatus", _ => "" },
            }),
        ),
        "award_recipient" => (
            "Action",
            json!({ "description": record["citation"], "startTime": record["presented_on"], "recipient": of(&record["recipient"]), "agent": of(&record["presented_by"]) }),
        ),
        _ => return None,
    };
    let mut data = Map::new();
    data.insert("@context".to_owned(), json!("https://schema.org"));
    data.insert("@type".to_owned(), json!(kind));
    data.insert("@id".to_owned(), json!(view.app.address(&path_of(record_type.name, text(record, "id")))));
    data.insert("name".to_owned(), record["name"].clone());
    if let Json::Object(more) = more {
        data.extend(more.into_iter().filter(|(_, value)| !super::value::is_unknown(value)));
    }
    Some(Json::Object(data))
}

/// A reference or an agent.
fn thing(view: &View<'_, '_>, reference: &Json) -> Json {
    let kind = match text(reference, "type") {
        "person" => "Person",
        "organization" => "Organization",
        "" => return Json::Null,
        _ => "Thing",
    };
    match text(reference, "id") {
        "" => json!({ "@type": kind, "name": reference["name"] }),
        id => json!({ "@type": kind, "@id": view.app.address(&path_of(text(reference, "type"), id)), "name": reference["name"] }),
    }
}

/// Answers the map of the site: the page of every list and of every record, lately changed ones first.
pub async fn sitemap(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let read = |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let mut pages = Vec::new();
            for record_type in CATALOGUE.iter() {
                let asked = [("sort", "-updated_at"), ("fields", "id,updated_at")].map(|(name, value)| (name.to_owned(), value.to_owned()));
                let query = parse_query(record_type, &asked, &mut Faults::default());
                Batches::new(&query, &app.totals, None).next(snapshot, MOST / CATALOGUE.iter().count(), |document, _| {
                    let record = to_value(document)?;
                    pages.push((path_of(record_type.name, text(&record, "id")), text(&record, "updated_at").to_owned()));
                    Ok(())
                })?;
            }
            let lists = ["/", "/about", "/changes"].into_iter().chain(LISTINGS.iter().map(|listing| listing.path));
            let map = html! {
                (PreEscaped(r#"<?xml version="1.0" encoding="UTF-8"?>"#))
                urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {
                    @for path in lists { url { loc { (app.address(path)) } } }
                    @for (path, changed) in &pages { url { loc { (app.address(path)) } lastmod { (changed) } } }
                }
            };
            Ok(Found::new(snapshot, snapshot.revision, map.into_string()))
        })
    };
    http::answer(&app, &request, "application/xml", Pin::default(), read).await
}

/// Answers the rules for robots: the pages of the present, once each.
pub async fn robots(app: web::Data<App>) -> HttpResponse {
    let map = app.settings.public_url.as_ref().map_or(String::new(), |_| format!("Sitemap: {}\n", app.address("/sitemap.xml")));
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(format!(
            "User-agent: *\nDisallow: /v1/\nDisallow: /search\nDisallow: /*revision=\nDisallow: /*as_of=\nDisallow: /*cursor=\n{map}"
        ))
}
