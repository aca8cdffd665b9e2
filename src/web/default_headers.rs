//! The headers of every response.

use actix_web::dev::{RequestHead, ResponseHead};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};

pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const EXPOSED_HEADERS: &str = "Content-Disposition, ETag, Link, Location, RateLimit, \
    RateLimit-Policy, \
    Repr-Digest, Retry-After, X-Request-Id";

/// Adds the headers to a response.
pub(crate) fn add(response: &mut ResponseHead, request_id: &HeaderValue) {
    let is_error = response.status.is_client_error() || response.status.is_server_error();
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID.clone(), request_id.clone());
    // `identity` keeps the middleware from compressing the body. Clients do not need it.
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "identity") {
        headers.remove(CONTENT_ENCODING);
    }
    // The middleware that compresses adds a value that most responses have already.
    if headers.get_all(VARY).nth(1).is_some()
        && let Some(vary) = headers.get(VARY).filter(|vary| names_encoding(vary)).cloned()
    {
        headers.insert(VARY, vary);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Pages with forms have their own: without a referrer, browsers hide the origin of a form.
    if !headers.contains_key(REFERRER_POLICY) {
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    if is_error && headers.get(CACHE_CONTROL).is_none_or(|value| value != "private, no-store") {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Returns whether a `Vary` has the encoding.
fn names_encoding(vary: &HeaderValue) -> bool {
    vary.to_str().is_ok_and(|vary| vary.ends_with("Accept-Encoding"))
}

/// Returns the id that the client sent if it is valid, else a new one.
pub(crate) fn new_request_id(request: &RequestHead) -> HeaderValue {
    let is_valid = |id: &&HeaderValue| {
        let is_allowed =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=64).contains(&id.len()) && id.as_bytes().iter().all(is_allowed)
    };
    let given = request.headers().get(&REQUEST_ID).filter(is_valid).cloned();
    given.unwrap_or_else(random_id)
}

/// Returns a new request id.
pub(crate) fn random_id() -> HeaderValue {
    HeaderValue::try_from(crate::digest::random_hex(12))
        .unwrap_or(HeaderValue::from_static("unknown"))
}

/// Returns the request id, which `fast_path` added to the headers.
pub(crate) fn request_id(headers: &HeaderMap) -> &str {
    headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default()
}
