//! The form of a record: new, or as it is stored.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;
use serde_json::Value as Json;

use super::choices::{self, Resolver};
use super::draft::{Draft, fields, more};
use super::fields::{FormView, by_field, field_of};
use super::form::{Form, no_fields};
use super::guard::{Sent, SignedIn};
use super::preview::{self, changed_page};
use super::saving::{self, Outcome};
use super::shell::{
    FormState, default_button, done, links, notice, redirect, respond_to_form, summary,
};
use super::source_pointers::{forget_places, note_places, without_places};
use crate::api::missing_record::missing_record;
use crate::model::RecordType;
use crate::pages::labels::{capital, nouns, plain};
use crate::pages::links::path_of;
use crate::pages::value::{is_unknown, value};
use crate::reading::{Item, find, record_at};
use crate::store::Pin;
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::problem::Problem;
use crate::web::session::Session;

/// Shows the form of a new record.
pub async fn add(
    record_type: &'static RecordType,
    SignedIn(session): SignedIn,
    request: HttpRequest,
    app: web::Data<App>,
) -> HttpResponse {
    show(&app, &request, &session, &Form::new(record_type, None, no_fields()))
}

/// Shows the form of a record.
pub async fn edit(
    record_type: &'static RecordType,
    SignedIn(session): SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    match load(&app, record_type, &id).await {
        Ok(base) => {
            let form = Form::new(record_type, Some(id.into_inner()), base);
            Ok(show(&app, &request, &session, &form))
        }
        Err(problem) => match problem.merged_into() {
            Some(into) => Ok(redirect(&app, &format!("/edit/{}/{into}", record_type.path))),
            None => Err(problem),
        },
    }
}

