//! ETags of records and lists, and conditional reads.
//!
//! An ETag has two parts: the revision that last changed the content, and a digest of everything
//! else that the bytes depend on. That is the database, the latest revision (names in references
//! change with it), the day (`overdue` changes with it), the format and the encoding.

use std::cell::LazyCell;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK, VARY};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::app::App;
use super::blocking::run_read;
use super::encoding::Encoding;
use super::entity_tags::{latest_seen, matching_tag};
use super::parameters::normalized;
use super::problem::Problem;
use super::response_cache::Cacheable;
use crate::digest::hex;
use crate::editing;
use crate::model::Moment;
use crate::reading::List;
use crate::store::{Length, Pin, Snapshot};

/// The media type of pages.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// Builds ETags, and the headers that go with them.
#[derive(Clone)]
pub(crate) struct EtagBuilder {
    /// The parts that do not change with the dataset.
    fixed: Sha256,
    /// The state of the dataset.
    state: State,
    /// Whether the response can never change.
    immutable: bool,
}

/// A state of the dataset.
#[derive(Clone)]
enum State {
    /// The latest revision, on a day.
    Present(i64, String),
    /// A requested revision and the last redaction, which changes past revisions.
    Pinned(i64, i64),
    /// A requested revision, the latest one and the day: pages of the past show all three.
    PageOfPast(i64, i64, String),
}

/// A complete body, and the state that it was read from.
pub(crate) struct ReadResponse {
    body: Bytes,
    /// The revision that was read.
    revision: i64,
    /// The revision that last changed the content.
    changed_at: i64,
    /// The day of computed values.
    day: String,
    /// The URL of the next page.
    next: Option<String>,
}

impl ReadResponse {
    /// Creates a response that was read from a snapshot and last changed at a revision.
    pub(crate) fn new(snapshot: &Snapshot<'_>, changed_at: i64, body: impl Into<Bytes>) -> Self {
        let day = snapshot.today.clone();
        Self { body: body.into(), revision: snapshot.revision, changed_at, day, next: None }
    }

    /// Creates a JSON response that was read from a snapshot.
    pub(crate) fn json(
        snapshot: &Snapshot<'_>,
        changed_at: i64,
        body: &impl Serialize,
    ) -> Result<Self, Problem> {
        Ok(Self::new(snapshot, changed_at, serde_json::to_vec(body).map_err(Problem::internal)?))
    }

    /// Creates a page of a list that was read on this day.
    pub(crate) fn list<T: Serialize>(day: String, list: &List<T>) -> Result<Self, Problem> {
        let body = serde_json::to_vec(list).map_err(Problem::internal)?.into();
        let (revision, next) = (list.envelope.revision, list.envelope.page.next.clone());
        Ok(Self { body, revision, changed_at: revision, day, next })
    }

    /// Adds the URL of the next page, for the `Link` header.
    pub(crate) fn with_next(mut self, next: Option<String>) -> Self {
        self.next = next;
        self
    }
}

/// The maximum length of a URL in the `Link` header in bytes. Many clients limit all headers
/// together to 16 KiB.
const MAX_LINK_BYTES: usize = 8_192;

/// Adds the `Link` header with the URL of the next page.
pub(crate) fn link_to_next(response: &mut HttpResponseBuilder, next: Option<&str>) {
    if let Some(next) = next.filter(|next| next.len() <= MAX_LINK_BYTES) {
        response.append_header((LINK, format!("<{next}>; rel=\"next\"")));
    }
}

/// Answers a read. If the ETag shows that the client has the response, nothing is read.
///
/// The new ETag identifies the state that was read, which may be later than the state at the time
/// the request arrived.
pub(crate) async fn respond(
    app: &web::Data<App>,
    request: &HttpRequest,
    media_type: &str,
    pin: Pin,
    read: impl FnOnce(&App, &Pin) -> Result<ReadResponse, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    respond_with(app, request, media_type, pin, Length::Long, read).await
}

/// Number of times that a short response lets other requests proceed. The first has no effect:
/// actix-web polls a new request twice in sequence. With 0, responses are not held back.
const YIELDS: usize = 2;

/// Answers a read of this length.
///
/// With SQLite, a short response waits until all requests that have arrived are read. Otherwise, a
/// client that is faster than the server goes to sleep between responses. To wake it for each of
/// them, a record took 40% more CPU time with 16 clients.
pub(crate) async fn respond_with(
    app: &web::Data<App>,
    request: &HttpRequest,
    media_type: &str,
    pin: Pin,
    length: Length,
    read: impl FnOnce(&App, &Pin) -> Result<ReadResponse, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let mut etag = EtagBuilder::new(app, request, media_type, &pin);
    if let Some(not_modified) = etag.not_modified(request) {
        return Ok(not_modified);
    }
    let pin = Pin { at_least: latest_seen(request.headers()), ..pin };
    let result = run_read(app, length, move |app| read(app, &pin)).await?;
    if matches!(length, Length::Short) && app.store.is_embedded() {
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
        }
    }
    etag.set_state(result.revision, &result.day);
    let mut response = etag.response(app, media_type, result.changed_at);
    link_to_next(&mut response, result.next.as_deref());
    response.extensions_mut().insert(Cacheable);
    Ok(response.body(result.body))
}

