//! The entry of a release: its document first, then the records that it reports. The pages carry
//! all of them; they are saved together by one import.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use serde_json::{Map, Value as Json};

use super::fields::field_of;
use super::form::{BUNDLE, Entry, Form};
use super::guard::{Sent, SignedIn, needs};
use super::record::{self, AGAIN, Prepared, prepare};
use super::release_content::Release;
use super::release_pages::{ReleaseView, list_page, preview_page};
use super::saving::{body, reason};
use super::shell::redirect;
use crate::api::import::write_bundle;
use crate::digest::{random_hex, sha256};
use crate::editing::{self, Bundle, ComparedRecord};
use crate::keys::Scope;
use crate::model::{Fault, Place, RecordType};
use crate::pages::labels::with_article;
use crate::pages::links::text;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::body::MAX_FILE_BYTES;
use crate::web::problem::{IDEMPOTENCY_KEY_REUSED, PRECONDITION_FAILED, Problem};
use crate::web::session::Session;
use crate::web::write_request::WriteRequest;

/// Shows an empty release.
pub async fn show(
    SignedIn(session): SignedIn,
    request: HttpRequest,
    app: web::Data<App>,
) -> HttpResponse {
    let view = ReleaseView { once: random_hex(16), ..ReleaseView::default() };
    list_page(&app, &request, &session, &view)
}

/// Handles the forms of a release.
pub async fn send(
    sent: Sent,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let session = &*sent.session;
    needs(session, Scope::Write)?;
    let once = Some(sent.get("once")).filter(|once| !once.is_empty());
    let mut view = ReleaseView {
        reason: sent.get("reason").to_owned(),
        once: once.map_or_else(|| random_hex(16), str::to_owned),
        notice: sent.notice.clone(),
        ..ReleaseView::default()
    };
    if let Some(problem) = &sent.unreadable {
        view.notice = Some(match problem.errors.first() {
            Some(fault) => format!("This file is not a draft of a release: it {}.", fault.message),
            None => {
                format!("This file is too large: a draft has at most {} MiB.", MAX_FILE_BYTES >> 20)
            }
        });
        let mut page = list_page(&app, &request, session, &view);
        *page.status_mut() = problem.status_code();
        return Ok(page);
    }
    match Release::parse(sent.get(BUNDLE)) {
        Ok(release) => view.release = release,
        Err(why) => {
            view.notice = Some(format!("This file is not a draft of a release: {why}."));
            return Ok(list_page(&app, &request, session, &view));
        }
    }
    let act = sent.get("do");
    if let Some(record_type) = CATALOGUE.by_plural(sent.get("type")).filter(|_| act != "list") {
        return enter(&app, &request, &sent, view, record_type).await;
    }
    match act.split_once(':').and_then(|(verb, place)| Some((verb, place_of(place)?))) {
        Some(("new", (record_type, _))) => {
            let form = Form::of_release(record_type, view.release, None);
            let form = Form { once: view.once, reason: view.reason, ..form };
            Ok(record::show(&app, &request, session, &form))
        }
        Some(("edit", (record_type, index))) => {
            open(&app, &request, session, view, (record_type, index)).await
        }
        Some(("drop", (record_type, index))) => {
            let record = view.release.record(record_type, index).unwrap_or_default();
            let name = text(&record, "name");
            view.notice = Some(format!(
                "“{name}” is no longer in the release. To undo this, go back in your browser."
            ));
            view.release.remove(record_type, index);
            list(&app, &request, session, view).await
        }
        _ if view.notice.is_some() => list(&app, &request, session, view).await,
        _ => match act {
            "download" => Ok(file(&view.release)),
            "preview" => preview(&app, &request, session, view).await,
            "save" => save(&app, &request, &sent, view).await,
            _ => list(&app, &request, session, view).await,
        },
    }
}

/// Reads `commitments` or `commitments/3`.
fn place_of(text: &str) -> Option<(&'static RecordType, usize)> {
    let (plural, index) = text.split_once('/').unwrap_or((text, "0"));
    Some((CATALOGUE.by_plural(plural)?, index.parse().ok()?))
}

/// Shows the records of a release with their faults.
async fn list(
    app: &web::Data<App>,
    request: &HttpRequest,
    session: &Session,
    mut view: ReleaseView,
) -> Result<HttpResponse, Problem> {
    match try_import(app, session, &view.release).await {
        Ok(records) => view.records = records,
        Err(problem) => view.refuse(&problem),
    }
    Ok(list_page(app, request, session, &view))
}

