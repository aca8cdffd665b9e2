//! ETags of responses that have none yet: assets, the index, the OpenAPI document.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, ETAG, HeaderMap, HeaderValue, VARY};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use sha2::{Digest as _, Sha256};

use crate::digest::hex;

/// Adds an ETag: a digest of the body and the content encoding.
pub async fn add_digest_etags(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let response = next.call(request).await?;
    let is_read = matches!(*response.request().method(), Method::GET | Method::HEAD);
    if !is_read || response.status() != StatusCode::OK || !needs_etag(response.headers()) {
        return Ok(response);
    }
    // `cache_responses` left only the chosen encoding.
    let encoding = response.request().headers().get(ACCEPT_ENCODING).cloned();
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => {
            let encoding = encoding.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
            let digest = Sha256::new()
                .chain_update(encoding)
                .chain_update([0])
                .chain_update(&body)
                .finalize();
            if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", hex(&digest[..12]))) {
                response.headers_mut().insert(ETAG, tag);
            }
            let vary = match response.headers().get(VARY).map(HeaderValue::as_bytes) {
                Some(b"Accept" | b"Accept, Accept-Encoding") => "Accept, Accept-Encoding",
                _ => "Accept-Encoding",
            };
            response.headers_mut().insert(VARY, HeaderValue::from_static(vary));
            BoxBody::new(body)
        }
        Err(stream) => stream,
    };
    Ok(ServiceResponse::new(request, response.set_body(body)))
}

fn needs_etag(headers: &HeaderMap) -> bool {
    let control = headers.get(CACHE_CONTROL).map(HeaderValue::as_bytes);
    let is_stored = control.is_none_or(|control| !control.ends_with(b"no-store"));
    is_stored && !headers.contains_key(ETAG)
}
