//! Lists of records: what can be asked of each, the charts that follow the filters, and the page
//! that shows them.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::context::{PageContext, Pair};
use super::entries::entries;
use super::filters::{Filter, choices, form};
use super::labels::{count, several};
use super::layout::{Page, address};
use super::links::list;
use super::list_charts;
use super::list_result::ListResult;
use super::respond::{AllowedParameters, answer};
use crate::model::RecordType;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::problem::Problem;

/// A list that has a page.
#[derive(Debug)]
pub struct Listing {
    /// The path of the page.
    pub path: &'static str,
    /// The type of its records.
    pub record_type: &'static str,
    /// What the page is called.
    pub title: &'static str,
    /// What one finds there.
    pub about: &'static str,
    /// The order where none was asked for.
    pub sort: &'static str,
    /// What the list can be narrowed to.
    pub filters: &'static [Filter],
    /// The charts of what was found.
    pub charts: fn(&mut PageContext<'_, '_>, &ListResult<'_>) -> Result<Markup, Problem>,
}

/// Every list that has a page.
pub static LISTINGS: [Listing; 8] = [
    Listing {
        path: "/meetings",
        record_type: "meeting",
        title: "Meetings",
        about: "When the task force met, who took part and what came of it.",
        sort: "-date",
        filters: &[
            Filter::new("year", "year", "Year"),
            Filter::new("participants.agent", "participants.agent", "Participant"),
            Filter::new("topics", "topics", "Topic"),
            Filter::new("status", "status", "Status"),
        ],
        charts: list_charts::meetings,
    },
    Listing {
        path: "/commitments",
        record_type: "commitment",
        title: "Commitments",
        about: "What departments said they would do, and what became of it by the sources found.",
        sort: "-made_on,position",
        filters: &[
            Filter::new("department", "departments", "Department"),
            Filter::new("status", "status", "Status"),
            Filter::new("pillars", "pillars", "Pillar"),
            Filter::new("topics", "topics", "Topic"),
            Filter::new("meeting", "meeting", "Meeting"),
            Filter::new("year", "year", "Year"),
            Filter::new("overdue", "overdue", "Overdue"),
        ],
        charts: list_charts::commitments,
    },
    Listing {
        path: "/progress-updates",
        record_type: "progress_update",
        title: "Progress reports",
        about: "What departments later reported of what they do.",
        sort: "-date",
        filters: &[
            Filter::new("department", "departments", "Department"),
            Filter::new("meeting", "meeting", "Meeting"),
            Filter::new("topics", "topics", "Topic"),
            Filter::new("year", "year", "Year"),
        ],
        charts: list_charts::by_year,
    },
    Listing {
        path: "/council",
        record_type: "council_member",
        title: "The Council",
        about: "Who was appointed to the advisory council, when, and by whom.",
        sort: "-announced_on,name",
        filters: &[
            Filter::new("announced_at", "announced_at", "Announced at"),
            Filter::new("year", "year", "Year"),
            Filter::new("status", "status", "Status"),
            Filter::new("role", "role", "Role"),
        ],
        charts: list_charts::council,
    },
    Listing {
        path: "/awards",
        record_type: "award_recipient",
        title: "Awards",
        about: "Who received an award of the task force, for what, and when.",
        sort: "-year,name",
        filters: &[
            Filter::new("award", "award", "Award"),
            Filter::new("year", "year", "Year"),
            Filter::new("presented_at", "presented_at", "Presented at"),
        ],
        charts: list_charts::by_year,
    },
    Listing {
        path: "/people",
        record_type: "person",
        title: "People",
        about: "Who took part in the task force’s work. No more is kept of anybody than the \
            public record needs.",
        sort: "sort_name",
        filters: &[Filter::new("positions.organization", "positions.organization", "Position at")],
        charts: list_charts::none,
    },
    Listing {
        path: "/organizations",
        record_type: "organization",
        title: "Organizations",
        about: "The task force, the departments in it, and whoever else takes part.",
        sort: "name",
        filters: &[
            Filter::new("task_force_role", "task_force_role", "Part in the task force"),
            Filter::new("kind", "kind", "Kind"),
            Filter::new("parent", "parent", "Part of"),
        ],
        charts: list_charts::none,
    },
    Listing {
        path: "/documents",
        record_type: "document",
        title: "Documents",
        about: "What the record stands on, and what came out of the task force’s work.",
        sort: "-issued,name",
        filters: &[
            Filter::new("kind", "kind", "Kind"),
            Filter::new("year", "year", "Year"),
            Filter::new("availability", "availability", "Availability"),
            Filter::new("publisher", "publisher", "Publisher"),
        ],
        charts: list_charts::documents,
    },
];

/// Answers the page of a list.
pub async fn show(
    listing: &'static Listing,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let record_type = CATALOGUE
        .get(listing.record_type)
        .ok_or_else(|| Problem::internal("a page lists an unknown type"))?;
    answer(request, app, AllowedParameters::ListOf(record_type), move |context| {
        page(context, listing, record_type)
    })
    .await
}

fn page(
    context: &mut PageContext<'_, '_>,
    listing: &'static Listing,
    record_type: &'static RecordType,
) -> Result<Page, Problem> {
    let asked = asked(context, listing);
    let found = context.walked(record_type, &asked)?;
    let conditions: Vec<Pair> = asked
        .iter()
        .filter(|(name, _)| {
            !["sort", "facets", "limit", "fields", "include"].contains(&name.as_str())
        })
        .cloned()
        .collect();
    let choices = choices(context, record_type, listing.filters, &conditions, &found["facets"])?;
    let charts = (listing.charts)(
        context,
        &ListResult { record_type, conditions: &conditions, answer: &found },
    )?;
    let shown = list(&found, "data");
    let total =
        usize::try_from(found["page"]["total"].as_u64().unwrap_or_default()).unwrap_or(usize::MAX);
    let next = found["page"]["next"]
        .as_str()
        .and_then(|next| next.split_once('?'))
        .map(|(_, query)| query);
    let body = html! {
        h1 { (listing.title) }
        p.lead { (listing.about) }
        (form(context, &choices, text_filter(context), &conditions))
        h2.found {
            (count(total, record_type_name(record_type), &several(record_type)))
            @if shown.len() < total {
                span.note { ", " (shown.len()) " of them here" }
            }
        }
        (charts)
        @if shown.is_empty() {
            p.nothing { "Nothing in the record fits. Choose less." }
        }
        (entries(&context.links, shown))
        @if let Some(next) = next {
            p.next {
                a href=(context.links.unpinned(&format!("{}?{next}", context.path))) rel="next" { "Go on" }
            }
        }
    };
    let title = match context.cursor {
        Some(_) => format!("{}, continued", listing.title),
        None => listing.title.to_owned(),
    };
    Ok(Page {
        title,
        description: listing.about.to_owned(),
        data: data(context, record_type, &asked),
        linked_data: None,
        body,
    })
}

/// The filter by text: full text in the present, which alone is indexed.
fn text_filter(context: &PageContext<'_, '_>) -> (&'static str, &'static str) {
    if context.is_past() { ("name[contains]", "Name contains") } else { ("q", "Words") }
}

/// A type in words.
fn record_type_name(record_type: &RecordType) -> &'static str {
    match record_type.name {
        "council_member" => "appointment",
        "award_recipient" => "recipient",
        "progress_update" => "report",
        name => name,
    }
}

