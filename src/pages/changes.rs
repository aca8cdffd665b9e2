//! The page of revisions, newest first, with the changes of each.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::context::PageContext;
use super::differences::operation;
use super::labels::{capital, count, grouped, nouns, plain};
use super::layout::{Page, page_header};
use super::links::{Links, path_of, text};
use super::respond::{AllowedParameters, respond};
use crate::model::{Faults, MAX_SAFE_INTEGER};
use crate::reading::{Change, Revision, RevisionRange, changes_of_type, count_by_type, revisions};
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::parameters::number;
use crate::web::problem::Problem;

/// The number of revisions on a page.
const DEFAULT_LIMIT: i64 = 25;

/// The maximum number of records of a type that are named in a list of revisions, and on the page
/// of one revision.
pub const MAX_NAMED: usize = 8;
const MAX_NAMED_ALONE: usize = 100;

/// A revision with more records than this is a bulk import, which a list shows as one line.
const BULK: usize = 20;

/// Responds with the page of changes, or of one revision.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    respond(request, app, AllowedParameters::Only(&["after", "limit"]), page).await
}

/// A revision, with the names of the records that it changed.
#[derive(Debug)]
pub struct RevisionSummary {
    revision: Revision,
    groups: Vec<Group>,
}

/// The records of one type that a revision changed.
#[derive(Debug)]
struct Group {
    /// The nouns for one record and for several.
    nouns: (String, String),
    total: usize,
    changes: Vec<(Change, String)>,
}

/// Returns the revisions after a number, newest first, with the names of at most `max_named`
/// records of each type.
pub fn revisions_after(
    context: &mut PageContext<'_, '_>,
    after: i64,
    limit: i64,
    max_named: usize,
) -> Result<Vec<RevisionSummary>, Problem> {
    let mut all = Vec::new();
    let before = context.snapshot.revision + 1;
    let range = RevisionRange { after, before, limit, descending: false };
    for revision in revisions(context.snapshot, range)? {
        let counts = count_by_type(context.snapshot, revision.number)?;
        let mut groups = Vec::new();
        for record_type in CATALOGUE.iter() {
            let Some(total) = counts.get(record_type.name).copied() else { continue };
            let changes =
                changes_of_type(context.snapshot, revision.number, record_type.name, max_named)?;
            let ids = changes.iter().map(|change| change.id.as_str());
            let found = context.by_ids(record_type, ids, "name")?;
            let named = |change: Change| {
                let name = found.get(&change.id).map_or(&*change.id, |record| text(record, "name"));
                let name = name.to_owned();
                (change, name)
            };
            let changes = changes.into_iter().map(named).collect();
            groups.push(Group { nouns: nouns(record_type), total, changes });
        }
        all.push(RevisionSummary { revision, groups });
    }
    all.reverse();
    Ok(all)
}

fn page(context: &mut PageContext<'_, '_>) -> Result<Page, Problem> {
    let mut faults = Faults::default();
    let after = number(&context.parameters, "after", -1, 0..=MAX_SAFE_INTEGER, &mut faults);
    let limit = number(&context.parameters, "limit", DEFAULT_LIMIT, 1..=200, &mut faults);
    Problem::check_parameters(faults)?;
    let latest = context.snapshot.revision;
    let after = if after < 0 { (latest - limit).max(0) } else { after };
    let limit = limit.min((latest - after).max(1));
    let is_single =
        limit == 1 && after < latest && context.parameters.iter().any(|(name, _)| name == "after");
    let max_named = if is_single { MAX_NAMED_ALONE } else { MAX_NAMED };
    let shown = revisions_after(context, after, limit, max_named)?;
    let links = &context.links;
    let title = if is_single { format!("Revision {}", after + 1) } else { "Changes".to_owned() };
    let feed = links.unpinned("/v1/changes.atom");
    let breadcrumb = html! {
        @if is_single {
            p.kind {
                a href=(links.to("/changes")) { "Changes" }
                " › Revision"
            }
        }
    };
    let body = html! {
        (page_header(&breadcrumb, &title, &html! { a href=(feed) { "Subscribe to the feed" } }))
        @if !is_single {
            p.lead {
                "Every change is a numbered revision. Any page can be viewed as of any revision."
            }
        }
        ol.versions {
            @for one in &shown {
                li { (revision(links, one, !is_single)) }
            }
        }
        @if shown.is_empty() {
            p.nothing { "There are no changes after revision " (after) "." }
        }
        (pagination(links, after, limit, latest))
    };
    let (after_text, limit_text) = (after.to_string(), limit.to_string());
    let query = [("after", after_text.as_str()), ("limit", limit_text.as_str())];
    Ok(Page {
        title,
        description: "Changes to the records: by whom, when and why.".to_owned(),
        data: vec![("JSON", links.latest().with("/v1/changes", &query)), ("Atom feed", feed)],
        body,
        ..Page::default()
    })
}

