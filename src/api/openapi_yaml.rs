//! `GET /openapi.yaml`: the OpenAPI document as YAML.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use super::tag::SERVER;
use crate::web::app::App;
use crate::web::problem::Problem;

/// Get the OpenAPI document as YAML
///
/// Returns this document.
#[utoipa::path(
    get,
    path = "/openapi.yaml",
    operation_id = "get_openapi_yaml",
    tag = SERVER,
    responses((status = 200, description = "The document.", body = Object,
        content_type = "application/yaml")),
)]
pub(crate) async fn openapi_yaml(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/yaml"))
        .insert_header((CACHE_CONTROL, "public, no-cache"))
        .body(app.openapi_yaml()?))
}
