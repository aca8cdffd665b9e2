//! `GET /v1/changes`: the change feed, as JSON or as server-sent events.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::document::examples;
use super::event_stream::Feed;
use super::tag::TAG;

use crate::model::{Fault, Faults, GREATEST, Place};
use crate::reading::{
    Change, Envelope, LIST_START, PageInfo, Revision, RevisionList, Span, Streamed, piece,
    revisions,
};
use crate::records::{CATALOGUE, EXAMPLES};
use crate::store::{Pin, StoreError, StoreResult};
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::conditional::Validity;
use crate::web::negotiation::accepted;
use crate::web::parameters::{number, only, parameters, value};
use crate::web::problem::INVALID_PARAMETER;
use crate::web::problem::Problem;
use crate::web::stream::{self, Sender};

/// A page ends with the revision that makes it this long, so that one of many large revisions is no
/// answer without end.
const LONGEST: usize = 16 << 20;

pub(super) fn example() -> Option<RevisionList> {
    let award = CATALOGUE.get(EXAMPLES.any)?;
    let record = examples::record(award);
    let digest = Some(examples::DIGEST.to_owned());
    let id = record["id"].as_str().unwrap_or_default().to_owned();
    let (record_type, operation) = (award.name.to_owned(), "create".to_owned());
    let record = Streamed::Inline(record);
    let change =
        Change { key: 0, record_type, id, operation, into: None, digest: digest.clone(), record };
    let revision = Revision {
        number: 1,
        recorded_at: examples::MOMENT.to_owned(),
        actor: examples::ACTOR.to_owned(),
        reason: Some(examples::REASON.to_owned()),
        kind: Some("entry".to_owned()),
        reason_digest: digest.clone(),
        digest,
        changes: Streamed::Inline(vec![change]),
    };
    Some(examples::list(revision, 1))
}

/// Follow the changes
///
/// Revisions in order, each with the records that it changed, as they were then (null if deleted).
/// A page may end before its `limit` if its revisions are large; follow `page.next`.
///
/// With `Accept: text/event-stream`, the same as server-sent events while they happen: `event:
/// revision`, `id:` the revision, `data:` its JSON as in the list; a comment every 15 seconds shows
/// that the connection lives. A listener that reads too slowly is disconnected; it resumes with
/// `Last-Event-ID` and misses nothing.
#[utoipa::path(
    get,
    path = "/v1/changes",
    operation_id = "list_changes",
    tag = TAG,
    params(
        ("limit", Query),
        ("after", Query),
        ("Last-Event-ID" = Option<String>, Header,
            description = "The last revision that a listener has seen: the stream resumes after \
                it. Takes precedence over `after`."),
        ("lastEventId" = Option<String>, Query, pattern = "^[0-9]*$", max_length = 19,
            description = "The same as `Last-Event-ID`, for scripts that cannot send headers; the \
                header takes precedence. With events only."),
    ),
    responses((status = 200, description = "Revisions in order, without a gap.", content(
        (RevisionList = "application/json"),
        (String = "text/event-stream"),
    ))),
)]
pub(crate) async fn get_changes(
    request: HttpRequest,
    app: web::Data<App>,
    feed: web::Data<Feed>,
) -> Result<HttpResponse, Problem> {
    let mut parameters = parameters(&request)?;
    // Polyfills of `EventSource` send it empty on the first request.
    parameters.retain(|(name, value)| name != "lastEventId" || !value.is_empty());
    only(&parameters, &["after", "limit", "lastEventId"])?;
    let live = accepted(&request, &["application/json", "text/event-stream"])? == 1;
    let mut faults = Faults::default();
    let after = number(&parameters, "after", 0, 0..=GREATEST, &mut faults);
    let limit = number(&parameters, "limit", 25, 1..=200, &mut faults);
    if live && value(&parameters, "limit").is_some() {
        faults.parameter(
            "limit",
            "conflict",
            "does not apply to a stream of events, which has no end",
            None,
        );
    }
    if !live && value(&parameters, "lastEventId").is_some() {
        faults.parameter(
            "lastEventId",
            "conflict",
            "applies to a stream of events only",
            Some("after".to_owned()),
        );
    }
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    if live {
        let given =
            value(&parameters, "after").map(|_| (Place::Parameter("after".to_owned()), after));
        let seen = last_event(&request, &parameters)?.or(given);
        let newest = app.store.revision();
        if let Some((place, after)) = seen.as_ref().filter(|(_, after)| *after > newest) {
            let why = format!("revision {after} lies in the future; the newest is {newest}");
            return Err(wrong(
                place.clone(),
                why,
                Some("start from the first revision if the data was restored from a backup"),
            ));
        }
        return Ok(feed.follow(seen.map(|(_, after)| after), &request));
    }
    let validity = Validity::of(&app, &request, "application/json", &Pin::default());
    if let Some(unchanged) = validity.unchanged(&request) {
        return Ok(unchanged);
    }
    let pin = validity.pin(Pin::default());
    // What is written from now on is none of this answer's revision.
    let before = pin.revision.map_or(i64::MAX, |newest| newest.saturating_add(1));
    let span = Span { after, before, limit, newest_first: false };
    let found = run_blocking(&app, move |app| {
        Ok(app.store.read(&pin, |snapshot| {
            Ok::<_, StoreError>(Page {
                found: revisions(snapshot, span)?,
                span,
                newest: snapshot.revision,
            })
        })?)
    });
    let page = found.await?;
    let mut answer = validity.answer(&app, "application/json", page.newest);
    let store = Arc::clone(&app.store);
    Ok(answer.body(stream::written(&store, move |sender| page.write(&app, sender)).await?))
}

