//! The pages of a release that is being entered: its records, and the preview of saving them.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::fields::sentence;
use super::form::{BUNDLE, RELEASE_PATH, no_fields};
use super::preview::reason_field;
use super::release_content::Release;
use super::shell::{
    FormState, THERE_IS_A_PROBLEM, csrf, done, field_label, hidden, links, notice, problem,
    respond_to_form,
};
use crate::api::import::{ImportedChange, change, digest};
use crate::editing::ComparedRecord;
use crate::model::{Fault, RecordType};
use crate::pages::differences::differences;
use crate::pages::labels::{capital, count, nouns, with_article};
use crate::pages::links::{Links, text};
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::body::MAX_FILE_BYTES;
use crate::web::problem::Problem;
use crate::web::session::Session;

/// A release, with its notice and its faults.
#[derive(Default)]
pub struct ReleaseView {
    /// The records.
    pub release: Release,
    /// The records as they would be, unless there are faults.
    pub records: Vec<ComparedRecord>,
    /// The reason for the change.
    pub reason: String,
    /// Identifies the release, so that it is saved only once.
    pub once: String,
    /// A notice at the top of the page.
    pub notice: Option<String>,
    /// Whether the notice reports a success.
    pub is_done: bool,
    /// The faults of records, by their pointers into the bundle, and of the reason.
    pub faults: Vec<Fault>,
}

impl ReleaseView {
    /// Adds the faults of a problem.
    pub fn refuse(&mut self, problem: &Problem) {
        self.faults = problem.errors.clone();
        if self.faults.is_empty() {
            self.notice = Some(format!("{} Nothing is saved or lost.", problem.detail));
            self.is_done = false;
        }
    }

    fn hidden(&self, session: &Session) -> Markup {
        html! {
            (csrf(session.csrf()))
            (hidden(BUNDLE, &self.release.text()))
            input type="hidden" name="once" value=(self.once);
        }
    }

    /// Returns the name of a record: as it would be, or else as it was typed.
    fn name(&self, record_type: &RecordType, index: usize) -> String {
        let record = self.release.record(record_type, index).unwrap_or_default();
        let id = text(&record, "id");
        let is_it = |compared: &&ComparedRecord| {
            compared.done.record_type.name == record_type.name && compared.done.id == id
        };
        let compared = self.records.iter().find(is_it);
        let computed = compared.map_or("", |compared| text(&compared.after, "name"));
        let names = [text(&record, "name"), computed, id];
        let name = names.into_iter().find(|name| !name.is_empty());
        name.map_or_else(|| format!("{} without a name", with_article(record_type)), str::to_owned)
    }

    fn faults_of(&self, record_type: &RecordType, index: usize) -> Vec<(&Fault, &str)> {
        let prefix = format!("/{}/{index}", record_type.plural);
        let own = self.faults.iter().filter_map(|fault| {
            let pointer = fault.place.name().strip_prefix(&prefix)?;
            (pointer.is_empty() || pointer.starts_with('/')).then_some((fault, pointer))
        });
        own.collect()
    }
}

fn row_id(record_type: &RecordType, index: usize) -> String {
    format!("r-{}-{index}", record_type.path)
}

/// Shows the records of a release.
pub fn list_page(
    app: &App,
    request: &HttpRequest,
    session: &Session,
    view: &ReleaseView,
) -> HttpResponse {
    let links = links(app);
    let content = html! {
        @if let Some(text) = &view.notice {
            @if view.is_done { (done(text)) } @else { (notice(text)) }
        }
        (summary(view))
        h1 { "Enter a release" }
        p.lead {
            "Enter the document first, then the records that it reports. Each record cites the \
            document. Nothing is saved until you save all of it together."
        }
        form action=(links.unpinned(RELEASE_PATH)) method="post" novalidate {
            (view.hidden(session))
            input type="hidden" name="reason" value=(view.reason);
            h2 { @if view.release.is_empty() { "Start" } @else { "Add to this release" } }
            p.order { (add_buttons(&view.release)) }
            @if !view.release.is_empty() {
                h2 { "In this release" }
                (records(view))
            }
            @if !view.release.is_empty() {
                h2 { "Save" }
                p.send {
                    button name="do" value="preview" { "Preview the release" }
                    " "
                    button.minor name="do" value="download" { "Download the draft" }
                }
                p.hint {
                    "A draft is a file on your computer. Upload it here to continue another day."
                }
            }
        }
        @if view.release.is_empty() { (draft_upload(&links, session)) }
    };
    let state = FormState {
        is_wrong: !view.faults.is_empty(),
        has_notice: view.notice.is_some() && !view.is_done,
    };
    respond_to_form(app, request, session, state, "Enter a release", &content)
}

/// Renders the form that takes the file of a draft.
fn draft_upload(links: &Links, session: &Session) -> Markup {
    html! {
        h2 { "Continue a draft" }
        form action=(links.unpinned(RELEASE_PATH)) method="post" enctype="multipart/form-data"
            novalidate
        {
            (csrf(session.csrf()))
            div.field {
                label for="draft" { "Draft (JSON)" }
                p.hint #draft-hint {
                    "A file from “Download the draft”, or any import bundle. At most "
                    (MAX_FILE_BYTES >> 20) " MiB."
                }
                input #draft type="file" name=(BUNDLE) accept=".json,application/json"
                    aria-describedby="draft-hint";
            }
            button name="do" value="list" { "Upload the draft" }
        }
    }
}

