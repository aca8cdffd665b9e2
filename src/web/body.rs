//! Request bodies: media type, size, encoding, JSON.

use std::io::Read;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, dev, web};
use futures_util::TryStreamExt as _;
use serde_json::Value as Json;

use super::problem::Problem;
use super::problem::{MALFORMED_BODY, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE};
use super::{json, parameters};
use crate::editing::Bundle;
use crate::model::{Fault, Place};

/// The time within which a body must arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Larger bodies get the longer timeout.
const MAX_SHORT_BODY_BYTES: usize = 1 << 20;
/// The time within which a large body must arrive.
const LONG_BODY_TIMEOUT: Duration = Duration::from_secs(600);
/// Larger bodies are parsed on a blocking thread.
const MAX_INLINE_PARSE_BYTES: usize = 65_536;

/// Reads a JSON body of this media type.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: web::Payload,
    media_type: &str,
    limit: usize,
) -> Result<Json, Problem> {
    read_as(request, payload.into_inner(), media_type, limit, |body| json::parse(&body)).await
}

/// Reads a bundle.
pub(crate) async fn read_bundle(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<Bundle, Problem> {
    let parse = |body: web::Bytes| {
        json::check(&body)?;
        String::from_utf8(body.into())
            .map_err(json::malformed)
            .and_then(|text| Bundle::new(text).map_err(json::malformed))
    };
    read_as(request, payload.into_inner(), "application/json", limit, parse).await
}

/// Reads a CSV body.
pub(crate) async fn read_csv(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<String, Problem> {
    read_as(request, payload.into_inner(), CSV, limit, |body| csv_text(body.into())).await
}

/// The media type of CSV tables.
pub(crate) const CSV: &str = "text/csv";

/// Decodes a CSV file, which must be UTF-8.
pub(crate) fn csv_text(bytes: Vec<u8>) -> Result<String, Problem> {
    const HINT: &str = "in Excel, save the file as “CSV UTF-8 (Comma delimited)”; in LibreOffice, \
        choose the character set Unicode (UTF-8)";
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let row = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        let message = "contains bytes that are not UTF-8";
        Problem::new(&MALFORMED_BODY, "").with_errors(vec![Fault {
            place: Place::Cell(row, None),
            code: "invalid-text",
            message: message.to_owned(),
            hint: Some(HINT.to_owned()),
        }])
    })
}

/// The fields of a form that a browser sent, with its file as a text.
#[derive(Debug)]
pub(crate) struct SentForm {
    pub(crate) pairs: Vec<(String, String)>,
    /// The problem of a file that cannot be read. The fields before it are known.
    pub(crate) unreadable: Option<Problem>,
}

/// Reads a form that a browser sends.
pub(crate) async fn read_form(
    request: &HttpRequest,
    payload: dev::Payload,
) -> Result<SentForm, Problem> {
    if request.content_type().eq_ignore_ascii_case("multipart/form-data") {
        return in_time(LONG_BODY_TIMEOUT, read_parts(request, payload)).await;
    }
    let parse = |body: web::Bytes| {
        let text = std::str::from_utf8(&body)
            .map_err(|_| Problem::new(&MALFORMED_BODY, "The form is not UTF-8."))?;
        parameters::parse(text)
    };
    let pairs = read_as(request, payload, URL_ENCODED, MAX_FORM_BYTES, parse).await?;
    Ok(SentForm { pairs, unreadable: None })
}

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// Percent-encoding triples the size of most texts.
const MAX_FORM_BYTES: usize = 8 << 20;

/// The maximum size of a form with a file. The pages that follow carry its text.
pub(crate) const MAX_FILE_BYTES: usize = 2 << 20;

