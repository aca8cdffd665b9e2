//! The upload of a CSV table, with a preview of every cell that would change.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::fields::{ElementId, sentence};
use super::form::UPLOAD_PATH;
use super::guard::{Sent, SignedIn, needs};
use super::preview::reason_field;
use super::saving::reason;
use super::shell::{
    FormState, THERE_IS_A_PROBLEM, csrf, links, notice, problem, redirect, respond,
    respond_to_form, summary,
};
use crate::api::import::{ImportedChange, Outcome, write_table};
use crate::digest::random_hex;
use crate::keys::Scope;
use crate::model::{Fault, RecordType};
use crate::pages::labels::{capital, nouns};
use crate::pages::links::path_of;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::body::MAX_FILE_BYTES;
use crate::web::problem::{PRECONDITION_FAILED, Problem};
use crate::web::session::Session;
use crate::web::write_request::WriteRequest;

/// The maximum number of changed cells that a preview shows.
const SHOWN: usize = 1_000;

/// A table that was sent, with its notice and its faults.
#[derive(Default)]
struct Upload {
    record_type: Option<&'static RecordType>,
    table: String,
    reason: String,
    once: String,
    notice: Option<String>,
    /// The status of the problem, if it is not about cells.
    status: Option<StatusCode>,
    faults: Vec<Fault>,
    /// Whether it lacks the kind of records or the file.
    is_incomplete: bool,
}

impl Upload {
    /// Returns what each incomplete field lacks, by the id of its element.
    fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let lacks_type = self.is_incomplete && self.record_type.is_none();
        // Browsers send no file again.
        let kind = lacks_type.then_some(("type", "Choose the kind of records."));
        let file = self.is_incomplete.then_some(("table", "Choose a file."));
        kind.into_iter().chain(file).collect()
    }

    /// Renders the error summary.
    fn summary(&self) -> Markup {
        let missing = self.missing();
        html! {
            @if !missing.is_empty() {
                (problem(THERE_IS_A_PROBLEM, &html! {
                    ul {
                        @for (id, text) in missing { li { a href={ "#" (id) } { (text) } } }
                    }
                }))
            } @else if !self.faults.is_empty() {
                (problem("The table cannot be imported", &html! {
                    p {
                        "Nothing was saved. Correct the file, and "
                        a href="#table" { "upload it again" } "."
                    }
                    ul {
                        @for fault in &self.faults { li { (fault.place) ": " (sentence(fault)) } }
                    }
                }))
            }
        }
    }

    /// Renders the error message of a field.
    fn error(&self, id: &str) -> Markup {
        let own = self.missing().into_iter().find(|(field, _)| *field == id);
        html! {
            @if let Some((id, text)) = own {
                p.error id={ (id) "-error" } { span.hidden { "Error: " } (text) }
            }
        }
    }

    fn is_wrong(&self, id: &str) -> bool {
        self.missing().iter().any(|(field, _)| *field == id)
    }
}

/// Shows the form that takes a file.
pub async fn show(
    SignedIn(session): SignedIn,
    request: HttpRequest,
    app: web::Data<App>,
) -> HttpResponse {
    form(&app, &request, &session, &Upload::default())
}

/// Takes a file, or imports the table that was previewed.
pub async fn send(
    sent: Sent,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    needs(&sent.session, Scope::Write)?;
    let mut upload = Upload {
        record_type: CATALOGUE.by_plural(sent.get("type")),
        table: sent.get("table").to_owned(),
        reason: sent.get("reason").to_owned(),
        once: Some(sent.get("once"))
            .filter(|once| !once.is_empty())
            .map_or_else(|| random_hex(16), str::to_owned),
        notice: sent.notice.clone(),
        ..Upload::default()
    };
    if let Some(problem) = &sent.unreadable {
        refuse(&mut upload, problem);
        upload.status = StatusCode::from_u16(problem.kind.status).ok();
        return Ok(form(&app, &request, &sent.session, &upload));
    }
    match upload.record_type.filter(|_| !upload.table.trim().is_empty()) {
        Some(record_type) => act(&app, &request, &sent, upload, record_type).await,
        None => {
            upload.is_incomplete = true;
            Ok(form(&app, &request, &sent.session, &upload))
        }
    }
}

