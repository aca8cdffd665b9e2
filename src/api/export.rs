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
use super::tag::TAG;

use crate::exporting::{self, Format};
use crate::model::{Faults, nearest};
use crate::reading::travel;
use crate::store::{Pin, StoreError};
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::blocking::run_blocking;
use crate::web::conditional::Validity;
use crate::web::negotiation::accepted;
use crate::web::parameters::{only, parameters, value};
use crate::web::problem::Problem;

/// Exports that are kept for those who ask for the same again.
const KEPT: usize = 4;

/// Bytes that are read and sent at once.
const PIECE: u64 = 128 << 10;

/// Exports that were made, and the one that is being made: one at a time, so that many requests
/// cost no more than one.
#[derive(Debug, Default)]
pub struct Exports(Mutex<Vec<Arc<Exported>>>);

/// An export in a file that goes away with it.
#[derive(Debug)]
struct Exported {
    /// The tag of the answer that it was made for: all that its bytes depend on.
    tag: String,
    /// The newest redaction before it was made.
    redaction: i64,
    file: File,
    length: u64,
    digest: [u8; 32],
}

/// The schema of binary files.
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

/// The format of the file.
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
/// All records as of one revision, the latest if none is given, as one file:
///
/// - `ndjson`: a record on each line, type by type in the order of a bundle, by id
/// - `json`: a bundle, which can be imported
/// - `csv`: a ZIP with a CSV file for each type, and `datapackage.json`, which describes the
///   columns (Frictionless)
/// - `sqlite`: an SQLite database with a table for each type and each list, comments on the
///   columns, the revisions, and the title, license and revision in the table `about`
///
/// The same revision always gives the same bytes; derived values (names in references, `overdue`)
/// are as of the day of the revision.
#[utoipa::path(
    get,
    path = "/v1/export",
    operation_id = "export_record",
    tag = TAG,
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
    exports: web::Data<Exports>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    only(&parameters, &["format", "revision", "as_of"])?;
    let mut faults = Faults::default();
    let travel = travel(&parameters, &mut faults);
    let format = format(&request, value(&parameters, "format"), &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let format = format?;
    let pin = pin(&app, travel).await?;
    let revision = pin.revision.unwrap_or_else(|| app.store.revision());
    // What is derived is told as of the day of the revision, so that the newest export stays what
    // it is until the next one.
    let validity = Validity::of(
        &app,
        &request,
        format.media_type(),
        &Pin { revision: Some(revision), day: None },
    );
    if let Some(unchanged) = validity.unchanged(&request) {
        return Ok(unchanged);
    }
    let exported = made(&app, &exports, revision, format, validity.tag(revision)).await?;
    let mut answer = validity.answer(&app, format.media_type(), revision);
    answer
        .insert_header(("Repr-Digest", format!("sha-256=:{}:", STANDARD.encode(exported.digest))))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"records-revision-{revision}.{}\"", format.extension()),
        ))
        // The digest is that of these very bytes.
        .insert_header((CONTENT_ENCODING, "identity"));
    let pieces = pieces(
        exported.clone(),
        if request.method() == Method::HEAD { exported.length } else { 0 },
    );
    Ok(answer.body(SizedStream::new(exported.length, Box::pin(pieces))))
}

/// The format that is asked for: by `format`, else by `Accept`.
fn format(
    request: &HttpRequest,
    given: Option<&str>,
    faults: &mut Faults,
) -> Result<Format, Problem> {
    let Some(word) = given else {
        let chosen = accepted(request, &Format::ALL.map(Format::media_type))?;
        return Ok(Format::ALL[chosen]);
    };
    let names = Format::ALL.map(Format::name);
    let found = Format::ALL.into_iter().find(|format| format.name() == word);
    if found.is_none() {
        let hint = nearest(word, names).map(str::to_owned);
        faults.parameter(
            "format",
            "wrong-value",
            format!("{word:?} is none of {}", names.join(", ")),
            hint,
        );
    }
    Ok(found.unwrap_or(Format::Ndjson))
}

/// The export of a revision, made now unless it is kept.
async fn made(
    app: &web::Data<App>,
    exports: &Exports,
    revision: i64,
    format: Format,
    tag: String,
) -> Result<Arc<Exported>, Problem> {
    let mut kept = exports.0.lock().await;
    // What was redacted is kept nowhere.
    let redaction = app.store.last_redaction();
    kept.retain(|exported| exported.redaction == redaction);
    if let Some(known) = kept.iter().position(|exported| exported.tag == tag) {
        let exported = kept.remove(known);
        kept.push(Arc::clone(&exported));
        return Ok(exported);
    }
    let exported = run_blocking(app, move |app| {
        let make = || {
            let mut file = NamedTempFile::new()?;
            exporting::export(&app.store, &app.settings, revision, format, &mut file, &mut |_| {})?;
            // The file has no name any more once it is opened: it goes with its last reader.
            let mut file = file.reopen()?;
            let (length, digest) = exporting::digest(&mut file)?;
            Ok::<_, StoreError>(Exported { tag, redaction, file, length, digest })
        };
        Ok(Arc::new(make()?))
    })
    .await?;
    kept.push(Arc::clone(&exported));
    if kept.len() > KEPT {
        kept.remove(0);
    }
    Ok(exported)
}

/// The bytes of an export from one on, each piece read when the one before is on its way.
fn pieces(exported: Arc<Exported>, from: u64) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold((exported, from), |(exported, at)| async move {
        let length = usize::try_from((exported.length - at).min(PIECE)).unwrap_or_default();
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
