//! Rate limits, the timeout of each request, and recovery from panics.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Uri};
use actix_web::middleware::Next;
use actix_web::web;
use futures_util::FutureExt as _;

use super::app::App;
use super::limits::{Admission, Rejection};
use super::problem::{NOT_FOUND, Problem, SERVICE_UNAVAILABLE, URI_TOO_LONG};

/// The timeout of a request: 30 seconds for its body and 30 seconds for its statements.
const TIMEOUT: Duration = Duration::from_secs(60);

const MAX_URL_BYTES: usize = 8_192;

/// The maximum length of a URL with a cursor, which contains the query of the list.
pub(crate) const MAX_CURSOR_URL_BYTES: usize = 32_768;

/// The timeout of operations on the entire dataset.
const LONG_TIMEOUT: Duration = Duration::from_secs(600);
const LONG_PATHS: [&str; 4] = ["/v1/import", "/v1/export", "/edit/import", "/edit/release"];

/// Returns the response to a rejected request.
fn rejected<B>(
    rejection: Rejection<'_>,
    request: ServiceRequest,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let response = match rejection {
        Rejection::RateLimited(client_limits, wait) => {
            let problem = Problem::too_many_requests(wait);
            let mut response = request.error_response(problem);
            client_limits.add_headers(0.0, response.headers_mut());
            response
        }
        Rejection::TooManyConnections => {
            let mut response = request.error_response(Problem::new(
                &SERVICE_UNAVAILABLE,
                "Too many connections are open. Try again later.",
            ));
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            response
        }
    };
    response.map_into_right_body()
}

/// Wraps every request that the cache does not answer.
pub async fn admit<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    if let Some(problem) = fault_of_url(request.uri()) {
        return Ok(request.error_response(problem).map_into_right_body());
    }
    let timeout = if LONG_PATHS.contains(&request.path()) { LONG_TIMEOUT } else { TIMEOUT };
    let app = request.app_data::<web::Data<App>>().cloned();
    let admission =
        match app.as_ref().map(|app| app.limits.admit(request.head(), request.conn_data())) {
            Some(Err(rejection)) => return Ok(rejected(rejection, request)),
            Some(Ok(admission)) => admission,
            None => Admission::UNLIMITED,
        };
    let mut response = with_timeout(timeout, next.call(request)).await?;
    admission.finish(response.response_mut().head_mut());
    Ok(response.map_into_left_body())
}

/// Returns the problem of a URL that no route accepts.
fn fault_of_url(uri: &Uri) -> Option<Problem> {
    let has_cursor =
        uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("cursor=")));
    let maximum = if has_cursor { MAX_CURSOR_URL_BYTES } else { MAX_URL_BYTES };
    if uri.path_and_query().is_some_and(|uri| uri.as_str().len() > maximum) {
        let why = format!("The URL is longer than {maximum} bytes.");
        return Some(Problem::new(&URI_TOO_LONG, why));
    }
    // No path contains NUL, and PostgreSQL rejects text that contains it.
    let has_nul = uri.path().contains('\0') || uri.path().contains("%00");
    has_nul.then(|| Problem::new(&NOT_FOUND, "This path does not exist."))
}

/// Awaits the response. A timeout or a panic becomes a problem.
async fn with_timeout<T>(
    timeout: Duration,
    future: impl Future<Output = Result<T, actix_web::Error>>,
) -> Result<T, actix_web::Error> {
    // After a panic, the connection would end without a response.
    match tokio::time::timeout(timeout, AssertUnwindSafe(future).catch_unwind()).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(Problem::internal("a handler panicked").into()),
        Err(_) => {
            let why = format!(
                "The request took longer than {} s. A write may or may not have been stored: read \
                the record, or send the request again with its Idempotency-Key.",
                timeout.as_secs()
            );
            Err(Problem::new(&SERVICE_UNAVAILABLE, why).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;

    use super::*;

    #[actix_web::test]
    async fn answers_panics_and_timeouts_with_problems() {
        let panics =
            async { if std::hint::black_box(true) { panic!("on purpose") } else { Ok(()) } };
        let problem = with_timeout(Duration::from_secs(5), panics).await.unwrap_err();
        assert_eq!(problem.as_response_error().status_code(), StatusCode::INTERNAL_SERVER_ERROR);
        let problem = with_timeout(Duration::ZERO, std::future::pending::<Result<(), _>>())
            .await
            .unwrap_err();
        assert_eq!(problem.as_response_error().status_code(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
