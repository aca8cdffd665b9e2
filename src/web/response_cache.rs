//! The response cache. It stores responses as they were sent, compressed, each for one revision and
//! one day.
//!
//! A cached response needs no database, no other thread and no routing: `fast_path` looks for it
//! first, and `cache_middleware` stores missing responses. The latest revision is part of every
//! key, so a response is never older than the last acknowledged write.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::body::BoxBody;
use actix_web::dev::{RequestHead, Response};
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use quick_cache::{Equivalent, Weighter, sync};

use super::encoding::Encoding;
use super::entity_tags::client_has_current;
use super::limits::{Admission, RATE_LIMIT, RATE_LIMIT_POLICY};
use super::metrics::{Metrics, RequestMetrics};
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
    pub(crate) full: CachedHead,
    /// The head of the 304 response.
    pub(crate) not_modified: CachedHead,
    pub(crate) body: Bytes,
    /// The route, for logs and metrics.
    pub(crate) route: Route,
}

/// The status and headers of a response.
pub(crate) struct CachedHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The metrics of GET requests with this response.
    pub(crate) metrics: RequestMetrics,
}

/// Everything that a response depends on and that can change while the program runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    revision: i64,
    day: u64,
    encoding: Encoding,
    path: String,
    query: String,
    accept: String,
}

/// A borrowed `CacheKey`, for lookups.
#[derive(Hash)]
pub(crate) struct CacheKeyRef<'r> {
    revision: i64,
    day: u64,
    encoding: Encoding,
    path: &'r str,
    query: Cow<'r, str>,
    accept: Cow<'r, str>,
}

impl Equivalent<CacheKey> for CacheKeyRef<'_> {
    fn equivalent(&self, key: &CacheKey) -> bool {
        self.revision == key.revision
            && self.day == key.day
            && self.encoding == key.encoding
            && self.path == key.path
            && equals(&self.query, &key.query)
            && equals(&self.accept, &key.accept)
    }
}

/// Compares texts that are often empty. `memcmp` with the dangling pointer of an empty `String` is
/// slow on some processors.
fn equals(one: &str, other: &str) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

impl<'r> CacheKeyRef<'r> {
    /// Returns the key of a request, or None if it cannot be cached.
    pub(crate) fn new(revision: i64, request: &'r RequestHead, encoding: Encoding) -> Option<Self> {
        if carries_session(request) {
            return None;
        }
        let accept =
            joined_accept(request.headers()).filter(|accept| accept.len() <= MAX_ACCEPT_BYTES)?;
        let day = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs() / 86_400);
        let query = normalized(request.uri.query().unwrap_or_default());
        Some(Self { revision, day, encoding, path: request.uri.path(), query, accept })
    }

    pub(crate) fn to_key(&self) -> CacheKey {
        CacheKey {
            revision: self.revision,
            day: self.day,
            encoding: self.encoding,
            path: self.path.to_owned(),
            query: self.query.to_string(),
            accept: self.accept.to_string(),
        }
    }
}

/// Returns the `Accept` lines as one value: empty for any type, None if they are not text.
fn joined_accept(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut lines = headers.get_all(ACCEPT).map(|line| line.to_str());
    let first = match lines.next() {
        None | Some(Ok("*/*")) => Cow::Borrowed(""),
        Some(line) => Cow::Borrowed(line.ok()?),
    };
    // A single line, the usual case, is not copied.
    let Some(second) = lines.next() else { return Some(first) };
    let mut all = vec![headers.get(ACCEPT)?.to_str().ok()?, second.ok()?];
    for line in lines {
        all.push(line.ok()?);
    }
    Some(Cow::Owned(all.join(",")))
}

#[derive(Clone)]
pub(crate) struct ResponseWeighter;

impl Weighter<CacheKey, Arc<CachedResponse>> for ResponseWeighter {
    fn weight(&self, key: &CacheKey, cached: &Arc<CachedResponse>) -> u64 {
        // 2,048 bytes is an estimate for the header map.
        (cached.body.len() + key.path.len() + key.query.len() + key.accept.len() + 2_048) as u64
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
        let (head, body) = if client_has_current(request.headers(), &self.full.headers) {
            (&self.not_modified, BoxBody::new(()))
        } else {
            (&self.full, BoxBody::new(self.body.clone()))
        };
        let mut response = Response::with_body(head.status, body);
        *response.headers_mut() = head.headers.clone();
        admission.finish(response.head_mut());
        response
    }

    /// Returns the metrics of requests with this method and status.
    pub(crate) fn request_metrics(
        &self,
        metrics: &Metrics,
        method: &'static str,
        status: StatusCode,
    ) -> RequestMetrics {
        let head = [&self.full, &self.not_modified]
            .into_iter()
            .find(|head| method == "GET" && head.status == status);
        head.map_or_else(
            || metrics.of_request(method, &self.route, status),
            |head| head.metrics.clone(),
        )
    }
}
