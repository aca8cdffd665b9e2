//! What was written, revision by revision, the newest first.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::context::PageContext;
use super::history::operation;
use super::labels::{capital, count, moment, plain};
use super::layout::Page;
use super::links::{Links, list, path_of, text};
use super::respond::{AllowedParameters, answer};
use crate::model::{Faults, MAX_SAFE_INTEGER};
use crate::reading::{Change, Revision, RevisionRange, changes_of_type, count_by_type, revisions};
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::parameters::number;
use crate::web::problem::Problem;

/// As many revisions as a page shows, and records of a type in one of them.
const USUAL: i64 = 25;
pub const BRIEF: usize = 8;
const FULL: usize = 100;

/// Answers the page of changes.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    answer(request, app, AllowedParameters::Only(&["after", "limit"]), page).await
}

/// A revision as it is shown: the number, what was done, and the names of what was changed.
#[derive(Debug)]
pub struct RevisionSummary {
    told: Revision,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    title: String,
    total: usize,
    changes: Vec<(Change, String)>,
}

/// The newest revisions up to the one that is read, with the names of what they changed.
pub fn newest(
    context: &mut PageContext<'_, '_>,
    after: i64,
    limit: i64,
    most: usize,
) -> Result<Vec<RevisionSummary>, Problem> {
    let mut all = Vec::new();
    let range =
        RevisionRange { after, before: context.snapshot.revision + 1, limit, descending: false };
    for revision in revisions(context.snapshot, range)? {
        let counts = count_by_type(context.snapshot, revision.number)?;
        let mut groups = Vec::new();
        for record_type in CATALOGUE.iter() {
            let Some(total) = counts.get(record_type.name).copied() else { continue };
            let shown = changes_of_type(context.snapshot, revision.number, record_type.name, most)?;
            let ids = shown.iter().map(|change| change.id.as_str()).collect::<Vec<_>>().join(",");
            let asked = [("id", ids.as_str()), ("fields", "id,name"), ("limit", "200")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
            let found = context.list(record_type, &asked)?;
            let name = |id: &str| {
                list(&found, "data")
                    .iter()
                    .find(|record| text(record, "id") == id)
                    .map(|record| text(record, "name").to_owned())
            };
            let named = |change: Change| {
                let name = name(&change.id).unwrap_or_else(|| change.id.clone());
                (change, name)
            };
            let title =
                capital(&plain(if total == 1 { record_type.name } else { record_type.plural }));
            groups.push(Group { title, total, changes: shown.into_iter().map(named).collect() });
        }
        all.push(RevisionSummary { told: revision, groups });
    }
    all.reverse();
    Ok(all)
}

fn page(context: &mut PageContext<'_, '_>) -> Result<Page, Problem> {
    let mut faults = Faults::default();
    let after = number(&context.parameters, "after", -1, 0..=MAX_SAFE_INTEGER, &mut faults);
    let limit = number(&context.parameters, "limit", USUAL, 1..=200, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let read = context.snapshot.revision;
    let after = if after < 0 { (read - limit).max(0) } else { after };
    let limit = limit.min((read - after).max(1));
    let shown = newest(context, after, limit, if limit == 1 { FULL } else { BRIEF })?;
    let links = &context.links;
    let step = |after: i64, limit: i64| {
        links.with("/changes", &[("after", &after.to_string()), ("limit", &limit.to_string())])
    };
    let body = html! {
        h1 {
            @if limit == 1 { "Revision " (after + 1) } @else { "Changes" }
        }
        p.lead {
            "Every write is a numbered revision. The record can be read as it stood at any \
            of them."
        }
        ol.versions {
            @for written in &shown {
                li { (revision(links, written, false)) }
            }
        }
        @if shown.is_empty() {
            p.nothing { "Nothing was written after revision " (after) "." }
        }
        p.next {
            @if after + limit < read {
                a href=(step(after + limit, USUAL)) rel="prev" { "Later" }
                " "
            }
            @if after > 0 {
                a href=(step((after - USUAL).max(0), USUAL.min(after))) rel="next" { "Earlier" }
            }
        }
    };
    let query = [("after", after.to_string()), ("limit", limit.to_string())];
    let query = [(query[0].0, query[0].1.as_str()), (query[1].0, query[1].1.as_str())];
    let title = if limit == 1 { format!("Revision {}", after + 1) } else { "Changes".to_owned() };
    Ok(Page {
        title,
        description: "What was written to the record, by whom, when and why.".to_owned(),
        data: vec![("JSON", links.latest().with("/v1/changes", &query))],
        linked_data: None,
        body,
    })
}

/// A revision and what it changed.
pub fn revision(links: &Links, written: &RevisionSummary, brief: bool) -> Markup {
    let number = written.told.number;
    let (then, now) = (links.latest(), links.latest());
    html! {
        h2 {
            a href=({
                now.with(
                    "/changes",
                    &[("after", &(number - 1).to_string()), ("limit", "1")],
                )
            }) { "Revision " (number) }
        }
        p.facts-line {
            span { (moment(&written.told.recorded_at)) }
            span { "by " (written.told.actor) }
            @if let Some(kind) = &written.told.kind {
                span.tag { (plain(kind)) }
            }
            span {
                a href=(then.with("/", &[("revision", &number.to_string())])) {
                    "Read the record as it stood then"
                }
            }
        }
        @if let Some(reason) = &written.told.reason {
            p { (reason) }
        }
        dl.facts {
            @for group in &written.groups {
                @let too_many = brief && group.total > 3;
                div {
                    dt {
                        (group.title)
                        @if group.total > 1 && !too_many {
                            " "
                            span.note { (group.total) }
                        }
                    }
                    dd {
                        @if too_many {
                            p { (group.total) " records" }
                        }
                        ul.plain {
                            @for (change, name) in group.changes.iter().filter(|_| !too_many) {
                                @let path = path_of(&change.record_type, &change.id);
                                li {
                                    a href=(now.to(&format!("{path}/history"))) { (name) }
                                    " "
                                    span.tag { (operation(&change.operation)) }
                                }
                            }
                        }
                        @if group.total > group.changes.len() && !too_many {
                            p.quiet {
                                "and "
                                (count(group.total - group.changes.len(), "other", "others"))
                            }
                        }
                    }
                }
            }
        }
    }
}
