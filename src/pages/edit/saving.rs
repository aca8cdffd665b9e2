//! Saves the record in a form, with the same functions as the API.

use actix_web::web;
use serde_json::Value as Json;

use super::fields::field_of;
use super::form::Form;
use super::preview::{add_link, source_links};
use super::source_pointers::{follow_entries, knows_places};
use crate::digest::{Sha256Hex, random_hex};
use crate::editing::{self, EditError, Edited, Pointers, Precondition};
use crate::keys::Scope;
use crate::model::{Fault, Place, RecordType, text};
use crate::store::Transaction;
use crate::web::app::App;
use crate::web::problem::{
    CONFLICT, IDEMPOTENCY_KEY_REUSED, PRECONDITION_FAILED, Problem, VALIDATION_FAILED,
};
use crate::web::session::Session;
use crate::web::write_request::WriteRequest;

/// The outcome of saving a form.
pub enum Outcome {
    /// It was saved.
    Saved(Edited),
    /// It can be saved.
    Preview(Edited),
    /// The record was changed in the meantime.
    Stale,
    /// The form has faults, or a notice.
    Wrong,
    /// A source has faults.
    WrongSource(Edited),
}

/// Checks a form, and saves it unless it is only a preview. Faults are added to the form.
pub async fn save(
    app: &web::Data<App>,
    session: &Session,
    form: &mut Form,
    is_preview: bool,
) -> Result<Outcome, Problem> {
    super::guard::needs(session, Scope::Write)?;
    let mut faults = std::mem::take(&mut form.faults);
    let body = body(form, &mut faults);
    let dry = WriteRequest::from_form(session, None, None, true);
    let tried = dry.write(app, write(form, body)).await;
    let edited = match tried {
        Ok(edited) if faults.is_empty() => edited,
        Ok(edited) => {
            // Sources are on the page of the preview.
            let are_of_sources =
                faults.iter().all(|fault| fault.place.name().starts_with("@source"));
            form.faults = faults;
            let wrong = if are_of_sources { Outcome::WrongSource(edited) } else { Outcome::Wrong };
            return Ok(wrong);
        }
        Err(problem) => {
            if !is_preview && let Some(edited) = saved_before(app, session, form).await {
                return Ok(Outcome::Saved(edited));
            }
            return refused(form, problem, faults);
        }
    };
    if is_preview {
        return Ok(Outcome::Preview(edited));
    }
    let links = match source_links(form, &edited) {
        Ok(links) => links,
        Err(faults) => {
            form.faults = faults;
            return Ok(Outcome::WrongSource(edited));
        }
    };
    let reason = match reason(&form.reason) {
        Ok(reason) => reason,
        Err(fault) => {
            form.faults = vec![fault];
            return Ok(Outcome::WrongSource(edited));
        }
    };
    // The sources in the preview lead to entries where they will be.
    let mut body = written_members(form.record_type, &edited.json);
    if let Some(sources) = body["sources"].as_array_mut() {
        links.into_iter().for_each(|link| add_link(sources, link));
    }
    if form.id.is_none() && form.draft.get("/id").trim().is_empty() {
        body.as_object_mut().and_then(|members| members.shift_remove("id"));
    }
    let asked = WriteRequest::from_form(session, reason, Some(&form.once), false);
    match asked.write_once(app, &digest(form), write(form, body)).await {
        Ok(edited) => Ok(Outcome::Saved(edited)),
        Err(problem) => refused(form, problem, Vec::new()),
    }
}

/// Returns the earlier result if this form was saved before.
async fn saved_before(app: &web::Data<App>, session: &Session, form: &Form) -> Option<Edited> {
    let asked = WriteRequest::from_form(session, None, Some(&form.once), false);
    let work = |_: &mut Transaction<'_>| Err::<Edited, _>(EditError::NotFound);
    asked.write_once(app, &digest(form), work).await.ok()
}

