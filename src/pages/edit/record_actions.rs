//! Deleting, restoring, merging and redacting a record, after a page that shows the consequences.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::choices::{Candidates, Resolver};
use super::draft::Draft;
use super::fields::{ElementId, FormView, sentence};
use super::form::no_fields;
use super::guard::{Sent, SignedIn, needs};
use super::preview::reason_field;
use super::record::load;
use super::record_action::RecordAction;
use super::redactable::{self, Redactable};
use super::saving::reason;
use super::shell::{
    FormState, THERE_IS_A_PROBLEM, csrf, links, notice, problem, redirect, respond_to_form,
};
use crate::digest::random_hex;
use crate::editing::{self, EditError, Edited, Merge, Precondition, Redaction};
use crate::model::{Fault, Kind, Place, RecordType};
use crate::pages::differences::differences;
use crate::pages::labels::{capital, plain};
use crate::pages::links::{Links, path_of, text};
use crate::store::Transaction;
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::parameters::{parse, value};
use crate::web::problem::{CONFLICT, Problem};
use crate::web::session::Session;
use crate::web::write_request::WriteRequest;

/// An operation, with the inputs of its form.
struct Task {
    action: RecordAction,
    record_type: &'static RecordType,
    id: String,
    /// The record; for a deleted one, its last version.
    record: Json,
    is_deleted: bool,
    draft: Draft,
    unclear: Candidates,
    /// The revision to restore.
    revision: i64,
    keep_names: bool,
    /// The pointers of the values to remove.
    fields: Vec<String>,
    redactable: Redactable,
    reason: String,
    once: String,
    notice: Option<String>,
    faults: Vec<Fault>,
}

impl Task {
    fn path(&self) -> String {
        format!("/edit/{}/{}/{}", self.record_type.path, self.id, self.action.path())
    }

    fn body(&self) -> Json {
        match self.action {
            RecordAction::Merge => Json::from_iter([
                ("into", Json::from(self.draft.get("/into@id"))),
                ("keep_names", self.keep_names.into()),
            ]),
            RecordAction::Redact => Json::from_iter([
                ("fields", Json::from(self.fields.clone())),
                ("reason", self.reason.trim().into()),
            ]),
            _ => Json::Null,
        }
    }

    /// Identifies what the form asks for.
    fn digest(&self) -> String {
        format!("{} {} {}", self.path(), self.revision, self.body())
    }