/// Imports a release without storing it, and returns its records as they would be.
async fn try_import(
    app: &web::Data<App>,
    session: &Session,
    release: &Release,
) -> Result<Vec<ComparedRecord>, Problem> {
    let bundle = bundle(release)?;
    let dry = WriteRequest::from_form(session, None, None, true);
    let work = move |transaction: &mut crate::store::Transaction<'_>| {
        editing::import_compared(transaction, CATALOGUE, &bundle)
    };
    dry.write(app, work).await
}

fn bundle(release: &Release) -> Result<Arc<Bundle>, Problem> {
    Bundle::new(release.text()).map(Arc::new).map_err(Problem::internal)
}

/// Opens the form of a record with its faults.
async fn open(
    app: &web::Data<App>,
    request: &HttpRequest,
    session: &Session,
    view: ReleaseView,
    (record_type, index): (&'static RecordType, usize),
) -> Result<HttpResponse, Problem> {
    let tried = try_import(app, session, &view.release).await;
    let form = Form::of_release(record_type, view.release, Some(index));
    let mut form = Form { once: view.once, reason: view.reason, ..form };
    if let Err(problem) = tried {
        form.faults = faults_of(record_type, index, &problem.errors);
    }
    Ok(record::show(app, request, session, &form))
}

/// Returns the faults of one record of a bundle, as faults of its form.
fn faults_of(record_type: &RecordType, index: usize, faults: &[Fault]) -> Vec<Fault> {
    let prefix = format!("/{}/{index}", record_type.plural);
    let own = faults.iter().filter_map(|fault| {
        let pointer = fault.place.name().strip_prefix(&prefix)?;
        let is_own = pointer.is_empty() || pointer.starts_with('/');
        is_own.then(|| Fault { place: Place::Pointer(pointer.to_owned()), ..fault.clone() })
    });
    own.collect()
}

/// Handles the form of a record: adds the record to the release if it has no faults.
async fn enter(
    app: &web::Data<App>,
    request: &HttpRequest,
    sent: &Sent,
    view: ReleaseView,
    record_type: &'static RecordType,
) -> Result<HttpResponse, Problem> {
    let session = &*sent.session;
    let mut form = Form::of_release(record_type, view.release, sent.get("index").parse().ok());
    form.fill(&sent.pairs, sent.notice.as_deref());
    let mut form = match prepare(app, form, sent.get("do")).await? {
        Prepared::Unfinished(form) => return Ok(record::show(app, request, session, &form)),
        Prepared::Complete(form) => form,
    };
    let Some(kept) = keep(app, session, &mut form).await? else {
        return Ok(record::show(app, request, session, &form));
    };
    let removed: String = form.removed_sources.iter().map(|said| format!(" {said}")).collect();
    let notice = format!("“{}” is in the release. Nothing is saved yet.{removed}", kept.name);
    if sent.get("do") == AGAIN {
        let next = Form::of_release(record_type, kept.release, None);
        let next = Form { once: form.once, reason: form.reason, done: Some(notice), ..next };
        return Ok(record::show(app, request, session, &next));
    }
    let view = ReleaseView {
        release: kept.release,
        once: form.once,
        reason: form.reason,
        notice: Some(notice),
        is_done: true,
        ..ReleaseView::default()
    };
    list(app, request, session, view).await
}

/// A release to which a record was added.
struct Kept {
    release: Release,
    name: String,
}

/// Checks a record, and puts it into its release. Otherwise the form has the faults.
async fn keep(
    app: &web::Data<App>,
    session: &Session,
    form: &mut Form,
) -> Result<Option<Kept>, Problem> {
    let record_type = form.record_type;
    let mut faults = std::mem::take(&mut form.faults);
    let Json::Object(mut record) = body(form, &mut faults) else { return Ok(None) };
    record.retain(|_, value| !value.is_null() && *value != Json::Array(Vec::new()));
    let Some(Entry { release, index }) = &form.entry else { return Ok(None) };
    let (mut release, index) = (release.clone(), *index);
    match id_for(app, session, form, &release, &record).await {
        Ok(id) => drop(record.shift_insert(0, "id".to_owned(), id.into())),
        Err(problem) if problem.errors.is_empty() => return Err(problem),
        Err(problem) => faults.extend(problem.errors.iter().cloned()),
    }
    let name = record.get("name").and_then(Json::as_str);
    let name = name.map_or_else(|| with_article(record_type), str::to_owned);
    let index =
        release.set(record_type, index, &Json::Object(record)).map_err(Problem::internal)?;
    if let Err(problem) = try_import(app, session, &release).await {
        if problem.errors.is_empty() {
            form.notice = Some(format!("{} Your input is below.", problem.detail));
        }
        let place = |fault: &Fault| field_of(record_type, fault.place.name());
        let known: HashSet<String> = faults.iter().map(place).collect();
        let new = faults_of(record_type, index, &problem.errors).into_iter();
        faults.extend(new.filter(|fault| !known.contains(&place(fault))));
    }
    form.faults = faults;
    let is_kept = form.faults.is_empty() && form.notice.is_none();
    Ok(is_kept.then_some(Kept { release, name }))
}

/// Returns the id of a record: the typed one, the existing one, or a new one.
async fn id_for(
    app: &web::Data<App>,
    session: &Session,
    form: &Form,
    release: &Release,
    record: &Map<String, Json>,
) -> Result<String, Problem> {
    let before = form.base["id"].as_str();
    if let Some(before) = before.filter(|before| record.get("id").is_none_or(|id| id == before)) {
        return Ok(before.to_owned());
    }
    let (record_type, record) = (form.record_type, record.clone());
    let taken = release.named(record_type).into_iter().map(|entry| entry.id);
    let taken: HashSet<String> = taken.collect();
    let dry = WriteRequest::from_form(session, None, None, true);
    dry.write(app, move |transaction| editing::new_id(transaction, record_type, &record, &taken))
        .await
}

/// Shows the changes that saving a release would make.
async fn preview(
    app: &web::Data<App>,
    request: &HttpRequest,
    session: &Session,
    mut view: ReleaseView,
) -> Result<HttpResponse, Problem> {
    match try_import(app, session, &view.release).await {
        Ok(records) if records.is_empty() => {
            view.notice = Some("Saving this release would change nothing.".to_owned());
            Ok(list_page(app, request, session, &view))
        }
        Ok(records) => {
            view.records = records;
            Ok(preview_page(app, request, session, &view))
        }
        Err(problem) => {
            view.refuse(&problem);
            Ok(list_page(app, request, session, &view))
        }
    }
}

/// Saves a release, as it was previewed.
async fn save(
    app: &web::Data<App>,
    request: &HttpRequest,
    sent: &Sent,
    mut view: ReleaseView,
) -> Result<HttpResponse, Problem> {
    let session = &*sent.session;
    let why = match reason(&view.reason) {
        Ok(why) => why,
        Err(fault) => {
            view.faults.push(fault);
            return preview(app, request, session, view).await;
        }
    };
    let bundle = bundle(&view.release)?;
    let asked = WriteRequest::from_form(session, why, Some(&view.once), false);
    let digest = sha256(format!("{}\n{}", view.reason, bundle.text()));
    let expected = sent.get("expected");
    let work = write_bundle(Arc::clone(&bundle), Some(expected.to_owned()));
    match asked.write_once(app, &digest, work).await {
        Ok(outcome) => {
            let revision = outcome.imported.revision.unwrap_or_else(|| app.store.revision());
            Ok(redirect(app, &format!("/changes?after={}&limit=1", revision - 1)))
        }
        Err(problem) if problem.code() == PRECONDITION_FAILED.code => {
            view.notice = Some(
                "The dataset was changed after you previewed the release. Nothing is saved yet: \
                check it again."
                    .to_owned(),
            );
            preview(app, request, session, view).await
        }
        Err(problem) if problem.code() == IDEMPOTENCY_KEY_REUSED.code => {
            view.once = random_hex(16);
            view.notice = Some(
                "This release was saved before, and you have changed it since. To save the \
                changes, too, save it again."
                    .to_owned(),
            );
            preview(app, request, session, view).await
        }
        Err(problem) => {
            view.refuse(&problem);
            Ok(list_page(app, request, session, &view))
        }
    }
}

/// Returns a release as a file.
fn file(release: &Release) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"release.json\""))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(release.file())
}
