//! The history of a record: every version, and in words what differs from the one before.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, Pair};
use super::labels::{capital, count, heading, moment};
use super::layout::Page;
use super::links::{Links, list, path_of, text};
use super::respond::{AllowedParameters, answer_prepared};
use super::value::value;
use crate::api::history::{history, page_url};
use crate::model::{Faults, Kind, MAX_SAFE_INTEGER, RecordType};
use crate::store::Pin;
use crate::web::app::App;
use crate::web::parameters::number;
use crate::web::problem::Problem;

/// As many versions as a page shows.
const USUAL: i64 = 25;

/// Answers the history of a record.
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
    answer_prepared(request, app, AllowedParameters::Only(&["before", "limit"]), prepare, make)
        .await
}

/// The versions that a page shows, and the one before them.
struct Versions {
    before: i64,
    limit: i64,
    found: Json,
    earlier: Json,
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
        let limit = number(parameters, "limit", USUAL, 1..=200, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::parameters(faults));
        }
        // In the past, nothing later had been written.
        let before = pin.revision.map_or(before, |revision| before.min(revision + 1));
        let read = |before, limit| {
            serde_json::to_value(history(app, &Pin::default(), record_type, id, before, limit)?.0)
                .map_err(Problem::internal)
        };
        let found = read(before, limit)?;
        let last = list(&found, "data")
            .last()
            .and_then(|version| version["revision"].as_i64())
            .unwrap_or(before);
        let more = !found["page"]["next"].is_null();
        let earlier = if more { read(last, 1)?["data"][0].take() } else { Json::Null };
        Ok(Self { before, limit, found, earlier })
    }
}

fn page(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    id: &str,
    read: &Versions,
) -> Result<Page, Problem> {
    let Versions { before, limit, found, earlier } = read;
    let (before, limit) = (*before, *limit);
    let versions = list(found, "data");
    let more = !found["page"]["next"].is_null();
    let last = versions.last().and_then(|version| version["revision"].as_i64()).unwrap_or(before);
    let name = versions
        .iter()
        .map(|version| text(&version["record"], "name"))
        .find(|name| !name.is_empty())
        .unwrap_or(id)
        .to_owned();
    let links = &context.links;
    let path = path_of(record_type.name, id);
    let total =
        usize::try_from(found["page"]["total"].as_u64().unwrap_or_default()).unwrap_or_default();
    let body = html! {
        article.record {
            p.kind {
                a href=(links.to(&path)) { (name) }
                " › History"
            }
            h1 { "History of “" (name) "”" }
            p.lead {
                (count(total, "version", "versions"))
                ", the newest first. Nothing is overwritten: each can be read and cited."
            }
            ol.versions {
                @for (index, version) in versions.iter().enumerate() {
                    li {
                        (
                            one(
                                links,
                                record_type,
                                &path,
                                version,
                                versions.get(index + 1).unwrap_or(earlier),
                                context.session.is_some(),
                            )
                        )
                    }
                }
            }
            @if more {
                p.next {
                    a   href=({
                            links
                                .with(
                                    &context.path,
                                    &[
                                        ("before", &last.to_string()),
                                        ("limit", &limit.to_string()),
                                    ],
                                )
                        })
                        rel="next"
                    { "Earlier versions" }
                }
            }
        }
    };
    let json = if before < MAX_SAFE_INTEGER {
        let limit = usize::try_from(limit).unwrap_or_default();
        page_url(
            context.app,
            record_type,
            id,
            before,
            limit,
            i64::try_from(total).unwrap_or(i64::MAX),
        )
    } else {
        links.latest().with(
            &format!("/v1/{}/{id}/history", record_type.path),
            &[("limit", &limit.to_string())],
        )
    };
    Ok(Page {
        title: format!("History of “{name}”"),
        description: format!(
            "Every version of the {} “{name}”, and what differs.",
            super::labels::plain(record_type.name)
        ),
        data: vec![("JSON", json)],
        linked_data: None,
        body,
    })
}

/// A version: when, by whom, why, and what it changed.
fn one(
    links: &Links,
    record_type: &'static RecordType,
    path: &str,
    version: &Json,
    before: &Json,
    is_keeper: bool,
) -> Markup {
    let revision = version["revision"].to_string();
    let then = links.latest();
    html! {
        h2 id={ "revision-" (revision) } {
            (capital(operation(text(version, "operation"))))
            " in "
            a   href=({
                    then.with(
                        "/changes",
                        &[
                            (
                                "after",
                                &(version["revision"].as_i64().unwrap_or(1) - 1).to_string(),
                            ),
                            ("limit", "1"),
                        ],
                    )
                })
            { "revision " (revision) }
        }
        p.facts-line {
            span { (moment(text(version, "recorded_at"))) }
            span { "by " (text(version, "actor")) }
            @if let Some(reason) = version["reason"].as_str() {
                span { "because: " (reason) }
            }
            @if !version["record"].is_null() {
                span {
                    a href=(then.with(path, &[("revision", &revision)])) { "Read this version" }
                }
                @if is_keeper {
                    span {
                        a   href=({
                                then.with(
                                    &format!("/edit{path}/restore"),
                                    &[("revision", &revision)],
                                )
                            })
                        { "Restore this version" }
                    }
                }
            }
        }
        (
            differences(
                &then,
                record_type,
                list(version, "changed"),
                &before["record"],
                &version["record"],
            )
        )
    }
}

/// What was done, as a participle.
pub fn operation(word: &str) -> &str {
    match word {
        "create" => "entered",
        "update" => "changed",
        "delete" => "deleted",
        "restore" => "brought back",
        "merge" => "merged into another",
        "redact" => "redacted",
        other => other,
    }
}

/// The values that differ, the old beside the new.
pub fn differences(
    links: &Links,
    record_type: &'static RecordType,
    changed: &[Json],
    before: &Json,
    after: &Json,
) -> Markup {
    let changed: Vec<&str> = changed.iter().filter_map(Json::as_str).collect();
    html! {
        @if !before.is_null() && !after.is_null() && !changed.is_empty() {
            div.scroll tabindex="0" role="group" aria-label="What differs" {
                table.differences {
                    thead {
                        tr {
                            th scope="col" { "Field" }
                            th scope="col" { "Before" }
                            th scope="col" { "After" }
                        }
                    }
                    tbody {
                        @for pointer in &changed {
                            tr {
                                th scope="row" { (called(pointer)) }
                                td {
                                    del { (at(links, record_type, before, pointer)) }
                                }
                                td {
                                    ins { (at(links, record_type, after, pointer)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The name of what a pointer points to.
fn called(pointer: &str) -> String {
    let steps: Vec<String> = pointer.split('/').skip(1).map(heading).collect();
    steps.join(", ")
}

/// The value at a pointer, as its field reads.
fn at(links: &Links, record_type: &'static RecordType, record: &Json, pointer: &str) -> Markup {
    let mut steps = pointer.split('/').skip(1);
    let mut kind = steps.next().and_then(|name| record_type.field(name)).map(|field| field.kind);
    for step in steps {
        kind = match kind {
            Some(Kind::Object(object)) => {
                object.fields.iter().find(|field| field.name == step).map(|field| field.kind)
            }
            other => other,
        };
    }
    let found = record.pointer(pointer).unwrap_or(&Json::Null);
    match kind {
        _ if super::value::is_unknown(found) => html! {
            span.unknown { "none" }
        },
        Some(kind) => value(links, kind, found),
        None => html! {
            (super::value::in_brief(found))
        },
    }
}
