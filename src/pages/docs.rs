//! The page of the API's documentation. It has a style sheet of its own: that of the other pages would change how the
//! documentation looks.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{DOCTYPE, html};

use super::assets;
use super::links::Links;
use super::view::HTML;
use crate::http::{App, DOCS_POLICY, Problem, page_parameters};

/// Answers `/docs`.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    if let Err(redirect) = page_parameters(&request, &app, |_| false)? {
        return Ok(redirect);
    }
    let links = Links::new(app.settings.public_url.as_deref(), &[]);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "API documentation · " (app.settings.title) }
                meta name="description" content="The documentation of the API, from its specification.";
                link rel="stylesheet" href=(links.fixed(&assets::docs_style_address()));
                link rel="icon" href=(links.fixed("/icon.svg")) type="image/svg+xml";
            }
            body {
                // The documentation brings a header of its own.
                nav.docs-head aria-label="Site" {
                    a.docs-title href=(links.to("/")) { (app.settings.title) }
                    a href=(links.fixed("/openapi.json")) { "OpenAPI" }
                }
                // And its main part.
                div #app {}
                script src=(links.fixed("/docs/scalar.js")) {}
                script src=(links.fixed("/docs/init.js")) {}
            }
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HTML))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, DOCS_POLICY))
        .body(page.into_string()))
}
