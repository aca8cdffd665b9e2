//! What programs look for at places that they know: the catalogue of the API, and whom to tell of a weakness.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LINK};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Problem};
use crate::model::Moment;

/// Where the catalogue is.
const CATALOG: &str = "/.well-known/api-catalog";

/// How long what stands in security.txt may be relied upon, in days.
const VALID: i64 = 180;

/// The link to the catalogue, for the header of what should lead there.
pub(super) fn catalog_link(app: &App) -> String {
    format!("<{}>; rel=\"api-catalog\"", app.address(CATALOG))
}

/// A set of links (RFC 9264).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Linkset {
    /// The links, by the resource that they start from.
    linkset: Vec<Links>,
}

/// The links of a resource.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
struct Links {
    /// The resource.
    anchor: String,
    /// The APIs in the catalog.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    item: Vec<LinkTarget>,
    /// Machine-readable descriptions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_desc: Vec<LinkTarget>,
    /// Documentation for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_doc: Vec<LinkTarget>,
    /// Health checks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status: Vec<LinkTarget>,
}

/// The target of a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkTarget {
    /// The URL.
    href: String,
    /// The media type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    media_type: Option<&'static str>,
}

/// Answers the catalogue of the API (RFC 9727): where it is, what describes it, whether it is up.
pub async fn api_catalog(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let link = |path: &str, media_type| LinkTarget { href: app.address(path), media_type: Some(media_type) };
    let item = vec![LinkTarget { href: app.address("/"), media_type: None }];
    let catalog = Links { anchor: app.address(CATALOG), item, ..Links::default() };
    let api = Links {
        anchor: app.address("/"),
        service_desc: vec![link("/openapi.json", "application/json"), link("/openapi.yaml", "application/yaml")],
        service_doc: vec![link("/docs", "text/html")],
        status: vec![link("/health/ready", "application/json")],
        ..Links::default()
    };
    let linkset = serde_json::to_string(&Linkset { linkset: vec![catalog, api] }).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\""))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((LINK, catalog_link(&app)))
        .body(linkset))
}

/// Tells whom to tell of a weakness (RFC 9116).
pub async fn security_txt(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let settings = &app.settings;
    let contact = settings.security_contact.as_deref().unwrap_or(&settings.contact);
    let contact = if contact.contains(':') { contact.to_owned() } else { format!("mailto:{contact}") };
    let expires = Moment::now().day() + chrono::TimeDelta::days(VALID);
    let canonical = settings.public_url.as_ref().map(|_| format!("Canonical: {}\n", app.address("/.well-known/security.txt")));
    let text = format!("Contact: {contact}\nExpires: {expires}T00:00:00Z\n{}Preferred-Languages: en\n", canonical.unwrap_or_default());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(text))
}
