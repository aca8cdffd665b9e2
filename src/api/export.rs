//! `GET /v1/export`: the dataset as a file.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_core::Stream;
use futures_util::stream;
use tempfile::NamedTempFile;
use tokio::sync::Mutex;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::bundle::Bundle;
use super::document::parameters::query;
use super::tag::EXPORT;

use crate::exporting::{self, Format};
use crate::model::Faults;
use crate::reading::parse_as_of;
use crate::store::{Pin, StoreError};
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::blocking::run_blocking;
use crate::web::conditional::EtagBuilder;
use crate::web::negotiation;
use crate::web::parameters::{check_known, parameters};
use crate::web::problem::Problem;

/// The number of cached exports.
const MAX_CACHED_EXPORTS: usize = 4;

/// The size of the chunks of a response.
const CHUNK_BYTES: u64 = 128 << 10;

/// Caches exports. The lock also limits creation to one export at a time.
#[derive(Debug, Default)]
pub struct ExportCache(Mutex<Vec<Arc<ExportFile>>>);

/// An export in an unnamed temporary file.
#[derive(Debug)]
struct ExportFile {
    /// The ETag, which depends on everything that the bytes depend on.
    tag: String,
    /// The last redaction before the export.
    redaction: i64,
    file: File,
    length: u64,
    digest: [u8; 32],
}

struct BinaryFile;

impl PartialSchema for BinaryFile {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .content_media_type("application/octet-stream")
            .into()
    }
}

impl ToSchema for BinaryFile {}

struct FormatParameter;

impl IntoParams for FormatParameter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let formats = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Format::ALL.map(Format::name)));
        vec![query(
            "format",
            "The format; takes precedence over `Accept`.",
            formats.default(Some(Format::Ndjson.name().into())),
        )]
    }
}

/// Download the dataset
///
/// Returns all records as of one revision, by default the latest, as one file:
///
/// - `ndjson`: a record on each line, by type and id
/// - `json`: a bundle, which `POST /v1/import` accepts
/// - `csv`: a ZIP archive with a CSV file for each type, and `datapackage.json` (Frictionless),
///   which describes the columns
/// - `sqlite`: an SQLite database with a table for each type and each list, column comments, the
///   revisions, and an `about` table with the title, license and revision
///
/// The bytes of a revision never change, except by redaction. Computed values (names in references,
/// `overdue`) are as of the day of the revision.
#[utoipa::path(
    get,
    path = "/v1/export",
    operation_id = "export_record",
    tag = EXPORT,
    params(FormatParameter, ("revision", Query), ("as_of", Query)),
    responses(
        (status = 200, description = "The file.", content(
            (String = "application/x-ndjson"),
            (Bundle = "application/json"),
            (inline(BinaryFile) = "application/zip"),
            (inline(BinaryFile) = "application/vnd.sqlite3"),
        ), headers(("Repr-Digest"), ("Content-Disposition"))),
        (status = 507),
    ),
)]
pub(crate) async fn get_export(
    request: HttpRequest,
    app: web::Data<App>,
    exports: web::Data<ExportCache>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    let mut faults = Faults::default();
    check_known(&parameters, &["format", "revision", "as_of"], &mut faults);
    let as_of = parse_as_of(&parameters, &mut faults);
    let formats = Format::ALL.map(|format| (format.name(), format.media_type(), format));
    let format = negotiation::format(&request, &parameters, &formats, &mut faults);
    Problem::check_parameters(faults)?;
    let format = format?;
    let pin = pin(&app, as_of).await?;
    let revision = pin.revision.unwrap_or_else(|| app.store.revision());
    // Computed values are as of the day of the revision, so that the bytes do not change the next
    // day.
    let is_provisional = pin.is_provisional || pin.revision.is_none();
    let pin = Pin { is_provisional, ..Pin::revision(revision) };
    let etag = EtagBuilder::new(&app, &request, format.media_type(), &pin);
    if let Some(not_modified) = etag.not_modified(&request) {
        return Ok(not_modified);
    }
    let exported = get_or_create(&app, &exports, revision, format, etag.tag(revision)).await?;
    let mut response = etag.response(&app, format.media_type(), revision);
    response
        .insert_header(("Repr-Digest", format!("sha-256=:{}:", STANDARD.encode(exported.digest))))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"records-revision-{revision}.{}\"", format.extension()),
        ))
        // `Repr-Digest` is the digest of the uncompressed bytes.
        .insert_header((CONTENT_ENCODING, "identity"));
    let chunks = chunks(
        exported.clone(),
        if request.method() == Method::HEAD { exported.length } else { 0 },
    );
    Ok(response.body(SizedStream::new(exported.length, Box::pin(chunks))))
}

/// Returns the cached export of a revision, or creates it.
async fn get_or_create(
    app: &web::Data<App>,
    exports: &ExportCache,
    revision: i64,
    format: Format,
    tag: String,
) -> Result<Arc<ExportFile>, Problem> {
    let mut cached = exports.0.lock().await;
    // Exports from before a redaction contain redacted values.
    let redaction = app.store.last_redaction();
    cached.retain(|exported| exported.redaction == redaction);
    if let Some(index) = cached.iter().position(|exported| exported.tag == tag) {
        let exported = cached.remove(index);
        cached.push(Arc::clone(&exported));
        return Ok(exported);
    }
    let exported = run_blocking(app, move |app| {
        let create = || {
            let mut file = NamedTempFile::new()?;
            exporting::export(&app.store, &app.settings, revision, format, &mut file, &mut |_| {})?;
            // Dropping the temporary file removes its name; the data goes with the last reader.
            let mut file = file.reopen()?;
            let (length, digest) = exporting::digest(&mut file)?;
            Ok::<_, StoreError>(ExportFile { tag, redaction, file, length, digest })
        };
        Ok(Arc::new(create()?))
    })
    .await?;
    cached.push(Arc::clone(&exported));
    if cached.len() > MAX_CACHED_EXPORTS {
        cached.remove(0);
    }
    Ok(exported)
}

/// Streams the bytes of an export from an offset.
fn chunks(exported: Arc<ExportFile>, from: u64) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold((exported, from), |(exported, at)| async move {
        let length = usize::try_from((exported.length - at).min(CHUNK_BYTES)).unwrap_or_default();
        if length == 0 {
            return Ok(None);
        }
        let read = move || {
            let mut bytes = vec![0; length];
            exported.file.read_exact_at(&mut bytes, at)?;
            Ok::<_, StoreError>((Bytes::from(bytes), (exported, at + length as u64)))
        };
        web::block(read)
            .await
            .map_err(|error| StoreError::Unavailable(error.to_string()))?
            .map(Some)
    })
}
