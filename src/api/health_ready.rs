//! `GET /health/ready`: readiness.

use actix_web::{HttpResponse, web};

use super::health::{Health, healthy};
use super::tag::SERVER;
use crate::store::StoreError;
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::problem::{Problem, SERVICE_UNAVAILABLE};

/// Check that the dataset can be read
///
/// Returns 503 while the database is unavailable and while the server shuts down.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = SERVER,
    responses((status = 200, description = "The dataset can be read.", body = Health)),
)]
pub(crate) async fn get_health_ready(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    if *app.shutting_down.borrow() {
        return Err(Problem::new(&SERVICE_UNAVAILABLE, "The server is shutting down."));
    }
    run_blocking(&app, |app| {
        Ok(app.store.read_primary(|snapshot| Ok::<_, StoreError>(snapshot.revision))?)
    })
    .await?;
    Ok(healthy(&app))
}
