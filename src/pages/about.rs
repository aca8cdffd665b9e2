//! The page about the dataset: its coverage and gaps, its publisher, its downloads and its
//! citation.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use tempfile::NamedTempFile;

use super::context::{PageContext, pairs};
use super::labels::{capital, grouped, nouns, plain, prose};
use super::layout::{Page, license};
use super::links::Links;
use super::lists::list_of;
use super::report::contact_address;
use super::respond::{AllowedParameters, respond_prepared};
use super::seo;
use super::series::by_year;
use crate::exporting::{self, Format};
use crate::reading::{DatePrecision, statistics};
use crate::records::CATALOGUE;
use crate::settings::Settings;
use crate::store::Pin;
use crate::web::app::App;
use crate::web::problem::Problem;

/// The maximum number of records for which downloads are written to measure their size.
const MAX_MEASURED: u64 = 5_000;

/// Responds to `/about`.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let measure = |app: &App, pin: &Pin, _: &[_]| measure(app, pin);
    respond_prepared(request, app, AllowedParameters::Only(&[]), measure, |context, sizes| {
        page(context, &sizes)
    })
    .await
}

/// The download formats, each with its size in bytes if known.
type Sizes = Vec<(Format, Option<u64>)>;

/// Returns the sizes of the downloads.
fn measure(app: &App, pin: &Pin) -> Result<Sizes, Problem> {
    let revision = pin.revision.unwrap_or_else(|| app.store.revision());
    let is_small = exporting::count(&app.store, revision)? <= MAX_MEASURED;
    let size = |format: Format| -> Result<Option<u64>, Problem> {
        if !is_small {
            return Ok(None);
        }
        let mut file = NamedTempFile::new().map_err(Problem::internal)?;
        exporting::export(&app.store, &app.settings, revision, format, &mut file, &mut |_| {})?;
        let written = std::fs::metadata(file.path()).map_err(Problem::internal)?;
        Ok(Some(written.len()))
    };
    Format::ALL.into_iter().map(|format| Ok((format, size(format)?))).collect()
}

fn page(context: &mut PageContext<'_, '_>, sizes: &Sizes) -> Result<Page, Problem> {
    let coverage = coverage(context)?;
    let missing = missing(context)?;
    let (links, settings) = (&context.links, &context.app.settings);
    let body = html! {
        article.record {
            h1 { "About these records" }
            div.lead { (prose(&settings.description)) }
            (coverage)
            (missing)
            (method(links))
            (publisher(settings))
            (citation(context))
            (downloads(context, sizes))
            h2 #errors { "Report an error" }
            p {
                @if settings.report_url.is_some() || settings.contact.is_some() {
                    "Use the link “Report an error” at the end of each record’s page. It names the \
                    record and the revision that you saw."
                } @else {
                    "The publisher has not given an address for reports."
                }
            }
        }
    };
    Ok(Page {
        title: "About".to_owned(),
        description: settings.description.clone(),
        data: vec![("Statistics as JSON", context.api("/statistics", &[]))],
        linked_data: Some(seo::dataset(context.app)),
        body,
        ..Page::default()
    })
}

