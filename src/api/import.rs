//! `POST /v1/import`: imports a bundle.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bundle::Bundle;
use super::document::examples;
use super::tag::WRITING;

use crate::digest::sha256;
use crate::editing::{self, ImportedRecord};
use crate::keys::Scope;
use crate::records::CATALOGUE;
use crate::records::{EXAMPLES, Id, RecordTypeName, Reference};
use crate::store::Operation;
use crate::web::app::App;
use crate::web::body;
use crate::web::problem::Problem;
use crate::web::write_request::WriteRequest;

const MAX_BUNDLE_BYTES: usize = 64 << 20;

pub(super) fn example() -> ImportReport {
    let Reference { record_type, id, .. } = examples::reference_to(EXAMPLES.any);
    let change = ImportedChange {
        record_type,
        id,
        operation: Operation::Update,
        changed: vec!["/summary".to_owned()],
        reverts: None,
    };
    ImportReport {
        revision: 2,
        dry_run: false,
        created: 0,
        updated: 1,
        unchanged: 0,
        changes: vec![change],
    }
}

/// Import a bundle
///
/// Imports all records of the bundle in one revision, or none. References may lead to any record in
/// the bundle or the dataset. `revision`, `created_at`, `updated_at` and computed fields are
/// ignored. A record that equals an earlier version of itself is imported and reported in
/// `reverts`.
#[utoipa::path(
    post,
    path = "/v1/import",
    tag = WRITING,
    request_body(content = Bundle, content_type = "application/json"),
    responses((status = 200, description = "The report of the import.", body = ImportReport)),
)]
pub(crate) async fn import_bundle(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let write_request = WriteRequest::new(&app, &request, Scope::Write).await?;
    let bundle = body::read_bundle(&request, payload, MAX_BUNDLE_BYTES).await?;
    let digest = sha256(bundle.text());
    let (imported, changes) = write_request
        .write_once(&app, &digest, move |transaction| {
            let mut changes = Vec::new();
            let imported = editing::import(transaction, CATALOGUE, &bundle, &mut |done| {
                changes.extend(change(done))
            })?;
            Ok((imported, changes))
        })
        .await?;
    let mut response = HttpResponse::Ok();
    write_request.add_dry_run_header(&mut response);
    Ok(response.json(ImportReport {
        revision: imported.revision.unwrap_or_else(|| app.store.revision()),
        dry_run: write_request.dry_run,
        created: imported.created,
        updated: imported.updated,
        unchanged: imported.unchanged,
        changes,
    }))
}

/// The report of an import.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ImportReport {
    /// The revision that the import made, or the latest one if nothing changed.
    revision: i64,
    /// Whether the import was a dry run, which stores nothing.
    dry_run: bool,
    /// The number of records created.
    created: usize,
    /// The number of records updated.
    updated: usize,
    /// The number of records that were equal to the stored ones.
    unchanged: usize,
    /// The changes.
    changes: Vec<ImportedChange>,
}

/// The change that an import made to a record.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(super) struct ImportedChange {
    /// The type of the record.
    #[serde(rename = "type")]
    #[schema(value_type = RecordTypeName)]
    record_type: String,
    /// The id of the record.
    #[schema(value_type = Id)]
    id: String,
    /// The kind of change: `create` or `update`.
    operation: Operation,
    /// JSON pointers to the members that differ from the stored record.
    changed: Vec<String>,
    /// The latest revision that the import undoes, if the bundle has an earlier version of the
    /// record.
    #[schema(required, minimum = 1)]
    reverts: Option<i64>,
}

/// Returns the change to a record, if any.
fn change(done: ImportedRecord) -> Option<ImportedChange> {
    let ImportedRecord { record_type, id, operation, changed, reverts } = done;
    let record_type = record_type.name.to_owned();
    operation.map(|operation| ImportedChange { record_type, id, operation, changed, reverts })
}
