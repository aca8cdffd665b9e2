//! `GET /.well-known/api-catalog`: links to the API and its documentation.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LINK};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::tag::SERVER;

use crate::web::app::App;
use crate::web::problem::Problem;

const PATH: &str = "/.well-known/api-catalog";

/// Returns the link to the catalog, for the `Link` header.
pub(super) fn catalog_link(app: &App) -> String {
    format!("<{}>; rel=\"api-catalog\"", app.address(PATH))
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

/// Get the API catalog
///
/// Returns links to the API, its documentation and its health check (RFC 9727).
#[utoipa::path(
    get,
    path = "/.well-known/api-catalog",
    operation_id = "get_api_catalog",
    tag = SERVER,
    responses((status = 200, description = "The catalog.", body = Linkset,
        content_type = "application/linkset+json")),
)]
pub(crate) async fn api_catalog(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let link = |path: &str, media_type| LinkTarget {
        href: app.address(path),
        media_type: Some(media_type),
    };
    let item = vec![LinkTarget { href: app.address("/"), media_type: None }];
    let catalog = Links { anchor: app.address(PATH), item, ..Links::default() };
    let api = Links {
        anchor: app.address("/"),
        service_desc: vec![
            link("/openapi.json", "application/json"),
            link("/openapi.yaml", "application/yaml"),
        ],
        service_doc: vec![link("/docs", "text/html")],
        status: vec![link("/health/ready", "application/json")],
        ..Links::default()
    };
    let linkset = serde_json::to_string(&Linkset { linkset: vec![catalog, api] })
        .map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((
            CONTENT_TYPE,
            "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"",
        ))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((LINK, catalog_link(&app)))
        .body(linkset))
}
