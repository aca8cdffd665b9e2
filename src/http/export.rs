//! The whole record in one call: `GET /v1/export`.

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

use super::conditional::Validity;
use super::lists::pin;
use super::negotiation::accepted;
use super::parameters::{only, parameters, value};
use super::{App, Problem, reading};
use crate::exporting::{self, Format};
use crate::model::{Faults, nearest};
use crate::reading::travel;
use crate::store::{Pin, StoreError};

/// Exports that are kept for those who ask for the same again.
const KEPT: usize = 4;

/// Bytes that are read and sent at once.
const PIECE: u64 = 128 << 10;

/// Exports that were made, and the one that is being made: one at a time, so that many requests cost no more than one.
#[derive(Debug, Default)]
pub struct Exports(Mutex<Vec<Arc<Exported>>>);

/// An export in a file that goes away with it.
#[derive(Debug)]
struct Exported {
    /// The tag of the answer that it was made for: all that its bytes depend on.
    tag: String,
    file: File,
    length: u64,
    digest: [u8; 32],
}

/// Answers the record as it stood at one revision, as a file.
pub async fn get_export(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
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
    // What is derived is told as of the day of the revision, so that the newest export stays what it is until the next one.
    let validity = Validity::of(&app, &request, format.media_type(), &Pin { revision: Some(revision), day: None });
    if let Some(unchanged) = validity.unchanged(&request) {
        return Ok(unchanged);
    }
    let exported = made(&app, revision, format, validity.tag(revision)).await?;
    let mut answer = validity.answer(&app, format.media_type(), revision);
    answer
        .insert_header(("Repr-Digest", format!("sha-256=:{}:", STANDARD.encode(exported.digest))))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"records-revision-{revision}.{}\"", format.extension())))
        // The digest is that of these very bytes.
        .insert_header((CONTENT_ENCODING, "identity"));
    let pieces = pieces(exported.clone(), if request.method() == Method::HEAD { exported.length } else { 0 });
    Ok(answer.body(SizedStream::new(exported.length, Box::pin(pieces))))
}

/// The format that is asked for: by `format`, else by `Accept`.
fn format(request: &HttpRequest, given: Option<&str>, faults: &mut Faults) -> Result<Format, Problem> {
    let Some(word) = given else {
        let chosen = accepted(request, &Format::ALL.map(Format::media_type))?;
        return Ok(Format::ALL[chosen]);
    };
    let names = Format::ALL.map(Format::name);
    let found = Format::ALL.into_iter().find(|format| format.name() == word);
    if found.is_none() {
        let hint = nearest(word, names).map(str::to_owned);
        faults.parameter("format", "wrong-value", format!("{word:?} is none of {}", names.join(", ")), hint);
    }
    Ok(found.unwrap_or(Format::Ndjson))
}

/// The export of a revision, made now unless it is kept.
async fn made(app: &web::Data<App>, revision: i64, format: Format, tag: String) -> Result<Arc<Exported>, Problem> {
    let mut kept = app.exports.0.lock().await;
    if let Some(known) = kept.iter().position(|exported| exported.tag == tag) {
        let exported = kept.remove(known);
        kept.push(Arc::clone(&exported));
        return Ok(exported);
    }
    let exported = reading(app, move |app| {
        let make = || {
            let mut file = NamedTempFile::new()?;
            exporting::export(&app.store, &app.settings, revision, format, &mut file, &mut |_| {})?;
            // The file has no name any more once it is opened: it goes with its last reader.
            let mut file = file.reopen()?;
            let (length, digest) = exporting::digest(&mut file)?;
            Ok::<_, StoreError>(Exported { tag, file, length, digest })
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
        web::block(read).await.map_err(|error| StoreError::Unavailable(error.to_string()))?.map(Some)
    })
}
