//! The upload of a CSV table, with a preview of every cell that would change.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::fields::{element_id, sentence};
use super::guard::{Sent, SignedIn, needs};
use super::preview::reason_field;
use super::saving::reason;
use super::shell::{csrf, links, notice, redirect, respond};
use crate::api::import::{ImportedChange, Outcome, write_table};
use crate::digest::random_hex;
use crate::keys::Scope;
use crate::model::{Fault, RecordType};
use crate::pages::labels::{capital, nouns};
use crate::pages::links::path_of;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::body::MAX_FILE_BYTES;
use crate::web::problem::Problem;
use crate::web::session::Session;
use crate::web::write_request::WriteRequest;

/// The maximum number of changed cells that a preview shows.
const SHOWN: usize = 1_000;

const PATH: &str = "/edit/import";

/// A table that was sent, with its notice and its faults.
#[derive(Default)]
struct Upload {
    record_type: Option<&'static RecordType>,
    table: String,
    reason: String,
    once: String,
    notice: Option<String>,
    faults: Vec<Fault>,
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
        faults: Vec::new(),
    };
    let Some(record_type) = upload.record_type else {
        upload.notice.get_or_insert("Choose the kind of records.".to_owned());
        return Ok(form(&app, &request, &sent.session, &upload));
    };
    if upload.table.trim().is_empty() {
        upload.notice = Some("Choose a file.".to_owned());
        return Ok(form(&app, &request, &sent.session, &upload));
    }
    act(&app, &request, &sent, upload, record_type).await
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
    match write_table(app, &write_request, record_type, upload.table.clone()).await {
        Ok(outcome) if is_dry => Ok(preview(app, request, session, &upload, outcome)),
        Ok(outcome) => {
            let revision = outcome.imported.revision;
            Ok(redirect(
                app,
                &revision.map_or_else(
                    || PATH.to_owned(),
                    |revision| format!("/changes?after={}&limit=1", revision - 1),
                ),
            ))
        }
        Err(problem) if problem.kind().status >= 500 => Err(problem),
        Err(problem) => {
            if problem.errors().is_empty() {
                upload.notice = Some(problem.detail().to_owned());
            }
            upload.faults = problem.errors().to_vec();
            Ok(form(app, request, session, &upload))
        }
    }
}

fn form(app: &App, request: &HttpRequest, session: &Session, upload: &Upload) -> HttpResponse {
    let links = links(app);
    let is_wrong = !upload.faults.is_empty();
    let content = html! {
        @if let Some(text) = &upload.notice { (notice(text)) }
        @if is_wrong {
            div.problem role="alert" aria-labelledby="problem" {
                h2 #problem { "The table cannot be imported" }
                p { "Nothing was saved. Correct these cells in your spreadsheet, and upload it again." }
                ul {
                    @for fault in &upload.faults {
                        li { (fault.place) ": " (sentence(fault)) }
                    }
                }
            }
        }
        h1 { "Import a spreadsheet" }
        p.lead {
            "Download a list as CSV, change it in a spreadsheet, and upload it here. You see every \
            change before it is saved."
        }
        form action=(links.unpinned(PATH)) method="post" enctype="multipart/form-data" novalidate {
            (csrf(session.csrf()))
            div.field {
                label for="type" { "Kind of records" }
                select #type name="type" {
                    option value="" { "Choose one" }
                    @for record_type in CATALOGUE.iter() {
                        option value=(record_type.plural)
                            selected[upload.record_type.is_some_and(|chosen| chosen.name == record_type.name)]
                        { (capital(&nouns(record_type).1)) }
                    }
                }
            }
            div.field {
                label for="table" { "File (CSV, UTF-8)" }
                p.hint #table-hint {
                    "In Excel, save as “CSV UTF-8 (Comma delimited)”. At most " (MAX_FILE_BYTES >> 20) " MiB."
                }
                input #table type="file" name="table" accept=".csv,text/csv" aria-describedby="table-hint";
            }
            p.send { button name="do" value="preview" { "Preview the changes" } }
        }
        h2 { "Download a list" }
        ul.inline {
            @for record_type in CATALOGUE.iter() {
                li {
                    a href=(links.unpinned(&format!("/v1/{}?format=csv&bom=true", record_type.path))) {
                        (capital(&nouns(record_type).1))
                    }
                }
            }
        }
    };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
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
    let report = outcome.report(0, true);
    let is_empty = report.changes.is_empty();
    let content = html! {
        @if let Some(text) = &upload.notice { (notice(text)) }
        h1 { "Preview the import" }
        p.lead {
            "Nothing is saved yet. "
            (report.created) " new, " (report.updated) " changed, " (report.unchanged) " unchanged."
        }
        @if !is_empty { (changes(&links, &report.changes)) }
        form action=(links.unpinned(PATH)) method="post" novalidate {
            (csrf(session.csrf()))
            input type="hidden" name="once" value=(upload.once);
            input type="hidden" name="type" value=(upload.record_type.map_or("", |one| one.plural));
            textarea hidden name="table" { "\n" (upload.table) }
            @if !is_empty { (reason_field(&upload.reason, &upload.faults)) }
            p.send {
                @if !is_empty {
                    button name="do" value="save" { "Import" }
                    " "
                }
                a href=(links.unpinned(PATH)) { "Choose another file" }
            }
        }
    };
    let status = if upload.notice.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    respond(app, request, Some(session), status, "Preview the import", &content)
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
                        @for (index, cell) in cells.iter().enumerate() {
                            tr {
                                th scope="row" id=[(index == 0).then(|| element_id(&change.id))] {
                                    a href=(links.unpinned(&path_of(&change.record_type, &change.id))) {
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
