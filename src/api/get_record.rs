//! `GET /v1/{type}/{id}`: one record.

use std::collections::HashSet;

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{id, include, json, operation, shared};
use super::missing_record::missing_record;
use super::record_operation::{RecordOperation, every_type};

use crate::model::{Faults, RecordType};
use crate::reading::{Item, find, parse_query};
use crate::store::{Length, Pin, Snapshot};
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{ReadResponse, respond_with};
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, parameters};
use crate::web::problem::Problem;
use crate::web::routing::get;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Get,
    path: "/{id}",
    applies: every_type,
    route: |record_type| get().to(move |request, id, app| handle(record_type, request, id, app)),
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let operation = operation(record_type, "get_{name}", "Get {record}", record_type.doc)
        .parameter_ref(id(record_type))
        .parameter_ref(include(record_type));
    let operation = ["fields", "revision", "as_of"]
        .iter()
        .fold(operation, |operation, name| operation.parameter_ref(shared(name)));
    operation.response("200", json("The record.", record_type.schema))
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    const KNOWN: [&str; 4] = ["fields", "include", "revision", "as_of"];
    let mut parameters = parameters(&request)?;
    let mut faults = Faults::default();
    check_known(&parameters, &KNOWN, &mut faults);
    // Unknown, empty and repeated parameters are reported already.
    let mut seen = HashSet::new();
    parameters.retain(|(name, value)| {
        KNOWN.contains(&name.as_str()) && !value.is_empty() && seen.insert(name.clone())
    });
    let query = parse_query(record_type, &parameters, &mut faults);
    Problem::check_parameters(faults)?;
    negotiate(&request, &["application/json"])?;
    let pin = pin(&app, query.as_of.clone()).await?;
    let id = id.into_inner();
    let is_short = pin == Pin::default() && query.include.is_empty();
    let length = if is_short { Length::Short } else { Length::Long };
    let read = move |app: &App, pin: &Pin| {
        let read = |snapshot: &mut Snapshot<'_>| match find(
            snapshot,
            record_type,
            &id,
            &query.fields,
            &query.include,
        )? {
            Item::Found(body, revision) => Ok(ReadResponse::new(snapshot, revision, body)),
            Item::Missing(status) => Err(missing_record(record_type, &status)),
        };
        app.store.read_optimistically(length, pin, read)
    };
    respond_with(&app, &request, "application/json", pin, length, read).await
}