/// Renders the faults, with links to the records.
fn summary(view: &ReleaseView) -> Markup {
    let entries = CATALOGUE.iter().flat_map(|record_type| {
        (0..view.release.count(record_type)).map(move |index| (record_type, index))
    });
    let entries: Vec<(&RecordType, usize)> = entries.collect();
    let is_elsewhere = |fault: &&Fault| {
        let mut own = entries.iter().flat_map(|(one, index)| view.faults_of(one, *index));
        !own.any(|(other, _)| std::ptr::eq(other, *fault))
    };
    html! {
        @if !view.faults.is_empty() {
            (problem(THERE_IS_A_PROBLEM, &html! {
                p { "Nothing is saved, and nothing is lost. Edit these records." }
                ul {
                    @for fault in view.faults.iter().filter(is_elsewhere) {
                        li { (at_field(fault, fault.place.name())) }
                    }
                    @for &(record_type, index) in &entries {
                        @for (fault, pointer) in view.faults_of(record_type, index) {
                            li {
                                a href={ "#" (row_id(record_type, index)) } {
                                    (view.name(record_type, index)) ": " (at_field(fault, pointer))
                                }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn at_field(fault: &Fault, pointer: &str) -> String {
    if pointer.is_empty() {
        return sentence(fault);
    }
    format!("{}: {}", field_label(pointer), sentence(fault))
}

/// Renders the records with their buttons.
fn records(view: &ReleaseView) -> Markup {
    html! {
        @for record_type in CATALOGUE.iter().filter(|one| view.release.count(one) > 0) {
            h3 { (capital(&nouns(record_type).1)) }
            ul.release {
                @for index in 0..view.release.count(record_type) {
                    @let place = format!("{}/{index}", record_type.plural);
                    @let name = view.name(record_type, index);
                    li id=(row_id(record_type, index)) tabindex="-1" {
                        p { (name) }
                        @for (fault, pointer) in view.faults_of(record_type, index) {
                            p.error { span.hidden { "Error: " } (at_field(fault, pointer)) }
                        }
                        p.order {
                            button.minor name="do" value={ "edit:" (place) } {
                                "Edit" span.hidden { " “" (name) "”" }
                            }
                            button.minor name="do" value={ "drop:" (place) } {
                                "Remove" span.hidden { " “" (name) "”" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Buttons that add a record: of an empty release, first its document.
fn add_buttons(release: &Release) -> Markup {
    let is_shown = |one: &&RecordType| !release.is_empty() || one.is_source();
    html! {
        @for record_type in CATALOGUE.iter().filter(is_shown) {
            button.minor[!release.is_empty()] name="do" value={ "new:" (record_type.plural) } {
                "Add " (with_article(record_type))
            }
            " "
        }
        @if release.is_empty() {
            "The document is in the dataset already? "
            @for record_type in CATALOGUE.iter().filter(|one| !one.is_source()) {
                button.minor name="do" value={ "new:" (record_type.plural) } {
                    "Add " (with_article(record_type))
                }
                " "
            }
        }
    }
}

/// Shows the changes that saving a release would make.
pub fn preview_page(
    app: &App,
    request: &HttpRequest,
    session: &Session,
    view: &ReleaseView,
) -> HttpResponse {
    let links = links(app);
    let changes: Vec<ImportedChange> =
        view.records.iter().filter_map(|compared| change(compared.done.clone())).collect();
    let new = view.records.iter().filter(|compared| compared.before.is_null()).count();
    let content = html! {
        @if let Some(text) = &view.notice { (notice(text)) }
        (super::shell::summary(&view.faults, str::to_owned))
        h1 { "Preview the release" }
        p.lead {
            "Nothing is saved yet. "
            (count(new, "record is", "records are")) " new"
            @if view.records.len() > new { ", " (view.records.len() - new) " changed" }
            "."
        }
        @for compared in &view.records { (difference(&links, compared)) }
        form action=(links.unpinned(RELEASE_PATH)) method="post" novalidate {
            (view.hidden(session))
            input type="hidden" name="expected" value=(digest(&changes));
            (reason_field(&view.reason, false, &view.faults))
            p.send {
                button name="do" value="save" { "Save the release" }
                " "
                button.minor name="do" value="download" { "Download the draft" }
                " "
                button.minor name="do" value="list" { "Back to the release" }
            }
        }
    };
    let state = FormState { is_wrong: !view.faults.is_empty(), has_notice: view.notice.is_some() };
    respond_to_form(app, request, session, state, "Preview the release", &content)
}

fn difference(links: &Links, compared: &ComparedRecord) -> Markup {
    let ComparedRecord { done, before, after } = compared;
    let empty = no_fields();
    let (kind, before) = if before.is_null() { ("New", &empty) } else { ("Changed", before) };
    html! {
        h2 { (kind) " " (nouns(done.record_type).0) ": " (text(after, "name")) }
        @if let Some(revision) = done.reverts {
            p.error { "This would undo revision " (revision) "." }
        }
        (differences(links, done.record_type, &done.changed, before, after))
    }
}
