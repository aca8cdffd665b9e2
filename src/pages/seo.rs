//! Metadata for search engines and other programs: linked data (schema.org), the sitemap and
//! `robots.txt`.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{PreEscaped, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::labels::place;
use super::links::{list, path_of, text};
use super::lists::LISTINGS;
use crate::formats::json::to_value;
use crate::model::{Faults, RecordType};
use crate::reading::{Batches, parse_query};
use crate::records::CATALOGUE;
use crate::store::Pin;
use crate::web::app::App;
use crate::web::conditional::{self, ReadResponse};
use crate::web::problem::Problem;

/// The vocabulary of linked data.
const CONTEXT: &str = "https://schema.org";

/// The maximum number of addresses in a sitemap.
const MAX_LIMIT: usize = 50_000;

/// Returns the dataset in the vocabulary of schema.org.
pub fn dataset(app: &App) -> Json {
    let settings = &app.settings;
    let download = |path: &str, format: &str| {
        Json::from_iter([
            ("@type", Json::from("DataDownload")),
            ("encodingFormat", format.into()),
            ("contentUrl", app.address(path).into()),
        ])
    };
    let downloads = |record_type: &RecordType| {
        let path = format!("/v1/{}", record_type.path);
        [download(&path, "application/json"), download(&format!("{path}?format=csv"), "text/csv")]
    };
    Json::from_iter([
        ("@context", Json::from(CONTEXT)),
        ("@type", "Dataset".into()),
        ("name", settings.title.as_str().into()),
        ("description", settings.description.as_str().into()),
        ("url", app.address("/").into()),
        ("license", settings.license.url.as_deref().into()),
        ("isAccessibleForFree", true.into()),
        ("distribution", CATALOGUE.iter().flat_map(downloads).collect()),
    ])
}

/// Properties in the vocabulary of schema.org.
type Properties = Vec<(&'static str, Json)>;

/// Returns a record in the vocabulary of schema.org, without unknown values.
pub fn linked_data(
    context: &PageContext<'_, '_>,
    record_type: &RecordType,
    record: &Json,
) -> Option<Json> {
    let (kind, properties) = match record_type.name {
        "meeting" => ("Event", event(context, record)),
        "person" => ("Person", person(record)),
        "organization" => (organization_type(text(record, "kind")), organization(context, record)),
        "document" => (document_type(text(record, "kind")), document(context, record)),
        "commitment" => ("Action", commitment(context, record)),
        "award_recipient" => ("Action", award(context, record)),
        _ => return None,
    };
    let address = context.app.address(&path_of(record_type.name, text(record, "id")));
    let named = [
        ("@context", CONTEXT.into()),
        ("@type", kind.into()),
        ("@id", address.into()),
        ("name", record["name"].clone()),
    ];
    let known = properties.into_iter().filter(|(_, value)| !super::value::is_unknown(value));
    Some(named.into_iter().chain(known).collect())
}

fn event(context: &PageContext<'_, '_>, record: &Json) -> Properties {
    let status = match text(record, "status") {
        "cancelled" => "https://schema.org/EventCancelled",
        "postponed" => "https://schema.org/EventPostponed",
        _ => "https://schema.org/EventScheduled",
    };
    let location = || {
        Json::from_iter([
            ("@type", Json::from("Place")),
            ("name", place(&record["location"]).into()),
        ])
    };
    vec![
        ("startDate", record["date"].clone()),
        ("endDate", record["end_date"].clone()),
        ("description", record["summary"].clone()),
        ("organizer", thing(context, &record["organization"])),
        ("eventStatus", status.into()),
        ("location", if record["location"].is_null() { Json::Null } else { location() }),
        (
            "attendee",
            list(record, "participants").iter().map(|one| thing(context, &one["agent"])).collect(),
        ),
    ]
}

fn person(record: &Json) -> Properties {
    vec![
        ("givenName", record["given_name"].clone()),
        ("familyName", record["family_name"].clone()),
        ("alternateName", record["other_names"].clone()),
        ("honorificPrefix", record["honorific_prefix"].clone()),
        ("honorificSuffix", record["honorific_suffix"].clone()),
        ("description", record["summary"].clone()),
        (
            "jobTitle",
            list(record, "positions").iter().map(|position| position["title"].clone()).collect(),
        ),
    ]
}

fn organization_type(kind: &str) -> &'static str {
    match kind {
        "task_force" | "department" | "agency" | "office" | "committee" | "government" => {
            "GovernmentOrganization"
        }
        "nongovernmental" => "NGO",
        "company" => "Corporation",
        _ => "Organization",
    }
}

