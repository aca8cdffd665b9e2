//! Validators, and the requests that depend on them.
//!
//! A tag has two parts: the revision of what is answered, and a digest of all else that the bytes
//! depend on: the database, the newest revision (names shown in references change with it), the day
//! (`overdue` does), the format, the encoding.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK, VARY};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::app::App;
use super::blocking::run_blocking;
use super::cache::Whole;
use super::encoding::Encoding;
use super::not_modified;
use super::problem::Problem;
use super::query_string::in_one_order;
use crate::digest::hex;
use crate::editing;
use crate::model::Moment;
use crate::reading::List;
use crate::store::{Pin, Snapshot};

/// The media type of pages.
pub(crate) const PAGE: &str = "text/html; charset=utf-8";

/// What a tag depends on besides the revision of what is answered.
#[derive(Clone)]
pub(crate) struct Validity {
    /// What does not change with the record.
    fixed: Sha256,
    /// The state of the record that is answered.
    state: State,
    /// Whether the answer can never change.
    settled: bool,
}

/// A state of the record.
#[derive(Clone)]
enum State {
    /// The newest revision, as of a day.
    Present(i64, String),
    /// A revision that was asked for, after a redaction: that changes what was.
    Pinned(i64, i64),
    /// A revision that was asked for, on a page that tells of the newest and of the day, too.
    Beside(i64, i64, String),
}

/// A whole answer, and the state of the record that it was read from.
pub(crate) struct Found {
    /// The whole body.
    body: Bytes,
    /// The revision that was read.
    pub(crate) revision: i64,
    /// The revision that made what is answered.
    made_by: i64,
    /// The day that computed values were told for.
    day: String,
    /// The address of the next page.
    next: Option<String>,
}

impl Found {
    /// What was read from a snapshot, as that revision of it made it.
    pub(crate) fn new(snapshot: &Snapshot<'_>, made_by: i64, body: impl Into<Bytes>) -> Self {
        Self::at(snapshot.revision, snapshot.today.clone(), made_by, body)
    }

    /// What was read of a revision on a day, as an earlier revision made it.
    pub(crate) fn at(revision: i64, day: String, made_by: i64, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), made_by, revision, day, next: None }
    }

    /// A JSON answer that was read from a snapshot.
    pub(crate) fn json(
        snapshot: &Snapshot<'_>,
        made_by: i64,
        body: &impl Serialize,
    ) -> Result<Self, Problem> {
        Ok(Self::new(snapshot, made_by, serde_json::to_vec(body).map_err(Problem::internal)?))
    }

    /// A page of a list that was read from a snapshot.
    pub(crate) fn list<T: Serialize>(
        snapshot: &Snapshot<'_>,
        list: &List<T>,
    ) -> Result<Self, Problem> {
        Ok(Self::json(snapshot, snapshot.revision, list)?
            .followed_by(list.envelope.page.next.clone()))
    }

    /// The same state with another body.
    pub(crate) fn with_list<T: Serialize>(mut self, list: &List<T>) -> Result<Self, Problem> {
        self.body = serde_json::to_vec(list).map_err(Problem::internal)?.into();
        Ok(self.followed_by(list.envelope.page.next.clone()))
    }

    /// The same, with the address of the next page in its header.
    pub(crate) fn followed_by(mut self, next: Option<String>) -> Self {
        self.next = next;
        self
    }
}

/// Answers a read: with word that the client has the answer, where that can be told beforehand,
/// else with what is read.
///
/// The tag is made from the state that was read, which may be newer than the one that was known
/// when the request came.
pub(crate) async fn answer(
    app: &web::Data<App>,
    request: &HttpRequest,
    media_type: &str,
    pin: Pin,
    read: impl FnOnce(&App, &Pin) -> Result<Found, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let validity = Validity::of(app, request, media_type, &pin);
    if let Some(unchanged) = validity.unchanged(request) {
        return Ok(unchanged);
    }
    let found = run_blocking(app, move |app| read(app, &pin)).await?;
    Ok(tell(app, validity, media_type, found))
}

/// Answers a read that an index bounds: where the database is a file, on this thread, which is
/// faster than to change threads.
pub(crate) async fn answer_short(
    app: &web::Data<App>,
    request: &HttpRequest,
    media_type: &str,
    pin: Pin,
    read: impl FnOnce(&App, &Pin) -> Result<Found, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    if !app.store.is_at_hand() {
        return answer(app, request, media_type, pin, read).await;
    }
    let validity = Validity::of(app, request, media_type, &pin);
    match validity.unchanged(request) {
        Some(unchanged) => Ok(unchanged),
        None => Ok(tell(app, validity, media_type, read(app, &pin)?)),
    }
}

