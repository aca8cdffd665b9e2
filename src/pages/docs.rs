//! The page of the API's documentation, with the head and foot of all pages.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use maud::html;

use super::layout::{document, head};
use super::links::Links;
use super::view::HTML;
use crate::http::{App, DOCS_POLICY};

/// Answers `/docs`.
pub async fn show(app: web::Data<App>) -> HttpResponse {
    let links = Links::new(app.settings.public_url.as_deref(), &[]);
    let head = head(&app, &links, "API documentation", "The documentation of the API, from its specification.");
    let content = html! {
        // The documentation brings a head and a main part of its own; in an article they are none of the page's.
        article #content { div #app {} }
        script src=(links.fixed("/docs/scalar.js")) {}
        script src=(links.fixed("/docs/init.js")) {}
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HTML))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, DOCS_POLICY))
        .body(document(&app, &links, "/docs", head, &content).into_string())
}
