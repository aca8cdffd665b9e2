//! `GET /v1/statistics`: counts over the dataset.

use actix_web::{HttpRequest, HttpResponse, web};

use super::tag::SEARCH;
use crate::model::Faults;
use crate::reading::{Statistics, parse_as_of, statistics};
use crate::store::Pin;
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{ReadResponse, respond};
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, parameters};
use crate::web::problem::Problem;

/// Get statistics
///
/// Returns the number of records by type, year, status and more, the share with sources, and the
/// precision of dates.
#[utoipa::path(
    get,
    path = "/v1/statistics",
    tag = SEARCH,
    params(("revision", Query), ("as_of", Query)),
    responses((status = 200, description = "The statistics.", body = Statistics)),
)]
pub(crate) async fn get_statistics(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    let mut faults = Faults::default();
    check_known(&parameters, &["revision", "as_of"], &mut faults);
    let as_of = parse_as_of(&parameters, &mut faults);
    Problem::check_parameters(faults)?;
    negotiate(&request, &["application/json"])?;
    let pin = pin(&app, as_of).await?;
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let statistics = statistics(snapshot)?;
            ReadResponse::json(snapshot, snapshot.revision, &statistics)
        })
    };
    respond(&app, &request, "application/json", pin, read).await
}
