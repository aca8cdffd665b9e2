//! What describes the API: the specification, its page, the pages of problems; and whether the server lives.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{KINDS, NOT_FOUND, SERVICE_UNAVAILABLE};
use super::{App, Problem, reading};
use crate::store::Pin;

const START: &str = "Scalar.createApiReference('#app', {url: '/openapi.json', withDefaultFonts: false, telemetry: false, hideClientButton: true, showDeveloperTools: 'never', agent: {disabled: true}, mcp: {disabled: true}})\n";

/// What the documentation page may load.
pub(crate) const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The script of the documentation page: megabytes, which all requests share.
static SCRIPT: LazyLock<Option<web::Bytes>> =
    LazyLock::new(|| scalar_api_reference::get_asset_with_mime("scalar.js").map(|(_, script)| web::Bytes::from(script.to_vec())));

/// Answers the scripts of the documentation page.
pub async fn docs(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (media_type, body) = match request.path() {
        "/docs/init.js" => ("text/javascript; charset=utf-8", web::Bytes::from_static(START.as_bytes())),
        _ => {
            let script = SCRIPT.clone().ok_or_else(|| Problem::internal("the documentation's script is missing"))?;
            ("text/javascript; charset=utf-8", script)
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, DOCS_POLICY))
        .body(body))
}

/// Answers the specification as JSON.
pub async fn openapi_json(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "public, no-cache"))
        .body(app.specification.clone())
}

/// Answers the specification as YAML.
pub async fn openapi_yaml(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let yaml = app.specification_as_yaml()?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/yaml")).insert_header((CACHE_CONTROL, "public, no-cache")).body(yaml))
}

/// Explains a kind of problem.
pub async fn problem_page(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let kind = KINDS
        .iter()
        .find(|kind| kind.code == code.as_str())
        .ok_or_else(|| Problem::new(&NOT_FOUND, "There is no such kind of problem."))?;
    Ok(HttpResponse::Ok().json(kind))
}

/// The health of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`; a server that is not ready answers with a problem.
    #[schema(inline)]
    status: HealthStatus,
    /// The latest revision.
    revision: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum HealthStatus {
    Ok,
}

/// Tells that the server lives (`/health/live`), and that it can read the record (`/health/ready`).
pub async fn health(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    if request.path().ends_with("ready") {
        if *app.leaving.borrow() {
            return Err(Problem::new(&SERVICE_UNAVAILABLE, "The server is about to stop."));
        }
        reading(&app, |app| Ok(app.store.read(&Pin::default(), |snapshot| Ok::<_, crate::store::StoreError>(snapshot.revision))?)).await?;
    }
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(Health { status: HealthStatus::Ok, revision: app.store.revision() }))
}
