//! `GET /v1/changes.atom`: the changes as an Atom feed (RFC 4287), paged by RFC 5005, with an entry
//! for each revision.

use actix_web::{HttpRequest, HttpResponse, web};
use atom_syndication::{Category, Entry, Feed, FixedDateTime, Generator, Link, Person, Text};
use chrono::DateTime;
use sha2::{Digest as _, Sha256};

use super::tag::CHANGES;
use crate::digest::hex;
use crate::model::{Faults, MAX_SAFE_INTEGER};
use crate::reading::{Change, Revision, RevisionRange, changes, count_by_type, revisions};
use crate::store::{Pin, Snapshot, StoreResult};
use crate::web::app::App;
use crate::web::conditional::{ReadResponse, respond};
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, number, parameters};
use crate::web::problem::Problem;

const MEDIA_TYPE: &str = "application/atom+xml; charset=utf-8";

/// The number of changes that an entry lists; it counts the others.
const MAX_LISTED_CHANGES: usize = 20;

/// Follow the changes in a feed reader
///
/// Returns an Atom feed (RFC 4287) with an entry for each revision, the latest first. The `next`
/// link leads to earlier ones.
#[utoipa::path(
    get,
    path = "/v1/changes.atom",
    operation_id = "list_changes_atom",
    tag = CHANGES,
    params(("limit", Query), ("after", Query), ("before", Query)),
    responses((status = 200, description = "A page of the feed.", body = String,
        content_type = "application/atom+xml")),
)]
pub(crate) async fn get_changes_atom(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    let mut faults = Faults::default();
    check_known(&parameters, &["after", "before", "limit"], &mut faults);
    let after = number(&parameters, "after", 0, 0..=MAX_SAFE_INTEGER, &mut faults);
    let before = number(&parameters, "before", MAX_SAFE_INTEGER, 0..=MAX_SAFE_INTEGER, &mut faults);
    let limit = number(&parameters, "limit", 25, 1..=200, &mut faults);
    Problem::check_parameters(faults)?;
    negotiate(&request, &["application/atom+xml", "application/xml"])?;
    let range = RevisionRange { after, before, limit, descending: true };
    let query = request.query_string().to_owned();
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| page(app, snapshot, range, &query))
    };
    respond(&app, &request, MEDIA_TYPE, Pin::default(), read).await
}

/// Reads the page of this range; the query string is part of the `self` link.
fn page(
    app: &App,
    snapshot: &mut Snapshot<'_>,
    range: RevisionRange,
    query: &str,
) -> Result<ReadResponse, Problem> {
    let address = |path: &str| app.address(path);
    // One extra revision shows whether another page exists.
    let mut page_revisions =
        revisions(snapshot, RevisionRange { limit: range.limit + 1, ..range })?;
    let has_more = page_revisions.len() > usize::try_from(range.limit).unwrap_or(usize::MAX);
    if has_more {
        page_revisions.pop();
    }
    let entries = page_revisions
        .iter()
        .map(|revision| entry(app, snapshot, revision))
        .collect::<StoreResult<Vec<Entry>>>()?;
    let after = if range.after > 0 { format!("&after={}", range.after) } else { String::new() };
    let next = page_revisions.last().filter(|_| has_more).map(|last| {
        format!(
            "{}?before={}&limit={}{after}",
            address("/v1/changes.atom"),
            last.number,
            range.limit
        )
    });
    let self_url = if query.is_empty() {
        address("/v1/changes.atom")
    } else {
        format!("{}?{query}", address("/v1/changes.atom"))
    };
    let mut links = vec![
        link("self", self_url, "application/atom+xml"),
        link("alternate", address("/v1/changes"), "application/json"),
    ];
    links.extend(next.clone().map(|next| link("next", next, "application/atom+xml")));
    let license = app.settings.license.url.clone();
    links.extend(license.map(|url| link("license", url, "text/html")));
    let feed = Feed {
        title: Text::plain(xml_text(&format!("Changes: {}", app.settings.title))),
        subtitle: Some(Text::plain(xml_text(&app.settings.description))),
        id: entry_id(app, 0),
        updated: entries.first().map_or_else(FixedDateTime::default, |entry| entry.updated),
        authors: vec![Person { name: xml_text(&app.settings.title), ..Person::default() }],
        generator: Some(Generator { value: "taskforce".to_owned(), ..Generator::default() }),
        links,
        entries,
        ..Feed::default()
    };
    let body = feed
        .write_to(Vec::new())
        .map_err(|error| Problem::internal(format!("cannot write the Atom feed: {error}")))?;
    Ok(ReadResponse::new(snapshot, snapshot.revision, body).with_next(next))
}

fn entry(app: &App, snapshot: &mut Snapshot<'_>, revision: &Revision) -> StoreResult<Entry> {
    let listed = changes(snapshot, revision.number, 0, MAX_LISTED_CHANGES)?;
    let count = if listed.len() < MAX_LISTED_CHANGES {
        listed.len()
    } else {
        count_by_type(snapshot, revision.number)?.into_values().sum()
    };
    let records = if count == 1 { "1 record".to_owned() } else { format!("{count} records") };
    let recorded_at = DateTime::parse_from_rfc3339(&revision.recorded_at).unwrap_or_default();
    let mut lines: Vec<String> = revision.reason.clone().into_iter().collect();
    lines.extend(listed.iter().map(|Change { record_type, id, operation, .. }| {
        format!("{operation} {record_type} {id}")
    }));
    if count > listed.len() {
        lines.push(format!("and {} more", count - listed.len()));
    }
    Ok(Entry {
        title: Text::plain(format!("Revision {}: {records}", revision.number)),
        id: entry_id(app, revision.number),
        updated: recorded_at,
        published: Some(recorded_at),
        authors: vec![Person { name: xml_text(&revision.actor), ..Person::default() }],
        categories: revision
            .kind
            .clone()
            .map(|term| Category { term, ..Category::default() })
            .into_iter()
            .collect(),
        links: vec![link(
            "alternate",
            app.address(&format!("/v1/changes?after={}&limit=1", revision.number - 1)),
            "application/json",
        )],
        summary: Some(Text::plain(xml_text(&lines.join("\n")))),
        ..Entry::default()
    })
}

/// Removes characters that XML 1.0 cannot contain. Older records may have some.
fn xml_text(text: &str) -> String {
    let is_allowed = |character: &char| {
        matches!(character, '\t' | '\n' | '\r')
            || (*character >= ' ' && !matches!(character, '\u{FFFE}' | '\u{FFFF}'))
    };
    text.chars().filter(is_allowed).collect()
}

fn link(rel: &str, href: String, media_type: &str) -> Link {
    Link { rel: rel.to_owned(), href, mime_type: Some(media_type.to_owned()), ..Link::default() }
}

/// Returns the id of the entry of a revision (0: of the feed), which depends only on the database.
fn entry_id(app: &App, revision: i64) -> String {
    let digest =
        Sha256::digest(format!("taskforce {} {revision}", app.store.identity()).as_bytes());
    let mut bytes: [u8; 16] = std::array::from_fn(|index| digest[index]);
    // A UUID of version 8 (RFC 9562).
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
