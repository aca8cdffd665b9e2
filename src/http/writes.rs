//! Writing single records: POST, PUT, PATCH and DELETE.

use actix_web::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use super::asked::Asked;
use super::conditional::{Validity, expected};
use super::{App, Problem, reading};
use crate::editing::{self, Edited};
use crate::keys::Scope;
use crate::model::RecordType;
use crate::reading::as_it_stood;
use crate::store::Pin;

/// Enters a record.
pub async fn post_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, _, body) = Asked::with_body(&app, &request, payload, Scope::Write, "application/json").await?;
    let sent = body.to_string();
    let edited = asked.write_once(&app, &sent, move |transaction| editing::create(transaction, record_type, body)).await?;
    answer(&app, &request, record_type, &asked, edited).await
}

/// Creates or replaces a record.
pub async fn put_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, body) = Asked::with_body(&app, &request, payload, Scope::Write, "application/json").await?;
    let written = asked.write(&app, move |transaction| editing::put(transaction, record_type, &id, body, &expected)).await?;
    answer(&app, &request, record_type, &asked, written.answer).await
}

/// Changes a record by a merge patch.
pub async fn patch_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, patch) = Asked::with_body(&app, &request, payload, Scope::Write, "application/merge-patch+json").await?;
    let written = asked.write(&app, move |transaction| editing::patch(transaction, record_type, &id, &patch, &expected)).await?;
    answer(&app, &request, record_type, &asked, written.answer).await
}

/// Deletes a record.
pub async fn delete_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request, Scope::Write).await?;
    let expected = expected(&request)?;
    asked.write(&app, move |transaction| editing::remove(transaction, record_type, &id, &expected)).await?;
    Ok(asked.nothing_left())
}

/// Answers a write with the record as the write left it.
pub(super) async fn answer(
    app: &web::Data<App>,
    request: &HttpRequest,
    record_type: &'static RecordType,
    asked: &Asked,
    edited: Edited,
) -> Result<HttpResponse, Problem> {
    let path = format!("/v1/{}/{}", record_type.path, edited.id);
    let mut answer = if edited.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    if edited.created {
        answer.insert_header((LOCATION, app.address(&path)));
    }
    asked.mark(&mut answer);
    answer.insert_header((CONTENT_TYPE, "application/json"));
    // The version of a dry run does not exist: its tag could turn out to be that of another one.
    if !asked.dry_run {
        answer.insert_header((ETAG, Validity::of_written(app, request, &path, &edited.state).tag(edited.revision)));
    }
    let Edited { id, revision, json, .. } = edited;
    if !json.is_null() {
        return Ok(answer.body(json.to_string()));
    }
    // The first answer is told again: the record as it stood then.
    let pin = Pin { revision: Some(revision), day: None };
    let stood = reading(app, move |app| Ok(app.store.read(&pin, |snapshot| as_it_stood(snapshot, record_type, &id))?)).await?;
    Ok(answer.body(stood.map(|record| record.to_string()).unwrap_or_default()))
}
