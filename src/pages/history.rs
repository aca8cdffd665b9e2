//! The history of a record: its versions, newest first, each with its differences from the one
//! before.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::context::{PageContext, Pair};
use super::differences::{differences, operation_heading};
use super::labels::{count, plain};
use super::layout::{Page, page_header};
use super::links::path_of;
use super::respond::{AllowedParameters, respond_prepared};
use crate::api::history::{history, page_url};
use crate::model::{Faults, MAX_SAFE_INTEGER, RecordType};
use crate::reading::{HistoryEntry, Item, List, Position, find};
use crate::store::{Pin, RecordStatus, Snapshot};
use crate::web::app::App;
use crate::web::parameters::number;
use crate::web::problem::Problem;

/// The number of versions on a page.
const DEFAULT_LIMIT: i64 = 25;

/// Responds with the history of a record.
pub async fn show(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let name = id.clone();
    let prepare = move |app: &App, pin: &Pin, parameters: &[Pair]| {
        Versions::read(app, pin, parameters, record_type, &name)
    };
    let make = move |context: &mut PageContext<'_, '_>, versions| {
        page(context, record_type, &id, &versions)
    };
    respond_prepared(request, app, AllowedParameters::Only(&["before", "limit"]), prepare, make)
        .await
}

/// The versions that a page shows, and the one before the earliest.
struct Versions {
    before: i64,
    limit: i64,
    shown: Vec<HistoryEntry>,
    earlier: Option<HistoryEntry>,
    total: usize,
    /// The revision that was read.
    revision: i64,
    /// Whether the record was deleted or merged.
    is_gone: bool,
    is_merged: bool,
}

impl Versions {
    fn read(
        app: &App,
        pin: &Pin,
        parameters: &[Pair],
        record_type: &'static RecordType,
        id: &str,
    ) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let before =
            number(parameters, "before", MAX_SAFE_INTEGER, 0..=MAX_SAFE_INTEGER, &mut faults);
        let limit = number(parameters, "limit", DEFAULT_LIMIT, 1..=200, &mut faults);
        Problem::check_parameters(faults)?;
        // A page of the past shows no later version.
        let before = pin.revision.map_or(before, |revision| before.min(revision + 1));
        let (List { data: mut shown, envelope }, _) =
            history(app, &Pin::default(), record_type, id, before, limit + 1)?;
        let is_full = usize::try_from(limit).is_ok_and(|limit| shown.len() > limit);
        let earlier = if is_full { shown.pop() } else { None };
        let total = usize::try_from(envelope.page.total).unwrap_or_default();
        let revision = envelope.revision;
        let latest = |snapshot: &mut Snapshot<'_>| find(snapshot, record_type, id, &[], &[]);
        let latest = app.store.read(&Pin::default(), latest)?;
        let is_gone = !matches!(latest, Item::Found(..));
        let is_merged = matches!(latest, Item::Missing(RecordStatus::Merged(_)));
        Ok(Self { before, limit, shown, earlier, total, revision, is_gone, is_merged })
    }
}

fn page(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    id: &str,
    read: &Versions,
) -> Result<Page, Problem> {
    let Versions { before, limit, shown, earlier, total, .. } = read;
    let last = shown.last().map_or(*before, |version| version.revision);
    let mut names = shown.iter().filter_map(|version| version.record.as_ref()?["name"].as_str());
    let name = names.next().unwrap_or(id);
    let links = &context.links;
    let path = path_of(record_type.name, id);
    let breadcrumb = html! {
        p.kind {
            a href=(links.to(&path)) { (name) }
            " › History"
        }
    };
    let (last_text, limit_text) = (last.to_string(), limit.to_string());
    let next = links.with(&context.path, &[("before", &last_text), ("limit", &limit_text)]);
    let body = html! {
        article.record {
            (page_header(&breadcrumb, &format!("History of “{name}”"), &html! {}))
            p.lead {
                (count(*total, "version", "versions"))
                ", newest first. Any version can be viewed and cited."
            }
            ol.versions {
                @for (index, version) in shown.iter().enumerate() {
                    @let before = shown.get(index + 1).or(earlier.as_ref());
                    li { (render_version(context, record_type, &path, read, version, before)) }
                }
            }
            @if earlier.is_some() {
                nav.pagination aria-label="Pages" {
                    a href=(next) rel="next" { "Earlier versions" }
                }
            }
        }
    };
    Ok(Page {
        title: format!("History of “{name}”"),
        description: format!(
            "The versions of the {} “{name}”, and their differences.",
            plain(record_type.name)
        ),
        data: vec![("JSON", data(context, record_type, id, read))],
        record_id: Some(id.to_owned()),
        is_gone: read.is_gone,
        body,
        ..Page::default()
    })
}

/// Returns the address of the same versions as data.
fn data(
    context: &PageContext<'_, '_>,
    record_type: &'static RecordType,
    id: &str,
    read: &Versions,
) -> String {
    if read.before < MAX_SAFE_INTEGER {
        let limit = usize::try_from(read.limit).unwrap_or_default();
        let pin = Pin::on_day(read.revision, context.snapshot.today.clone());
        let position = Position::numbered(read.before, limit, read.total, pin);
        return page_url(context.app, record_type, id, position);
    }
    let path = format!("/v1/{}/{id}/history", record_type.path);
    context.links.latest().with(&path, &[("limit", &read.limit.to_string())])
}

/// Renders a version: its time, author, reason and differences.
fn render_version(
    context: &PageContext<'_, '_>,
    record_type: &'static RecordType,
    path: &str,
    read: &Versions,
    version: &HistoryEntry,
    before: Option<&HistoryEntry>,
) -> Markup {
    let HistoryEntry { operation, changed, .. } = version;
    let revision = version.revision.to_string();
    let before = before.and_then(|version| version.record.as_ref());
    let links = &context.links;
    let latest = links.latest();
    let restore = latest.with(&format!("/edit{path}/restore"), &[("revision", &revision)]);
    let after = (version.revision - 1).to_string();
    let revision_page = latest.with("/changes", &[("after", &after), ("limit", "1")]);
    html! {
        h2 id={ "revision-" (revision) } {
            (operation_heading(operation))
            " in "
            a href=(revision_page) { "revision " (revision) }
        }
        p.facts-line {
            span { (links.moment(&version.recorded_at)) }
            span { "by " (version.actor) }
            @if let Some(reason) = &version.reason {
                span { "Reason: " (reason) }
            }
            @if operation == "update" && changed.is_empty() {
                span { "Another record was merged into this one" }
            }
            // The address of a merged record redirects.
            @if operation == "merge" {
                span {
                    a href=(latest.to(path)) { "View the record that replaced it" }
                }
            }
            @if version.record.is_some() {
                span {
                    a href=(latest.with(path, &[("revision", &revision)])) { "View this version" }
                }
                @if context.session.is_some() && !read.is_merged {
                    span {
                        a href=(restore) { "Restore this version" }
                    }
                }
            }
        }
        @if let (Some(before), Some(after)) = (before, &version.record) {
            (differences(&latest, record_type, changed, before, after))
        }
    }
}