/// The answer that tells what was found.
fn tell(app: &App, mut validity: Validity, media_type: &str, found: Found) -> HttpResponse {
    validity.was_read(found.revision, &found.day);
    let mut answer = validity.answer(app, media_type, found.made_by);
    if let Some(next) = &found.next {
        answer.append_header((LINK, format!("<{next}>; rel=\"next\"")));
    }
    answer.extensions_mut().insert(Whole);
    answer.body(found.body)
}

/// What an answer depends on besides the state of the record.
fn fixed(app: &App, request: &HttpRequest, format: &str, path: &str, query: &str) -> Sha256 {
    let encoding = Encoding::of(request.headers()).map_or("none", Encoding::name);
    let mut fixed = Sha256::new();
    for part in [app.store.identity(), format, encoding, path, query, &app.makeup] {
        fixed.update(part.as_bytes());
        fixed.update([0]);
    }
    fixed
}

impl Validity {
    /// That of an answer to this request in this format, read at this pin, as far as it is known
    /// before.
    pub(crate) fn of(app: &App, request: &HttpRequest, format: &str, pin: &Pin) -> Self {
        let newest = app.store.revision();
        let state = match pin.revision {
            // A page of the past tells of the present beside it.
            Some(revision) if format == PAGE => {
                State::Beside(revision, newest, Moment::now().day().to_string())
            }
            Some(revision) => State::Pinned(revision, app.store.last_redaction()),
            None => State::Present(newest, Moment::now().day().to_string()),
        };
        let query = in_one_order(request.query_string());
        // A moment that lies in the newest revision may yet turn out to lie in one that is being
        // written.
        let by_number =
            url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "revision");
        let settled =
            format != PAGE && pin.revision.is_some_and(|revision| by_number || revision < newest);
        Self { fixed: fixed(app, request, format, request.path(), &query), state, settled }
    }

    /// That of a record as a write left it: the same as of a GET of the record with these headers.
    pub(crate) fn of_written(
        app: &App,
        request: &HttpRequest,
        path: &str,
        written: &editing::State,
    ) -> Self {
        let state = State::Present(written.revision, written.day.clone());
        Self { fixed: fixed(app, request, "application/json", path, ""), state, settled: false }
    }

    /// Notes the state that was read in the end.
    fn was_read(&mut self, revision: i64, day: &str) {
        if let State::Present(..) = self.state {
            self.state = State::Present(revision, day.to_owned());
        }
    }

    /// The pin to the state that the tag is made for, whatever is written meanwhile.
    pub(crate) fn pin(&self, asked: Pin) -> Pin {
        match &self.state {
            State::Present(revision, day) => {
                Pin { revision: Some(*revision), day: Some(day.clone()) }
            }
            State::Pinned(..) | State::Beside(..) => asked,
        }
    }

    fn digest(&self) -> String {
        let state = match &self.state {
            State::Present(revision, day) => format!("{revision} {day}"),
            State::Pinned(revision, redaction) => format!("pinned {revision} {redaction}"),
            State::Beside(revision, newest, day) => {
                format!("pinned {revision} beside {newest} {day}")
            }
        };
        hex(&self.fixed.clone().chain_update(state).finalize()[..6])
    }

    /// The tag of an answer that this revision made.
    pub(crate) fn tag(&self, revision: i64) -> String {
        format!("\"{revision}-{}\"", self.digest())
    }

    /// An answer without a body, where the client has the very bytes already. Nothing is read for
    /// it.
    pub(crate) fn unchanged(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let suffix = format!("-{}\"", self.digest());
        let known = not_modified::known_tag(request.headers(), |tag| tag.ends_with(&suffix))?;
        let mut answer = HttpResponse::NotModified();
        answer
            .insert_header((ETAG, known))
            .insert_header((CACHE_CONTROL, self.cache_control()))
            .insert_header((VARY, VARIES));
        Some(answer.finish())
    }

    /// An answer with a body to come, made by this revision: its tag, how long it may be kept, what
    /// it depends on, what describes it.
    pub(crate) fn answer(&self, app: &App, media_type: &str, revision: i64) -> HttpResponseBuilder {
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((CONTENT_TYPE, media_type))
            .insert_header((ETAG, self.tag(revision)))
            .insert_header((CACHE_CONTROL, self.cache_control()))
            .insert_header((VARY, VARIES))
            .append_header((
                LINK,
                format!("<{}>; rel=\"describedby\"", app.address("/openapi.json")),
            ));
        answer
    }

    /// How long the answer may be kept.
    fn cache_control(&self) -> &'static str {
        if self.settled { "public, max-age=86400" } else { "public, no-cache" }
    }
}

/// What answers depend on in the request besides its address.
const VARIES: &str = "Accept, Accept-Encoding";
