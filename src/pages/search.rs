//! Search: every kind of record whose name holds the words.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::entries::entries;
use super::layout::Sheet;
use super::links::list;
use super::lists::LISTINGS;
use super::view::{Takes, View, answer};
use super::words::capital;
use crate::http::{App, CATALOGUE, Problem, value};

/// As many records of a type as the page shows.
const EACH: &str = "10";

/// Answers `/search`.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    answer(request, app, Takes::Only(&["q"]), page).await
}

fn page(view: &mut View<'_, '_>) -> Result<Sheet, Problem> {
    let q = value(&view.parameters, "q").unwrap_or_default().trim().to_owned();
    let q = q.as_str();
    let mut found = Vec::new();
    for listing in LISTINGS.iter().filter(|_| !q.is_empty()) {
        let Some(record_type) = CATALOGUE.get(listing.record_type) else { continue };
        let asked = [("name[contains]", q), ("limit", EACH)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let answer = view.list(record_type, &asked)?;
        if !list(&answer, "data").is_empty() {
            found.push((listing, answer));
        }
    }
    let links = &view.links;
    let body = html! {
        h1 { "Search" }
        form.filters.search action=(links.fixed("/search")) {
            div { label for="q" { "Words in a name" } input #q type="search" name="q" maxlength="500" value=(q); }
            @if let Some((name, value)) = links.kept() { input type="hidden" name=(name) value=(value); }
            div.actions { button { "Search" } }
        }
        @if !q.is_empty() && found.is_empty() { p.nothing role="status" { "Nothing in the record is called so." } }
        @for (listing, answer) in &found {
            section aria-labelledby=(listing.record_type) {
                h2 id=(listing.record_type) { (capital(listing.title)) " " span.note { (answer["page"]["total"]) } }
                (entries(links, list(answer, "data")))
                @if !answer["page"]["next"].is_null() { p.next { a href=(links.with(listing.path, &[("name[contains]", q)])) { "All of them" } } }
            }
        }
    };
    let data = found
        .iter()
        .filter_map(|(listing, _)| Some((listing.title, CATALOGUE.get(listing.record_type)?.path)))
        .map(|(title, path)| (title, view.api(&format!("/{path}"), &[("name[contains]", q), ("limit", EACH)])))
        .collect();
    Ok(Sheet {
        title: if q.is_empty() { "Search".to_owned() } else { format!("“{q}” in the record") },
        description: "Search the record.".to_owned(),
        data,
        linked_data: None,
        body,
    })
}