/// Hashes everything that a response depends on except the state of the dataset.
fn fixed_parts(app: &App, request: &HttpRequest, format: &str, path: &str, query: &str) -> Sha256 {
    let encoding = Encoding::of(request.headers()).map_or("none", Encoding::name);
    let mut fixed = Sha256::new();
    for part in [app.store.identity(), format, encoding, path, query, &app.fingerprint] {
        fixed.update(part.as_bytes());
        fixed.update([0]);
    }
    fixed
}

impl EtagBuilder {
    /// Creates the builder of a response to this request in this format, read at this pin.
    pub(crate) fn new(app: &App, request: &HttpRequest, format: &str, pin: &Pin) -> Self {
        let latest = app.store.revision();
        let state = match pin.revision {
            Some(revision) if format == HTML => {
                State::PageOfPast(revision, latest, Moment::now().day().to_string())
            }
            Some(revision) => State::Pinned(revision, app.store.last_redaction()),
            None => State::Present(latest, Moment::now().day().to_string()),
        };
        let query = normalized(request.query_string());
        let immutable = format != HTML && pin.revision.is_some() && !pin.is_provisional;
        Self { fixed: fixed_parts(app, request, format, request.path(), &query), state, immutable }
    }

    /// Creates the builder of a record after a write: the same as for a GET with these headers.
    pub(crate) fn for_written(
        app: &App,
        request: &HttpRequest,
        path: &str,
        written: &editing::State,
    ) -> Self {
        let state = State::Present(written.revision, written.day.clone());
        Self {
            fixed: fixed_parts(app, request, "application/json", path, ""),
            state,
            immutable: false,
        }
    }

    /// Sets the state that was read.
    fn set_state(&mut self, revision: i64, day: &str) {
        if let State::Present(..) = self.state {
            self.state = State::Present(revision, day.to_owned());
        }
    }

    /// Returns a pin to the state of the ETag, so that later writes do not change the response.
    pub(crate) fn pin(&self, requested: Pin) -> Pin {
        match &self.state {
            State::Present(revision, day) => Pin::on_day(*revision, day.clone()),
            State::Pinned(..) | State::PageOfPast(..) => requested,
        }
    }

    fn digest(&self) -> String {
        let state = match &self.state {
            State::Present(revision, day) => format!("{revision} {day}"),
            State::Pinned(revision, redaction) => format!("pinned {revision} {redaction}"),
            State::PageOfPast(revision, latest, day) => {
                format!("pinned {revision} beside {latest} {day}")
            }
        };
        hex(&self.fixed.clone().chain_update(state).finalize()[..6])
    }

    /// Returns the ETag of content that this revision last changed.
    pub(crate) fn tag(&self, revision: i64) -> String {
        format!("\"{revision}-{}\"", self.digest())
    }

    /// Returns 304 if the client has the current response.
    pub(crate) fn not_modified(&self, request: &HttpRequest) -> Option<HttpResponse> {
        // Most requests have no tag to compare.
        let suffix = LazyCell::new(|| format!("-{}\"", self.digest()));
        let tag = matching_tag(request.headers(), |tag| tag.ends_with(suffix.as_str()))?;
        let mut response = HttpResponse::NotModified();
        response
            .insert_header((ETAG, tag))
            .insert_header((CACHE_CONTROL, self.cache_control()))
            .insert_header((VARY, VARY_VALUE));
        Some(response.finish())
    }

    /// Returns a response builder with all headers set.
    pub(crate) fn response(
        &self,
        app: &App,
        media_type: &str,
        revision: i64,
    ) -> HttpResponseBuilder {
        let mut response = HttpResponse::Ok();
        response
            .insert_header((CONTENT_TYPE, media_type))
            .insert_header((ETAG, self.tag(revision)))
            .insert_header((CACHE_CONTROL, self.cache_control()))
            .insert_header((VARY, VARY_VALUE))
            .append_header((
                LINK,
                format!("<{}>; rel=\"describedby\"", app.address("/openapi.json")),
            ));
        response
    }

    fn cache_control(&self) -> &'static str {
        if self.immutable { "public, max-age=86400" } else { "public, no-cache" }
    }
}

const VARY_VALUE: &str = "Accept, Accept-Encoding";
