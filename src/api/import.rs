//! `POST /v1/import`: imports a bundle, or a table of records of one type.

use std::sync::Arc;

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::bundle::Bundle;
use super::document::examples;
use super::tag::WRITING;

use crate::digest::{Sha256Hex, sha256};
use crate::editing::{
    self, ChangedCell, EditError, ImportSummary, ImportedRecord, Table, TableChange,
};
use crate::keys::Scope;
use crate::model::{Faults, RecordType, nearest};
use crate::records::CATALOGUE;
use crate::records::{EXAMPLES, Id, RecordTypeName, Reference};
use crate::store::{Operation, Transaction};
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::body;
use crate::web::parameters;
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
        replaces: None,
        cells: None,
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

/// Import records
///
/// A JSON body is a bundle with a list for each type. A CSV body is a table of records of one
/// `type`, with the same columns as its list in CSV. A row whose `id` exists updates that record;
/// other rows create one. Fields without a column stay unchanged; an empty cell is null or an empty
/// list. A column `x_name` is ignored if a column `x_id` exists; otherwise it is matched against
/// names, short names and other names. A cell in the column `revision` must contain the record's
/// current revision. Faults have the `row`, numbered as in a spreadsheet, and the `column`.
///
/// Imports all records of the bundle in one revision, or none. References may lead to any record in
/// the bundle or the dataset. `revision`, `created_at`, `updated_at` and computed fields are
/// ignored. A record that changes values back to earlier ones is imported and reported in
/// `reverts`.
#[utoipa::path(
    post,
    path = "/v1/import",
    tag = WRITING,
    params(("type" = Option<TableType>, Query,
        description = "The type of the records in a table. Required with CSV.")),
    request_body(content((Bundle = "application/json"), (String = "text/csv"))),
    responses((status = 200, description = "The report of the import.", body = ImportReport)),
)]
pub(crate) async fn import_bundle(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let write_request =
        WriteRequest::with_parameters(&app, &request, Scope::Write, &["type"]).await?;
    let parameters = parameters::parameters(&request)?;
    body::check_media_type(&request, &["application/json", body::CSV])?;
    let named = parameters::value(&parameters, "type");
    let is_table = request.content_type().eq_ignore_ascii_case(body::CSV);
    let record_type = table_type(named, is_table)?;
    let outcome = match record_type {
        Some(record_type) => {
            let text = body::read_csv(&request, payload, MAX_BUNDLE_BYTES).await?;
            write_table(&app, &write_request, record_type, text, None).await?
        }
        None => {
            let bundle = body::read_bundle(&request, payload, MAX_BUNDLE_BYTES).await?;
            let sent = sha256(bundle.text());
            write_request.write_once(&app, &sent, write_bundle(bundle.into(), None)).await?
        }
    };
    Ok(HttpResponse::Ok().json(outcome.report(write_request.dry_run)))
}

/// Returns the type of the records in a table, or None for a bundle.
fn table_type(named: Option<&str>, is_table: bool) -> Result<Option<&'static RecordType>, Problem> {
    let mut faults = Faults::default();
    let types = || CATALOGUE.iter().map(|record_type| record_type.plural);
    let found = named.and_then(|name| CATALOGUE.by_plural(name));
    match (is_table, named) {
        (true, Some(_)) if found.is_some() => {}
        (true, Some(name)) => {
            let hint = nearest(name, types()).map(str::to_owned);
            let why = format!("must be one of {}", types().collect::<Vec<_>>().join(", "));
            faults.parameter("type", "wrong-value", why, hint);
        }
        (true, None) => {
            let why = "is required with CSV: it names the type of the records";
            faults.parameter("type", "required", why, Some("type=commitments".to_owned()));
        }
        (false, Some(_)) => {
            let why = "is only for CSV; a bundle names its types";
            let hint = format!("Content-Type: {}", body::CSV);
            faults.parameter("type", "conflict", why, Some(hint));
        }
        (false, None) => {}
    }
    Problem::check_parameters(faults).map(|()| found)
}

/// Imports a table, once if the request has an idempotency key. If `expected` is the digest of a
/// preview, other changes are refused.
pub(crate) async fn write_table(
    app: &web::Data<App>,
    write_request: &WriteRequest,
    record_type: &'static RecordType,
    text: String,
    expected: Option<String>,
) -> Result<Outcome, Problem> {
    let sent = format!("{} {}", record_type.plural, sha256(&text));
    let table =
        run_blocking(app, move |_| Table::parse(record_type, &text).map_err(Problem::body)).await?;
    write_request
        .write_once(app, &sent, move |transaction| {
            let written = editing::import_table(transaction, CATALOGUE, &table, &mut |_| {})?;
            let outcome = Outcome::of_table(written, transaction.revision);
            let is_expected = expected.is_none_or(|expected| expected == outcome.digest());
            if is_expected { Ok(outcome) } else { Err(EditError::Stale(transaction.revision - 1)) }
        })
        .await
}

