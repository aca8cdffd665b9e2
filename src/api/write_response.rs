//! The response to a write: the record after it.

use actix_web::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::editing::Edited;
use crate::model::RecordType;
use crate::reading::record_at;
use crate::store::Pin;
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::conditional::EtagBuilder;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

/// Returns the record after a write.
pub(super) async fn respond(
    app: &web::Data<App>,
    request: &HttpRequest,
    record_type: &'static RecordType,
    write_request: &WriteRequest,
    edited: Edited,
) -> Result<HttpResponse, Problem> {
    let path = format!("/v1/{}/{}", record_type.path, edited.id);
    let mut response = if edited.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    if edited.created {
        response.insert_header((LOCATION, app.address(&path)));
    }
    response.insert_header((CONTENT_TYPE, "application/json"));
    // The revision of a dry run may become another version, which must not get the same ETag.
    if !write_request.dry_run {
        response.insert_header((
            ETAG,
            EtagBuilder::for_written(app, request, &path, &edited.state).tag(edited.revision),
        ));
    }
    let Edited { id, revision, json, .. } = edited;
    if !json.is_null() {
        return Ok(response.body(json.to_string()));
    }
    // A repeated request gets the first response: the record as of that revision.
    let pin = Pin::revision(revision);
    let record = run_blocking(app, move |app| {
        Ok(app.store.read(&pin, |snapshot| record_at(snapshot, record_type, &id))?)
    })
    .await?;
    Ok(response.body(record.map(|record| record.to_string()).unwrap_or_default()))
}
