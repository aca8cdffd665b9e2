//! The response cache. It stores responses as they were sent, compressed, each for one revision and
//! one day.
//!
//! A cached response needs no database, no other thread and no routing: `fast_path` looks for it
//! first, and `cache_middleware` stores missing responses. The latest revision is part of every
//! key, so a response is never older than the last acknowledged write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::body::BoxBody;
use actix_web::dev::{RequestHead, Response};
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use quick_cache::{Weighter, sync};

use super::encoding::Encoding;
use super::entity_tags::client_has_current;
use super::limits::{Admission, RATE_LIMIT, RATE_LIMIT_POLICY};
use super::parameters::normalized;
use super::routing::Route;
use super::session_token::carries_session;

/// Determines the size of the cache's hash tables.
const TYPICAL_RESPONSE_BYTES: usize = 16_384;
/// Requests with a longer `Accept` header bypass the cache.
const MAX_ACCEPT_BYTES: usize = 256;

/// Paths whose responses do not depend on the dataset.
const UNCACHED_PATHS: [&str; 5] = ["/health/", "/docs", "/openapi", "/problems/", "/style.css"];

/// Headers that differ between requests for the same response.
pub(crate) const PER_REQUEST_HEADERS: [&HeaderName; 2] = [&RATE_LIMIT, &RATE_LIMIT_POLICY];

/// Stores finished responses.
pub struct ResponseCache {
    pub(crate) responses: sync::Cache<CacheKey, Arc<CachedResponse>, ResponseWeighter>,
    pub(crate) max_bytes: u64,
    hits: AtomicU64,
    pub(crate) misses: AtomicU64,
}

/// The hits and the size of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheStatistics {
    /// The number of requests that were answered from the cache.
    pub hits: u64,
    /// The number of cacheable requests that were not.
    pub misses: u64,
    /// The number of cached responses.
    pub responses: u64,
    /// The size of the cached responses in bytes.
    pub bytes: u64,
}

impl ResponseCache {
    /// Creates a cache of this size in bytes; 0 disables it.
    pub fn new(max_bytes: u64) -> Self {
        let capacity = usize::try_from(max_bytes).unwrap_or(usize::MAX) / TYPICAL_RESPONSE_BYTES;
        Self {
            responses: sync::Cache::with_weighter(capacity, max_bytes, ResponseWeighter),
            max_bytes,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Returns the hits and the size.
    pub fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            responses: self.responses.len() as u64,
            bytes: self.responses.weight(),
        }
    }
}

/// Marks a response as complete and read from one state, so that it may be cached.
pub(crate) struct Cacheable;

/// A response without `PER_REQUEST_HEADERS`.
pub(crate) struct CachedResponse {
    pub(crate) headers: HeaderMap,
    /// The headers of the 304 response.
    pub(crate) headers_of_304: HeaderMap,
    pub(crate) body: Bytes,
    /// The route, for logs and metrics.
    pub(crate) route: Route,
}

/// Everything that a response depends on and that can change while the program runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    revision: i64,
    day: u64,
    encoding: Encoding,
    /// The path, the query and `Accept`, one on each line. None of them contains a newline.
    request: String,
}

impl CacheKey {
    /// Returns the key of a request, or `None` if it cannot be cached.
    pub(crate) fn new(revision: i64, request: &RequestHead, encoding: Encoding) -> Option<Self> {
        if carries_session(request) {
            return None;
        }
        let accept = accept(request.headers()).filter(|accept| accept.len() <= MAX_ACCEPT_BYTES)?;
        let day = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs() / 86_400);
        let query = normalized(request.uri.query().unwrap_or_default());
        let request = [request.uri.path(), &query, &accept].join("\n");
        Some(Self { revision, day, encoding, request })
    }
}

/// Returns the `Accept` lines as one value: empty for any type, `None` if they are not text.
fn accept(headers: &HeaderMap) -> Option<String> {
    let lines: Result<Vec<&str>, _> = headers.get_all(ACCEPT).map(HeaderValue::to_str).collect();
    let all = lines.ok()?.join(",");
    Some(if all == "*/*" { String::new() } else { all })
}

#[derive(Clone)]
pub(crate) struct ResponseWeighter;

impl Weighter<CacheKey, Arc<CachedResponse>> for ResponseWeighter {
    fn weight(&self, key: &CacheKey, cached: &Arc<CachedResponse>) -> u64 {
        // 2,048 bytes is an estimate for the header map.
        (cached.body.len() + key.request.len() + 2_048) as u64
    }
}

pub(crate) fn is_read(request: &RequestHead) -> bool {
    matches!(request.method, Method::GET | Method::HEAD)
}

/// Returns whether the response to a request may be cached.
pub(crate) fn is_cacheable(request: &RequestHead) -> bool {
    is_read(request) && !UNCACHED_PATHS.iter().any(|path| request.uri.path().starts_with(path))
}

impl CachedResponse {
    /// Returns the full response, or 304 if the client has it.
    pub(crate) fn to_response(
        &self,
        cache: &ResponseCache,
        request: &RequestHead,
        admission: Admission<'_>,
    ) -> Response<BoxBody> {
        cache.hits.fetch_add(1, Ordering::Relaxed);
        let is_current = client_has_current(request.headers(), &self.headers);
        let (status, headers, body) = if is_current {
            (StatusCode::NOT_MODIFIED, &self.headers_of_304, BoxBody::new(()))
        } else {
            (StatusCode::OK, &self.headers, BoxBody::new(self.body.clone()))
        };
        let mut response = Response::with_body(status, body);
        *response.headers_mut() = headers.clone();
        admission.finish(response.head_mut());
        response
    }
}
