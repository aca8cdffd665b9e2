//! `PATCH /v1/{type}/{id}`: changes a record.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{a, body, id, operation, written};
use super::record_operation::{RecordOperation, every_type};
use super::written::answer;
use crate::editing;
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::Asked;

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
    let description = "A merge patch (RFC 7396): given members change, null removes, lists are \
        replaced as a whole.";
    operation(
        record_type,
        format!("patch_{}", record_type.name),
        format!("Update {}", a(record_type)),
        description,
    )
    .parameter_ref(id(record_type))
    .request_body(Some(body(
        "application/merge-patch+json",
        &format!("{}Patch", record_type.schema),
    )))
    .response("200", written(record_type))
}

/// Changes a record by a merge patch.
async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, patch) =
        Asked::with_body(&app, &request, payload, Scope::Write, "application/merge-patch+json")
            .await?;
    let written = asked
        .write(&app, move |transaction| {
            editing::patch(transaction, record_type, &id, &patch, &expected)
        })
        .await?;
    answer(&app, &request, record_type, &asked, written.answer).await
}
