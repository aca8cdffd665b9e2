//! `PUT /v1/{type}/{id}`: creates or replaces a record.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{a, body, created, id, operation, shared, written};
use super::record_operation::{RecordOperation, every_type};
use super::written::answer;
use crate::editing;
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::Asked;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Put,
    path: "/{id}",
    applies: every_type,
    route: |record_type| {
        web::put()
            .to(move |request, id, payload, app| handle(record_type, request, id, payload, app))
    },
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Creates the record (`If-None-Match: *`) or replaces it (`If-Match`). A \
        record can be sent as it was read. A write that changes nothing makes no revision.";
    operation(
        record_type,
        format!("put_{}", record_type.name),
        format!("Create or replace {}", a(record_type)),
        description,
    )
    .parameter_ref(id(record_type))
    .parameter_ref(shared("If-None-Match"))
    .request_body(Some(body("application/json", &format!("{}Input", record_type.schema))))
    .response("200", written(record_type))
    .response("201", created(record_type))
}

/// Creates or replaces a record.
async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, body) =
        Asked::with_body(&app, &request, payload, Scope::Write, "application/json").await?;
    let written = asked
        .write(&app, move |transaction| {
            editing::put(transaction, record_type, &id, body, &expected)
        })
        .await?;
    answer(&app, &request, record_type, &asked, written.answer).await
}
