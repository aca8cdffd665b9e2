//! The preview of a form: its changes, with a source for each.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::choices::Resolver;
use super::draft::Draft;
use super::fields::{ElementId, FormView, sentence};
use super::form::{Form, no_fields};
use super::shell::{
    FormState, default_button, field_label, links, notice, respond_to_form, summary,
};
use crate::editing::Edited;
use crate::model::{Fault, Kind, Place};
use crate::pages::differences::differences;
use crate::store::StoreResult;
use crate::web::app::App;
use crate::web::session::Session;

/// The prefix of the texts for the source of a change: `@source/due/document`.
const SOURCE: &str = "@source";

/// Fields that need no source: they are sources, or the record keeper's own words.
const OWN: [&str; 3] = ["/sources", "/documents", "/note"];

/// Returns the kind of a reference to a source.
fn document(form: &Form) -> Option<Kind> {
    let Kind::Object(link) = form.record_type.field("sources")?.kind.element() else { return None };
    link.fields.iter().find(|member| member.name == "document").map(|member| member.kind)
}

/// Finds the documents that were typed as sources.
pub fn resolve(resolver: &mut Resolver<'_, '_>, draft: &mut Draft) -> StoreResult<()> {
    let typed: Vec<String> = draft
        .all()
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.starts_with(SOURCE) && name.ends_with("/document"))
        .collect();
    for at in typed {
        resolver.reference(Kind::Reference("document"), &at, draft)?;
    }
    Ok(())
}

/// Returns the changes for which a form has a source field.
fn sourced<'e>(form: &Form, edited: &'e Edited) -> Vec<&'e str> {
    let changed = edited.changed.iter().map(String::as_str);
    let is_sourced = |pointer: &&str| !OWN.contains(pointer);
    // A new record has one source for all of it.
    if form.id.is_none() { Vec::new() } else { changed.filter(is_sourced).collect() }
}

