//! The search page: the hits of `/v1/search`, best first, with the matching words marked; a filter
//! by type; and a suggestion if nothing is found.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, PreEscaped, html};
use serde_json::Value as Json;

use super::context::{PageContext, Pair, pairs};
use super::labels::{capital, grouped, nouns, type_name};
use super::layout::{Page, address, search_form};
use super::links::{Links, list, path_of, text};
use super::paging::{Neighbors, Window, first_page, next_page};
use super::respond::{PageRequest, START, respond_to, take_start};
use super::series::counted;
use super::suggestions::suggestion;
use crate::api::search::SearchRequest;
use crate::model::Faults;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::page_parameters::page_parameters;
use crate::web::parameters::{check_known, value};
use crate::web::problem::Problem;

const KNOWN: [&str; 5] = ["q", "type", "limit", "cursor", START];

/// Responds to `/search` with the hits, or with only the form if there is no query.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let mut given: Vec<Pair> = match page_parameters(&request, &app, |name| KNOWN.contains(&name))?
    {
        Ok(given) => given,
        Err(redirect) => return Ok(redirect),
    };
    let mut faults = Faults::default();
    check_known(&given, &KNOWN, &mut faults);
    let start = take_start(&mut given, &mut faults);
    Problem::check_parameters(faults)?;
    if value(&given, "q").or(value(&given, "cursor")).is_none() {
        let empty = |context: &mut PageContext<'_, '_>| Ok(page(context, None));
        return respond_to(request, app, PageRequest::default(), empty).await;
    }
    let search = SearchRequest::new(&app, &given, Faults::default()).await?;
    // The types are counted without the filter by type, so that another can be chosen.
    let unfiltered = match value(&search.parameters, "q") {
        Some(q) => {
            let pairs = pairs(&[("q", q), ("limit", "1")]);
            Some(SearchRequest::new(&app, &pairs, Faults::default()).await?)
        }
        None => None,
    };
    let page_request = PageRequest {
        parameters: search.parameters.clone(),
        cursor: value(&given, "cursor").map(str::to_owned),
        start,
        position: None,
        pin: search.pin.clone(),
    };
    respond_to(request, app, page_request, move |context| {
        let found = read(context, &search)?;
        let types = match &unfiltered {
            Some(unfiltered) => counted(&read(context, unfiltered)?["facets"]["type"]),
            None => Vec::new(),
        };
        let q = value(&context.parameters, "q").unwrap_or_default().to_owned();
        let suggestion = match list(&found, "data") {
            [] if types.is_empty() => suggestion(context, &q)?,
            _ => None,
        };
        Ok(page(context, Some(&Results { found, types, suggestion })))
    })
    .await
}

fn read(context: &mut PageContext<'_, '_>, search: &SearchRequest) -> Result<Json, Problem> {
    let found = search.read(context.app, context.snapshot)?;
    serde_json::from_slice(&found.body).map_err(Problem::internal)
}

/// The results of a search.
struct Results {
    /// The response of the API.
    found: Json,
    /// The types of the hits, with the number of hits of each.
    types: Vec<(String, String, u64)>,
    /// Another query that has hits, if this one has none.
    suggestion: Option<String>,
}

fn page(context: &PageContext<'_, '_>, results: Option<&Results>) -> Page {
    let q = value(&context.parameters, "q").unwrap_or_default();
    let body = html! {
        h1 { "Search" }
        @if results.is_some() {
            a.skip href="#results" { "Skip to results" }
        }
        (search_form(&context.links, q, value(&context.parameters, "type")))
        @match results {
            Some(results) => (self::results(context, q, results)),
            None => p.quiet {
                "Results contain all words. Use “quotes” for a phrase, -word to exclude a word, \
                 and word* for words that begin with it."
            }
        }
    };
    Page {
        title: if q.is_empty() { "Search".to_owned() } else { format!("Search: {q}") },
        description: "Search names and texts of all records.".to_owned(),
        data: results.map(|_| ("JSON", data(context))).into_iter().collect(),
        body,
        ..Page::default()
    }
}

fn results(context: &PageContext<'_, '_>, q: &str, results: &Results) -> Markup {
    let Results { found, types, suggestion } = results;
    let hits = list(found, "data");
    let window = Window::new(context.start, hits.len(), found);
    html! {
        (type_filter(context, q, types))
        h2.found #results tabindex="-1" { (window.text("record", "records")) }
        @if hits.is_empty() {
            p.nothing {
                @match suggestion {
                    Some(other) => {
                        "No record matches. Did you mean "
                        a href=(search_address(&context.links, other, None)) { (other) }
                        "?"
                    }
                    None if !types.is_empty() => "No record of this type matches. Choose another \
                        type.",
                    None => "No record contains all of these words. Try fewer or other words.",
                }
            }
        }
        ol.entries {
            @for hit in hits {
                li { (render_hit(&context.links, hit)) }
            }
        }
        (neighbors(context, found, &window).render())
    }
}

/// Renders the types of the hits as links that filter by them.
fn type_filter(context: &PageContext<'_, '_>, q: &str, types: &[(String, String, u64)]) -> Markup {
    let chosen = value(&context.parameters, "type");
    let total: u64 = types.iter().map(|(_, _, number)| number).sum();
    let links = &context.links;
    html! {
        @if types.len() > 1 || chosen.is_some() {
            nav.types aria-label="Types of records" {
                ul {
                    li {
                        a   href=(search_address(links, q, None))
                            aria-current=[chosen.is_none().then_some("page")]
                        { "All " span.note { (grouped(&total.to_string())) } }
                    }
                    @for record_type in CATALOGUE.iter() {
                        @if let Some((name, _, number)) = types
                            .iter()
                            .find(|(name, ..)| name == record_type.name)
                        {
                            li {
                                a   href=(search_address(links, q, Some(name)))
                                    aria-current=[(chosen == Some(name)).then_some("page")]
                                {
                                    (capital(&nouns(record_type).1))
                                    " "
                                    span.note { (grouped(&number.to_string())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn search_address(links: &Links, q: &str, record_type: Option<&str>) -> String {
    let mut query = pairs(&[("q", q)]);
    query.extend(record_type.map(|name| ("type".to_owned(), name.to_owned())));
    links.unpinned(&address("/search", &query))
}

fn render_hit(links: &Links, hit: &Json) -> Markup {
    let page = links.to(&path_of(text(hit, "type"), text(hit, "id")));
    let (name, highlight) = (text(hit, "name"), text(hit, "highlight"));
    let escaped = html! { (name) }.into_string();
    // The API escapes the text in which it marks words.
    let is_name = highlight.replace("<mark>", "").replace("</mark>", "") == escaped;
    html! {
        p.date { (links.date(text(hit, "date"))) }
        h3 {
            a href=(page) {
                @if is_name { (PreEscaped(highlight)) } @else { (name) }
            }
        }
        @if !highlight.is_empty() && !is_name {
            p.match { (PreEscaped(highlight)) }
        }
        p.facts-line {
            span { (capital(&type_name(text(hit, "type")))) }
        }
    }
}

/// Returns the previous and the next page. Later pages link to the first page instead.
fn neighbors(context: &PageContext<'_, '_>, found: &Json, window: &Window) -> Neighbors {
    let text = if window.start <= window.limit + 1 { "Previous page" } else { "First page" };
    let previous = (window.start > 1).then(|| (first_page(context, ""), text));
    Neighbors { previous, next: next_page(context, found, window) }
}

/// Returns the address of the same results as data.
fn data(context: &PageContext<'_, '_>) -> String {
    address(&context.links.unpinned("/v1/search"), &context.query())
}
