//! The response to a write: the record as the write left it.

use actix_web::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::editing::Edited;
use crate::model::RecordType;
use crate::reading::as_it_stood;
use crate::store::Pin;
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::conditional::Validity;
use crate::web::problem::Problem;
use crate::web::write_request::Asked;

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
        answer.insert_header((
            ETAG,
            Validity::of_written(app, request, &path, &edited.state).tag(edited.revision),
        ));
    }
    let Edited { id, revision, json, .. } = edited;
    if !json.is_null() {
        return Ok(answer.body(json.to_string()));
    }
    // A repeated request gets the first response again: the record as it was then.
    let pin = Pin { revision: Some(revision), day: None };
    let stood = run_blocking(app, move |app| {
        Ok(app.store.read(&pin, |snapshot| as_it_stood(snapshot, record_type, &id))?)
    })
    .await?;
    Ok(answer.body(stood.map(|record| record.to_string()).unwrap_or_default()))
}
