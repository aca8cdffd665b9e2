//! `GET /health/live`: liveness.

use actix_web::{HttpResponse, web};

use super::health::{Health, healthy};
use super::tag::SERVER;
use crate::web::app::App;

/// Check that the server runs
///
/// Returns 200 as long as the server runs.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = SERVER,
    responses((status = 200, description = "The server runs.", body = Health)),
)]
pub(crate) async fn get_health_live(app: web::Data<App>) -> HttpResponse {
    healthy(&app)
}
