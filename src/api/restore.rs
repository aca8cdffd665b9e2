//! `POST /v1/{type}/{id}/restore`: restores a version.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{body, id, operation, record_written};
use super::record_operation::{RecordOperation, every_type};
use super::write_response::respond;
use crate::editing;
use crate::keys::Scope;
use crate::model::{Faults, Pointer, RecordType, number};
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Post,
    path: "/{id}/restore",
    applies: every_type,
    route: |record_type| {
        web::post()
            .to(move |request, id, payload, app| handle(record_type, request, id, payload, app))
    },
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Writes an earlier version of the record as a new revision, even if the \
        record was deleted. References to records that have been merged since then lead to their \
        targets.";
    operation(record_type, "restore_{name}", "Restore a version of {record}", description)
        .parameter_ref(id(record_type))
        .request_body(Some(body("application/json", "Restoration")))
        .response("200", record_written(record_type))
}

/// The version to restore.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Restoration {
    /// The revision that wrote the version, or a later one at which it was current.
    #[schema(minimum = 1)]
    pub(super) revision: i64,
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
    let revision = revision(&body)?;
    let edited = write_request
        .write_once(&app, &body.to_string(), move |transaction| {
            editing::restore(transaction, record_type, &id, revision, &expected)
        })
        .await?;
    respond(&app, &request, record_type, &write_request, edited).await
}

/// Parses the revision to restore, which is the only member of the body.
fn revision(body: &Json) -> Result<i64, Problem> {
    let mut faults = Faults::default();
    let root = Pointer::Root;
    let Json::Object(members) = body else {
        let hint = "{\"revision\": …}".to_owned();
        faults.at(&root, "wrong-type", "must be an object", Some(hint));
        return Err(Problem::body(faults.into_list()));
    };
    for other in members.keys().filter(|name| *name != "revision") {
        let why = "is not a member of this body";
        faults.at(&root.member(other), "unknown-field", why, Some("revision".to_owned()));
    }
    let number = members.get("revision").and_then(Json::as_f64).and_then(number::as_integer);
    let revision = number.filter(|revision| *revision > 0);
    if revision.is_none() {
        let why = "must be the number of the revision to restore";
        faults.at(&root.member("revision"), "wrong-type", why, None);
    }
    revision.filter(|_| faults.is_empty()).ok_or_else(|| Problem::body(faults.into_list()))
}
