//! Turns every response with an error status into a problem, including the framework's own.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, LOCATION};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::app::App;
use super::default_headers::request_id;
use super::limits::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::problem::{NOT_ACCEPTABLE, Problem};
use super::problem_response;
use super::routing::{ACCEPT_PATCH, PATCHES};

/// Marks the response to a dry run, also an error.
static DRY_RUN: HeaderName = HeaderName::from_static("dry-run");

/// Marks a page that shows a form again with its errors. It is not replaced by a problem.
pub(crate) struct FormPage;

/// Wraps every request that the cache does not answer.
pub async fn error_responses<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let is_dry_run = is_dry_run(&request);
    let mut response = with_problem(next.call(request).await?);
    if is_dry_run {
        response.headers_mut().insert(DRY_RUN.clone(), HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Returns whether a request validates a write without storing it.
fn is_dry_run(request: &ServiceRequest) -> bool {
    let mut parameters = url::form_urlencoded::parse(request.query_string().as_bytes());
    !request.method().is_safe()
        && request.path().starts_with("/v1/")
        && parameters.any(|(name, value)| name == "dry_run" && value == "true")
}

/// Returns a problem for an error status, a redirect for a merged record, or else the response.
fn with_problem<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let status = response.status();
    if status == StatusCode::PERMANENT_REDIRECT {
        let into = response
            .response()
            .extensions()
            .get::<Problem>()
            .and_then(Problem::merged_into)
            .map(str::to_owned);
        let location = into.map(|into| address_with_id(response.request(), &into));
        if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok())
        {
            let mut redirect = HttpResponse::PermanentRedirect();
            // Caches would keep it, but the target may be merged, too.
            redirect.insert_header((CACHE_CONTROL, "no-cache"));
            let mut redirect = redirect.insert_header((LOCATION, location)).finish();
            copy_headers(response.headers(), redirect.headers_mut());
            return response.into_response(redirect).map_into_right_body();
        }
    }
    let is_page = response.response().extensions().get::<FormPage>().is_some();
    if is_page || (!status.is_client_error() && !status.is_server_error()) {
        return response.map_into_left_body();
    }
    let problem = response.response().extensions().get::<Problem>().cloned();
    let problem = problem.unwrap_or_else(|| {
        if status.is_server_error() {
            tracing::error!(error = ?response.response().error(), "unhandled framework error");
        }
        match status {
            // All other responses with this status have a problem.
            StatusCode::NOT_ACCEPTABLE => Problem::header(
                &NOT_ACCEPTABLE,
                "Accept-Encoding",
                "excludes all available encodings: br, gzip, deflate and identity",
            ),
            status => Problem::of_status(status),
        }
    });
    to_problem_response(response, problem).map_into_right_body()
}

/// Copies the headers about methods and rate limits.
fn copy_headers(from: &HeaderMap, into: &mut HeaderMap) {
    for name in [&ALLOW, &RATE_LIMIT, &RATE_LIMIT_POLICY] {
        if let Some(value) = from.get(name) {
            into.insert(name.clone(), value.clone());
        }
    }
}

/// Renders the problem and copies headers and the state of the connection.
fn to_problem_response<B>(
    response: ServiceResponse<B>,
    problem: Problem,
) -> ServiceResponse<BoxBody> {
    let request = response.request();
    let request_id = request_id(request.headers());
    tracing::debug!(%problem, request_id, "problem");
    let app = request.app_data::<web::Data<App>>();
    let address = |path: &str| app.map_or_else(|| path.to_owned(), |app| app.address(path));
    let mut problem_response = problem_response::render(&problem, request_id, address);
    copy_headers(response.headers(), problem_response.headers_mut());
    let is_media_type = response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE;
    if is_media_type && request.method() == Method::PATCH {
        problem_response.headers_mut().insert(ACCEPT_PATCH.clone(), PATCHES.clone());
    }
    if response.response().head().connection_type() == ConnectionType::Close {
        problem_response.head_mut().set_connection_type(ConnectionType::Close);
    }
    problem_response.extensions_mut().insert(problem);
    response.into_response(problem_response)
}

/// Replaces the id in the URL of the request: `/v1/people/ID/roles?…`, `/edit/people/ID/redact`,
/// `/people/ID`.
fn address_with_id(request: &HttpRequest, into: &str) -> String {
    let has_prefix = ["/v1/", "/edit/"].iter().any(|prefix| request.path().starts_with(prefix));
    let place = if has_prefix { 3 } else { 2 };
    let path: Vec<&str> = request
        .path()
        .split('/')
        .enumerate()
        .map(|(index, part)| if index == place { into } else { part })
        .collect();
    let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
    let path = format!("{}{query}", path.join("/"));
    request.app_data::<web::Data<App>>().map_or_else(|| path.clone(), |app| app.address(&path))
}
