//! The pages of lists: their titles and filters, and the page that shows them.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{MAX_IDS, PageContext, Pair, pairs};
use super::entries::{COMMITMENT_COUNT, COPIES, entry};
use super::filters::{self, Filter, chips, choices};
use super::labels::{count, nouns};
use super::layout::{Page, address, page_header};
use super::links::{Links, list, text};
use super::list_charts;
use super::list_result::ListResult;
use super::paging::{Window, neighbors};
use super::respond::{AllowedParameters, respond};
use super::series::counted;
use crate::model::RecordType;
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::problem::Problem;

/// A list that has a page.
#[derive(Debug)]
pub struct Listing {
    pub path: &'static str,
    /// The name of the type of its records.
    pub record_type: &'static str,
    pub title: &'static str,
    /// The sentence under the title.
    pub lead: &'static str,
    /// The order, unless the request has one.
    pub sort: &'static str,
    pub filters: &'static [Filter],
    /// Renders the charts of the matching records.
    pub charts: fn(&mut PageContext<'_, '_>, &ListResult<'_>) -> Result<Markup, Problem>,
}

/// Every list that has a page.
pub static LISTINGS: [Listing; 8] = [
    Listing {
        path: "/meetings",
        record_type: "meeting",
        title: "Meetings",
        lead: "Meetings of the task force, with their participants and commitments.",
        sort: "-date",
        filters: &[
            Filter::new("year", "Year"),
            Filter::new("participants.agent", "Participant"),
            Filter::new("topics", "Topic"),
            Filter::new("status", "Status"),
        ],
        charts: list_charts::meetings,
    },
    Listing {
        path: "/commitments",
        record_type: "commitment",
        title: "Commitments",
        lead: "Commitments by departments, and their status according to later sources.",
        sort: "-made_on,position",
        filters: &[
            Filter::new("department", "Department"),
            Filter::new("status", "Status"),
            Filter::new("pillars", "Pillar"),
            Filter::new("topics", "Topic"),
            Filter::new("meeting", "Meeting"),
            Filter::new("year", "Year"),
            Filter::new("overdue", "Overdue"),
        ],
        charts: list_charts::commitments,
    },
    Listing {
        path: "/progress-updates",
        record_type: "progress_update",
        title: "Progress updates",
        lead: "Later reports by departments on their work.",
        sort: "-date",
        filters: &[
            Filter::new("department", "Department"),
            Filter::new("meeting", "Meeting"),
            Filter::new("topics", "Topic"),
            Filter::new("year", "Year"),
        ],
        charts: list_charts::by_year,
    },
    Listing {
        path: "/council",
        record_type: "council_member",
        title: "Council",
        lead: "Appointments to the advisory council: who was appointed, when, and by whom.",
        sort: "-announced_on,name",
        filters: &[
            Filter::new("announced_at", "Announced at"),
            Filter::new("year", "Year"),
            Filter::new("home_state.region", "Home state"),
            Filter::new("status", "Status"),
            Filter::new("role", "Role"),
        ],
        charts: list_charts::council,
    },
    Listing {
        path: "/awards",
        record_type: "award_recipient",
        title: "Awards",
        lead: "Recipients of the task force’s awards, by the year of the award.",
        sort: "-year,-presented_on,name",
        filters: &[
            Filter::new("award", "Award"),
            Filter::new("year", "Year"),
            Filter::new("presented_at", "Presented at"),
        ],
        charts: list_charts::awards,
    },
    Listing {
        path: "/people",
        record_type: "person",
        title: "People",
        lead: "People who took part in the task force’s work. Pages show only what the \
               public record requires.",
        sort: "sort_name",
        filters: &[Filter::new("positions.organization", "Position at")],
        charts: list_charts::none,
    },
    Listing {
        path: "/organizations",
        record_type: "organization",
        title: "Organizations",
        lead: "The task force, its member departments, and other participants.",
        sort: "name",
        filters: &[
            Filter::new("task_force_role", "Role in the task force"),
            Filter::new("kind", "Kind"),
            Filter::new("parent", "Part of"),
        ],
        charts: list_charts::none,
    },
    Listing {
        path: "/documents",
        record_type: "document",
        title: "Documents",
        lead: "The sources of these records, and the documents that the task force published.",
        sort: "-issued,name",
        filters: &[
            Filter::new("kind", "Kind"),
            Filter::new("year", "Year"),
            Filter::new("availability", "Availability"),
            Filter::new("publisher", "Publisher"),
        ],
        charts: list_charts::by_year,
    },
];

fn award_year(recipient: &Json) -> String {
    recipient["year"]
        .as_i64()
        .map_or_else(|| "Award year not recorded".to_owned(), |year| year.to_string())
}

/// Responds with the page of a list.
pub async fn show(
    listing: &'static Listing,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let record_type = CATALOGUE
        .get(listing.record_type)
        .ok_or_else(|| Problem::internal("a page lists an unknown type"))?;
    respond(request, app, AllowedParameters::ListOf(record_type), move |context| {
        page(context, listing, record_type)
    })
    .await
}

fn page(
    context: &mut PageContext<'_, '_>,
    listing: &'static Listing,
    record_type: &'static RecordType,
) -> Result<Page, Problem> {
    let query = query(context, listing);
    let position = context.position.take();
    let mut found = context.list_after(record_type, &query, position.as_ref())?;
    add_related(context, record_type, &mut found)?;
    let conditions = filters::active(&query);
    let own: Vec<Pair> =
        conditions.iter().filter(|pair| !is_implied(listing, pair)).cloned().collect();
    let mut facets = found["facets"].clone();
    // A filter by one of the counted values includes what the page leaves out.
    if own.len() < conditions.len() {
        let all = pairs(&[("facets", &facet_names(listing)), ("limit", "1")]);
        facets = context.list(record_type, &[own.as_slice(), &all].concat())?["facets"].take();
    }
    let choices = choices(context, record_type, listing.filters, &own, &facets)?;
    let chips = chips(context, record_type, &choices, &own)?;
    let result = ListResult { record_type, conditions: &conditions, response: &found };
    let charts = (listing.charts)(context, &result)?;
    let shown = list(&found, "data");
    let window = Window::new(context.start, shown.len(), &found);
    let note = note(context, &result)?;
    let neighbors = neighbors(context, record_type, &query, listing.sort, &found, &window)?;
    let (one, several) = nouns(record_type);
    let body = html! {
        (page_header(&html! {}, listing.title, &html! {}))
        p.lead { (listing.lead) }
        a.skip href="#results" { "Skip to results" }
        (filters::form(context, &choices, text_filter(context), &own))
        (chips)
        h2.found #results tabindex="-1" { (window.text(&one, &several)) }
        @if let Some(note) = note {
            p.quiet { (note) }
        }
        @if shown.is_empty() { (empty(&several, &own)) }
        (grouped_entries(&context.links, shown, listing, &query))
        (neighbors.render())
        (charts)
    };
    let title = match window.start {
        0 | 1 => listing.title.to_owned(),
        start => format!("{} from {start}", listing.title),
    };
    Ok(Page {
        title,
        description: listing.lead.to_owned(),
        data: data(context, record_type, &query),
        body,
        ..Page::default()
    })
}

/// Renders the entries. Award recipients in their own order are under headings by year.
fn grouped_entries(links: &Links, shown: &[Json], listing: &Listing, query: &[Pair]) -> Markup {
    let is_own_order = query.iter().any(|(name, value)| name == "sort" && value == listing.sort);
    let has_groups = is_own_order && listing.record_type == "award_recipient";
    let heading = |record: &Json| if has_groups { award_year(record) } else { String::new() };
    let headings: Vec<String> = shown.iter().map(heading).collect();
    html! {
        ol.entries {
            @for (index, record) in shown.iter().enumerate() {
                @let last = index.checked_sub(1).map_or("", |index| &headings[index]);
                li {
                    @if headings[index] != last { h3.group { (headings[index]) } }
                    (entry(links, record))
                }
            }
        }
    }
}

/// Returns a note on the number of records, if necessary.
fn note(
    context: &mut PageContext<'_, '_>,
    result: &ListResult<'_>,
) -> Result<Option<String>, Problem> {
    match result.record_type.name {
        "document" => {
            let shown = list(result.response, "data").iter();
            let copies: usize = shown.map(|record| list(record, COPIES).len()).sum();
            let copies_are = count(copies, "copy is", "copies are");
            Ok((copies > 0).then(|| format!("{copies_are} listed under the originals.")))
        }
        "council_member" => {
            let mut query = result.conditions.to_vec();
            query.extend(pairs(&[("facets", "person"), ("limit", "1")]));
            let people = counted(&context.list(result.record_type, &query)?["facets"]["person"]);
            let is_repeated = people.iter().any(|(_, _, appointments)| *appointments > 1);
            let people = count(people.len(), "person", "people");
            Ok(is_repeated.then(|| format!("{people}, some of them appointed more than once.")))
        }
        _ => Ok(None),
    }
}

/// Renders the reason why a list is empty, and what to do.
fn empty(several: &str, filters: &[Pair]) -> Markup {
    html! {
        p.nothing {
            @if filters.is_empty() {
                "No " (several) " have been entered yet."
            } @else if filters.len() == 1 {
                "No " (several) " match. Remove the filter."
            } @else {
                "No " (several) " match. Remove a filter."
            }
        }
    }
}

/// Adds related records to those of a page: a meeting's number of commitments, a document's copies.
fn add_related(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    found: &mut Json,
) -> Result<(), Problem> {
    let ids = |entries: &[Json]| -> Vec<String> {
        entries.iter().map(|record| text(record, "id").to_owned()).collect()
    };
    let shown = ids(list(found, "data"));
    for entries in entries_of(found).chunks_mut(MAX_IDS) {
        match record_type.name {
            "meeting" => add_commitment_counts(context, &ids(entries), entries)?,
            "document" => add_copies(context, record_type, &ids(entries), &shown, entries)?,
            _ => {}
        }
    }
    Ok(())
}

/// Adds the number of commitments to each meeting.
fn add_commitment_counts(
    context: &mut PageContext<'_, '_>,
    ids: &[String],
    meetings: &mut [Json],
) -> Result<(), Problem> {
    let Some(commitments) = CATALOGUE.get("commitment") else { return Ok(()) };
    let query = pairs(&[("meeting", &ids.join(",")), ("facets", "meeting"), ("limit", "1")]);
    let counts = counted(&context.list(commitments, &query)?["facets"]["meeting"]);
    for (meeting, id) in meetings.iter_mut().zip(ids) {
        let number = counts.iter().find(|(other, ..)| other == id);
        meeting[COMMITMENT_COUNT] = number.map_or(0, |(_, _, number)| *number).into();
    }
    Ok(())
}

/// Adds to each document its copies that are not in the list themselves.
fn add_copies(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    ids: &[String],
    shown: &[String],
    documents: &mut [Json],
) -> Result<(), Problem> {
    let query = pairs(&[("copy_of", &ids.join(",")), ("sort", "name")]);
    let copies = context.all(record_type, &query)?;
    for (document, id) in documents.iter_mut().zip(ids) {
        let is_own = |copy: &&Json| {
            text(&copy["copy_of"], "id") == id
                && shown.iter().all(|other| text(copy, "id") != other)
        };
        document[COPIES] = copies.iter().filter(is_own).cloned().collect();
    }
    Ok(())
}

fn entries_of(response: &mut Json) -> &mut [Json] {
    response["data"].as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

/// Returns the filter by text. Full text is indexed for the latest revision only.
fn text_filter(context: &PageContext<'_, '_>) -> (&'static str, &'static str) {
    if context.is_past() { ("name[contains]", "Name contains") } else { ("q", "Words") }
}

/// The filter that leaves copies of documents out of the list, since they are shown under their
/// originals.
const WITHOUT_COPIES: (&str, &str) = ("copy_of[exists]", "false");

/// Returns whether a filter was added by the page and not by the reader.
fn is_implied(listing: &Listing, (name, value): &Pair) -> bool {
    listing.record_type == "document" && (name.as_str(), value.as_str()) == WITHOUT_COPIES
}

/// Returns the facets that count the values of the filters.
fn facet_names(listing: &Listing) -> String {
    listing.filters.iter().map(|filter| filter.name).collect::<Vec<_>>().join(",")
}

/// Returns the query that the page shows: the reader's parameters, the order and the facets.
fn query(context: &PageContext<'_, '_>, listing: &Listing) -> Vec<Pair> {
    let mut query = context.parameters.clone();
    if context.cursor.is_some() {
        return query;
    }
    let has = |query: &[Pair], name: &str| query.iter().any(|(other, _)| other == name);
    // Filtered lists include copies, since the original may not match.
    if listing.record_type == "document" && filters::active(&query).is_empty() {
        query.extend(pairs(&[WITHOUT_COPIES]));
    }
    // Search results are in the order of their relevance.
    if !has(&query, "q") && !has(&query, "sort") {
        query.extend(pairs(&[("sort", listing.sort)]));
    }
    if !has(&query, "facets") {
        query.extend(pairs(&[("facets", &facet_names(listing))]));
    }
    query
}

/// Returns the addresses of the same data: this page, and all matching records.
fn data(
    context: &PageContext<'_, '_>,
    record_type: &RecordType,
    query: &[Pair],
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
    let mut table: Vec<Pair> = query.iter().filter(|(name, _)| name != "facets").cloned().collect();
    table.push(("format".to_owned(), "csv".to_owned()));
    let all: Vec<Pair> = table.iter().filter(|(name, _)| name != "limit").cloned().collect();
    if !table.iter().any(|(name, _)| name == "limit") {
        table.push(("limit".to_owned(), crate::reading::DEFAULT_LIMIT.to_string()));
    }
    vec![
        ("JSON", address(&path, query)),
        ("CSV", address(&path, &table)),
        ("All results as CSV", address(&path, &all)),
    ]
}

/// Returns the list that records of a type are in.
pub fn list_of(record_type: &str) -> Option<&'static Listing> {
    LISTINGS.iter().find(|listing| listing.record_type == record_type)
}
