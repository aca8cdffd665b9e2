//! The layout of pages with forms: session bar, error summary, response headers.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::fields::{ElementId, sentence};
use super::record_action::RecordAction;
use crate::model::{Fault, Place};
use crate::pages::context::{HTML, POLICY};
use crate::pages::labels::{heading, plain, with_article};
use crate::pages::layout::{document, head};
use crate::pages::links::Links;
use crate::pages::lists::LISTINGS;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::error_responses::FormPage;
use crate::web::session::Session;

/// The name of the input with the token of the session.
pub const CSRF: &str = "csrf";

/// Returns links to the latest revision.
pub fn links(app: &App) -> Links {
    Links::new(&app.settings, &[])
}

/// Renders a page for a record keeper.
pub fn respond(
    app: &App,
    request: &HttpRequest,
    session: Option<&Session>,
    status: StatusCode,
    title: &str,
    content: &Markup,
) -> HttpResponse {
    let links = links(app);
    let head = html! {
        (head(app, &links, title, title))
        meta name="robots" content="noindex";
    };
    let body = html! {
        @if let Some(session) = session { (bar(&links, session, &html! {})) }
        main #content.edit { (content) }
    };
    let page = document(app, &links, request.path(), head, &body).into_string();
    let mut response = HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, HTML))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        // Without a referrer, browsers would hide the origin of a form, which is checked.
        .insert_header((REFERRER_POLICY, "same-origin"))
        .body(page);
    response.extensions_mut().insert(FormPage);
    response
}

/// Whether a form has faults, and whether something prevented it from being saved.
#[derive(Clone, Copy, Debug)]
pub struct FormState {
    pub is_wrong: bool,
    pub has_notice: bool,
}

/// Renders a page with a form that was sent: 422 if it has faults, else 409 with a notice.
pub fn respond_to_form(
    app: &App,
    request: &HttpRequest,
    session: &Session,
    state: FormState,
    title: &str,
    content: &Markup,
) -> HttpResponse {
    let (status, prefix) = match (state.is_wrong, state.has_notice) {
        (true, _) => (StatusCode::UNPROCESSABLE_ENTITY, "Error: "),
        (false, true) => (StatusCode::CONFLICT, ""),
        (false, false) => (StatusCode::OK, ""),
    };
    respond(app, request, Some(session), status, &format!("{prefix}{title}"), content)
}

/// Redirects to another page after a form was sent.
pub fn redirect(app: &App, path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, app.address(path))).finish()
}

/// Renders the bar with the name of the record keeper and the actions for this page.
pub fn bar(links: &Links, session: &Session, actions: &Markup) -> Markup {
    html! {
        section.session aria-label="Record keeping" {
            ul.inline {
                (actions)
                li { a href=(links.unpinned("/edit")) { "Record keeping" } }
                li.who { "Signed in as " (session.key.name) }
                li {
                    form action=(links.unpinned("/sign-out")) method="post" {
                        (csrf(session.csrf()))
                        button.minor { "Sign out" }
                    }
                }
            }
        }
    }
}

/// Renders links to the forms for the page at a path, which edit its record or add one to its list.
/// `is_gone` means that the record was deleted or merged.
pub fn actions(links: &Links, session: &Session, path: &str, is_gone: bool) -> Markup {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let of_path = |path: &str| CATALOGUE.iter().find(|record_type| record_type.path == path);
    let listed = LISTINGS.iter().find(|listing| listing.path == path);
    let listed = listed.and_then(|listing| CATALOGUE.get(listing.record_type));
    html! {
        @if let ([list, id, ..], Some(record_type)) = (&*steps, of_path(steps[0])) {
            @if !is_gone {
                li {
                    a href=(links.unpinned(&format!("/edit/{list}/{id}"))) {
                        "Edit this " (plain(record_type.name))
                    }
                }
            }
            @let offered = |action: &RecordAction| {
                let is_possible = !is_gone || action.is_offered_when_gone();
                is_possible && action.is_offered(session, record_type)
            };
            @for action in RecordAction::ALL.into_iter().filter(offered) {
                li {
                    a href=(links.unpinned(&format!("/edit/{list}/{id}/{}", action.path()))) {
                        (action.verb())
                    }
                }
            }
        } @else if let Some(record_type) = listed.or_else(|| of_path(steps[0])) {
            li {
                a href=(links.unpinned(&format!("/edit/{}", record_type.path))) {
                    "Add " (with_article(record_type))
                }
            }
        }
    }
}

/// Renders the input with the token of the session.
pub fn csrf(token: &str) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(token); }
}

/// Renders a hidden input for a text of several lines.
pub fn hidden(name: &str, text: &str) -> Markup {
    html! {
        textarea hidden name=(name) { "\n" (text) }
    }
}

/// The usual heading of an error summary.
pub const THERE_IS_A_PROBLEM: &str = "There is a problem";

/// Renders an error summary. It has the focus, so that the keyboard reaches it first.
pub fn problem(heading: &str, content: &Markup) -> Markup {
    html! {
        div.problem role="alert" aria-labelledby="problem" tabindex="-1" autofocus {
            h2 #problem { (heading) }
            (content)
        }
    }
}

/// Renders the error summary, with links to the fields.
pub fn summary(faults: &[Fault], target: impl Fn(&str) -> String) -> Markup {
    html! {
        @if !faults.is_empty() {
            (problem(THERE_IS_A_PROBLEM, &html! {
                ul {
                    @for fault in faults {
                        @let at = match &fault.place {
                            Place::Pointer(pointer) => target(pointer),
                            other => other.name().to_owned(),
                        };
                        li {
                            a href={ "#" (ElementId(&at)) } {
                                (field_label(&at)) ": " (sentence(fault))
                            }
                        }
                    }
                }
            }))
        }
    }
}

/// Returns the name of a field, by its pointer: `Participants 2, agent`.
pub fn field_label(at: &str) -> String {
    let mut name = String::new();
    for step in at.trim_start_matches("@source").split('/').filter(|step| !step.is_empty()) {
        match step.parse::<usize>() {
            Ok(index) => name.push_str(&format!(" {}", index + 1)),
            Err(_) if name.is_empty() => name.push_str(&heading(step.trim_start_matches('@'))),
            Err(_) => name.push_str(&format!(", {}", heading(step).to_lowercase())),
        }
    }
    if at.starts_with("@source") {
        return if name.is_empty() { "Source".to_owned() } else { format!("Source of {name}") };
    }
    if name.is_empty() { "This form".to_owned() } else { name }
}

/// Renders the button that Enter in a field presses: the first one of the form.
pub fn default_button(act: &str) -> Markup {
    html! {
        button.hidden name="do" value=(act) tabindex="-1" aria-hidden="true" { "Check" }
    }
}

/// Renders a report of what was done at the top of a page.
pub fn done(text: &str) -> Markup {
    html! {
        div.done role="status" { p { (text) } }
    }
}

/// Renders a notice at the top of a page.
pub fn notice(text: &str) -> Markup {
    html! {
        div.notice role="alert" { p { (text) } }
    }
}
