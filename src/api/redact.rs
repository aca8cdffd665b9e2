//! `POST /v1/{type}/{id}/redactions`: redacts fields in every version.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{a, body, deleted, id, operation, written};
use super::record_operation::{RecordOperation, every_type};
use super::written::answer;
use crate::editing::{self, Redaction};
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::Asked;

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
    let description = "Needs a key with the scope `admin`. Removes values, and with `reasons` the \
        reasons of earlier revisions, from every version. The introduction says what else is \
        removed. A deleted record stays deleted (204).";
    operation(
        record_type,
        format!("redact_{}", record_type.name),
        format!("Redact fields of {}", a(record_type)),
        description,
    )
    .parameter_ref(id(record_type))
    .request_body(Some(body("application/json", "Redaction")))
    .response("200", written(record_type))
    .response("204", deleted())
}

/// Redacts fields of a record in every version of it.
async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, body) =
        Asked::with_body(&app, &request, payload, Scope::Admin, "application/json").await?;
    let redaction = Redaction::parse(&body)?;
    let asked = asked.because(&redaction.reason, "redaction");
    match asked
        .write_once(&app, &body.to_string(), move |transaction| {
            editing::redact(transaction, record_type, &id, &redaction, &expected)
        })
        .await?
    {
        Some(edited) => answer(&app, &request, record_type, &asked, edited).await,
        None => Ok(asked.nothing_left()),
    }
}