fn organization(context: &PageContext<'_, '_>, record: &Json) -> Properties {
    vec![
        ("alternateName", record["short_name"].clone()),
        ("foundingDate", record["established"].clone()),
        ("dissolutionDate", record["dissolved"].clone()),
        ("sameAs", record["website"].clone()),
        ("description", record["summary"].clone()),
        ("parentOrganization", thing(context, &record["parent"])),
    ]
}

fn document_type(kind: &str) -> &'static str {
    match kind {
        "report" | "action_plan" => "Report",
        "press_release" | "news" => "NewsArticle",
        "statute" | "executive_order" | "memorandum" => "Legislation",
        "video" => "VideoObject",
        "webpage" => "WebPage",
        "dataset" => "Dataset",
        _ => "DigitalDocument",
    }
}

fn document(context: &PageContext<'_, '_>, record: &Json) -> Properties {
    vec![
        ("datePublished", record["issued"].clone()),
        ("inLanguage", record["language"].clone()),
        ("publisher", thing(context, &record["publisher"])),
        ("sameAs", record["url"].clone()),
        ("identifier", record["number"].clone()),
        ("abstract", record["summary"].clone()),
        ("license", record["license"].clone()),
    ]
}

fn commitment(context: &PageContext<'_, '_>, record: &Json) -> Properties {
    let status = match text(record, "status") {
        "completed" => "https://schema.org/CompletedActionStatus",
        "in_progress" => "https://schema.org/ActiveActionStatus",
        "announced" => "https://schema.org/PotentialActionStatus",
        _ => "",
    };
    vec![
        ("description", record["text"].clone()),
        ("startTime", record["made_on"].clone()),
        (
            "agent",
            list(record, "departments")
                .iter()
                .map(|department| thing(context, department))
                .collect(),
        ),
        ("actionStatus", status.into()),
    ]
}

fn award(context: &PageContext<'_, '_>, record: &Json) -> Properties {
    vec![
        ("description", record["citation"].clone()),
        ("startTime", record["presented_on"].clone()),
        ("recipient", thing(context, &record["recipient"])),
        ("agent", thing(context, &record["presented_by"])),
    ]
}

/// Returns a reference or an agent as a schema.org `Thing`.
fn thing(context: &PageContext<'_, '_>, reference: &Json) -> Json {
    let kind = match text(reference, "type") {
        "person" => "Person",
        "organization" => "Organization",
        "" => return Json::Null,
        _ => "Thing",
    };
    let name = ("name", reference["name"].clone());
    match text(reference, "id") {
        "" => Json::from_iter([("@type", kind.into()), name]),
        id => Json::from_iter([
            ("@type", kind.into()),
            ("@id", context.app.address(&path_of(text(reference, "type"), id)).into()),
            name,
        ]),
    }
}

/// Responds with the sitemap: the page of every list and of every record, the most recently changed
/// ones first.
pub async fn sitemap(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let read = |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let mut pages = Vec::new();
            for record_type in CATALOGUE.iter() {
                let parameters = [("sort", "-updated_at"), ("fields", "id,updated_at")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()));
                let query = parse_query(record_type, &parameters, &mut Faults::default());
                Batches::new(&query, &app.results, None).next(
                    snapshot,
                    MAX_LIMIT / CATALOGUE.iter().count(),
                    |document, _| {
                        let record = to_value(&document.json)?;
                        pages.push((
                            path_of(record_type.name, text(&record, "id")),
                            text(&record, "updated_at").to_owned(),
                        ));
                        Ok(())
                    },
                )?;
            }
            let lists = ["/", "/about", "/changes"]
                .into_iter()
                .chain(LISTINGS.iter().map(|listing| listing.path));
            let map = html! {
                (PreEscaped(r#"<?xml version="1.0" encoding="UTF-8"?>"#))
                urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {
                    @for path in lists {
                        url {
                            loc { (app.address(path)) }
                        }
                    }
                    @for (path, changed) in &pages {
                        url {
                            loc { (app.address(path)) }
                            lastmod { (changed) }
                        }
                    }
                }
            };
            Ok(ReadResponse::new(snapshot, snapshot.revision, map.into_string()))
        })
    };
    conditional::respond(&app, &request, "application/xml", Pin::default(), read).await
}

/// Responds with `robots.txt`, which allows each page of the latest revision once.
pub async fn robots(app: web::Data<App>) -> HttpResponse {
    let map = app
        .settings
        .public_url
        .as_ref()
        .map_or(String::new(), |_| format!("Sitemap: {}\n", app.address("/sitemap.xml")));
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(format!(
            "User-agent: *\nDisallow: /v1/\nDisallow: /search\nDisallow: /*revision=\nDisallow: \
            /*as_of=\nDisallow: /*cursor=\n{map}"
        ))
}
