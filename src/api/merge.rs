//! `POST /v1/{type}/{id}/merge`: merges a record into another.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{a, body, id, operation, written};
use super::record_operation::{RecordOperation, agents};
use super::written::answer;
use crate::editing::{self, Merge};
use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::Asked;

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
    let description = "Needs a key with the scope `admin`. Every reference moves to the other \
        record, which is the response. The names of the merged record become `other_names` of \
        that one, unless `keep_names` is false. From then on the old id answers 308, and is \
        followed in bodies, bundles and filters; its history stays.";
    operation(
        record_type,
        format!("merge_{}", record_type.name),
        format!("Merge {} into another", a(record_type)),
        description,
    )
    .parameter_ref(id(record_type))
    .request_body(Some(body("application/json", "Merge")))
    .response("200", written(record_type))
}

/// Merges a record into another of its type.
async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, body) =
        Asked::with_body(&app, &request, payload, Scope::Admin, "application/json").await?;
    let merge = Merge::parse(&body)?;
    let edited = asked
        .write_once(&app, &body.to_string(), move |transaction| {
            editing::merge(transaction, record_type, &id, &merge, &expected)
        })
        .await?;
    answer(&app, &request, record_type, &asked, edited).await
}