/// Returns the links to the sources of a form's changes.
pub fn source_links(form: &Form, edited: &Edited) -> Result<Vec<Json>, Vec<Fault>> {
    let draft = &form.draft;
    let known = edited.json["sources"].as_array().map_or(&[][..], Vec::as_slice);
    let general = draft.get(&format!("{SOURCE}/document@id"));
    let mut links = Vec::new();
    let mut faults = Vec::new();
    let mut add = |field: Json, at: &str| {
        let typed = |name: &str| {
            Some(draft.get(&format!("{at}/{name}")).trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let own = draft.get(&format!("{at}/document@id"));
        let document = if own.is_empty() { general } else { own };
        let (says, locator) = (typed("says"), typed("locator"));
        if document.is_empty() {
            if says.is_some() || locator.is_some() {
                let place = Place::Pointer(format!("{at}/document"));
                let message = "Choose the document that says this".to_owned();
                faults.push(Fault { place, code: "unclear", message, hint: None });
            }
            return;
        }
        let is_known = known.iter().any(|link| {
            link["document"]["id"] == document
                && link["field"] == field
                && says.is_none()
                && (locator.is_none() || link["locator"].as_str() == locator.as_deref())
        });
        if !is_known {
            links.push(Json::from_iter([
                ("document", document.into()),
                ("field", field),
                ("says", says.into()),
                ("locator", locator.into()),
            ]));
        }
    };
    let changes = sourced(form, edited);
    if changes.is_empty() {
        add(Json::Null, SOURCE);
    }
    for pointer in changes {
        add(pointer.into(), &format!("{SOURCE}{pointer}"));
    }
    if faults.is_empty() { Ok(links) } else { Err(faults) }
}

/// Adds a link to the sources of a record. It completes one that says nothing but its document.
pub fn add_link(sources: &mut Vec<Json>, link: Json) {
    let is_bare = |known: &&mut Json| {
        known["document"]["id"] == link["document"]
            && known["field"] == link["field"]
            && ["says", "locator", "note"].iter().all(|member| known[member].is_null())
    };
    match sources.iter_mut().find(is_bare) {
        Some(known) => *known = link,
        None => sources.push(link),
    }
}

/// Shows the changes that a form would make.
pub fn changed_page(
    app: &App,
    request: &HttpRequest,
    session: &Session,
    form: &Form,
    edited: &Edited,
) -> HttpResponse {
    let links = links(app);
    let mut faults: BTreeMap<String, Vec<&Fault>> = BTreeMap::new();
    for fault in &form.faults {
        faults.entry(fault.place.name().to_owned()).or_default().push(fault);
    }
    let view = FormView {
        draft: &form.draft,
        faults,
        candidates: &form.unclear,
        notices: &form.notices,
        is_release: false,
        find: "preview",
        action: links.unpinned(&form.path()),
    };
    let before = if form.id.is_some() { &form.base } else { &no_fields() };
    let hidden = form.draft.all().filter(|(name, _)| name.starts_with('/'));
    let title = format!("Preview: {}", form.title());
    let content = html! {
        @if let Some(text) = &form.notice { (notice(text)) }
        (summary(&form.faults, str::to_owned))
        p.kind { "Preview" }
        h1 { (form.title()) }
        form action=(view.action) method="post" novalidate {
            (form.hidden(session))
            (default_button("preview"))
            @for (name, text) in hidden { input type="hidden" name=(name) value=(text); }
            @if edited.changed.is_empty() {
                p.lead { "Nothing would change." }
            } @else {
                p.lead { "Nothing is saved yet. Check what will change." }
                @for sentence in &form.removed_sources { p { (sentence) } }
                (differences(&links, form.record_type, &edited.changed, before, &edited.json))
                (sources(&view, form, edited))
                (reason_field(&form.reason, false, &form.faults))
            }
            p.send {
                @if !edited.changed.is_empty() {
                    button name="do" value="save" { "Save" }
                    " "
                }
                button.minor name="do" value="form" { "Back to the form" }
            }
        }
    };
    let state = FormState { is_wrong: !form.faults.is_empty(), has_notice: form.notice.is_some() };
    respond_to_form(app, request, session, state, &title, &content)
}

/// Renders the fields for the sources of the changes.
fn sources(view: &FormView<'_>, form: &Form, edited: &Edited) -> Markup {
    let Some(kind) = document(form) else { return html! {} };
    let changes = sourced(form, edited);
    html! {
        h2 { "Where does this come from?" }
        (view.reference(kind, &format!("{SOURCE}/document"), "Source (optional)",
            if changes.is_empty() { "The document that the record comes from." }
            else { "The document that all of these changes come from." }))
        @if changes.is_empty() {
            (view.short(&format!("{SOURCE}/locator"), "Place in the source (optional)", LOCATOR))
        }
        @for pointer in changes {
            @let at = format!("{SOURCE}{pointer}");
            fieldset.field id=(ElementId(&at)) {
                legend { "Source of: " (field_label(pointer)) }
                (view.reference(kind, &format!("{at}/document"), "Another document (optional)",
                    "Only if this change comes from another document."))
                (view.short(&format!("{at}/says"), "Value in the source (optional)",
                    "The value in that source, if it differs from the one that you entered."))
                (view.short(&format!("{at}/locator"), "Place in the source (optional)", LOCATOR))
            }
        }
    }
}

const LOCATOR: &str = "A page, a section, a minute.";

/// Renders the field for the reason of a change.
pub fn reason_field(reason: &str, is_required: bool, faults: &[Fault]) -> Markup {
    let fault = faults.iter().find(|fault| fault.place.name() == "@reason");
    html! {
        div.field.wrong[fault.is_some()] {
            label for=(ElementId("@reason")) { "Reason" @if !is_required { " (optional)" } }
            p.hint #reason-hint { "Everyone can read it in the history of the record." }
            @if let Some(fault) = fault {
                p.error #reason-error { span.hidden { "Error: " } (sentence(fault)) }
            }
            input.long id=(ElementId("@reason")) name="reason" value=(reason) autocomplete="off"
                aria-describedby={ "reason-hint" @if fault.is_some() { " reason-error" } }
                aria-invalid=[fault.map(|_| "true")];
        }
    }
}
