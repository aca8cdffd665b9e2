//! Problems as pages, for browsers; whoever asks for JSON, or asks the API, gets the problem
//! itself.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, VARY,
};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::context::{HTML, POLICY};
use super::layout::{document, head};
use super::links::Links;
use crate::web::app::App;
use crate::web::default_headers::request_id;
use crate::web::preferences::preferences;
use crate::web::problem::Problem;

/// Turns the problem that a request met into a page where it came from a browser.
pub async fn problems<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let problem = response.response().extensions().get::<Problem>().cloned();
    let wanted = problem
        .filter(|problem| problem.merged_into().is_none() && is_for_people(response.request()));
    let app = response.request().app_data::<web::Data<App>>().cloned();
    let (Some(problem), Some(app)) = (wanted, app) else {
        return Ok(response.map_into_left_body());
    };
    let id = request_id(response.request().headers()).to_owned();
    let path = response.request().path().to_owned();
    let body = page(&app, &problem, &path, &id).into_string();
    let mut response = response.map_body(|_, _| EitherBody::right(BoxBody::new(body)));
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// Whether a request outside the API names HTML as what it wants.
fn is_for_people(request: &HttpRequest) -> bool {
    let mut accepted = preferences(request.headers(), &ACCEPT);
    accepted.any(|one| one.name.eq_ignore_ascii_case("text/html") && one.quality > 0.0)
        && !request.path().starts_with("/v1")
}

fn page(app: &App, problem: &Problem, path: &str, request_id: &str) -> Markup {
    let links = Links::new(app.settings.public_url.as_deref(), &[]);
    let kind = problem.kind();
    let head = html! {
        (head(app, &links, kind.title, kind.explanation))
        meta name="robots" content="noindex";
    };
    let content = html! {
        main #content {
            p.kind { (kind.status) }
            h1 { (kind.title) }
            p.lead { (problem.detail()) }
            @if {
                problem.errors().len() > 1
                    || problem.errors().iter().any(|error| error.hint.is_some())
            } {
                ul.plain {
                    @for error in problem.errors() {
                        li {
                            code { (error.place.name()) }
                            ": "
                            (error.message)
                            @if let Some(hint) = &error.hint {
                                ". Perhaps "
                                code { (hint) }
                                "?"
                            }
                        }
                    }
                }
            }
            @if kind.status == 410 {
                p {
                    a href=({
                        links
                            .unpinned(
                                &format!("{}/history", path.trim_end_matches("/history")),
                            )
                    }) { "What it was: its history" }
                }
            }
            p {
                a href=(links.to("/")) { "To the record" }
                " · "
                a href=(links.to("/search")) { "Search" }
            }
            @if kind.status >= 500 {
                p.quiet {
                    "Request "
                    code { (request_id) }
                }
            }
        }
    };
    document(app, &links, path, head, &content)
}
