//! `POST /v1/{type}/{id}/merge`: merges a record into another.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{body, id, operation, record_written};
use super::record_operation::{RecordOperation, agents};
use super::write_response::respond;
use crate::editing::{self, Merge};
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Post,
    path: "/{id}/merge",
    applies: agents,
    route: |record_type| {
        web::post()
            .to(move |request, id, payload, app| handle(record_type, request, id, payload, app))
    },
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Requires a key with the scope `admin`. Moves every reference to the target \
        record, which is the response. The names of the merged record become `other_names` of the \
        target, unless `keep_names` is false. Afterwards the old id redirects (308), and bodies, \
        bundles and filters accept it. Its history remains.";
    operation(record_type, "merge_{name}", "Merge {record} into another", description)
        .parameter_ref(id(record_type))
        .request_body(Some(body("application/json", "Merge")))
        .response("200", record_written(record_type))
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
    let merge = Merge::parse(&body)?;
    let edited = write_request
        .write_once(&app, &body.to_string(), move |transaction| {
            editing::merge(transaction, record_type, &id, &merge, &expected)
        })
        .await?;
    respond(&app, &request, record_type, &write_request, edited).await
}