/// Returns a digest of everything that a form sends.
fn digest(form: &Form) -> String {
    let mut digest = Sha256Hex::default();
    let revision = form.revision().to_string();
    let own = [("revision", revision.as_str()), ("reason", &form.reason)];
    for (name, text) in form.draft.all().chain(own) {
        [name, "\n", text, "\n"].iter().for_each(|part| digest.update(part));
    }
    digest.finish()
}

/// Returns the record that a form describes.
pub fn body(form: &mut Form, faults: &mut Vec<Fault>) -> Json {
    let mut record = form.draft.record(form.record_type, &form.base, faults);
    form.removed_sources = follow_entries(form.record_type, &form.base, &form.draft, &mut record);
    let mut body = written_members(form.record_type, &record);
    let id = form.draft.get("/id").trim();
    match (&form.id, body.as_object_mut()) {
        (None, Some(members)) if !id.is_empty() => drop(members.insert("id".to_owned(), id.into())),
        (None, Some(members)) => drop(members.shift_remove("id")),
        _ => {}
    }
    body
}

/// Returns the members of a record that are written, with its id.
fn written_members(record_type: &'static RecordType, record: &Json) -> Json {
    let members = record.as_object().into_iter().flatten();
    let is_written = |name: &str| record_type.field(name).is_some_and(|field| !field.read_only);
    let written = members.filter(|(name, _)| is_written(name));
    Json::Object(written.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn write(
    form: &Form,
    body: Json,
) -> impl FnOnce(&mut Transaction<'_>) -> Result<Edited, EditError> + Send + 'static {
    let (record_type, id) = (form.record_type, form.id.clone());
    let pointers = if knows_places(record_type, &form.base, &form.draft) {
        Pointers::AsSent
    } else {
        Pointers::Follow
    };
    let precondition = Precondition::Revisions(vec![form.revision()]);
    move |transaction| match id {
        Some(id) => editing::put(transaction, record_type, &id, body, &precondition, pointers),
        None => editing::create(transaction, record_type, body),
    }
}

/// Returns the reason that was typed, or None.
pub fn reason(typed: &str) -> Result<Option<String>, Fault> {
    let fault = |message: String| Fault {
        place: Place::Pointer("@reason".to_owned()),
        code: "invalid-text",
        message,
        hint: None,
    };
    let reason = text::clean(typed, false).map_err(|why| fault(why.to_string()))?;
    let longest = text::SHORT.max_length;
    if reason.chars().count() > longest {
        return Err(fault(format!("is longer than {longest} characters")));
    }
    Ok(Some(reason).filter(|reason| !reason.is_empty()))
}

/// Turns a problem into faults at fields, or into a notice: the form is shown again.
fn refused(form: &mut Form, problem: Problem, mut faults: Vec<Fault>) -> Result<Outcome, Problem> {
    let code = problem.code();
    if code == PRECONDITION_FAILED.code {
        return Ok(Outcome::Stale);
    }
    if let Some(into) = problem.merged_into() {
        form.notice = Some(format!(
            "This record was merged into {into} after you opened this form, and can no longer be \
            changed. Your input is below: make the change at /edit/{}/{into}.",
            form.record_type.path
        ));
    } else if code == IDEMPOTENCY_KEY_REUSED.code {
        form.once = random_hex(16);
        form.notice = Some(
            "This form was saved before, and you have changed it since. To save the changes too, \
            preview and save it again."
                .to_owned(),
        );
    } else if problem.errors.is_empty() || ![VALIDATION_FAILED.code, CONFLICT.code].contains(&code)
    {
        let revision = "Nothing was saved. Your input is below.";
        form.notice = Some(format!("{} {revision}", problem.detail));
    }
    let place = |fault: &Fault| field_of(form.record_type, fault.place.name());
    let known: Vec<String> = faults.iter().map(place).collect();
    // Faults of headers are not about a field.
    let is_field = |fault: &&Fault| matches!(fault.place, Place::Pointer(_));
    let new = problem.errors.iter().filter(is_field);
    let new = new.filter(|fault| !known.contains(&place(fault)));
    faults.extend(new.cloned());
    form.faults = faults;
    Ok(Outcome::Wrong)
}
