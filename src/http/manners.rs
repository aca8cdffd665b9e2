//! What every answer has: a request id, security headers, and problems in their one form, the framework's own too.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, LOCATION};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};

use super::limits::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::{App, Problem};

pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps every request.
pub async fn manners<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let id = request_id(request.head());
    let app = request.app_data::<web::Data<App>>().cloned();
    let head = request.method() == Method::HEAD;
    let mut response = next.call(request).await?;
    let status = response.status();
    if status == StatusCode::PERMANENT_REDIRECT {
        let into = response.response().extensions().get::<Problem>().and_then(Problem::merged_into).map(str::to_owned);
        let location = into.map(|into| address_of(response.request(), &into));
        if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            // The way to another record is no problem, and has nothing to tell but that.
            let mut moved = HttpResponse::PermanentRedirect().insert_header((LOCATION, location)).finish();
            dress(moved.headers_mut(), &id);
            return Ok(response.into_response(moved.map_into_right_body()));
        }
    }
    if status.is_client_error() || status.is_server_error() {
        let problem = response.response().extensions().get::<Problem>().cloned();
        let problem = problem.unwrap_or_else(|| {
            if status.is_server_error() {
                tracing::error!(error = ?response.response().error(), "the framework failed");
            }
            Problem::of_status(status)
        });
        tracing::debug!(%problem, request_id = id, "problem");
        let address = |path: &str| app.as_ref().map_or_else(|| path.to_owned(), |app| app.address(path));
        let mut told = problem.render(&id, address);
        for name in [&ALLOW, &RATE_LIMIT, &RATE_LIMIT_POLICY] {
            if let Some(value) = response.headers().get(name) {
                told.headers_mut().insert(name.clone(), value.clone());
            }
        }
        if response.response().head().connection_type() == ConnectionType::Close {
            told.head_mut().set_connection_type(ConnectionType::Close);
        }
        if head {
            told = told.set_body(BoxBody::new(()));
        }
        dress(told.headers_mut(), &id);
        told.extensions_mut().insert(problem);
        return Ok(response.into_response(told.map_into_right_body()));
    }
    dress(response.headers_mut(), &id);
    Ok(response.map_into_left_body())
}

/// The address of the request with another record's id in place of the one asked for: `/v1/people/ID/roles?…`, `/people/ID`.
fn address_of(request: &HttpRequest, into: &str) -> String {
    let place = if request.path().starts_with("/v1/") { 3 } else { 2 };
    let path: Vec<&str> = request.path().split('/').enumerate().map(|(index, part)| if index == place { into } else { part }).collect();
    let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
    let path = format!("{}{query}", path.join("/"));
    request.app_data::<web::Data<App>>().map_or_else(|| path.clone(), |app| app.address(&path))
}

/// Gives an answer the id of its request.
pub(super) fn name(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
}

/// Gives an answer the headers that every answer has.
pub(super) fn dress(headers: &mut HeaderMap, id: &str) {
    name(headers, id);
    // What must not be compressed says `identity` to the compression; to clients, that is no encoding.
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "identity") {
        headers.remove(CONTENT_ENCODING);
    }
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    }
}

/// The request's own id if it is sane, else a new one.
pub(super) fn request_id(request: &RequestHead) -> String {
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let sane = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    given.filter(sane).map_or_else(|| crate::digest::random_hex(12), str::to_owned)
}