fn pagination(links: &Links, after: i64, limit: i64, latest: i64) -> Markup {
    let address = |after: i64, limit: i64| {
        links.with("/changes", &[("after", &after.to_string()), ("limit", &limit.to_string())])
    };
    html! {
        @if after + limit < latest || after > 0 {
            nav.pagination aria-label="Pages" {
                @if after + limit < latest {
                    a href=(address(after + limit, DEFAULT_LIMIT)) rel="prev" { "Newer changes" }
                }
                @if after > 0 {
                    a   href=(address((after - DEFAULT_LIMIT).max(0), DEFAULT_LIMIT.min(after)))
                        rel="next"
                    { "Older changes" }
                }
            }
        }
    }
}

/// Renders a revision. In a list, a bulk import is one line.
pub fn revision(links: &Links, summary: &RevisionSummary, in_list: bool) -> Markup {
    let Revision { number, recorded_at, actor, reason, kind, .. } = &summary.revision;
    let latest = links.latest();
    let after = (number - 1).to_string();
    let own = latest.with("/changes", &[("after", &after), ("limit", "1")]);
    let then = latest.with("/", &[("revision", &number.to_string())]);
    let total: usize = summary.groups.iter().map(|group| group.total).sum();
    html! {
        h2 {
            a href=(own) { "Revision " (grouped(&number.to_string())) }
        }
        p.facts-line {
            span { (links.moment(recorded_at)) }
            span { "by " (actor) }
            @if let Some(kind) = kind {
                span.tag { (plain(kind)) }
            }
            @if !in_list {
                span {
                    a href=(then) { "View the records as of this revision" }
                }
            }
        }
        @if let Some(reason) = reason {
            p { (reason) }
        }
        @if in_list && total > BULK { p.quiet { (bulk_line(summary)) } } @else {
            dl.facts {
                @for group in &summary.groups { (group_changes(&latest, group)) }
            }
        }
    }
}

/// Returns the numbers of the records of a bulk import: "55 organizations, 90 people, 1 award".
fn bulk_line(summary: &RevisionSummary) -> String {
    let counts: Vec<String> = summary
        .groups
        .iter()
        .map(|group| count(group.total, &group.nouns.0, &group.nouns.1))
        .collect();
    counts.join(", ")
}

fn group_changes(links: &Links, group: &Group) -> Markup {
    let (one, several) = &group.nouns;
    let others = group.total - group.changes.len();
    let first = group.changes.first().map(|(change, _)| change.operation.as_str());
    let shared = first.filter(|first| {
        group.changes.len() > 1
            && group.changes.iter().all(|(change, _)| change.operation == *first)
    });
    html! {
        div {
            dt {
                (capital(if group.total == 1 { one } else { several }))
                @if group.total > 1 {
                    " "
                    span.note { (group.total) }
                }
                @if let Some(shared) = shared {
                    " "
                    span.tag { (operation(shared)) }
                }
            }
            dd {
                ul.plain.names {
                    @for (change, name) in &group.changes {
                        @let path = path_of(&change.record_type, &change.id);
                        li {
                            a href=(links.to(&format!("{path}/history"))) { (name) }
                            @if shared.is_none() {
                                " "
                                span.tag { (operation(&change.operation)) }
                            }
                        }
                    }
                }
                @if others > 0 {
                    p.quiet { "and " (count(others, "other", "others")) }
                }
            }
        }
    }
}
