//! `GET /v1/{type}/{id}/history`: the versions of a record.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value as Json;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use super::document::operation::{id, json, operation, shared};
use super::record_operation::{RecordOperation, every_type};

use crate::model::{Faults, MAX_SAFE_INTEGER, RecordType, changed};
use crate::reading::{
    DEFAULT_LIMIT, Envelope, HistoryEntry, List, MAX_LIMIT, PageInfo, Position, Total, record_at,
    versions,
};
use crate::store::document::decode_json;
use crate::store::{Pin, StoreError};
use crate::web::app::App;
use crate::web::conditional::{ReadResponse, respond};
use crate::web::cursors::open_cursor;
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, number, parameters, value};
use crate::web::problem::NOT_FOUND;
use crate::web::problem::Problem;
use crate::web::routing::get;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Get,
    path: "/{id}/history",
    applies: every_type,
    route: |record_type| get().to(move |request, id, app| handle(record_type, request, id, app)),
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let description = "Lists every version, the latest first: its author, time and reason, the \
        record as of that revision, and pointers to the fields that changed.";
    operation(record_type, "list_{name}_history", "List the versions of {record}", description)
        .parameter_ref(id(record_type))
        .parameter_ref(shared("limit"))
        .parameter_ref(shared("cursor"))
        .response("200", json("The versions.", &format!("{}VersionList", record_type.schema)))
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    let mut faults = Faults::default();
    check_known(&parameters, &["cursor", "limit"], &mut faults);
    let id = id.into_inner();
    let position = value(&parameters, "cursor")
        .map(|cursor| open_cursor(&app, cursor, &list_name(record_type, &id)))
        .transpose()?;
    let (before, default, pin) = match position {
        Some(position) => (position.number(), position.limit, position.pin),
        None => (MAX_SAFE_INTEGER, DEFAULT_LIMIT, Pin::default()),
    };
    let limit = number(&parameters, "limit", default as i64, 1..=MAX_LIMIT as i64, &mut faults);
    Problem::check_parameters(faults)?;
    negotiate(&request, &["application/json"])?;
    let read = move |app: &App, pin: &Pin| {
        let (list, day) = history(app, pin, record_type, &id, before, limit)?;
        ReadResponse::list(day, &list)
    };
    respond(&app, &request, "application/json", pin, read).await
}

/// Reads the versions of a record before a revision, the latest first, and the day on which they
/// were read.
pub(crate) fn history(
    app: &App,
    pin: &Pin,
    record_type: &'static RecordType,
    id: &str,
    before: i64,
    limit: i64,
) -> Result<(List<HistoryEntry>, String), Problem> {
    let read = |revision: i64| {
        app.store.read(&Pin::revision(revision), |snapshot| record_at(snapshot, record_type, id))
    };
    let (mut all, revision, day) = app.store.read(pin, |snapshot| {
        let all = versions(snapshot, record_type, id)?;
        Ok::<_, StoreError>((all, snapshot.revision, snapshot.today.clone()))
    })?;
    if all.is_empty() {
        return Err(Problem::new(
            &NOT_FOUND,
            format!("This {} has never existed.", record_type.name),
        ));
    }
    let total = all.len();
    let from = all.iter().position(|version| version.revision < before).unwrap_or(total);
    let limit = usize::try_from(limit).unwrap_or(1);
    let end = total.min(from + limit);
    let parsed = |record: &Json| decode_json(record_type, record);
    let earlier = all.get(end).map(|version| read(version.revision)).transpose()?.flatten();
    let mut earlier = earlier.as_ref().and_then(parsed);
    let mut data: Vec<HistoryEntry> = all.drain(from..end).collect();
    for entry in data.iter_mut().rev() {
        entry.record = read(entry.revision)?;
        let record = entry.record.as_ref().and_then(parsed);
        entry.changed = changed(record_type, earlier.as_ref(), record.as_ref());
        earlier = record;
    }
    let next = data.last().filter(|_| end < total).map(|last| {
        let pin = Pin::on_day(revision, day.clone());
        page_url(app, record_type, id, Position::numbered(last.revision, limit, total, pin))
    });
    let page = PageInfo::new(limit, Total::exact(total), next);
    Ok((List { data, envelope: Envelope { page, facets: None, revision } }, day))
}

/// Returns the URL of the page with the versions before the revision at a position.
pub(crate) fn page_url(
    app: &App,
    record_type: &RecordType,
    id: &str,
    position: Position,
) -> String {
    let list = list_name(record_type, id);
    let path = app.address(&format!("/v1/{list}"));
    position.url(&list, app.signing(&path))
}

/// Returns the name of the list in cursors, which is its path.
fn list_name(record_type: &RecordType, id: &str) -> String {
    format!("{}/{id}/history", record_type.path)
}
