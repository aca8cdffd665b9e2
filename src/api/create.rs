//! `POST /v1/{type}`: creates a record.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{body, operation, record_created};
use super::record_operation::{RecordOperation, every_type};
use super::write_response::respond;
use crate::editing;
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Post,
    path: "",
    applies: every_type,
    route: |record_type| {
        web::post().to(move |request, payload, app| handle(record_type, request, payload, app))
    },
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description =
        "If the record has no `id`, one is made from its name. Computed fields are ignored.";
    operation(record_type, "create_{name}", "Create {record}", description)
        .request_body(Some(body("application/json", &format!("{}Input", record_type.schema))))
        .response("201", record_created(record_type))
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (write_request, _, body) =
        WriteRequest::with_body(&app, &request, payload, Scope::Write, "application/json").await?;
    let body_text = body.to_string();
    let edited = write_request
        .write_once(&app, &body_text, move |transaction| {
            editing::create(transaction, record_type, body)
        })
        .await?;
    respond(&app, &request, record_type, &write_request, edited).await
}
