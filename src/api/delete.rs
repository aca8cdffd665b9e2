//! `DELETE /v1/{type}/{id}`: deletes a record.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{id, operation, record_deleted};
use super::record_operation::{RecordOperation, every_type};
use crate::editing;
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::entity_tags::precondition;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Delete,
    path: "/{id}",
    applies: every_type,
    route: |record_type| {
        web::delete().to(move |request, id, app| handle(record_type, request, id, app))
    },
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Fails with 409 while other records refer to this one; `errors` lists them. \
        Earlier revisions still show the record.";
    operation(record_type, "delete_{name}", "Delete {record}", description)
        .parameter_ref(id(record_type))
        .response("204", record_deleted())
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let write_request = WriteRequest::new(&app, &request, Scope::Write).await?;
    let expected = precondition(&request)?;
    write_request
        .write(&app, move |transaction| editing::remove(transaction, record_type, &id, &expected))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
