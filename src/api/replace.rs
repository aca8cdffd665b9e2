//! `PUT /v1/{type}/{id}`: creates or replaces a record.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{body, id, operation, record_created, record_written, shared};
use super::record_operation::{RecordOperation, every_type};
use super::write_response::respond;
use crate::editing::{self, Pointers};
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

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
        record can be sent as it was read. A write that changes nothing creates no revision.";
    operation(record_type, "put_{name}", "Create or replace {record}", description)
        .parameter_ref(id(record_type))
        .parameter_ref(shared("If-None-Match"))
        .request_body(Some(body("application/json", &format!("{}Input", record_type.schema))))
        .response("200", record_written(record_type))
        .response("201", record_created(record_type))
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (write_request, expected, body) =
        WriteRequest::with_body(&app, &request, payload, Scope::Write, "application/json").await?;
    let written = write_request
        .write(&app, move |transaction| {
            editing::put(transaction, record_type, &id, body, &expected, Pointers::Follow)
        })
        .await?;
    respond(&app, &request, record_type, &write_request, written).await
}
