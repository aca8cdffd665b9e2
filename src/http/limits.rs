//! What one client may ask of the server: how often, for how long, and that a mistake of ours harms nobody else.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{RequestHead, ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web;

use super::client::Proxies;
use super::problem::{NOT_FOUND, SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS};
use super::rates::Rates;
use super::{App, Connection, Problem};

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
pub(super) struct Bound {
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
    fn client(&self, request: &RequestHead) -> IpAddr {
        self.proxies.client(request.peer_addr.map(|peer| peer.ip()), request.headers())
    }
}

/// Leave to go on with a request, and what the answer is to tell of it.
pub(super) struct Admitted<'l>(Option<Token<'l>>);

/// What was taken for a request.
struct Token<'l> {
    bound: &'l Bound,
    client: IpAddr,
    has_key: bool,
    left: f64,
}

/// Why a request is not looked at.
pub(super) enum Refused<'l> {
    /// Its client asks too often: what it is held to, and how long it is to wait.
    TooOften(&'l Bound, Duration),
    /// Its connection came when all places were taken.
    Surplus,
}

impl Limits {
    /// Takes a token for a request; there is none to take where health is asked for.
    pub(super) fn admit(&self, request: &RequestHead, connection: Option<&Connection>) -> Result<Admitted<'_>, Refused<'_>> {
        if request.uri.path().starts_with("/health/") {
            return Ok(Admitted(None));
        }
        if connection.is_some_and(Connection::is_surplus) {
            return Err(Refused::Surplus);
        }
        let Some(bound) = &self.bound else { return Ok(Admitted(None)) };
        let (client, has_key, now) = (self.client(request), request.headers().contains_key(AUTHORIZATION), Instant::now());
        let wait = if has_key { bound.failures.wait(client, now) } else { Duration::ZERO };
        if !wait.is_zero() {
            return Err(Refused::TooOften(bound, wait));
        }
        match bound.requests.take(client, now) {
            Ok(left) => Ok(Admitted(Some(Token { bound, client, has_key, left }))),
            Err(wait) => Err(Refused::TooOften(bound, wait)),
        }
    }
}

impl Admitted<'_> {
    /// Tells the client what is left to it. What it has already costs nothing, a key that fails something more.
    pub(super) fn tell(self, answer: &mut ResponseHead) {
        let Some(Token { bound, client, has_key, mut left }) = self.0 else { return };
        if answer.status == StatusCode::NOT_MODIFIED {
            bound.requests.give_back(client);
            left += 1.0;
        }
        if has_key && answer.status == StatusCode::UNAUTHORIZED {
            let _ = bound.failures.take(client, Instant::now());
        }
        bound.tell(left, answer.headers_mut());
    }
}

impl Refused<'_> {
    /// The answer to a request that was refused.
    fn answer<B>(self, request: ServiceRequest) -> ServiceResponse<EitherBody<B, BoxBody>> {
        let refused = match self {
            Self::TooOften(bound, wait) => {
                let seconds = wait.as_secs_f64().ceil().max(1.0).to_string();
                let why = format!("This client asks too often; try again in {seconds} s.");
                let problem = Problem::new(&TOO_MANY_REQUESTS, why).with_header(RETRY_AFTER, seconds);
                let mut refused = request.error_response(problem);
                bound.tell(0.0, refused.headers_mut());
                refused
            }
            Self::Surplus => {
                let mut refused = request.error_response(Problem::new(&SERVICE_UNAVAILABLE, "Too many connections are open."));
                refused.response_mut().head_mut().set_connection_type(ConnectionType::Close);
                refused
            }
        };
        refused.map_into_right_body()
    }
}

impl Bound {
    fn tell(&self, left: f64, headers: &mut HeaderMap) {
        let told = format!("\"client\";r={};t={}", left.floor(), self.requests.full_in(left).ceil());
        if let Ok(told) = HeaderValue::try_from(told) {
            headers.insert(RATE_LIMIT.clone(), told);
        }
        headers.insert(RATE_LIMIT_POLICY.clone(), self.policy.clone());
    }
}

/// Wraps every request that is not answered from the cache.
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
    let admitted = match app.as_ref().map(|app| app.limits.admit(request.head(), request.conn_data())) {
        Some(Err(refused)) => return Ok(refused.answer(request)),
        Some(Ok(admitted)) => admitted,
        None => Admitted(None),
    };
    let mut response = in_time(deadline, next.call(request)).await?;
    admitted.tell(response.response_mut().head_mut());
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
