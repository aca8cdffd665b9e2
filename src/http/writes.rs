//! Writing single records: POST, PUT, PATCH and DELETE.

use actix_web::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value as Json;

use super::asked::Asked;
use super::conditional::{Validity, expected};
use super::lists::pin;
use super::{App, Problem, body, reading};
use crate::editing::{self, Edited};
use crate::model::{Faults, Pointer, RecordType};
use crate::reading::{Travel, as_it_stood};
use crate::store::Pin;

/// As large as a record's body may be.
const LIMIT: usize = 1 << 20;

/// Enters a record.
pub async fn post_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let body = body::read(&request, payload, "application/json", LIMIT).await?;
    let sent = body.to_string();
    let edited = asked.write_once(&app, &sent, move |transaction| editing::create(transaction, record_type, body)).await?;
    Ok(answer(&app, &request, record_type, &asked, &edited))
}

/// Creates or replaces a record.
pub async fn put_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let expected = expected(&request)?;
    let body = body::read(&request, payload, "application/json", LIMIT).await?;
    let id = id.into_inner();
    let written = asked.write(&app, move |transaction| editing::put(transaction, record_type, &id, body, &expected)).await?;
    Ok(answer(&app, &request, record_type, &asked, &written.answer))
}

/// Changes a record by a merge patch.
pub async fn patch_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let expected = expected(&request)?;
    let patch = body::read(&request, payload, "application/merge-patch+json", LIMIT).await?;
    let id = id.into_inner();
    let written = asked.write(&app, move |transaction| editing::patch(transaction, record_type, &id, &patch, &expected)).await?;
    Ok(answer(&app, &request, record_type, &asked, &written.answer))
}

/// Deletes a record.
pub async fn delete_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let expected = expected(&request)?;
    let id = id.into_inner();
    asked.write(&app, move |transaction| editing::remove(transaction, record_type, &id, &expected)).await?;
    let mut answer = HttpResponse::NoContent();
    asked.mark(&mut answer);
    Ok(answer.finish())
}

/// Brings a version of a record back, also of one that was deleted, as a new revision.
pub async fn restore_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let body = body::read(&request, payload, "application/json", LIMIT).await?;
    let revision = restored_revision(&body)?;
    let pin = pin(&app, Travel::Revision(revision)).await?;
    let id = id.into_inner();
    let name = id.clone();
    let version = reading(&app, move |app| Ok(app.store.read(&pin, |snapshot| as_it_stood(snapshot, record_type, &name))?)).await?;
    let edited =
        asked.write_once(&app, &body.to_string(), move |transaction| editing::restore(transaction, record_type, &id, version)).await?;
    Ok(answer(&app, &request, record_type, &asked, &edited))
}

fn restored_revision(body: &Json) -> Result<i64, Problem> {
    let mut faults = Faults::default();
    let root = Pointer::Root;
    match body {
        Json::Object(members) => {
            for name in members.keys().filter(|name| *name != "revision") {
                faults.at(&root.member(name), "unknown-field", format!("there is no field {name:?} here"), Some("revision".to_owned()));
            }
            match members.get("revision").and_then(Json::as_i64) {
                Some(revision) if faults.is_empty() && revision > 0 => return Ok(revision),
                _ if !faults.is_empty() => {}
                _ => faults.at(&root.member("revision"), "wrong-type", "the number of the revision to bring back belongs here", None),
            }
        }
        _ => faults.at(&root, "wrong-type", "is not an object", Some("{\"revision\": 12}".to_owned())),
    }
    Err(Problem::body(faults.into_list()))
}

fn answer(app: &App, request: &HttpRequest, record_type: &'static RecordType, asked: &Asked, edited: &Edited) -> HttpResponse {
    let revision = edited.json["revision"].as_i64().unwrap_or_default();
    let validity = Validity::of(app, request, "application/json", &Pin::default());
    let mut answer = if edited.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    if edited.created {
        answer.insert_header((LOCATION, app.address(&format!("/v1/{}/{}", record_type.path, edited.id))));
    }
    asked.mark(&mut answer);
    answer.insert_header((CONTENT_TYPE, "application/json")).insert_header((ETAG, validity.tag(revision))).body(edited.json.to_string())
}