/// Reads the record with this id.
pub async fn load(
    app: &web::Data<App>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Json, Problem> {
    let id = id.to_owned();
    run_blocking(app, move |app| {
        app.store.read_primary(|snapshot| match find(snapshot, record_type, &id, &[], &[])? {
            Item::Found(body, _) => serde_json::from_slice(&body).map_err(Problem::internal),
            Item::Missing(status) => Err(missing_record(record_type, &status)),
        })
    })
    .await
}

/// Reads the record at a revision.
async fn load_version(
    app: &web::Data<App>,
    record_type: &'static RecordType,
    id: &str,
    revision: i64,
) -> Result<Option<Json>, Problem> {
    let id = id.to_owned();
    let pin = Pin { revision: Some(revision.clamp(0, app.store.revision())), ..Pin::default() };
    run_blocking(app, move |app| {
        Ok(app.store.read(&pin, |snapshot| record_at(snapshot, record_type, &id))?)
    })
    .await
}

/// Handles the form of a new record.
pub async fn send_new(
    record_type: &'static RecordType,
    sent: Sent,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    act(&app, &request, &sent, Form::new(record_type, None, no_fields())).await
}

/// Handles the form of a record.
pub async fn send(
    record_type: &'static RecordType,
    sent: Sent,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let revision = sent.get("revision").parse().unwrap_or_default();
    let base = load_version(&app, record_type, &id, revision).await?;
    let base = base.unwrap_or_else(|| Json::from_iter([("id", id.as_str())]));
    let form = Form::new(record_type, Some(id.into_inner()), base);
    act(&app, &request, &sent, form).await
}

async fn act(
    app: &web::Data<App>,
    request: &HttpRequest,
    sent: &Sent,
    mut form: Form,
) -> Result<HttpResponse, Problem> {
    form.fill(&sent.pairs, sent.notice.as_deref());
    let session = &*sent.session;
    let act = sent.get("do");
    let mut form = match prepare(app, form, act).await? {
        Prepared::Complete(form) => form,
        Prepared::Unfinished(form) => return Ok(show(app, request, session, &form)),
    };
    let is_preview = act != "save";
    match saving::save(app, session, &mut form, is_preview).await? {
        Outcome::Saved(edited) => Ok(redirect(app, &path_of(form.record_type.name, &edited.id))),
        Outcome::Preview(edited) => Ok(changed_page(app, request, session, &form, &edited)),
        Outcome::Stale => {
            rebase(app, &mut form).await?;
            Ok(show(app, request, session, &form))
        }
        Outcome::WrongSource(edited) => Ok(changed_page(app, request, session, &form, &edited)),
        Outcome::Wrong => Ok(show(app, request, session, &form)),
    }
}

/// The button that keeps a record in its release, and opens a form for another one.
pub const AGAIN: &str = "again";

/// A form after its button was pressed.
pub enum Prepared {
    /// The form is to be shown again.
    Unfinished(Form),
    /// The form is to be checked and saved. Its faults are the references that are not clear.
    Complete(Form),
}

/// Applies the action of a form's button.
pub async fn prepare(app: &web::Data<App>, mut form: Form, act: &str) -> Result<Prepared, Problem> {
    let is_final = matches!(act, "preview" | "save" | AGAIN | "");
    // "Add" adds the entries that were typed, or else an empty one.
    let list = act.strip_prefix("add:");
    let has_lines = list.is_some_and(|list| !form.draft.get(&more(list)).trim().is_empty());
    for field in fields(form.record_type) {
        form.draft.add_lines(field.kind, &format!("/{}", field.name));
    }
    if !is_final && !has_lines {
        change(&mut form.draft, act);
    }
    if act == "form" || (!is_final && act != "find") || form.notice.is_some() {
        return Ok(Prepared::Unfinished(form));
    }
    if is_final {
        for field in fields(form.record_type) {
            form.draft.compact(field.kind, &format!("/{}", field.name));
        }
    }
    let form = resolve(app, form).await?;
    Ok(if is_final { Prepared::Complete(form) } else { Prepared::Unfinished(form) })
}

/// Changes the entries of a list: `add:/places`, `remove:/places/1`, `up:/places/1`.
pub fn change(draft: &mut Draft, act: &str) {
    let Some((verb, at)) = act.split_once(':') else { return };
    if verb == "add" {
        draft.add(at);
        return;
    }
    let Some((list, index)) = at.rsplit_once('/') else { return };
    let Ok(index) = index.parse::<usize>() else { return };
    match verb {
        "remove" => draft.remove(list, index),
        "up" if index > 0 => draft.swap(list, index - 1, index),
        "down" => draft.swap(list, index, index.saturating_add(1)),
        _ => {}
    }
}

/// Finds the records that were typed as names.
async fn resolve(app: &web::Data<App>, mut form: Form) -> Result<Form, Problem> {
    run_blocking(app, move |app| {
        form.unclear = app.store.read_primary(|snapshot| {
            let release = form.entry.as_mut().map(|entry| &mut entry.release);
            let mut resolver = Resolver::new(snapshot, release);
            resolver.record(form.record_type, &mut form.draft)?;
            preview::resolve(&mut resolver, &mut form.draft)?;
            Ok::<_, Problem>(resolver.unclear)
        })?;
        form.faults = choices::faults(&form.unclear);
        Ok(form)
    })
    .await
}

/// Merges concurrent changes into the form, except in fields that the form changes too.
async fn rebase(app: &web::Data<App>, form: &mut Form) -> Result<(), Problem> {
    let Some(id) = form.id.clone() else { return Ok(()) };
    let stored = load(app, form.record_type, &id).await?;
    let (before, now) =
        (Draft::of(form.record_type, &form.base), Draft::of(form.record_type, &stored));
    let mut now_with_places = now.clone();
    note_places(form.record_type, &stored, &mut now_with_places);
    let links = links(app);
    for field in fields(form.record_type) {
        let at = format!("/{}", field.name);
        let typed = without_places(&form.draft, &at);
        if typed == before.part(&at) || typed == now.part(&at) {
            form.draft.replace(&at, &now_with_places);
            continue;
        }
        if now.part(&at) == before.part(&at) {
            continue;
        }
        let shown = |record: &Json| {
            let json = &record[field.name];
            html! {
                @if is_unknown(json) { "nothing" } @else { (value(&links, field, json)) }
            }
        };
        let remark = html! {
            div.conflict {
                p {
                    "This field was changed after you opened the form. Your text is below; \
                     decide which one is right."
                }
                div { "When you opened the form: " (shown(&form.base)) }
                div { "Stored now: " (shown(&stored)) }
            }
        };
        form.notices.insert(at, remark);
        forget_places(field.name, &mut form.draft);
    }
    form.notice = Some(format!(
        "This record was changed at revision {}, after you opened this form. Your input is not \
        lost: the form now has the changes to other fields, and {} marked. Check the form, then \
        preview it again.",
        stored["revision"],
        match form.notices.len() {
            0 => "no field is".to_owned(),
            1 => "the field that you changed too is".to_owned(),
            count => format!("the {count} fields that you changed too are"),
        }
    ));
    form.base = stored;
    Ok(())
}

/// Shows a form.
pub fn show(app: &App, request: &HttpRequest, session: &Session, form: &Form) -> HttpResponse {
    let links = links(app);
    let record_type = form.record_type;
    let view = FormView {
        draft: &form.draft,
        faults: by_field(record_type, &form.faults),
        candidates: &form.unclear,
        notices: &form.notices,
        is_release: form.entry.is_some(),
        find: "find",
        action: links.unpinned(&form.path()),
    };
    let cancel =
        form.id.as_ref().map_or_else(|| "/edit".to_owned(), |id| path_of(record_type.name, id));
    let content = html! {
        @if let Some(text) = &form.notice { (notice(text)) }
        @if let Some(text) = &form.done { (done(text)) }
        (summary(&form.faults, |pointer| field_of(record_type, pointer)))
        p.kind { (capital(&plain(record_type.name))) }
        h1 { (form.title()) }
        @if form.id.is_none() { p.lead { (record_type.doc) } }
        form action=(view.action) method="post" novalidate {
            (form.hidden(session))
            input type="hidden" name="reason" value=(form.reason);
            @for (name, text) in form.draft.all().filter(|(name, _)| name.starts_with('@')) {
                input type="hidden" name=(name) value=(text);
            }
            (default_button("preview"))
            @if form.id.is_none() {
                (view.field(record_type.all()[1], "/id"))
            }
            @for field in fields(record_type) {
                (view.field(field, &format!("/{}", field.name)))
            }
            p.send {
                @if let Some(entry) = &form.entry {
                    button name="do" value="preview" { "Keep in the release" }
                    " "
                    @if entry.index.is_none() {
                        button.minor name="do" value=(AGAIN) {
                            "Keep and add another " (nouns(record_type).0)
                        }
                        " "
                    }
                    button.minor name="do" value="list" { "Back without keeping" }
                } @else {
                    button name="do" value="preview" { "Preview the changes" }
                    " "
                    a href=(links.unpinned(&cancel)) { "Cancel" }
                }
            }
        }
    };
    let state = FormState { is_wrong: !form.faults.is_empty(), has_notice: form.notice.is_some() };
    respond_to_form(app, request, session, state, &form.title(), &content)
}
