//! What one client may ask of the server: how often, for how long, and that a mistake of ours harms nobody else.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::web;

use super::client::Proxies;
use super::problem::{NOT_FOUND, SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS};
use super::rates::Rates;
use super::{App, Problem};

/// How long a request may take until its answer begins: 30 seconds to arrive, 30 for its statements.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long what concerns the whole record may take, and the paths of it.
const LONG_DEADLINE: Duration = Duration::from_secs(600);
const LONG: [&str; 2] = ["/v1/import", "/v1/export"];

/// Keys that may fail, at once and each second: nobody guesses one of 256 bits, but trying costs a look into the database.
const FAILURES: (u32, u32) = (60, 1);

/// What a burst is, in seconds of the rate.
const BURST: u32 = 4;

/// What is left to the client.
pub(super) static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What it has in all.
pub(super) static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The limits that each client is held to.
#[derive(Debug)]
pub struct Limits {
    proxies: Proxies,
    bound: Option<Bound>,
}

#[derive(Debug)]
struct Bound {
    requests: Rates,
    failures: Rates,
    policy: HeaderValue,
}

impl Limits {
    /// So many requests a second and client, four times as many at once; with 0 there is no limit.
    pub fn new(rate: u32, proxies: Proxies) -> Self {
        let bound = (rate > 0).then(|| {
            let requests = Rates::new(rate, rate.saturating_mul(BURST));
            let (quota, window) = requests.policy();
            let policy = HeaderValue::try_from(format!("\"client\";q={quota};w={}", window.ceil()));
            let policy = policy.unwrap_or(HeaderValue::from_static("\"client\""));
            Bound { requests, failures: Rates::new(FAILURES.1, FAILURES.0), policy }
        });
        Self { proxies, bound }
    }

    /// The client of a request.
    pub(super) fn client(&self, request: &ServiceRequest) -> IpAddr {
        self.proxies.client(request.peer_addr().map(|peer| peer.ip()), request.headers())
    }
}

impl Bound {
    /// Takes a token for a request and gives how many are left, or how long to wait for one.
    fn admit(&self, client: IpAddr, has_key: bool, now: Instant) -> Result<f64, Duration> {
        if has_key {
            let wait = self.failures.wait(client, now);
            if !wait.is_zero() {
                return Err(wait);
            }
        }
        self.requests.take(client, now)
    }

    fn tell(&self, left: f64, headers: &mut HeaderMap) {
        let told = format!("\"client\";r={};t={}", left.floor(), self.requests.full_in(left).ceil());
        if let Ok(told) = HeaderValue::try_from(told) {
            headers.insert(RATE_LIMIT.clone(), told);
        }
        headers.insert(RATE_LIMIT_POLICY.clone(), self.policy.clone());
    }
}

/// Wraps every request but those that ask for the server's health.
pub async fn limits<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    if request.path().contains('\0') || request.path().contains("%00") {
        // No id and no path of ours holds it, and PostgreSQL takes no text that does.
        return Ok(request.error_response(Problem::new(&NOT_FOUND, "There is no such path.")).map_into_right_body());
    }
    let deadline = if LONG.contains(&request.path()) { LONG_DEADLINE } else { DEADLINE };
    let app = request.app_data::<web::Data<App>>().cloned();
    let bound = app.as_ref().and_then(|app| app.limits.bound.as_ref().map(|bound| (app, bound)));
    let Some((app, bound)) = bound.filter(|_| !request.path().starts_with("/health/")) else {
        return in_time(deadline, next.call(request)).await.map(ServiceResponse::map_into_left_body);
    };
    let client = app.limits.client(&request);
    let has_key = request.headers().contains_key(AUTHORIZATION);
    let left = match bound.admit(client, has_key, Instant::now()) {
        Ok(left) => left,
        Err(wait) => {
            let seconds = wait.as_secs_f64().ceil().max(1.0).to_string();
            let why = format!("This client asks too often; try again in {seconds} s.");
            let problem = Problem::new(&TOO_MANY_REQUESTS, why).with_header(RETRY_AFTER, seconds);
            let mut refused = request.error_response(problem);
            bound.tell(0.0, refused.headers_mut());
            return Ok(refused.map_into_right_body());
        }
    };
    let mut response = in_time(deadline, next.call(request)).await?;
    let left = if response.status() == StatusCode::NOT_MODIFIED {
        bound.requests.give_back(client);
        left + 1.0
    } else {
        left
    };
    if has_key && response.status() == StatusCode::UNAUTHORIZED {
        let _ = bound.failures.take(client, Instant::now());
    }
    bound.tell(left, response.headers_mut());
    Ok(response.map_into_left_body())
}

/// The outcome, if it comes in time and without a panic.
async fn in_time<T>(deadline: Duration, work: impl Future<Output = Result<T, actix_web::Error>>) -> Result<T, actix_web::Error> {
    match tokio::time::timeout(deadline, unharmed(work)).await {
        Ok(done) => done,
        Err(_) => {
            let why = format!(
                "There was no answer within {} s. A write may have been kept or not: read the record, or send it again with its Idempotency-Key.",
                deadline.as_secs()
            );
            Err(Problem::new(&SERVICE_UNAVAILABLE, why).into())
        }
    }
}

/// The outcome; where the work panics, a problem, instead of a connection that ends without an answer.
async fn unharmed<T>(work: impl Future<Output = Result<T, actix_web::Error>>) -> Result<T, actix_web::Error> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(done),
        Err(_) => Poll::Ready(Err(Problem::internal("a handler ended in a panic").into())),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_panic_and_a_delay_end_in_problems() {
        let panics = async { if std::hint::black_box(true) { panic!("on purpose") } else { Ok(()) } };
        let problem = in_time(Duration::from_secs(5), panics).await.unwrap_err();
        assert_eq!(problem.as_response_error().status_code(), StatusCode::INTERNAL_SERVER_ERROR);
        let problem = in_time(Duration::ZERO, std::future::pending::<Result<(), _>>()).await.unwrap_err();
        assert_eq!(problem.as_response_error().status_code(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
