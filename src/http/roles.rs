//! Everything somebody took part in: `GET /v1/people/{id}/roles` and `/v1/organizations/{id}/roles`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::conditional::{Found, answer};
use super::items::absent;
use super::lists::pin;
use super::negotiation::accepted;
use super::parameters::{number, only, parameters};
use super::{App, Problem};
use crate::model::{Faults, RecordType};
use crate::reading::{Envelope, PageInfo, RoleList, find, key_of, roles, travel};
use crate::store::Pin;

/// Answers what a person or an organization took part in: all of it, newest first.
pub async fn get_roles(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    only(&parameters, &["revision", "as_of", "offset", "limit"])?;
    accepted(&request, &["application/json"])?;
    let mut faults = Faults::default();
    let travel = travel(&parameters, &mut faults);
    let limit = number(&parameters, "limit", 25, 1..=200, &mut faults) as usize;
    let offset = number(&parameters, "offset", 0, 0..=1_000_000, &mut faults) as usize;
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let pin = pin(&app, travel).await?;
    let id = id.into_inner();
    let path = app.address(request.path());
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let Some(key) = key_of(snapshot, record_type, &id)? else {
                return Err(absent(record_type, &find(snapshot, record_type, &id, &[], &[])?));
            };
            let roles = roles(snapshot, record_type, key)?;
            let total = roles.len();
            let next =
                (offset + limit < total).then(|| format!("{path}?revision={}&limit={limit}&offset={}", snapshot.revision, offset + limit));
            let data = roles.into_iter().skip(offset).take(limit).collect();
            let page = PageInfo { limit, total: i64::try_from(total).unwrap_or(i64::MAX), total_is_exact: true, next };
            Found::list(snapshot, &RoleList { data, envelope: Envelope { page, facets: None, revision: snapshot.revision } })
        })
    };
    answer(&app, &request, "application/json", pin, read).await
}
