//! CORS preflights: pages of any origin may read, none may write. `default_headers` adds the other
//! CORS headers to every response.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

const ALLOWED_METHODS: &str = "GET, HEAD, OPTIONS";

const MAX_AGE_SECONDS: &str = "3600";

/// Answers preflights. Methods that change records are not listed, so browsers refuse them.
pub async fn preflight<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    if !is_preflight(request.head()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let headers = request
        .headers()
        .get(ACCESS_CONTROL_REQUEST_HEADERS)
        .cloned()
        .unwrap_or(HeaderValue::from_static("*"));
    let response = HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, headers))
        .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS))
        .finish();
    Ok(request.into_response(response).map_into_right_body())
}

fn is_preflight(request: &RequestHead) -> bool {
    let headers = request.headers();
    request.method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
