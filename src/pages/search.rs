//! Search: what `/v1/search` finds, the best first, with the words marked.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, PreEscaped, html};
use serde_json::Value as Json;

use super::context::{PageContext, Pair};
use super::labels::{capital, count, date, plain};
use super::layout::{Page, address};
use super::links::{Links, list, path_of, text};
use super::respond::{PageRequest, answer_asked};
use super::series::counted;
use crate::api::search::SearchRequest;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::page_parameters::page_parameters;
use crate::web::parameters::reject_unknown;
use crate::web::parameters::value;
use crate::web::problem::Problem;

/// Answers `/search`: what is found, or the form alone where nothing is searched for.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    const KNOWN: [&str; 4] = ["q", "type", "limit", "cursor"];
    let given: Vec<Pair> = match page_parameters(&request, &app, |name| KNOWN.contains(&name))? {
        Ok(given) => given,
        Err(redirect) => return Ok(redirect),
    };
    reject_unknown(&given, &KNOWN)?;
    if value(&given, "q").or(value(&given, "cursor")).is_none() {
        return answer_asked(request, app, PageRequest::default(), |context| {
            Ok(page(context, None))
        })
        .await;
    }
    let sought = SearchRequest::new(&app, &given).await?;
    let cursor = value(&given, "cursor").map(str::to_owned);
    let asked = PageRequest {
        parameters: sought.parameters.clone(),
        cursor,
        walk: None,
        pin: sought.pin.clone(),
    };
    answer_asked(request, app, asked, move |context| {
        let found = sought.read(context.app, context.snapshot)?;
        let found: Json = serde_json::from_slice(&found.body).map_err(Problem::internal)?;
        Ok(page(context, Some(&found)))
    })
    .await
}

fn page(context: &PageContext<'_, '_>, found: Option<&Json>) -> Page {
    let q = value(&context.parameters, "q").unwrap_or_default();
    let body = html! {
        h1 { "Search" }
        (form(context, q, found))
        @if let Some(found) = found { (results(context, found)) } @else {
            p.quiet {
                "Words must all occur. “Quotes” hold words together, -word leaves \
            records out, and word* begins words."
            }
        }
    };
    Page {
        title: if q.is_empty() { "Search".to_owned() } else { format!("“{q}” in the record") },
        description: "Search the record: names, texts, people and organizations named.".to_owned(),
        data: if found.is_some() { vec![("JSON", data(context))] } else { Vec::new() },
        linked_data: None,
        body,
    }
}

fn form(context: &PageContext<'_, '_>, q: &str, found: Option<&Json>) -> Markup {
    let chosen = value(&context.parameters, "type");
    let types = found.map(|found| counted(&found["facets"]["type"])).unwrap_or_default();
    html! {
        form.filters.search action=(context.links.unpinned("/search")) {
            div {
                label for="q" { "Search for" }
                input #q type="search" name="q" maxlength="500" value=(q);
            }
            @if !types.is_empty() || chosen.is_some() {
                div {
                    label for="type" { "Among" }
                    select #type name="type" {
                        option value="" { "Everything" }
                        @for record_type in CATALOGUE.iter() {
                            @let number = types
                                .iter()
                                .find(|(name, ..)| name == record_type.name)
                                .map(|(_, _, number)| number);
                            @if number.is_some() || chosen == Some(record_type.name) {
                                option
                                    value=(record_type.name)
                                    selected[chosen == Some(record_type.name)]
                                {
                                    (capital(&plain(record_type.plural)))
                                    @if let Some(number) = number { " (" (number) ")" }
                                }
                            }
                        }
                    }
                }
            }
            div.actions {
                button { "Search" }
            }
        }
    }
}

fn results(context: &PageContext<'_, '_>, found: &Json) -> Markup {
    let total =
        usize::try_from(found["page"]["total"].as_u64().unwrap_or_default()).unwrap_or(usize::MAX);
    let next = found["page"]["next"]
        .as_str()
        .and_then(|next| next.split_once('?'))
        .map(|(_, query)| query);
    html! {
        h2.found {
            @if found["page"]["total_is_exact"] == false { "more than " }
            (count(total, "record", "records"))
        }
        @if total == 0 {
            p.nothing { "Nothing in the record has all of these words." }
        }
        ol.entries {
            @for hit in list(found, "data") {
                li { (one(&context.links, hit)) }
            }
        }
        @if let Some(next) = next {
            p.next {
                a href=(context.links.unpinned(&format!("/search?{next}"))) rel="next" { "Go on" }
            }
        }
    }
}

fn one(links: &Links, hit: &Json) -> Markup {
    let page = links.to(&path_of(text(hit, "type"), text(hit, "id")));
    html! {
        p.date { (date(text(hit, "date"))) }
        h3 {
            a href=(page) { (text(hit, "name")) }
        }
        // The search escapes the text that it marks words in.
        @if !text(hit, "highlight").is_empty() {
            p { (PreEscaped(text(hit, "highlight"))) }
        }
        p.facts-line {
            span { (capital(&plain(text(hit, "type")))) }
        }
    }
}

/// The same as data.
fn data(context: &PageContext<'_, '_>) -> String {
    let path = context.links.unpinned("/v1/search");
    match &context.cursor {
        Some(cursor) => address(&path, &[("cursor".to_owned(), cursor.clone())]),
        None => address(&path, &context.parameters),
    }
}