/// The query that the page is the view of: what was asked for, in an order, with counts for the
/// filters.
fn asked(context: &PageContext<'_, '_>, listing: &Listing) -> Vec<Pair> {
    let mut asked = context.parameters.clone();
    if context.cursor.is_some() {
        return asked;
    }
    // What is searched for comes in the order in which it fits.
    let sought = asked.iter().any(|(name, _)| name == "q");
    let mut add = |name: &str, value: String| {
        if !asked.iter().any(|(other, _)| other == name) {
            asked.push((name.to_owned(), value));
        }
    };
    if !sought {
        add("sort", listing.sort.to_owned());
    }
    let mut facets: Vec<&str> = listing.filters.iter().map(|filter| filter.facet).collect();
    facets.dedup();
    add("facets", facets.join(","));
    asked
}

/// The same as data: the very page, and all that was found.
fn data(
    context: &PageContext<'_, '_>,
    record_type: &RecordType,
    asked: &[Pair],
) -> Vec<(&'static str, String)> {
    let path = context.links.unpinned(&format!("/v1/{}", record_type.path));
    if let Some(cursor) = &context.cursor {
        let of = |format: &str| {
            address(
                &path,
                &[("cursor".to_owned(), cursor.clone()), ("format".to_owned(), format.to_owned())],
            )
        };
        return vec![("JSON", of("json")), ("CSV", of("csv"))];
    }
    let mut plain: Vec<Pair> = asked.iter().filter(|(name, _)| name != "facets").cloned().collect();
    plain.push(("format".to_owned(), "csv".to_owned()));
    let all: Vec<Pair> = plain.iter().filter(|(name, _)| name != "limit").cloned().collect();
    if !plain.iter().any(|(name, _)| name == "limit") {
        plain.push(("limit".to_owned(), crate::reading::DEFAULT_LIMIT.to_string()));
    }
    vec![
        ("JSON", address(&path, asked)),
        ("CSV", address(&path, &plain)),
        ("All of it as CSV", address(&path, &all)),
    ]
}

/// The path of the list that a type's records stand in.
pub fn list_of(record_type: &str) -> Option<&'static Listing> {
    LISTINGS.iter().find(|listing| listing.record_type == record_type)
}
