//! Admits requests: within the limits of their clients, within a deadline, and without a panic that
//! harms others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web;

use super::app::App;
use super::limits::{Admitted, Refused};
use super::problem::{NOT_FOUND, Problem, SERVICE_UNAVAILABLE};

/// How long a request may take until its answer begins: 30 seconds to arrive, 30 for its
/// statements.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long what concerns the whole record may take, and the paths of it.
const LONG_DEADLINE: Duration = Duration::from_secs(600);
const LONG: [&str; 2] = ["/v1/import", "/v1/export"];

/// The answer to a request that was refused.
fn refuse<B>(
    refused: Refused<'_>,
    request: ServiceRequest,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let refused = match refused {
        Refused::TooOften(bound, wait) => {
            let problem = Problem::too_many_requests(wait);
            let mut refused = request.error_response(problem);
            bound.tell(0.0, refused.headers_mut());
            refused
        }
        Refused::Surplus => {
            let mut refused = request.error_response(Problem::new(
                &SERVICE_UNAVAILABLE,
                "Too many connections are open.",
            ));
            refused.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            refused
        }
    };
    refused.map_into_right_body()
}

/// Wraps every request that is not answered from the cache.
pub async fn limits<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    if request.path().contains('\0') || request.path().contains("%00") {
        // No id and no path of ours holds it, and PostgreSQL takes no text that does.
        return Ok(request
            .error_response(Problem::new(&NOT_FOUND, "There is no such path."))
            .map_into_right_body());
    }
    let deadline = if LONG.contains(&request.path()) { LONG_DEADLINE } else { DEADLINE };
    let app = request.app_data::<web::Data<App>>().cloned();
    let admitted =
        match app.as_ref().map(|app| app.limits.admit(request.head(), request.conn_data())) {
            Some(Err(refused)) => return Ok(refuse(refused, request)),
            Some(Ok(admitted)) => admitted,
            None => Admitted::UNLIMITED,
        };
    let mut response = in_time(deadline, next.call(request)).await?;
    admitted.tell(response.response_mut().head_mut());
    Ok(response.map_into_left_body())
}

/// The outcome, if it comes in time and without a panic.
async fn in_time<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, actix_web::Error>>,
) -> Result<T, actix_web::Error> {
    match tokio::time::timeout(deadline, unharmed(work)).await {
        Ok(done) => done,
        Err(_) => {
            let why = format!(
                "There was no answer within {} s. A write may have been kept or not: read the \
                record, or send it again with its Idempotency-Key.",
                deadline.as_secs()
            );
            Err(Problem::new(&SERVICE_UNAVAILABLE, why).into())
        }
    }
}

/// The outcome; where the work panics, a problem, instead of a connection that ends without an
/// answer.
async fn unharmed<T>(
    work: impl Future<Output = Result<T, actix_web::Error>>,
) -> Result<T, actix_web::Error> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(done)) => Poll::Ready(done),
            Err(_) => Poll::Ready(Err(Problem::internal("a handler ended in a panic").into())),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;

    use super::*;

    #[actix_web::test]
    async fn a_panic_and_a_delay_end_in_problems() {
        let panics =
            async { if std::hint::black_box(true) { panic!("on purpose") } else { Ok(()) } };
        let problem = in_time(Duration::from_secs(5), panics).await.unwrap_err();
        assert_eq!(problem.as_response_error().status_code(), StatusCode::INTERNAL_SERVER_ERROR);
        let problem =
            in_time(Duration::ZERO, std::future::pending::<Result<(), _>>()).await.unwrap_err();
        assert_eq!(problem.as_response_error().status_code(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