/// Renders the number of records of each type, and the years that they cover.
fn coverage(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let mut rows: Vec<(String, &'static str, u64, String)> = Vec::new();
    for record_type in CATALOGUE.iter() {
        let Some(listing) = list_of(record_type.name) else { continue };
        let dates = record_type.main_date.first().filter(|_| !record_type.main_date.is_empty());
        let facets = if dates.is_some() { "year" } else { "" };
        let mut query = pairs(&[("limit", "1"), ("fields", "id")]);
        query.extend((!facets.is_empty()).then(|| ("facets".to_owned(), facets.to_owned())));
        let found = context.list(record_type, &query)?;
        let years = by_year(std::slice::from_ref(&found["facets"]["year"]));
        let years = match (years.first(), years.last()) {
            (Some(first), Some(last)) if first.label != last.label => {
                format!("{}–{}", first.label, last.label)
            }
            (Some(only), _) => only.label.clone(),
            _ => String::new(),
        };
        let total = found["page"]["total"].as_u64().unwrap_or_default();
        rows.push((capital(&nouns(record_type).1), listing.path, total, years));
    }
    let links = &context.links;
    Ok(html! {
        h2 #coverage { "Coverage" }
        table {
            thead {
                tr {
                    th scope="col" { "Records" }
                    th.number scope="col" { "Number" }
                    th scope="col" { "Years" }
                }
            }
            tbody {
                @for (name, path, total, years) in &rows {
                    tr {
                        th scope="row" {
                            a href=(links.to(path)) { (name) }
                        }
                        td.number { (grouped(&total.to_string())) }
                        td { (years) }
                    }
                }
            }
        }
    })
}

/// Renders the gaps: years without a meeting, records without a date.
fn missing(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let mut gaps: Vec<String> = Vec::new();
    let mut undated: Vec<(String, u64, Option<String>)> = Vec::new();
    for record_type in CATALOGUE.iter().filter(|record_type| !record_type.main_date.is_empty()) {
        let date = record_type.main_date[0];
        if record_type.name == "meeting" {
            let all = context.list(record_type, &pairs(&[("limit", "1"), ("facets", "year")]))?;
            let years = by_year(std::slice::from_ref(&all["facets"]["year"]));
            gaps = years.into_iter().filter(|row| row.total() == 0).map(|row| row.label).collect();
        }
        let unknown = format!("{date}[exists]");
        let query = [(unknown.as_str(), "false")];
        let found = context.list(record_type, &pairs(&query))?;
        let number = found["page"]["total"].as_u64().unwrap_or_default();
        if number > 0 {
            let page =
                list_of(record_type.name).map(|listing| context.links.with(listing.path, &query));
            let label = format!("{} without {}", nouns(record_type).1, date_noun(date));
            undated.push((label, number, page));
        }
    }
    let DatePrecision { day, month, year, .. } = statistics(context.snapshot)?.date_precision;
    let dated = day + month + year;
    let number = |number: i64| grouped(&number.to_string());
    Ok(html! {
        h2 #missing { "Missing information" }
        ul {
            @if !gaps.is_empty() {
                li { "No meeting is recorded for " (gaps.join(", ")) "." }
            }
            li {
                (number(dated)) " dates are recorded: " (number(day)) " to the day, "
                (number(month)) " only to the month and " (number(year)) " only to the year."
            }
            @for (label, number, page) in &undated {
                li {
                    @match page {
                        Some(page) => a href=(page) { (grouped(&number.to_string())) " " (label) },
                        None => { (grouped(&number.to_string())) " " (label) }
                    }
                    "."
                }
            }
        }
    })
}

/// Returns the noun for a date field.
fn date_noun(field: &str) -> String {
    match field {
        "date" => "a date".to_owned(),
        "issued" => "a date of issue".to_owned(),
        "established" => "a date of establishment".to_owned(),
        "presented_on" => "a date of presentation".to_owned(),
        "announced_on" => "a date of announcement".to_owned(),
        other => plain(other),
    }
}

/// Renders the rules of record keeping.
fn method(links: &Links) -> Markup {
    html! {
        h2 #method { "How records are maintained" }
        ul {
            li { "Each fact is shown with the document that it comes from." }
            li { "If sources differ, all of them are shown with their values." }
            li { "A date is as precise as its source. Facts without a source are left out." }
            li {
                "Every change is a numbered "
                a href=(links.to("/changes")) { "revision" }
                ". Any page can be viewed as of any revision or day."
            }
        }
    }
}

fn publisher(settings: &Settings) -> Markup {
    html! {
        h2 #publisher { "Publisher" }
        p {
            @if let Some(publisher) = &settings.publisher {
                "Published by " (publisher) ". "
            }
            @if settings.official { "This is an official website." } @else {
                "This is not an official government website."
            }
        }
        @if let Some(contact) = &settings.contact {
            p {
                "Contact: "
                a href=(contact_address(contact)) { (contact) }
            }
        }
    }
}

fn citation(context: &PageContext<'_, '_>) -> Markup {
    let settings = &context.app.settings;
    let revision = context.snapshot.revision;
    let address = context.app.address(&format!("/?revision={revision}"));
    html! {
        h2 #cite { "How to cite" }
        p {
            "Each page has its own citation under “About this page”. It names the revision, so \
            that readers see what you saw. To cite the whole dataset:"
        }
        p.cite { cite { (settings.title) } ", revision " (revision) ". " (address) }
    }
}

fn downloads(context: &PageContext<'_, '_>, sizes: &Sizes) -> Markup {
    let settings = &context.app.settings;
    html! {
        h2 #downloads { "Downloads" }
        ul {
            @for (format, size) in sizes {
                li {
                    a href=(context.api("/export", &[("format", format.name())])) {
                        (format_name(*format))
                    }
                    @if let Some(size) = size { ", " (size_text(*size)) }
                }
            }
        }
        p {
            "Every page is also available as data: see “About this page” there, and "
            a href=(context.links.unpinned("/docs")) { "the API documentation" }
            "."
        }
        p { "License: " (license(settings)) }
    }
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Ndjson => "NDJSON, a record on each line",
        Format::Json => "JSON, one object with all records",
        Format::Csv => "CSV, a ZIP file with a table for each type",
        Format::Sqlite => "SQLite database",
    }
}

/// Returns a size in words: "1.2 MB".
fn size_text(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size to two digits")]
    let kilobytes = bytes as f64 / 1_000.0;
    if kilobytes < 1_000.0 {
        format!("{kilobytes:.0} KB")
    } else {
        format!("{:.1} MB", kilobytes / 1_000.0)
    }
}
