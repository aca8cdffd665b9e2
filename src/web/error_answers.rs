//! Errors in their one form: every answer with an error status becomes a problem, the framework's
//! own too.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, HeaderValue, LOCATION};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::app::App;
use super::default_headers::request_id;
use super::limits::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::problem::Problem;
use super::problem_response;

/// Wraps every request that is not answered from the cache.
pub async fn error_answers<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    if status == StatusCode::PERMANENT_REDIRECT {
        let into = response
            .response()
            .extensions()
            .get::<Problem>()
            .and_then(Problem::merged_into)
            .map(str::to_owned);
        let location = into.map(|into| address_of(response.request(), &into));
        if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok())
        {
            let moved =
                HttpResponse::PermanentRedirect().insert_header((LOCATION, location)).finish();
            return Ok(response.into_response(moved).map_into_right_body());
        }
    }
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response.map_into_left_body());
    }
    let problem = response.response().extensions().get::<Problem>().cloned();
    let problem = problem.unwrap_or_else(|| {
        if status.is_server_error() {
            tracing::error!(error = ?response.response().error(), "the framework failed");
        }
        Problem::of_status(status)
    });
    Ok(response_of(response, problem).map_into_right_body())
}

/// The problem as the answer to its request, with what the error said of methods, limits and the
/// connection.
fn response_of<B>(response: ServiceResponse<B>, problem: Problem) -> ServiceResponse<BoxBody> {
    let request = response.request();
    let request_id = request_id(request.headers());
    tracing::debug!(%problem, request_id, "problem");
    let app = request.app_data::<web::Data<App>>();
    let address = |path: &str| app.map_or_else(|| path.to_owned(), |app| app.address(path));
    let mut answer = problem_response::render(&problem, request_id, address);
    for name in [&ALLOW, &RATE_LIMIT, &RATE_LIMIT_POLICY] {
        if let Some(value) = response.headers().get(name) {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if response.response().head().connection_type() == ConnectionType::Close {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    answer.extensions_mut().insert(problem);
    response.into_response(answer)
}

/// The address of the request with another record's id in place of the one asked for:
/// `/v1/people/ID/roles?…`, `/people/ID`.
fn address_of(request: &HttpRequest, into: &str) -> String {
    let place = if request.path().starts_with("/v1/") { 3 } else { 2 };
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
