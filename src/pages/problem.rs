//! Problems as pages for browsers. Other clients, and requests to the API, get problem details.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderValue, VARY,
};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::context::{HTML, POLICY};
use super::layout::{document, head, search_form};
use super::links::Links;
use crate::web::app::App;
use crate::web::default_headers::request_id;
use crate::web::preferences::preferences;
use crate::web::problem::{Problem, ProblemKind};

/// Turns a problem, or the description of a kind of problem, into a page if a browser requested it.
pub async fn problems<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let app = response.request().app_data::<web::Data<App>>().cloned();
    let Some(app) = app.filter(|_| is_from_browser(response.request())) else {
        return Ok(response.map_into_left_body());
    };
    let path = response.request().path().to_owned();
    let (problem, kind) = {
        let extensions = response.response().extensions();
        let kind = extensions.get::<&'static ProblemKind>().copied();
        (extensions.get::<Problem>().cloned(), kind)
    };
    let body = match (problem, kind) {
        (Some(problem), _) if problem.merged_into().is_none() => {
            let id = request_id(response.request().headers()).to_owned();
            if problem.kind.status == 404 && is_pinned(response.request()) {
                not_yet_page(&app, &path)
            } else {
                problem_page(&app, &problem, &path, &id)
            }
        }
        (_, Some(kind)) if response.status() == StatusCode::OK => kind_page(&app, kind, &path),
        _ => return Ok(response.map_into_left_body()),
    };
    let mut response =
        response.map_body(|_, _| EitherBody::right(BoxBody::new(body.into_string())));
    let headers = response.headers_mut();
    // They describe the body that the page replaces.
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, ETAG] {
        headers.remove(name);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// Returns whether a request outside of the API accepts HTML explicitly.
fn is_from_browser(request: &HttpRequest) -> bool {
    let mut accepted = preferences(request.headers(), &ACCEPT);
    accepted.any(|one| one.name.eq_ignore_ascii_case("text/html") && one.quality > 0.0)
        && !request.path().starts_with("/v1")
}

/// Returns the title of a problem for people, and what they can do.
fn in_words(kind: &ProblemKind) -> (&'static str, &'static str) {
    match kind.status {
        400 => ("Page cannot be shown", "Part of the address is not valid."),
        404 => (
            "Page not found",
            "Check the address for mistakes, search for the record, or begin at the start page.",
        ),
        405 => ("Page cannot be shown", "This address does not accept this kind of request."),
        406 => ("Page cannot be shown", "This address has no page for browsers."),
        410 => ("Record deleted", "Its history shows the earlier versions."),
        414 => ("Page cannot be shown", "The address is too long."),
        429 => ("Too many requests", "Wait a moment, then load the page again."),
        503 | 507 => ("Temporarily unavailable", "Wait a moment, then load the page again."),
        500.. => ("Something went wrong", "The server failed. Load the page again in a moment."),
        _ => ("Page cannot be shown", "The server rejected the request."),
    }
}

fn problem_page(app: &App, problem: &Problem, path: &str, request_id: &str) -> Markup {
    let links = Links::new(&app.settings, &[]);
    let kind = problem.kind;
    let (title, advice) = in_words(kind);
    let history = format!("{}/history", path.trim_end_matches("/history"));
    let content = html! {
        @if kind.status == 410 {
            p.lead { (problem.detail) }
            p {
                (advice)
                " "
                a href=(links.unpinned(&history)) { "View history" }
            }
        } @else {
            p.lead { (advice) }
            @if kind.status != 404 && kind.status < 500 {
                @if problem.errors.is_empty() { p { (with_code(&problem.detail)) } } @else {
                    (faults(problem))
                }
            }
        }
        @if kind.status >= 500 {
            p.quiet {
                "If you report this, include the request ID "
                code { (request_id) }
                "."
            }
        }
    };
    page(app, &links, path, title, advice, &content)
}

/// Returns whether the address selects a past state.
fn is_pinned(request: &HttpRequest) -> bool {
    let mut parameters = url::form_urlencoded::parse(request.query_string().as_bytes());
    parameters.any(|(name, _)| name == "as_of" || name == "revision")
}

/// Returns the page of a record that a past state does not have.
fn not_yet_page(app: &App, path: &str) -> Markup {
    let links = Links::new(&app.settings, &[]);
    let (title, advice) = (
        "Page not found",
        "This page does not exist at that date or revision. It may have been added later.",
    );
    let content = html! {
        p.lead { (advice) }
        p {
            a href=(links.unpinned(path)) { "View the latest version" }
        }
    };
    page(app, &links, path, title, advice, &content)
}

/// Renders the faults in an address, each with the nearest valid value.
fn faults(problem: &Problem) -> Markup {
    html! {
        ul.plain {
            @for error in &problem.errors {
                li {
                    code { (error.place.name()) }
                    ": "
                    (error.message)
                    "."
                    @match error.hint.as_deref() {
                        // A value has no spaces, an instruction has.
                        Some(hint) if hint.contains(' ') => { " Instead: " (hint) "." }
                        Some(hint) => {
                            " Did you mean "
                            code { (hint) }
                            "?"
                        }
                        None => {}
                    }
                }
            }
        }
    }
}

/// Renders text in which backticks enclose code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Returns the page of a kind of problem, for developers who follow the `type` of a problem.
fn kind_page(app: &App, kind: &ProblemKind, path: &str) -> Markup {
    let links = Links::new(&app.settings, &[]);
    let content = html! {
        p.lead { (with_code(kind.explanation)) }
        dl.facts {
            div {
                dt { "Status" }
                dd { (kind.status) }
            }
            div {
                dt { "Code" }
                dd { code { (kind.code) } }
            }
        }
        p {
            a href=(links.unpinned("/docs")) { "API documentation" }
        }
    };
    page(app, &links, path, kind.title, kind.explanation, &content)
}

fn page(
    app: &App,
    links: &Links,
    path: &str,
    title: &str,
    description: &str,
    content: &Markup,
) -> Markup {
    let head = html! {
        (head(app, links, title, description))
        meta name="robots" content="noindex";
    };
    let content = html! {
        main #content {
            h1 { (title) }
            (content)
            (search_form(links, "", None))
            p {
                a href=(links.to("/")) { "Start page" }
            }
        }
    };
    document(app, links, path, head, &content)
}
