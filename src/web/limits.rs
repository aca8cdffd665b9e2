//! Rate limits.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::dev::{RequestHead, ResponseHead};
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};

use super::client::Proxies;
use super::connections::Connection;
use super::rate_limiter::RateLimiter;

/// The burst and the rate per second of failed keys. A key of 256 bits cannot be guessed, but each
/// attempt costs a database query.
const FAILED_KEYS: (u32, u32) = (60, 1);

/// The size of a burst, in seconds of the rate.
const BURST_SECONDS: u32 = 4;

/// The remaining requests of the client.
pub(crate) static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The rate limit of the client.
pub(crate) static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The rate limits, and the proxies that are trusted to report client addresses.
#[derive(Debug)]
pub struct Limits {
    proxies: Proxies,
    client_limits: Option<ClientLimits>,
}

#[derive(Debug)]
pub(crate) struct ClientLimits {
    requests: RateLimiter,
    failures: RateLimiter,
    policy: HeaderValue,
}

impl Limits {
    /// Limits each client to this many requests per second, with bursts of four times as many; 0
    /// disables the limit.
    pub fn new(rate: u32, proxies: Proxies) -> Self {
        let client_limits = (rate > 0).then(|| {
            let requests = RateLimiter::new(rate, rate.saturating_mul(BURST_SECONDS));
            let (quota, window) = requests.policy();
            let policy = HeaderValue::try_from(format!("\"client\";q={quota};w={}", window.ceil()));
            let policy = policy.unwrap_or(HeaderValue::from_static("\"client\""));
            ClientLimits {
                requests,
                failures: RateLimiter::new(FAILED_KEYS.1, FAILED_KEYS.0),
                policy,
            }
        });
        Self { proxies, client_limits }
    }

    fn client(&self, request: &RequestHead) -> IpAddr {
        self.proxies.client(request.peer_addr.map(|peer| peer.ip()), request.headers())
    }
}

/// An accepted request.
pub(crate) struct Admission<'l>(Option<Token<'l>>);

/// A token that was taken for a request.
struct Token<'l> {
    client_limits: &'l ClientLimits,
    client: IpAddr,
    has_key: bool,
    remaining: f64,
}

/// The reason a request is rejected.
pub(crate) enum Rejection<'l> {
    /// The client has reached its limit; the time until it may try again.
    RateLimited(&'l ClientLimits, Duration),
    /// The connection is above the maximum.
    TooManyConnections,
}

impl Limits {
    /// Takes a token for a request. Health checks are not limited.
    pub(crate) fn admit(
        &self,
        request: &RequestHead,
        connection: Option<&Connection>,
    ) -> Result<Admission<'_>, Rejection<'_>> {
        if request.uri.path().starts_with("/health/") {
            return Ok(Admission(None));
        }
        if connection.is_some_and(Connection::is_over_limit) {
            return Err(Rejection::TooManyConnections);
        }
        let Some(client_limits) = &self.client_limits else { return Ok(Admission(None)) };
        let (client, has_key, now) = (self.client(request), presents_key(request), Instant::now());
        let wait =
            if has_key { client_limits.failures.wait_time(client, now) } else { Duration::ZERO };
        if !wait.is_zero() {
            return Err(Rejection::RateLimited(client_limits, wait));
        }
        match client_limits.requests.take(client, now) {
            Ok(remaining) => {
                Ok(Admission(Some(Token { client_limits, client, has_key, remaining })))
            }
            Err(wait) => Err(Rejection::RateLimited(client_limits, wait)),
        }
    }
}

/// Returns whether a request presents a key, in a header or in the sign-in form.
fn presents_key(request: &RequestHead) -> bool {
    request.headers().contains_key(AUTHORIZATION)
        || (request.method == Method::POST && request.uri.path() == "/sign-in")
}

impl Admission<'_> {
    /// Admission without limits.
    pub(crate) const UNLIMITED: Self = Self(None);

    /// Adds the headers. A 304 costs no token; a failed key counts twice.
    pub(crate) fn finish(self, response: &mut ResponseHead) {
        let Some(Token { client_limits, client, has_key, mut remaining }) = self.0 else { return };
        if response.status == StatusCode::NOT_MODIFIED {
            client_limits.requests.refund(client);
            remaining += 1.0;
        }
        if has_key && response.status == StatusCode::UNAUTHORIZED {
            let _ = client_limits.failures.take(client, Instant::now());
        }
        client_limits.add_headers(remaining, response.headers_mut());
    }
}

impl ClientLimits {
    pub(crate) fn add_headers(&self, remaining: f64, headers: &mut HeaderMap) {
        let value = format!(
            "\"client\";r={};t={}",
            remaining.floor(),
            self.requests.refill_time(remaining).ceil()
        );
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(RATE_LIMIT.clone(), value);
        }
        headers.insert(RATE_LIMIT_POLICY.clone(), self.policy.clone());
    }
}
