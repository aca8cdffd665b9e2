//! The page that shows the consequences of an action.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{Task, history_of};
use crate::editing::Edited;
use crate::model::{Fault, Kind};
use crate::pages::differences::differences;
use crate::pages::edit::fields::{ElementId, FormView, sentence};
use crate::pages::edit::form::no_fields;
use crate::pages::edit::preview::reason_field;
use crate::pages::edit::record_action::RecordAction;
use crate::pages::edit::shell::{
    FormState, THERE_IS_A_PROBLEM, csrf, links, notice, problem, respond_to_form,
};
use crate::pages::labels::{capital, plain};
use crate::pages::links::{Links, path_of, text};
use crate::web::app::App;
use crate::web::session::Session;

/// Renders the page. `tried` is the result of the dry run, if it succeeded: the record, or None if
/// it is or would be deleted.
pub(super) fn page(
    app: &App,
    request: &HttpRequest,
    session: &Session,
    task: &Task,
    tried: Option<Option<Edited>>,
) -> HttpResponse {
    let links = links(app);
    let name = Some(text(&task.record, "name")).filter(|name| !name.is_empty()).unwrap_or(&task.id);
    let title = match task.action {
        RecordAction::Restore => format!("Restore “{name}” as of revision {}", task.revision),
        action => format!("{} “{name}”", action.verb()),
    };
    let is_ready = match task.action {
        RecordAction::Delete | RecordAction::Restore => {
            task.faults.is_empty() && task.notice.is_none()
        }
        RecordAction::Merge | RecordAction::Redact => tried.is_some(),
    };
    let is_redaction = task.action == RecordAction::Redact;
    // A deleted record has no page.
    let back = match task.is_deleted {
        true => history_of(task.record_type, &task.id),
        false => path_of(task.record_type.name, &task.id),
    };
    let content = html! {
        @if let Some(text) = &task.notice { (notice(text)) }
        (faults(&links, task))
        p.kind { (plain(task.record_type.name)) }
        h1 { (title) }
        p.lead { (task.action.consequence()) }
        form action=(links.unpinned(&task.path())) method="post" novalidate {
            (csrf(session.csrf()))
            input type="hidden" name="once" value=(task.once);
            input type="hidden" name="revision" value=(task.revision);
            input type="hidden" name="record_revision" value=(task.record["revision"].to_string());
            @match task.action {
                RecordAction::Merge => (merge_fields(task, &links.unpinned(&task.path())))
                RecordAction::Redact => {
                    @let is_wrong = task.faults.iter().any(|fault| fault.place.name() == "/fields");
                    (task.redactable.fieldset(&task.fields, task.is_deleted, is_wrong))
                }
                RecordAction::Delete | RecordAction::Restore => {}
            }
            @if let Some(edited) = &tried { (what_changes(app, task, edited.as_ref())) }
            (reason_field(&task.reason, is_redaction, &task.faults))
            p.send {
                @if matches!(task.action, RecordAction::Merge | RecordAction::Redact) {
                    button name="do" value="preview" { "Show what will happen" }
                    " "
                }
                @if is_ready {
                    button name="do" value="save" { (task.action.verb()) }
                    " "
                }
                a href=(links.unpinned(&back)) { "Cancel" }
            }
        }
    };
    let state = FormState { is_wrong: !task.faults.is_empty(), has_notice: task.notice.is_some() };
    respond_to_form(app, request, session, state, &title, &content)
}

/// Renders the reasons why an operation fails.
fn faults(links: &Links, task: &Task) -> Markup {
    html! {
        @if !task.faults.is_empty() {
            (problem(THERE_IS_A_PROBLEM, &html! {
                ul {
                    @for fault in &task.faults {
                        li {
                            @match fault.place.name() {
                                "/into" => a href={ "#" (ElementId("/into")) } { (sentence(fault)) }
                                "/fields" => {
                                    a href={ "#" (ElementId("/fields")) } { (sentence(fault)) }
                                }
                                "@reason" => {
                                    a href={ "#" (ElementId("@reason")) } {
                                        "Reason: " (sentence(fault))
                                    }
                                }
                                _ => (plain_fault(links, fault))
                            }
                        }
                    }
                }
            }))
        }
    }
}

/// Renders a fault without a field. One about another record links to its page.
fn plain_fault(links: &Links, fault: &Fault) -> Markup {
    let page = fault.hint.as_deref().and_then(|hint| hint.strip_prefix("/v1"));
    html! {
        @match page.filter(|_| fault.code == "referred-to") {
            Some(page) => {
                a href=(links.unpinned(page)) { (capital(&fault.message.replace('_', " "))) "." }
            }
            None => (sentence(fault)),
        }
    }
}

fn merge_fields(task: &Task, action: &str) -> Markup {
    let mut by_field = std::collections::BTreeMap::new();
    for fault in &task.faults {
        by_field.entry(fault.place.name().to_owned()).or_insert_with(Vec::new).push(fault);
    }
    let view = FormView {
        draft: &task.draft,
        faults: by_field,
        candidates: &task.unclear,
        notices: &std::collections::BTreeMap::new(),
        is_release: false,
        find: "preview",
        action: action.to_owned(),
    };
    let kind = Kind::Reference(task.record_type.name);
    html! {
        (view.reference(kind, "/into", "Merge into", "The record that stays."))
        p.check {
            input #keep-names type="checkbox" name="keep_names" checked[task.keep_names];
            label for="keep-names" { "Keep the name of this record as another name of that record" }
        }
    }
}

/// Renders the changes of a dry run, which has a record unless it is or would be deleted.
fn what_changes(app: &App, task: &Task, edited: Option<&Edited>) -> Markup {
    let is_redaction = task.action == RecordAction::Redact;
    if edited.is_none() && !is_redaction {
        return html! {};
    }
    html! {
        h2 { "Changes" }
        @if is_redaction { (task.redactable.preview(&task.fields)) }
        @if let Some(edited) = edited { (differences_of(app, task, edited)) }
    }
}

fn differences_of(app: &App, task: &Task, edited: &Edited) -> Markup {
    let links = links(app);
    let empty = no_fields();
    let before = match task.action {
        RecordAction::Merge => &empty,
        _ if task.record.is_null() => &empty,
        _ => &task.record,
    };
    html! {
        @if task.action == RecordAction::Merge {
            p {
                "“" (text(&task.record, "name")) "” becomes part of “" (text(&edited.json, "name"))
                "”, together with everything that refers to it."
            }
        }
        @if edited.changed.is_empty() {
            p { "The current values of the record do not change." }
        } @else {
            (differences(&links, task.record_type, &edited.changed, before, &edited.json))
        }
    }
}