async fn act(
    app: &web::Data<App>,
    request: &HttpRequest,
    sent: &Sent,
    mut upload: Upload,
    record_type: &'static RecordType,
) -> Result<HttpResponse, Problem> {
    let session = &*sent.session;
    let is_final = sent.get("do") == "save" && upload.notice.is_none();
    let why = match reason(&upload.reason) {
        Ok(why) => why,
        Err(fault) => {
            upload.faults.push(fault);
            None
        }
    };
    let is_dry = !is_final || !upload.faults.is_empty();
    let write_request = WriteRequest::from_form(session, why, Some(&upload.once), is_dry);
    let expected = is_final.then(|| sent.get("expected").to_owned());
    match write_table(app, &write_request, record_type, upload.table.clone(), expected).await {
        Ok(outcome) if is_dry => Ok(preview(app, request, session, &upload, outcome)),
        Ok(outcome) => {
            let revision = outcome.imported.revision;
            Ok(redirect(
                app,
                &revision.map_or_else(
                    || UPLOAD_PATH.to_owned(),
                    |revision| format!("/changes?after={}&limit=1", revision - 1),
                ),
            ))
        }
        Err(problem) if problem.code() == PRECONDITION_FAILED.code => {
            upload.notice = Some(
                "These records were changed after your preview. Nothing is saved yet: check the \
                changes again."
                    .to_owned(),
            );
            let dry = WriteRequest::from_form(session, None, None, true);
            let outcome = write_table(app, &dry, record_type, upload.table.clone(), None).await?;
            Ok(preview(app, request, session, &upload, outcome))
        }
        Err(problem) if problem.kind.status >= 500 => Err(problem),
        Err(problem) => {
            refuse(&mut upload, &problem);
            Ok(form(app, request, session, &upload))
        }
    }
}

fn refuse(upload: &mut Upload, problem: &Problem) {
    if problem.errors.is_empty() {
        upload.notice = Some(problem.detail.clone());
        upload.status = StatusCode::from_u16(problem.kind.status).ok();
    }
    upload.faults = problem.errors.clone();
}

fn form(app: &App, request: &HttpRequest, session: &Session, upload: &Upload) -> HttpResponse {
    let links = links(app);
    let is_wrong = upload.is_incomplete || !upload.faults.is_empty();
    let content = html! {
        @if let Some(text) = &upload.notice { (notice(text)) }
        (upload.summary())
        h1 { "Import a spreadsheet" }
        p.lead {
            "Download a list as CSV, change it in a spreadsheet, and upload it here. You see every \
            change before it is saved."
        }
        form action=(links.unpinned(UPLOAD_PATH)) method="post" enctype="multipart/form-data"
            novalidate {
            (csrf(session.csrf()))
            div.field.wrong[upload.is_wrong("type")] {
                label for="type" { "Kind of records" }
                (upload.error("type"))
                select #type name="type"
                    aria-describedby=[upload.is_wrong("type").then_some("type-error")]
                    aria-invalid=[upload.is_wrong("type").then_some("true")]
                {
                    option value="" { "Choose one" }
                    @let chosen = upload.record_type.map(|chosen| chosen.name);
                    @for record_type in CATALOGUE.iter() {
                        option value=(record_type.plural)
                            selected[chosen == Some(record_type.name)]
                        { (capital(&nouns(record_type).1)) }
                    }
                }
            }
            div.field.wrong[upload.is_wrong("table")] {
                label for="table" { "File (CSV, UTF-8)" }
                p.hint #table-hint {
                    "In Excel, save as “CSV UTF-8 (Comma delimited)”. At most "
                    (MAX_FILE_BYTES >> 20) " MiB."
                }
                (upload.error("table"))
                input #table type="file" name="table" accept=".csv,text/csv"
                    aria-describedby={
                        "table-hint"
                        @if upload.is_wrong("table") { " table-error" }
                    }
                    aria-invalid=[upload.is_wrong("table").then_some("true")];
            }
            p.send { button name="do" value="preview" { "Preview the changes" } }
        }
        h2 { "Download a list" }
        ul.inline {
            @for record_type in CATALOGUE.iter() {
                @let path = format!("/v1/{}?format=csv&bom=true", record_type.path);
                li {
                    a href=(links.unpinned(&path)) {
                        (capital(&nouns(record_type).1))
                    }
                }
            }
        }
    };
    let status = match upload.status {
        Some(status) => status,
        None if is_wrong => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let title = if is_wrong { "Error: Import a spreadsheet" } else { "Import a spreadsheet" };
    respond(app, request, Some(session), status, title, &content)
}

