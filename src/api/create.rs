//! `POST /v1/{type}`: creates a record.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{a, body, created, operation};
use super::record_operation::{RecordOperation, every_type};
use super::written::answer;
use crate::editing;
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::Asked;

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
        "Without an id, the record gets one made from its name. Computed fields are ignored.";
    operation(
        record_type,
        format!("create_{}", record_type.name),
        format!("Create {}", a(record_type)),
        description,
    )
    .request_body(Some(body("application/json", &format!("{}Input", record_type.schema))))
    .response("201", created(record_type))
}

/// Enters a record.
async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, _, body) =
        Asked::with_body(&app, &request, payload, Scope::Write, "application/json").await?;
    let sent = body.to_string();
    let edited = asked
        .write_once(&app, &sent, move |transaction| editing::create(transaction, record_type, body))
        .await?;
    answer(&app, &request, record_type, &asked, edited).await
}
