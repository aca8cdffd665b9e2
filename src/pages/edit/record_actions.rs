//! Deleting, restoring, merging and redacting a record, after a page that shows the consequences.

mod page;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value as Json;

use self::page::page;
use super::choices::{Candidates, Resolver};
use super::draft::Draft;
use super::guard::{Sent, SignedIn, needs};
use super::record::load;
use super::record_action::RecordAction;
use super::redactable::{self, Redactable};
use super::saving::reason;
use super::shell::{links, redirect};
use crate::digest::random_hex;
use crate::editing::{self, EditError, Edited, Merge, Precondition, Redaction};
use crate::model::{Fault, Kind, Place, RecordType};
use crate::pages::links::path_of;
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
        Ok(edited) => Ok(Some(edited)),
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
