//! `GET /openapi.json`: the OpenAPI document as JSON.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use super::tag::SERVER;
use crate::web::app::App;
use crate::web::problem::Problem;

/// Get the OpenAPI document as JSON
///
/// Returns this document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "get_openapi_json",
    tag = SERVER,
    responses((status = 200, description = "The document.", body = Object,
        content_type = "application/json")),
)]
pub(crate) async fn openapi_json(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "public, no-cache"))
        .body(app.openapi_json()?))
}
