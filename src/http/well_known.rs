//! What programs look for at places that they know: the catalogue of the API, and whom to tell of a weakness.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LINK};
use actix_web::{HttpResponse, web};
use serde_json::json;

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

/// Answers the catalogue of the API (RFC 9727): where it is, what describes it, whether it is up.
pub async fn api_catalog(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let link = |path: &str, media_type: &str| json!([{ "href": app.address(path), "type": media_type }]);
    let linkset = json!({ "linkset": [
        { "anchor": app.address(CATALOG), "item": [{ "href": app.address("/") }] },
        {
            "anchor": app.address("/"),
            "service-desc": [
                { "href": app.address("/openapi.json"), "type": "application/json" },
                { "href": app.address("/openapi.yaml"), "type": "application/yaml" },
            ],
            "service-doc": link("/docs", "text/html"),
            "status": link("/health/ready", "application/json"),
        },
    ] });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\""))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((LINK, catalog_link(&app)))
        .body(linkset.to_string()))
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