/// The last revision that a client of a stream has seen, and where the request says so: the header,
/// else the parameter, for scripts that cannot send headers. An empty header is none.
fn last_event(
    request: &HttpRequest,
    parameters: &[(String, String)],
) -> Result<Option<(Place, i64)>, Problem> {
    let header =
        request.headers().get("Last-Event-ID").map(|header| header.to_str().unwrap_or("?").trim());
    let header = header
        .filter(|header| !header.is_empty())
        .map(|header| (Place::Header("Last-Event-ID".to_owned()), header));
    let given = header.or(value(parameters, "lastEventId")
        .map(|parameter| (Place::Parameter("lastEventId".to_owned()), parameter)));
    let Some((place, text)) = given else { return Ok(None) };
    match text.trim().parse::<i64>() {
        Ok(revision) if revision >= 0 => Ok(Some((place, revision))),
        _ => Err(wrong(place, "is not the number of a revision".to_owned(), None)),
    }
}

/// The problem of a revision that no stream can follow.
fn wrong(place: Place, message: String, hint: Option<&str>) -> Problem {
    let fault = Fault { place, code: "wrong-value", message, hint: hint.map(str::to_owned) };
    Problem::new(&INVALID_PARAMETER, "").with_errors(vec![fault])
}

/// A page of the feed.
struct Page {
    found: Vec<Revision>,
    span: Span,
    newest: i64,
}

impl Page {
    fn write(&self, app: &App, sender: &Sender) -> StoreResult<()> {
        let Span { after, limit, .. } = self.span;
        let (mut written, mut last) = (0, after);
        sender.send(LIST_START)?;
        for revision in self.found.iter() {
            if written > LONGEST {
                break;
            }
            let mut from = Some(0);
            while let Some(at) = from {
                let (mut bytes, next) = piece(&app.store, revision, at)?;
                if at == 0 && last > after {
                    bytes.insert(0, b',');
                }
                written += bytes.len();
                sender.send(bytes)?;
                from = next;
            }
            last = revision.number;
        }
        let next = (last < self.newest)
            .then(|| format!("{}?after={last}&limit={limit}", app.address("/v1/changes")));
        let total = self.newest - after.min(self.newest);
        let page = PageInfo {
            limit: usize::try_from(limit).unwrap_or_default(),
            total,
            total_is_exact: true,
            next,
        };
        let mut end = Vec::new();
        Envelope { page, facets: None, revision: self.newest }.end_list(&mut end)?;
        sender.send(end)
    }
}
