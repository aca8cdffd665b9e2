//! `GET /v1/people/{id}/roles` and `GET /v1/organizations/{id}/roles`: the participation in records
//! of all types.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::ToSchema as _;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::examples;
use super::document::operation::{id, json, operation, shared};
use super::missing_record::missing_record;
use super::record_operation::{RecordOperation, agents};

use crate::model::{Faults, RecordType};
use crate::reading::{
    DEFAULT_LIMIT, Envelope, MAX_LIMIT, PageInfo, Position, Role, RoleList, Total, key_of,
    parse_as_of, roles, status_of,
};
use crate::records::EXAMPLES;
use crate::store::Pin;
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{ReadResponse, respond};
use crate::web::cursors::{check_same_query, is_state_of, open_cursor};
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, number, parameters, value};
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
    let description = "Lists the roles in records of all types, the latest first.";
    let operation =
        operation(record_type, "list_{name}_roles", "List the roles of {record}", description)
            .parameter_ref(id(record_type));
    let names = ["limit", "cursor", "revision", "as_of"];
    let operation =
        names.iter().fold(operation, |operation, name| operation.parameter_ref(shared(name)));
    operation.response("200", json("The roles.", &RoleList::name()))
}

pub(super) fn example() -> RoleList {
    let record = examples::reference_to(EXAMPLES.event);
    examples::list(
        Role {
            role: "chair".to_owned(),
            record,
            date: examples::date_of(EXAMPLES.event),
            credited_as: None,
        },
        1,
    )
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    let cursor = value(&parameters, "cursor");
    let mut faults = Faults::default();
    check_known(&parameters, &["limit", "cursor", "revision", "as_of"], &mut faults);
    let as_of = parse_as_of(&parameters, &mut faults);
    let list = format!("{}/{id}/roles", record_type.path);
    let position = cursor.map(|cursor| open_cursor(&app, cursor, &list)).transpose()?;
    let default = position.as_ref().map_or(DEFAULT_LIMIT, |position| position.limit);
    let limit =
        number(&parameters, "limit", default as i64, 1..=MAX_LIMIT as i64, &mut faults) as usize;
    Problem::check_parameters(faults)?;
    negotiate(&request, &["application/json"])?;
    let (offset, pin) = match position {
        Some(position) => {
            check_same_query(is_state_of(&app, as_of, &position).await?)?;
            (usize::try_from(position.number()).unwrap_or_default(), position.pin)
        }
        None => (0, pin(&app, as_of).await?),
    };
    let id = id.into_inner();
    let path = app.address(request.path());
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let Some(key) = key_of(snapshot, record_type, &id)? else {
                return Err(missing_record(record_type, &status_of(snapshot, record_type, &id)?));
            };
            let (data, total) = roles(snapshot, record_type, key, offset, limit)?;
            let end = offset + limit;
            let next = (end < total).then(|| {
                let end = i64::try_from(end).unwrap_or(i64::MAX);
                Position::numbered(end, limit, total, snapshot.pin()).url(&list, app.signing(&path))
            });
            let page = PageInfo::new(limit, Total::exact(total), next);
            let envelope = Envelope { page, facets: None, revision: snapshot.revision };
            ReadResponse::list(snapshot.today.clone(), &RoleList { data, envelope })
        })
    };
    respond(&app, &request, "application/json", pin, read).await
}
