//! `GET /v1/changes`: the change feed, as JSON or as server-sent events.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::document::examples;
use super::event_stream::Feed;
use super::tag::CHANGES;

use crate::model::{Fault, Faults, MAX_SAFE_INTEGER, Place};
use crate::reading::{
    Change, Envelope, LIST_START, PageInfo, Revision, RevisionList, RevisionRange, Total,
    limit_changes, revision_chunk, revisions,
};
use crate::records::{CATALOGUE, EXAMPLES};
use crate::store::{Pin, StoreError, StoreResult};
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::conditional::{EtagBuilder, link_to_next};
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, number, parameters, value};
use crate::web::problem::INVALID_PARAMETER;
use crate::web::problem::Problem;
use crate::web::stream::{self, Sender};

/// A page ends after the revision with which it has more changes than this, so that pages of large
/// revisions stay short.
const MAX_CHANGES: i64 = 10_000;

pub(super) fn example() -> Option<RevisionList> {
    let award = CATALOGUE.get(EXAMPLES.any)?;
    let record = examples::record(award);
    let digest = Some(examples::DIGEST.to_owned());
    let id = record["id"].as_str().unwrap_or_default().to_owned();
    let (record_type, operation) = (award.name.to_owned(), "create".to_owned());
    let record = Some(record);
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
        changes: Some(vec![change]),
    };
    Some(examples::list(revision, 1))
}

/// Follow the changes
///
/// Lists revisions in order, each with the records that it changed, as of that revision (null if
/// deleted). A page of large revisions may end before its `limit`; follow `page.next`.
///
/// With `Accept: text/event-stream`, the response is a stream of server-sent events: `event:
/// revision`, `id:` its number, `data:` its JSON as in the list. A comment every 15 seconds keeps
/// the connection open. Without `after` or `Last-Event-ID`, the stream begins with the next
/// revision. A client that reads too slowly is disconnected; it can resume with `Last-Event-ID` and
/// misses nothing.
#[utoipa::path(
    get,
    path = "/v1/changes",
    operation_id = "list_changes",
    tag = CHANGES,
    params(
        ("limit", Query),
        ("after", Query),
        ("Last-Event-ID" = Option<String>, Header,
            description = "The last revision that the client has received. The stream resumes \
                after it. Takes precedence over `after`."),
        ("lastEventId" = Option<String>, Query, pattern = "^[0-9]*$", max_length = 19,
            description = "An alternative to `Last-Event-ID` for scripts that cannot send headers. \
                The header takes precedence. Applies only to event streams."),
    ),
    responses((status = 200, description = "Revisions in order, without gaps.", content(
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
    // `EventSource` polyfills send an empty value on the first request.
    parameters.retain(|(name, value)| name != "lastEventId" || !value.is_empty());
    let mut faults = Faults::default();
    check_known(&parameters, &["after", "limit", "lastEventId"], &mut faults);
    let format = negotiate(&request, &["application/json", "text/event-stream"]);
    let is_stream = format.as_ref().is_ok_and(|format| *format == 1);
    let after = number(&parameters, "after", 0, 0..=MAX_SAFE_INTEGER, &mut faults);
    let limit = number(&parameters, "limit", 25, 1..=200, &mut faults);
    if is_stream && value(&parameters, "limit").is_some() {
        faults.parameter("limit", "conflict", "does not apply to event streams", None);
    }
    if !is_stream && value(&parameters, "lastEventId").is_some() {
        faults.parameter(
            "lastEventId",
            "conflict",
            "applies only to event streams",
            Some("after".to_owned()),
        );
    }
    Problem::check_parameters(faults)?;
    format?;
    if is_stream {
        let given =
            value(&parameters, "after").map(|_| (Place::Parameter("after".to_owned()), after));
        let seen = last_event(&request, &parameters)?.or(given);
        let latest = app.store.revision();
        if let Some((place, after)) = seen.as_ref().filter(|(_, after)| *after > latest) {
            let why = format!(
                "is {after}, but the latest revision is {latest}; the database may have been \
                restored, so read everything again"
            );
            return Err(invalid_position(place.clone(), why, Some("0")));
        }
        return Ok(feed.follow(seen.map(|(_, after)| after), &request));
    }
    let etag = EtagBuilder::new(&app, &request, "application/json", &Pin::default());
    if let Some(not_modified) = etag.not_modified(&request) {
        return Ok(not_modified);
    }
    let pin = etag.pin(Pin::default());
    // Later revisions do not belong to this response.
    let before = pin.revision.map_or(i64::MAX, |latest| latest.saturating_add(1));
    let range = RevisionRange { after, before, limit, descending: false };
    let found = run_blocking(&app, move |app| {
        Ok(app.store.read(&pin, |snapshot| {
            let mut revisions = revisions(snapshot, range)?;
            limit_changes(snapshot, &mut revisions, MAX_CHANGES)?;
            Ok::<_, StoreError>((revisions, snapshot.revision))
        })?)
    });
    let (revisions, latest) = found.await?;
    let last = revisions.last().map_or(after, |revision| revision.number);
    let next = (last < latest)
        .then(|| format!("{}?after={last}&limit={limit}", app.address("/v1/changes")));
    let total = Total { number: latest - after.min(latest), is_exact: true };
    let page = PageInfo::new(usize::try_from(limit).unwrap_or_default(), total, next);
    let mut response = etag.response(&app, "application/json", latest);
    link_to_next(&mut response, page.next.as_deref());
    let store = Arc::clone(&app.store);
    let write = move |sender: &Sender| write(&app, &revisions, page, latest, sender);
    Ok(response.body(stream::stream_body(&store, write).await?))
}

/// Returns the last revision that the client has received, with its place: the header, else the
/// parameter. An empty header is ignored.
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
        _ => Err(invalid_position(place, "must be the number of a revision".to_owned(), None)),
    }
}

/// Returns the problem of an invalid `Last-Event-ID` or `lastEventId`.
fn invalid_position(place: Place, message: String, hint: Option<&str>) -> Problem {
    let fault = Fault { place, code: "wrong-value", message, hint: hint.map(str::to_owned) };
    Problem::new(&INVALID_PARAMETER, "").with_errors(vec![fault])
}

/// Writes a page of revisions.
fn write(
    app: &App,
    revisions: &[Revision],
    page: PageInfo,
    latest: i64,
    sender: &Sender,
) -> StoreResult<()> {
    sender.send(LIST_START)?;
    for (index, revision) in revisions.iter().enumerate() {
        let mut from = Some(0);
        while let Some(at) = from {
            let (mut bytes, next) = revision_chunk(&app.store, revision, at)?;
            if at == 0 && index > 0 {
                bytes.insert(0, b',');
            }
            sender.send(bytes)?;
            from = next;
        }
    }
    let mut end = Vec::new();
    Envelope { page, facets: None, revision: latest }.end_list(&mut end)?;
    sender.send(end)
}