fn preview(
    app: &App,
    request: &HttpRequest,
    session: &Session,
    upload: &Upload,
    outcome: Outcome,
) -> HttpResponse {
    let links = links(app);
    let expected = outcome.digest();
    let report = outcome.report(true);
    let is_empty = report.changes.is_empty();
    let content = html! {
        @if let Some(text) = &upload.notice { (notice(text)) }
        (summary(&upload.faults, str::to_owned))
        h1 { "Preview the import" }
        p.lead {
            "Nothing is saved yet. "
            (report.created) " new, " (report.updated) " changed, " (report.unchanged) " unchanged."
        }
        @if !is_empty { (changes(&links, &report.changes)) }
        form action=(links.unpinned(UPLOAD_PATH)) method="post" novalidate {
            (csrf(session.csrf()))
            input type="hidden" name="once" value=(upload.once);
            input type="hidden" name="expected" value=(expected);
            input type="hidden" name="type" value=(upload.record_type.map_or("", |one| one.plural));
            textarea hidden name="table" { "\n" (upload.table) }
            @if !is_empty { (reason_field(&upload.reason, false, &upload.faults)) }
            p.send {
                @if !is_empty {
                    button name="do" value="save" { "Import" }
                    " "
                }
                a href=(links.unpinned(UPLOAD_PATH)) { "Choose another file" }
            }
        }
    };
    let state =
        FormState { is_wrong: !upload.faults.is_empty(), has_notice: upload.notice.is_some() };
    respond_to_form(app, request, session, state, "Preview the import", &content)
}

/// Renders the cells that would change.
fn changes(links: &crate::pages::links::Links, changes: &[ImportedChange]) -> Markup {
    let mut left = SHOWN;
    let shown: Vec<_> = changes
        .iter()
        .map(|change| {
            let cells = change.cells.as_deref().unwrap_or_default();
            let shown = &cells[..cells.len().min(left)];
            left -= shown.len();
            (change, shown)
        })
        .collect();
    html! {
        div.scroll tabindex="0" role="group" aria-label="Changes" {
            table.differences {
                thead {
                    tr {
                        th scope="col" { "Record" }
                        th scope="col" { "Column" }
                        th scope="col" { "Before" }
                        th scope="col" { "After" }
                    }
                }
                tbody {
                    @for (change, cells) in &shown {
                        @let path = path_of(&change.record_type, &change.id);
                        @for (index, cell) in cells.iter().enumerate() {
                            tr {
                                th scope="row" id=[(index == 0).then_some(ElementId(&change.id))] {
                                    a href=(links.unpinned(&path)) {
                                        (change.id)
                                    }
                                    @if let Some(revision) = change.reverts.filter(|_| index == 0) {
                                        p.error { "This would undo revision " (revision) "." }
                                    }
                                }
                                td { (cell.column) }
                                td { del { (cell.before) } }
                                td { ins { (cell.after) } }
                            }
                        }
                    }
                }
            }
        }
        @if left == 0 { p { "Only the first " (SHOWN) " changed cells are shown." } }
    }
}
