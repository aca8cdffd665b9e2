//! Validators, and the requests that depend on them.
//!
//! A tag has two parts: the revision of what is answered, and a digest of all else that the bytes depend on: the database,
//! the newest revision (names shown in references change with it), the day (`overdue` does), the format, the encoding.

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, LINK, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use sha2::{Digest as _, Sha256};

use super::problem::INVALID_PARAMETER;
use super::{App, Problem};
use crate::digest::hex;
use crate::editing::Expected;
use crate::model::Moment;
use crate::store::Pin;

/// What a tag depends on besides the revision of what is answered.
#[derive(Clone, Debug)]
pub(super) struct Validity {
    digest: String,
    /// Whether the answer can never change.
    pinned: bool,
}

impl Validity {
    /// That of an answer to this request in this format, read at this pin.
    pub(super) fn of(app: &App, request: &HttpRequest, format: &str, pin: &Pin) -> Self {
        let newest = app.store.revision();
        let state = match pin.revision {
            // A redaction changes what was.
            Some(revision) => format!("pinned {revision} {}", app.store.last_redaction()),
            None => format!("{newest} {}", Moment::now().day()),
        };
        let encoding = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [app.store.identity(), &state, format, encoding, request.path(), request.query_string(), env!("CARGO_PKG_VERSION")] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hex(&hash.finalize()[..6]);
        // A moment that lies in the newest revision may yet turn out to lie in one that is being written.
        let by_number = url::form_urlencoded::parse(request.query_string().as_bytes()).any(|(name, _)| name == "revision");
        Self { digest, pinned: pin.revision.is_some_and(|revision| by_number || revision < newest) }
    }

    /// The tag of an answer that this revision made.
    pub(super) fn tag(&self, revision: i64) -> String {
        format!("\"{revision}-{}\"", self.digest)
    }

    /// An answer without a body, where the client has the very bytes already. Nothing is read for it.
    pub(super) fn unchanged(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let suffix = format!("-{}\"", self.digest);
        let known = tags(request, &IF_NONE_MATCH).find(|tag| tag.trim_start_matches("W/").ends_with(&suffix))?;
        let mut answer = HttpResponse::NotModified();
        answer.insert_header((ETAG, known.trim_start_matches("W/"))).insert_header((CACHE_CONTROL, self.cache_control()));
        Some(answer.finish())
    }

    /// An answer with a body to come, made by this revision: its tag, how long it may be kept, what it depends on, what describes it.
    pub(super) fn answer(&self, app: &App, media_type: &str, revision: i64) -> HttpResponseBuilder {
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((CONTENT_TYPE, media_type))
            .insert_header((ETAG, self.tag(revision)))
            .insert_header((CACHE_CONTROL, self.cache_control()))
            .insert_header((VARY, "Accept, Accept-Encoding"))
            .append_header((LINK, format!("<{}>; rel=\"describedby\"", app.address("/openapi.json"))));
        answer
    }

    /// How long the answer may be kept.
    fn cache_control(&self) -> &'static str {
        if self.pinned { "public, max-age=86400" } else { "public, no-cache" }
    }
}

fn tags<'r>(request: &'r HttpRequest, name: &'r HeaderName) -> impl Iterator<Item = &'r str> {
    request.headers().get_all(name).filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

/// The version that a write expects, by `If-Match` and `If-None-Match`.
pub(super) fn expected(request: &HttpRequest) -> Result<Expected, Problem> {
    let none: Vec<&str> = tags(request, &IF_NONE_MATCH).collect();
    let given: Vec<&str> = tags(request, &IF_MATCH).collect();
    for (name, tags) in [("If-None-Match", &none), ("If-Match", &given)] {
        if tags.len() > 1 && tags.contains(&"*") {
            return Err(Problem::header(&INVALID_PARAMETER, name, "is either * or a list of tags"));
        }
    }
    if none.contains(&"*") {
        return Ok(Expected::Nothing);
    }
    if given.is_empty() {
        return Ok(Expected::Unsaid);
    }
    if given.contains(&"*") {
        return Ok(Expected::Something);
    }
    // A weak tag never matches here (RFC 9110), nor does one that is none of ours.
    let revision = |tag: &&str| tag.strip_prefix('"')?.strip_suffix('"')?.split('-').next()?.parse::<i64>().ok();
    Ok(Expected::Revisions(given.iter().filter_map(revision).collect()))
}