/// Returns the work that imports a bundle. If `expected` is the digest of a preview, other changes
/// are refused.
pub(crate) fn write_bundle(
    bundle: Arc<editing::Bundle>,
    expected: Option<String>,
) -> impl FnOnce(&mut Transaction<'_>) -> Result<Outcome, EditError> + Send + 'static {
    move |transaction| {
        let outcome = Outcome::of(transaction, &bundle)?;
        let is_expected = expected.is_none_or(|expected| expected == digest(&outcome.changes));
        if is_expected { Ok(outcome) } else { Err(EditError::Stale(transaction.revision - 1)) }
    }
}

/// Returns a digest of the changes of an import and of the versions that they replace.
pub(crate) fn digest(changes: &[ImportedChange]) -> String {
    let mut digest = Sha256Hex::default();
    for change in changes {
        let reverts = change.reverts.unwrap_or_default().to_string();
        let operation = format!("{:?}", change.operation);
        let replaces = change.replaces.unwrap_or_default().to_string();
        for part in [&change.record_type, &change.id, &operation, &reverts, &replaces] {
            [part.as_str(), "\n"].iter().for_each(|part| digest.update(part));
        }
        change.changed.iter().for_each(|pointer| digest.update(pointer));
    }
    digest.finish()
}

/// The result of an import. It is stored for idempotent requests without the texts of cells, which
/// may be redacted later.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Outcome {
    pub(crate) imported: ImportSummary,
    pub(crate) changes: Vec<ImportedChange>,
    /// The latest revision before the import.
    latest: i64,
    #[serde(skip)]
    cells: Vec<Vec<ChangedCell>>,
}

impl Outcome {
    fn of(transaction: &mut Transaction<'_>, bundle: &editing::Bundle) -> Result<Self, EditError> {
        let mut changes = Vec::new();
        let imported = editing::import(transaction, CATALOGUE, bundle, &mut |done| {
            changes.extend(change(done))
        })?;
        let latest = transaction.revision - 1;
        Ok(Self { imported, changes, latest, cells: Vec::new() })
    }

    fn of_table((imported, written): (ImportSummary, Vec<TableChange>), revision: i64) -> Self {
        let (mut changes, mut cells) = (Vec::new(), Vec::new());
        for TableChange { done, cells: changed } in written {
            changes.extend(change(done));
            cells.push(changed);
        }
        Self { imported, changes, latest: revision - 1, cells }
    }

    /// Returns a digest of the changes, with the texts of all changed cells.
    pub(crate) fn digest(&self) -> String {
        let mut all = Sha256Hex::default();
        all.update(digest(&self.changes));
        for cell in self.cells.iter().flatten() {
            let parts = [&cell.column, &cell.before, &cell.after];
            parts
                .into_iter()
                .for_each(|part| [part, "\n"].iter().for_each(|part| all.update(part)));
        }
        all.finish()
    }

    pub(crate) fn report(self, dry_run: bool) -> ImportReport {
        let Self { imported, mut changes, latest, cells } = self;
        for (change, cells) in changes.iter_mut().zip(cells) {
            change.cells = Some(cells);
        }
        ImportReport {
            revision: imported.revision.unwrap_or(latest),
            dry_run,
            created: imported.created,
            updated: imported.updated,
            unchanged: imported.unchanged,
            changes,
        }
    }
}

/// The report of an import.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// The revision that the import made, or the latest one if nothing changed.
    pub(crate) revision: i64,
    /// Whether the import was a dry run, which stores nothing.
    pub(crate) dry_run: bool,
    /// The number of records created.
    pub(crate) created: usize,
    /// The number of records updated.
    pub(crate) updated: usize,
    /// The number of records that were equal to the stored ones.
    pub(crate) unchanged: usize,
    /// The changes.
    pub(crate) changes: Vec<ImportedChange>,
}

/// The change that an import made to a record.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct ImportedChange {
    /// The type of the record.
    #[serde(rename = "type")]
    #[schema(value_type = RecordTypeName)]
    pub(crate) record_type: String,
    /// The id of the record.
    #[schema(value_type = Id)]
    pub(crate) id: String,
    /// The kind of change: `create` or `update`.
    pub(crate) operation: Operation,
    /// JSON pointers to the members that differ from the stored record.
    pub(crate) changed: Vec<String>,
    /// The latest revision that the import undoes; null if none.
    #[schema(required, minimum = 1)]
    pub(crate) reverts: Option<i64>,
    /// The revision of the version that the import replaced.
    #[serde(skip)]
    pub(crate) replaces: Option<i64>,
    /// For a table, the cells that differ from the stored record. A repeated response has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) cells: Option<Vec<ChangedCell>>,
}

/// The schema of the types of tables.
pub(super) struct TableType;

impl PartialSchema for TableType {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(CATALOGUE.iter().map(|record_type| record_type.plural)))
            .into()
    }
}

impl ToSchema for TableType {}

/// Returns the change to a record, if any.
pub(crate) fn change(done: ImportedRecord) -> Option<ImportedChange> {
    let ImportedRecord { record_type, id, operation, changed, reverts, replaces } = done;
    let record_type = record_type.name.to_owned();
    operation.map(|operation| ImportedChange {
        record_type,
        id,
        operation,
        changed,
        reverts,
        replaces,
        cells: None,
    })
}
