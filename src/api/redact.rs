//! `POST /v1/{type}/{id}/redactions`: redacts fields in every version.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{body, id, operation, record_deleted, record_written};
use super::record_operation::{RecordOperation, every_type};
use super::write_response::respond;
use crate::editing::{self, Redaction};
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Post,
    path: "/{id}/redactions",
    applies: every_type,
    route: |record_type| {
        web::post()
            .to(move |request, id, payload, app| handle(record_type, request, id, payload, app))
    },
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Requires a key with the scope `admin`. Removes values from every version, \
        and with `reasons` the reasons of earlier revisions. The introduction lists what else is \
        removed. A deleted record stays deleted (204).";
    operation(record_type, "redact_{name}", "Redact fields of {record}", description)
        .parameter_ref(id(record_type))
        .request_body(Some(body("application/json", "Redaction")))
        .response("200", record_written(record_type))
        .response("204", record_deleted())
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (write_request, expected, body) =
        WriteRequest::with_body(&app, &request, payload, Scope::Admin, "application/json").await?;
    let redaction = Redaction::parse(&body)?;
    let write_request = write_request.with_reason(&redaction.reason, "redaction");
    match write_request
        .write_once(&app, &body.to_string(), move |transaction| {
            editing::redact(transaction, record_type, &id, &redaction, &expected)
        })
        .await?
    {
        Some(edited) => respond(&app, &request, record_type, &write_request, edited).await,
        None => Ok(HttpResponse::NoContent().finish()),
    }
}
