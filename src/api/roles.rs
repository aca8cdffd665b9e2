//! Everything somebody took part in: `GET /v1/people/{id}/roles` and `/v1/organizations/{id}/roles`.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::ToSchema as _;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::absent::absent;
use super::document::examples;
use super::document::operation::{a, id, json, operation, shared};
use super::record_operation::{RecordOperation, agents};

use crate::model::{Faults, RecordType};
use crate::reading::{Envelope, PageInfo, Role, RoleList, find, key_of, roles, travel};
use crate::store::Pin;
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{Found, answer};
use crate::web::negotiation::accepted;
use crate::web::parameters::{number, only, parameters};
use crate::web::problem::Problem;
use crate::web::routing::get;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Get,
    path: "/{id}/roles",
    applies: agents,
    route: |record_type| get().to(move |request, id, app| handle(record_type, request, id, app)),
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Everything that it took part in, in records of any type, the newest first.";
    let summary = format!("List the roles of {}", a(record_type));
    let operation = operation(record_type, format!("list_{}_roles", record_type.name), summary, description).parameter_ref(id(record_type));
    let names = ["limit", "offset", "revision", "as_of"];
    let operation = names.iter().fold(operation, |operation, name| operation.parameter_ref(shared(name)));
    operation.response("200", json("The roles.", &RoleList::name()))
}

pub(super) fn example() -> RoleList {
    let record = examples::reference_to("meeting");
    examples::list(Role { role: "chair".to_owned(), record, date: examples::date_of("meeting"), credited_as: None }, 1)
}

/// Answers what a person or an organization took part in: all of it, newest first.
async fn handle(
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
