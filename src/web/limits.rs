//! How many requests a client may send.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::dev::{RequestHead, ResponseHead};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::client::Proxies;
use super::connections::Connection;
use super::rates::Rates;

/// Keys that may fail, at once and each second: nobody guesses one of 256 bits, but trying costs a
/// look into the database.
const FAILURES: (u32, u32) = (60, 1);

/// What a burst is, in seconds of the rate.
const BURST: u32 = 4;

/// What is left to the client.
pub(crate) static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What it has in all.
pub(crate) static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The limits that each client is held to.
#[derive(Debug)]
pub struct Limits {
    proxies: Proxies,
    bound: Option<Bound>,
}

#[derive(Debug)]
pub(crate) struct Bound {
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
pub(crate) struct Admitted<'l>(Option<Token<'l>>);

/// What was taken for a request.
struct Token<'l> {
    bound: &'l Bound,
    client: IpAddr,
    has_key: bool,
    left: f64,
}

/// Why a request is not looked at.
pub(crate) enum Refused<'l> {
    /// Its client asks too often: what it is held to, and how long it is to wait.
    TooOften(&'l Bound, Duration),
    /// Its connection came when all places were taken.
    Surplus,
}

impl Limits {
    /// Takes a token for a request; there is none to take where health is asked for.
    pub(crate) fn admit(
        &self,
        request: &RequestHead,
        connection: Option<&Connection>,
    ) -> Result<Admitted<'_>, Refused<'_>> {
        if request.uri.path().starts_with("/health/") {
            return Ok(Admitted(None));
        }
        if connection.is_some_and(Connection::is_surplus) {
            return Err(Refused::Surplus);
        }
        let Some(bound) = &self.bound else { return Ok(Admitted(None)) };
        let (client, has_key, now) =
            (self.client(request), request.headers().contains_key(AUTHORIZATION), Instant::now());
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
    /// Leave to go on without limits.
    pub(crate) const UNLIMITED: Self = Self(None);

    /// Tells the client what is left to it. What it has already costs nothing, a key that fails
    /// something more.
    pub(crate) fn tell(self, answer: &mut ResponseHead) {
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

impl Bound {
    pub(crate) fn tell(&self, left: f64, headers: &mut HeaderMap) {
        let told =
            format!("\"client\";r={};t={}", left.floor(), self.requests.full_in(left).ceil());
        if let Ok(told) = HeaderValue::try_from(told) {
            headers.insert(RATE_LIMIT.clone(), told);
        }
        headers.insert(RATE_LIMIT_POLICY.clone(), self.policy.clone());
    }
}
