//! The body of a request: its type, its size, its JSON.

use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, dev, web};
use serde_json::Value as Json;

use super::problem::{MALFORMED_BODY, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE};
use super::{Problem, json};
use crate::editing::Bundle;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The encodings that a body may have.
const ENCODINGS: [&str; 5] = ["identity", "gzip", "br", "zstd", "deflate"];

/// The JSON in a request's body, which must be of this media type.
pub(super) async fn read(request: &HttpRequest, payload: web::Payload, media_type: &str, limit: usize) -> Result<Json, Problem> {
    let bytes = bytes(request, payload, media_type, limit).await?;
    // What takes a while is not done on the thread that serves others.
    let parsed = if bytes.len() > 65_536 {
        web::block(move || json::parse(&bytes)).await.unwrap_or_else(|_| Err("interrupted".to_owned()))
    } else {
        json::parse(&bytes)
    };
    parsed.map_err(malformed)
}

/// The bundle in a request's body.
pub(super) async fn read_bundle(request: &HttpRequest, payload: web::Payload, limit: usize) -> Result<Bundle, Problem> {
    let bytes = bytes(request, payload, "application/json", limit).await?;
    let read = web::block(move || {
        json::check(&bytes)?;
        String::from_utf8(bytes.into()).map_err(|error| error.to_string()).and_then(Bundle::new)
    });
    read.await.unwrap_or_else(|_| Err("interrupted".to_owned())).map_err(malformed)
}

fn malformed(why: String) -> Problem {
    Problem::new(&MALFORMED_BODY, format!("The body is not a JSON value as it must be: {why}."))
}

/// The bytes of a request's body, which must be of this media type.
async fn bytes(request: &HttpRequest, payload: web::Payload, media_type: &str, limit: usize) -> Result<web::Bytes, Problem> {
    let is_right = request.content_type().eq_ignore_ascii_case(media_type);
    if !is_right {
        let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none").to_owned();
        return Err(Problem::header(&UNSUPPORTED_MEDIA_TYPE, "Content-Type", format!("is {given}; this takes {media_type}")));
    }
    let charset = request.mime_type().ok().flatten().and_then(|mime| mime.get_param("charset").map(|charset| charset.to_string()));
    if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(Problem::header(&UNSUPPORTED_MEDIA_TYPE, "Content-Type", "names a charset other than UTF-8"));
    }
    let encoding = request.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or_default().trim().to_ascii_lowercase());
    if encoding.is_some_and(|encoding| !ENCODINGS.contains(&encoding.as_str())) {
        return Err(Problem::header(&UNSUPPORTED_MEDIA_TYPE, "Content-Encoding", format!("is none of {}", ENCODINGS.join(", "))));
    }
    let bytes = match tokio::time::timeout(PATIENCE, collect(request, payload, limit)).await {
        Err(_) => return Err(Problem::new(&REQUEST_TIMEOUT, "The body did not arrive within 30 seconds.")),
        Ok(bytes) => bytes?,
    };
    Ok(bytes)
}

async fn collect(request: &HttpRequest, payload: web::Payload, limit: usize) -> Result<web::Bytes, Problem> {
    let too_large = || Problem::new(&PAYLOAD_TOO_LARGE, format!("The body is larger than {limit} bytes after decoding."));
    let mut inner: dev::Payload = payload.into_inner();
    let mut stream = dev::Decompress::from_headers(inner.take(), request.headers());
    let mut bytes = web::BytesMut::new();
    while let Some(chunk) = next(&mut stream).await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Overflow => too_large(),
            other => Problem::new(&MALFORMED_BODY, format!("The body could not be read: {other}.")),
        })?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

async fn next<S>(stream: &mut S) -> Option<S::Item>
where
    S: futures_core::Stream + Unpin,
{
    std::future::poll_fn(|context| std::pin::Pin::new(&mut *stream).poll_next(context)).await
}
