//! The response cache: finished answers, compressed as they were sent, each valid for one revision
//! and one day.
//!
//! An answer that is known needs neither the database, nor another thread, nor the layers that
//! dress it: the front looks for it before the framework routes the request, and what is not found
//! there is kept here, as it comes back from those layers. A revision that this server has
//! acknowledged is part of every key from then on; so no answer is older than it.

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
use super::limits::{Admitted, RATE_LIMIT, RATE_LIMIT_POLICY};
use super::metrics::{Metrics, Tally};
use super::not_modified::is_known;
use super::query_string::in_one_order;
use super::routing::Route;

/// Answers that are kept are about as large as this; it sizes the tables of the cache.
const USUAL: usize = 16_384;
/// Headers longer than this are not looked at: their requests are answered without the cache.
const LONGEST: usize = 256;

/// Paths at which nothing of the record is answered.
const APART: [&str; 5] = ["/health/", "/docs", "/openapi", "/problems/", "/style.css"];

/// The headers that are each request's own.
pub(crate) const OWN: [&HeaderName; 2] = [&RATE_LIMIT, &RATE_LIMIT_POLICY];

/// Answers that were given, to be given again.
pub struct Cache {
    pub(crate) answers: sync::Cache<Key, Arc<Kept>, Weight>,
    pub(crate) size: u64,
    hits: AtomicU64,
    pub(crate) misses: AtomicU64,
}

/// What the cache did so far, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were answered from it.
    pub hits: u64,
    /// Requests that it could have answered, and did not.
    pub misses: u64,
    /// The answers that it holds.
    pub answers: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Cache {
    /// A cache of as many bytes; of none, where that is 0.
    pub fn new(size: u64) -> Self {
        let items = usize::try_from(size).unwrap_or(usize::MAX) / USUAL;
        Self {
            answers: sync::Cache::with_weighter(items, size, Weight),
            size,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// What it did so far, and what it holds.
    pub fn counts(&self) -> Counts {
        Counts {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            answers: self.answers.len() as u64,
            bytes: self.answers.weight(),
        }
    }
}

/// Marks an answer that is a whole, of one state of the record: what may be kept.
pub(crate) struct Whole;

/// An answer, as it is kept: as it was sent, but for what is each request's own.
pub(crate) struct Kept {
    pub(crate) whole: Head,
    /// That of word that the client has it.
    pub(crate) unchanged: Head,
    pub(crate) body: Bytes,
    /// What its path matched, for logs and metrics.
    pub(crate) route: Route,
}

/// What comes before a body, or stands for one.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Where answers to GET that have it are counted.
    pub(crate) tally: Tally,
}

/// All that an answer depends on, but for what never changes while the program runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    revision: i64,
    day: u64,
    encoding: Encoding,
    path: String,
    query: String,
    accept: String,
}

/// The same, of a request that is looked at.
#[derive(Hash)]
pub(crate) struct Asked<'r> {
    revision: i64,
    day: u64,
    encoding: Encoding,
    path: &'r str,
    query: Cow<'r, str>,
    accept: Cow<'r, str>,
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.revision == key.revision
            && self.day == key.day
            && self.encoding == key.encoding
            && self.path == key.path
            && is_same(&self.query, &key.query)
            && is_same(&self.accept, &key.accept)
    }
}

/// Whether two texts, often empty ones, are the same. An empty `String` points nowhere, and a
/// processor that is asked to compare no bytes from there may take longer over it than over many.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

impl<'r> Asked<'r> {
    /// What a request's answer depends on; None where it is not one that is kept.
    pub(crate) fn of(revision: i64, request: &'r RequestHead, encoding: Encoding) -> Option<Self> {
        let accept = accept_of(request.headers()).filter(|accept| accept.len() <= LONGEST)?;
        let day = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs() / 86_400);
        let query = in_one_order(request.uri.query().unwrap_or_default());
        Some(Self { revision, day, encoding, path: request.uri.path(), query, accept })
    }

    pub(crate) fn to_key(&self) -> Key {
        Key {
            revision: self.revision,
            day: self.day,
            encoding: self.encoding,
            path: self.path.to_owned(),
            query: self.query.to_string(),
            accept: self.accept.to_string(),
        }
    }
}

/// The lines of `Accept` as one; empty where any type will do, None where they are no text.
fn accept_of(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut lines = headers.get_all(ACCEPT).map(|line| line.to_str());
    let first = match lines.next() {
        None | Some(Ok("*/*")) => Cow::Borrowed(""),
        Some(line) => Cow::Borrowed(line.ok()?),
    };
    // One line is the rule, and costs no copy.
    let Some(second) = lines.next() else { return Some(first) };
    let mut all = vec![headers.get(ACCEPT)?.to_str().ok()?, second.ok()?];
    for line in lines {
        all.push(line.ok()?);
    }
    Some(Cow::Owned(all.join(",")))
}

#[derive(Clone)]
pub(crate) struct Weight;

impl Weighter<Key, Arc<Kept>> for Weight {
    fn weight(&self, key: &Key, kept: &Arc<Kept>) -> u64 {
        // The headers take about as much as is given here, in the map that holds them.
        (kept.body.len() + key.path.len() + key.query.len() + key.accept.len() + 2_048) as u64
    }
}

/// Whether a request only reads.
pub(crate) fn reads(request: &RequestHead) -> bool {
    matches!(request.method, Method::GET | Method::HEAD)
}

/// Whether the answer to a request may be one that is kept.
pub(crate) fn may_be_kept(request: &RequestHead) -> bool {
    reads(request) && !APART.iter().any(|path| request.uri.path().starts_with(path))
}

impl Kept {
    /// The answer once more, or word that the client has it.
    pub(crate) fn again(
        &self,
        cache: &Cache,
        request: &RequestHead,
        admitted: Admitted<'_>,
    ) -> Response<BoxBody> {
        cache.hits.fetch_add(1, Ordering::Relaxed);
        let (head, body) = if is_known(request.headers(), &self.whole.headers) {
            (&self.unchanged, BoxBody::new(()))
        } else {
            (&self.whole, BoxBody::new(self.body.clone()))
        };
        let mut answer = Response::with_body(head.status, body);
        *answer.headers_mut() = head.headers.clone();
        admitted.tell(answer.head_mut());
        answer
    }

    /// Where answers with this status to requests with this method are counted.
    pub(crate) fn tally(
        &self,
        metrics: &Metrics,
        method: &'static str,
        status: StatusCode,
    ) -> Tally {
        let kept = [&self.whole, &self.unchanged]
            .into_iter()
            .find(|head| method == "GET" && head.status == status);
        kept.map_or_else(|| metrics.tally(method, &self.route, status), |head| head.tally.clone())
    }
}