/// Reads the parts of a form with a file.
async fn read_parts(request: &HttpRequest, payload: dev::Payload) -> Result<SentForm, Problem> {
    let broken = |why: &dyn std::fmt::Display| {
        Problem::new(&MALFORMED_BODY, format!("The form could not be read: {why}."))
    };
    let mut form = Multipart::new(request.headers(), payload);
    let mut pairs = Vec::new();
    let mut size = 0;
    while let Some(mut part) = form.try_next().await.map_err(|error| broken(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file =
            part.content_disposition().is_some_and(|given| given.get_filename().is_some());
        let mut bytes = Vec::new();
        while let Some(chunk) = part.try_next().await.map_err(|error| broken(&error))? {
            size += chunk.len();
            if size > MAX_FILE_BYTES {
                let too_large = Problem::new(
                    &PAYLOAD_TOO_LARGE,
                    format!(
                        "The file is larger than {} MiB. Split it, or import it on the command \
                        line: taskforce import FILE.",
                        MAX_FILE_BYTES >> 20
                    ),
                );
                if is_file {
                    return Ok(SentForm { pairs, unreadable: Some(too_large) });
                }
                return Err(too_large);
            }
            bytes.extend_from_slice(&chunk);
        }
        match csv_text(bytes) {
            Ok(text) => pairs.push((name, text)),
            Err(problem) if is_file => return Ok(SentForm { pairs, unreadable: Some(problem) }),
            Err(problem) => return Err(problem),
        }
    }
    Ok(SentForm { pairs, unreadable: None })
}

/// Checks that the body has a known media type.
pub(crate) fn check_media_type(request: &HttpRequest, known: &[&str]) -> Result<(), Problem> {
    if known.iter().any(|media_type| request.content_type().eq_ignore_ascii_case(media_type)) {
        return Ok(());
    }
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (given, known) = (given.unwrap_or("none"), known.join(" or "));
    let why = format!("is {given}, but this operation takes {known}");
    Err(Problem::header(&UNSUPPORTED_MEDIA_TYPE, "Content-Type", why))
}

async fn read_as<T: Send + 'static>(
    request: &HttpRequest,
    payload: dev::Payload,
    media_type: &str,
    limit: usize,
    parse: impl FnOnce(web::Bytes) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    check_media_type(request, &[media_type])?;
    let charset = request
        .mime_type()
        .ok()
        .flatten()
        .and_then(|mime| mime.get_param("charset").map(|charset| charset.to_string()));
    if charset
        .is_some_and(|charset| !["utf-8", "utf8"].contains(&charset.to_ascii_lowercase().as_str()))
    {
        return Err(Problem::header(
            &UNSUPPORTED_MEDIA_TYPE,
            "Content-Type",
            "has a charset other than UTF-8",
        ));
    }
    let encoding = Encoding::of(request)?;
    let timeout = if limit > MAX_SHORT_BODY_BYTES { LONG_BODY_TIMEOUT } else { BODY_TIMEOUT };
    let received = in_time(timeout, collect(payload, limit)).await?;
    let parse_inline = encoding == Encoding::Identity && received.len() <= MAX_INLINE_PARSE_BYTES;
    let decode_and_parse = move || {
        let body = encoding.decode(received, limit)?;
        parse(body)
    };
    // A large body would keep the worker from serving other requests.
    if parse_inline {
        return decode_and_parse();
    }
    web::block(decode_and_parse)
        .await
        .unwrap_or_else(|_| Err(Problem::internal("the blocking thread pool has stopped")))
}

async fn in_time<T>(
    timeout: Duration,
    receive: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    tokio::time::timeout(timeout, receive).await.unwrap_or_else(|_| {
        let seconds = timeout.as_secs();
        Err(Problem::new(&REQUEST_TIMEOUT, format!("The body did not arrive within {seconds} s.")))
    })
}

/// The content encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Deflate,
}

impl Encoding {
    const ALL: [(&'static str, Self); 5] = [
        ("identity", Self::Identity),
        ("gzip", Self::Gzip),
        ("x-gzip", Self::Gzip),
        ("br", Self::Brotli),
        ("deflate", Self::Deflate),
    ];

    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Some(value) = request.headers().get(CONTENT_ENCODING) else {
            return Ok(Self::Identity);
        };
        let value = value.to_str().unwrap_or_default().trim().to_ascii_lowercase();
        Self::ALL.iter().find(|(name, _)| *name == value).map(|(_, encoding)| *encoding).ok_or_else(
            || {
                let names = Self::ALL.map(|(name, _)| name).join(", ");
                Problem::header(
                    &UNSUPPORTED_MEDIA_TYPE,
                    "Content-Encoding",
                    format!("must be one of {names}"),
                )
            },
        )
    }

    /// Decodes the body, up to the limit: a few bytes may expand to gigabytes.
    fn decode(self, received: web::Bytes, limit: usize) -> Result<web::Bytes, Problem> {
        let broken = |error: std::io::Error| {
            Problem::new(&MALFORMED_BODY, format!("The body could not be decoded: {error}."))
        };
        let mut reader: Box<dyn Read + '_> = match self {
            Self::Identity => return Ok(received),
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(&*received)),
            Self::Deflate => Box::new(flate2::read::ZlibDecoder::new(&*received)),
            Self::Brotli => Box::new(brotli::Decompressor::new(&*received, 4_096)),
        };
        let mut body = Vec::new();
        reader.by_ref().take(limit as u64 + 1).read_to_end(&mut body).map_err(broken)?;
        if body.len() > limit { Err(too_large(limit)) } else { Ok(body.into()) }
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        &PAYLOAD_TOO_LARGE,
        format!("The body is larger than {limit} bytes after decoding."),
    )
}

async fn collect(mut stream: dev::Payload, limit: usize) -> Result<web::Bytes, Problem> {
    let mut bytes = web::BytesMut::new();
    let broken = |error| match error {
        PayloadError::Overflow => too_large(limit),
        other => Problem::new(&MALFORMED_BODY, format!("The body could not be read: {other}.")),
    };
    while let Some(chunk) = stream.try_next().await.map_err(broken)? {
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}
