//! The page of an award: its recipients by year.

use maud::html;
use serde_json::Value as Json;

use super::charts::{Chart, columns};
use super::context::{PageContext, pairs};
use super::entries::entries;
use super::labels::count;
use super::links::{list, text, total};
use super::list_charts::award_years;
use super::sections::Sections;
use super::sources::summary;
use crate::reading::MAX_LIMIT;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// Returns the sections of an award.
pub fn sections(context: &mut PageContext<'_, '_>, record: &Json) -> Result<Sections, Problem> {
    let Some(recipients) = CATALOGUE.get("award_recipient") else { return Ok(Sections::default()) };
    let limit = MAX_LIMIT.to_string();
    let query =
        [("award", text(record, "id")), ("sort", "-year,-presented_on,name"), ("limit", &limit)];
    let response = context.list(recipients, &pairs(&query))?;
    let found = list(&response, "data");
    let years = [("award", text(record, "id")), ("fields", "id,year,presented_on")];
    let years = award_years(&context.all(recipients, &pairs(&years))?);
    let links = &context.links;
    let total = total(&response);
    let chart = Chart::new("Recipients by year", "Year", context.api("/award-recipients", &query));
    let lead = html! {
        (summary(links, record))
        @if !record["given_by"].is_null() {
            p { "Given by " (links.link(&record["given_by"])) }
        }
    };
    let before_facts = html! {
        section aria-labelledby="recipients" {
            h2 #recipients { "Recipients" }
            div.charts { (columns(&chart, &years)) }
            (entries(links, found))
            @if found.len() < total {
                p {
                    a href=(links.with("/awards", &[("award", text(record, "id"))])) {
                        "View all " (count(total, "recipient", "recipients"))
                    }
                }
            }
        }
    };
    Ok(Sections {
        lead,
        before_facts,
        shown_elsewhere: &["summary", "given_by"],
        ..Sections::default()
    })
}
