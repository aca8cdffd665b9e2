//! What the record is, how it is kept, and how to use and cite it.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::charts::{Chart, bars};
use super::context::{PageContext, Pair};
use super::labels::{capital, grouped, plain, prose};
use super::layout::Page;
use super::respond::{AllowedParameters, answer};
use super::seo;
use super::series::{Row, by_year};
use crate::reading::{DatePrecision, statistics};
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::problem::Problem;

/// Answers `/about`.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    answer(request, app, AllowedParameters::Only(&[]), page).await
}

fn page(context: &mut PageContext<'_, '_>) -> Result<Page, Problem> {
    let missing = missing(context)?;
    let (links, settings) = (&context.links, &context.app.settings);
    let body = html! {
        article.record {
            h1 { "About this record" }
            div.lead { (prose(&settings.description)) }
            h2 { "How it is kept" }
            p {
                "Each fact stands beside the document that it comes from. Where sources do not \
                agree, all of them are shown, with what each says; none is smoothed away."
            }
            p {
                "A date is as precise as its source: “2024” is a year whose day nobody recorded. \
                What is unknown is called unknown."
            }
            p {
                "What a record keeper could still find out is told by "
                a href=(links.to("/v1/gaps")) { "the list of gaps" }
                "."
            }
            p {
                "Every write is a numbered revision. Nothing is overwritten: any page can be read \
                as it stood at a revision or on a day, and a permanent link leads to it."
            }
            p {
                "What is kept of people is no more than the public record needs. Some are \
                survivors."
            }
            (missing)
            h2 { "How to use it" }
            p {
                "Every page is a view of the API, and links to the same as JSON or CSV under \
                “This page”. "
                a href=(links.unpinned("/docs")) { "The documentation" }
                " tells the rest; "
                a href=(links.unpinned("/openapi.json")) { "the specification" }
                " is OpenAPI."
            }
            h2 { "How to cite it" }
            p {
                "Take the text under “This page”. It names the revision, so that whoever follows \
                it sees what you saw."
            }
            h2 { "Whom to ask" }
            p {
                a href=(settings.contact) { (settings.contact) }
            }
            @if let [name, url, ..] = settings.license.as_slice() {
                h2 { "Licence" }
                p {
                    a href=(url) rel="license" { (name) }
                }
            }
        }
    };
    Ok(Page {
        title: "About this record".to_owned(),
        description: settings.description.clone(),
        data: Vec::new(),
        linked_data: Some(seo::dataset(context.app)?),
        body,
    })
}

/// What the record does not know: years without a meeting, records without a date.
fn missing(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let pairs = |query: &[(&str, &str)]| {
        query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Vec<Pair>>()
    };
    let mut years: Vec<Row> = Vec::new();
    let mut undated: Vec<(String, u64, u64, String)> = Vec::new();
    for record_type in CATALOGUE.iter().filter(|record_type| !record_type.main_date.is_empty()) {
        let date = record_type.main_date[0];
        let all = context.list(record_type, &pairs(&[("limit", "1"), ("facets", "year")]))?;
        if record_type.name == "meeting" {
            years = by_year(&[all["facets"]["year"].clone()]);
        }
        let unknown = format!("{date}[exists]");
        let query = [(unknown.as_str(), "false"), ("limit", "1")];
        let without = context.list(record_type, &pairs(&query))?;
        let total = |found: &serde_json::Value| found["page"]["total"].as_u64().unwrap_or_default();
        let address = context.api(&format!("/{}", record_type.path), &query[..1]);
        undated.push((
            format!("{}: {}", capital(&plain(record_type.plural)), plain(date)),
            total(&without),
            total(&all),
            address,
        ));
    }
    let DatePrecision { day, month, year, unknown } = statistics(context.snapshot)?.date_precision;
    let precise = [
        (day, "to the day"),
        (month, "to the month"),
        (year, "to the year"),
        (unknown, "not known"),
    ];
    let rows: Vec<Row> = precise
        .into_iter()
        .map(|(count, label)| Row {
            label: capital(label),
            counts: vec![count.unsigned_abs()],
            address: None,
        })
        .collect();
    let dates = bars(
        &Chart {
            title: "How precisely records are dated",
            series: &[],
            counted: "Dated",
            data: Some(context.api("/statistics", &[])),
        },
        &rows,
    );
    let gaps: Vec<String> =
        years.iter().filter(|row| row.total() == 0).map(|row| row.label.clone()).collect();
    Ok(html! {
        h2 #missing { "What is missing" }
        @if !gaps.is_empty() {
            p {
                "Between the first meeting in the record and the last, no \
            meeting is recorded for "
                (gaps.join(", "))
                "."
            }
        }
        div.charts.wide { (dates) }
        table {
            caption { "Records whose date no source tells" }
            thead {
                tr {
                    th scope="col" { "Date" }
                    th.number scope="col" { "Not known" }
                    th.number scope="col" { "Of" }
                }
            }
            tbody {
                @for (name, without, all, address) in &undated {
                    tr {
                        th scope="row" {
                            a href=(address) { (name) }
                        }
                        td.number { (grouped(&without.to_string())) }
                        td.number { (grouped(&all.to_string())) }
                    }
                }
            }
        }
    })
}