    /// Returns the write for the task.
    fn work(
        &self,
    ) -> impl FnOnce(&mut Transaction<'_>) -> Result<Option<Edited>, EditError> + Send + 'static
    {
        let (action, record_type, id) = (self.action, self.record_type, self.id.clone());
        let (body, revision) = (self.body(), self.revision);
        let stored = self.record["revision"].as_i64();
        let precondition =
            stored.map_or(Precondition::Exists, |stored| Precondition::Revisions(vec![stored]));
        move |transaction| match action {
            RecordAction::Delete => {
                editing::remove(transaction, record_type, &id, &precondition).map(|()| None)
            }
            RecordAction::Restore => {
                editing::restore(transaction, record_type, &id, revision, &precondition).map(Some)
            }
            RecordAction::Merge => {
                let merge = Merge::parse(&body)?;
                editing::merge(transaction, record_type, &id, &merge, &precondition).map(Some)
            }
            RecordAction::Redact => {
                let redaction = Redaction::parse(&body)?;
                editing::redact(transaction, record_type, &id, &redaction, &precondition)
            }
        }
    }
}

/// Shows the consequences of an action.
pub async fn show(
    action: RecordAction,
    record_type: &'static RecordType,
    SignedIn(session): SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    needs(&session, action.scope())?;
    let query = parse(request.query_string())?;
    let mut task = match task(&app, action, record_type, &id).await {
        // A merged record is redacted with its target.
        Err(problem) if action != RecordAction::Redact => {
            return Err(of_merged(&app, record_type, problem));
        }
        other => other?,
    };
    task.revision =
        value(&query, "revision").and_then(|text| text.parse().ok()).unwrap_or_default();
    let tried = match action {
        RecordAction::Delete | RecordAction::Restore => {
            Some(attempt(&app, &session, &mut task).await?)
        }
        RecordAction::Merge | RecordAction::Redact => None,
    };
    Ok(page(&app, &request, &session, &task, tried.flatten()))
}

async fn task(
    app: &web::Data<App>,
    action: RecordAction,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Task, Problem> {
    let (mut redactable, mut is_deleted) = (Redactable::default(), false);
    let mut record = match load(app, record_type, id).await {
        // A deleted record can be restored and redacted.
        Err(problem)
            if matches!(action, RecordAction::Restore | RecordAction::Redact)
                && problem.kind.status == 410 =>
        {
            is_deleted = true;
            Json::Null
        }
        other => other?,
    };
    if action == RecordAction::Redact {
        redactable = redactable::load(app, record_type, id).await?;
        if is_deleted {
            record = redactable.last_version.take();
        }
    }
    Ok(Task {
        action,
        record_type,
        id: id.to_owned(),
        record,
        is_deleted,
        draft: Draft::default(),
        unclear: Candidates::new(),
        revision: 0,
        keep_names: true,
        fields: Vec::new(),
        redactable,
        reason: String::new(),
        once: random_hex(16),
        notice: None,
        faults: Vec::new(),
    })
}

/// Performs an action, or shows its consequences.
pub async fn send(
    action: RecordAction,
    record_type: &'static RecordType,
    sent: Sent,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let session = &*sent.session;
    needs(session, action.scope())?;
    let is_final = sent.get("do") == "save" && sent.notice.is_none();
    let mut task = match task(&app, action, record_type, &id).await {
        // The form was sent before.
        Err(problem) if is_final && problem.kind.status == 410 => {
            return Ok(redirect(&app, &history_of(record_type, &id)));
        }
        // A merge that was sent twice leads to its result.
        Err(problem) if is_final && action == RecordAction::Merge => match problem.merged_into() {
            Some(into) if into == sent.get("/into@id") || into == sent.get("/into") => {
                return Ok(redirect(&app, &path_of(record_type.name, into)));
            }
            _ => return Err(of_merged(&app, record_type, problem)),
        },
        Err(problem) => return Err(of_merged(&app, record_type, problem)),
        Ok(task) => task,
    };
    let opened = sent.get("record_revision").parse::<i64>().ok();
    task.draft = Draft::sent(&sent.pairs);
    task.revision = sent.get("revision").parse().unwrap_or_default();
    task.keep_names = !sent.get("keep_names").is_empty();
    task.fields =
        sent.pairs.iter().filter(|(name, _)| name == "field").map(|(_, at)| at.clone()).collect();
    sent.get("reason").clone_into(&mut task.reason);
    sent.get("once").clone_into(&mut task.once);
    task.notice.clone_from(&sent.notice);
    if action == RecordAction::Merge {
        task = resolve(&app, task).await?;
        task.faults = super::choices::faults(&task.unclear);
        if task.faults.is_empty() && task.draft.get("/into@id").is_empty() {
            task.faults.push(Fault {
                place: Place::Pointer("/into".to_owned()),
                code: "empty",
                message: "Enter the record to merge into".to_owned(),
                hint: None,
            });
        }
        if !task.faults.is_empty() {
            return Ok(page(&app, &request, session, &task, None));
        }
    }
    let is_current = opened == task.record["revision"].as_i64();
    if is_final && !is_current {
        if let Some(edited) = done_before(&app, session, &task).await {
            return Ok(redirect(&app, &page_after(&task, edited.as_ref())));
        }
        task.notice =
            Some("This record was changed after you opened this page. Check it again.".to_owned());
    }
    let why = match reason(&task.reason) {
        Ok(why) => why,
        Err(fault) => {
            task.faults.push(fault);
            None
        }
    };
    let tried = attempt(&app, session, &mut task).await?;
    if !is_final || !is_current || !task.faults.is_empty() || tried.is_none() {
        return Ok(page(&app, &request, session, &task, tried));
    }
    let write_request = WriteRequest::from_form(session, why, Some(&task.once), false);
    let write_request = match action {
        RecordAction::Redact => write_request.with_reason(task.reason.trim(), "redaction"),
        _ => write_request,
    };
    match write_request.write_once(&app, &task.digest(), task.work()).await {
        Ok(edited) => Ok(redirect(&app, &page_after(&task, edited.as_ref()))),
        Err(problem) => {
            task.notice = Some(problem.detail.clone());
            Ok(page(&app, &request, session, &task, None))
        }
    }
}

/// Returns the earlier result if this form was sent before.
async fn done_before(app: &App, session: &Session, task: &Task) -> Option<Option<Edited>> {
    let write_request = WriteRequest::from_form(session, None, Some(&task.once), false);
    let work = |_: &mut Transaction<'_>| Err::<Option<Edited>, _>(EditError::NotFound);
    write_request.write_once(app, &task.digest(), work).await.ok()
}

/// Returns the page that shows the result.
fn page_after(task: &Task, edited: Option<&Edited>) -> String {
    match edited {
        Some(edited) => path_of(task.record_type.name, &edited.id),
        None => history_of(task.record_type, &task.id),
    }
}

/// Turns the redirect of a merged record into an explanation, so that no one acts on its target by
/// mistake.
fn of_merged(app: &App, record_type: &RecordType, problem: Problem) -> Problem {
    let Some(into) = problem.merged_into() else { return problem };
    let target = links(app).unpinned(&path_of(record_type.name, into));
    Problem::new(
        &CONFLICT,
        format!(
            "This record was merged into {into}, so nothing was changed. To change the record that \
            it became, begin at `{target}`."
        ),
    )
}

fn history_of(record_type: &RecordType, id: &str) -> String {
    format!("{}/history", path_of(record_type.name, id))
}

/// Finds the record to merge into.
async fn resolve(app: &web::Data<App>, mut task: Task) -> Result<Task, Problem> {
    run_blocking(app, move |app| {
        app.store.read_primary(|snapshot| {
            let kind = Kind::Reference(task.record_type.name);
            let mut resolver = Resolver::new(snapshot, None);
            resolver.reference(kind, "/into", &mut task.draft)?;
            task.unclear = resolver.unclear;
            Ok::<_, Problem>(())
        })?;
        Ok(task)
    })
    .await
}

/// Tries an operation without storing it. Returns None if it fails; the task then has the faults.
async fn attempt(
    app: &web::Data<App>,
    session: &Session,
    task: &mut Task,
) -> Result<Option<Option<Edited>>, Problem> {
    let dry = WriteRequest::from_form(session, None, None, true);
    match dry.write(app, task.work()).await {
        Ok(written) => Ok(Some(written.value)),
        Err(problem) if problem.kind.status >= 500 => Err(problem),
        Err(problem) => {
            if problem.code() == CONFLICT.code || problem.errors.is_empty() {
                task.notice = Some(problem.detail.clone());
            }
            let has_reason = task.faults.iter().any(|fault| fault.place.name() == "@reason");
            let found = problem.errors.iter().map(in_words);
            task.faults
                .extend(found.filter(|fault| !has_reason || fault.place.name() != "@reason"));
            Ok(None)
        }
    }
}

/// Rewords the faults of a redaction's body as those of its form.
fn in_words(fault: &Fault) -> Fault {
    let (place, message) = match fault.place.name() {
        "/fields" => ("/fields", "Select at least one field"),
        "/reason" if fault.code == "required" => {
            ("@reason", "Enter a reason of 1 to 500 characters")
        }
        "/reason" => ("@reason", fault.message.as_str()),
        _ => return fault.clone(),
    };
    Fault {
        place: Place::Pointer(place.to_owned()),
        code: "wrong-length",
        message: message.to_owned(),
        hint: None,
    }
}

/// Renders the page. `tried` is the result of the dry run, if it succeeded: the record, or None if
/// it is or would be deleted.
fn page(
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
    let pointers: Vec<Json> = edited.changed.iter().map(|at| at.as_str().into()).collect();
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
        @if pointers.is_empty() {
            p { "The current values of the record do not change." }
        } @else {
            (differences(&links, task.record_type, &pointers, before, &edited.json))
        }
    }
}
