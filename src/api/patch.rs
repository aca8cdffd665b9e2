//! `PATCH /v1/{type}/{id}`: changes a record.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{body, id, operation, record_written};
use super::record_operation::{RecordOperation, every_type};
use super::write_response::respond;
use crate::editing;
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Patch,
    path: "/{id}",
    applies: every_type,
    route: |record_type| {
        web::patch()
            .to(move |request, id, payload, app| handle(record_type, request, id, payload, app))
    },
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Applies a merge patch (RFC 7396): members that are present change, null \
        removes a value, and lists are replaced completely.";
    operation(record_type, "patch_{name}", "Update {record}", description)
        .parameter_ref(id(record_type))
        .request_body(Some(body(
            "application/merge-patch+json",
            &format!("{}Patch", record_type.schema),
        )))
        .response("200", record_written(record_type))
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (write_request, expected, patch) = WriteRequest::with_body(
        &app,
        &request,
        payload,
        Scope::Write,
        "application/merge-patch+json",
    )
    .await?;
    let written = write_request
        .write(&app, move |transaction| {
            editing::patch(transaction, record_type, &id, &patch, &expected)
        })
        .await?;
    respond(&app, &request, record_type, &write_request, written).await
}
