//! The index: what this is, where its lists are, how to cite it.

use actix_web::http::header::LINK;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::well_known::catalog_link;
use super::{App, CATALOGUE, Problem};

/// Answers `GET /`.
pub async fn index(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let settings = &app.settings;
    let revision = app.store.revision();
    let lists: serde_json::Map<String, serde_json::Value> = CATALOGUE
        .iter()
        .map(|record_type| (record_type.plural.to_owned(), json!(app.address(&format!("/v1/{}", record_type.path)))))
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-cache"))
        .insert_header(("Vary", "Accept, Accept-Encoding"))
        .append_header((LINK, catalog_link(&app)))
        .json(json!({
            "title": settings.title,
            "description": settings.description,
            "contact": settings.contact,
            "license": { "name": settings.license.first(), "url": settings.license.get(1) },
            "revision": revision,
            "cite_as": format!("{}, revision {revision}, {}", settings.title, app.address("/")),
            "lists": lists,
            "specification": app.address("/openapi.json"),
            "documentation": app.address("/docs"),
        })))
}
