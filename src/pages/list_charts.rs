//! The charts of each list, drawn from responses of the API with the filters of the page.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::charts::{Chart, Event, bars, columns, timeline};
use super::context::{PageContext, Pair, pairs};
use super::labels::{cohort, count, statuses};
use super::links::{list, path_of, text, total};
use super::list_result::ListResult;
use super::series::{Row, by_year as years, counted};
use crate::model::RecordType;
use crate::reading::MAX_LIMIT;
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// The maximum number of bars in a chart.
const MAX_BARS: usize = 12;

/// Renders no chart.
pub fn none(_: &mut PageContext<'_, '_>, _: &ListResult<'_>) -> Result<Markup, Problem> {
    Ok(html! {})
}

/// Returns the filters of a list with more parameters.
fn with(conditions: &[Pair], more: &[(&str, &str)]) -> Vec<Pair> {
    conditions.iter().cloned().chain(pairs(more)).collect()
}

/// Returns the address of a response of the API.
fn data(context: &PageContext<'_, '_>, record_type: &RecordType, parameters: &[Pair]) -> String {
    let query: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    context.api(&format!("/{}", record_type.path), &query)
}

/// Renders charts below a list, which are collapsed on narrow screens.
fn section(charts: &Markup) -> Markup {
    html! {
        section.charts-section aria-labelledby="charts" {
            h2 #charts { "Charts" }
            details.fold {
                summary { "Show charts" }
                div.charts { (charts) }
            }
        }
    }
}

/// Renders meetings on a timeline.
pub fn meetings(
    context: &mut PageContext<'_, '_>,
    result: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let (number, timeline) = meeting_timeline(context, "Meetings by year", result.conditions, "")?;
    if number == 0 {
        return Ok(html! {});
    }
    Ok(section(&html! {
        (timeline)
        (missing_years(&result.response["facets"]["year"]))
    }))
}

/// Draws the latest meetings that meet these conditions on a timeline. Returns their number. The
/// one with the id `current` is highlighted.
pub fn meeting_timeline(
    context: &mut PageContext<'_, '_>,
    title: &str,
    conditions: &[Pair],
    current: &str,
) -> Result<(usize, Markup), Problem> {
    let Some(meetings) = CATALOGUE.get("meeting") else { return Ok((0, html! {})) };
    let limit = MAX_LIMIT.to_string();
    let query =
        with(conditions, &[("fields", "id,name,date"), ("sort", "-date"), ("limit", &limit)]);
    let response = context.list(meetings, &query)?;
    let found = list(&response, "data");
    let mut events = events(context, found, current);
    events.reverse();
    let total = total(&response);
    let chart = Chart::new(title, "Meeting", data(context, meetings, &query));
    let drawn = html! {
        (timeline(&context.links, &chart, &events))
        @if found.len() < total {
            p.quiet { "These are the latest of " (count(total, "meeting", "meetings")) "." }
        }
    };
    Ok((events.len(), drawn))
}

/// Names the years without a meeting.
fn missing_years(facet: &Json) -> Markup {
    let missing: Vec<String> = years(std::slice::from_ref(facet))
        .into_iter()
        .filter(|row| row.total() == 0)
        .map(|row| row.label)
        .collect();
    html! {
        @if !missing.is_empty() {
            p.quiet { "No meeting is recorded for " (missing.join(", ")) "." }
        }
    }
}

/// Returns meetings as events of a timeline. The one with the id `current` is highlighted.
fn events(context: &PageContext<'_, '_>, meetings: &[Json], current: &str) -> Vec<Event> {
    meetings
        .iter()
        .filter(|meeting| !meeting["date"].is_null())
        .map(|meeting| Event {
            date: text(meeting, "date").to_owned(),
            name: text(meeting, "name").to_owned(),
            address: context.links.to(&path_of("meeting", text(meeting, "id"))),
            is_current: text(meeting, "id") == current,
        })
        .collect()
}

/// Renders commitments by department and by year, each by status.
pub fn commitments(
    context: &mut PageContext<'_, '_>,
    result: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let found: Vec<String> = counted(&result.response["facets"]["status"])
        .into_iter()
        .map(|(status, ..)| status)
        .collect();
    let series: Vec<&str> =
        statuses().filter(|status| found.iter().any(|other| other == status)).collect();
    if series.is_empty() {
        return Ok(html! {});
    }
    let mut by_department: Vec<(String, Row)> = Vec::new();
    let mut by_year: Vec<Json> = Vec::new();
    let others: Vec<Pair> =
        result.conditions.iter().filter(|(name, _)| name != "status").cloned().collect();
    for (index, status) in series.iter().enumerate() {
        let query =
            with(&others, &[("status", status), ("facets", "departments,year"), ("limit", "1")]);
        let facets = context.list(result.record_type, &query)?["facets"].take();
        for (id, name, number) in counted(&facets["departments"]) {
            let place = by_department.iter().position(|(other, _)| *other == id);
            let place = place.unwrap_or_else(|| {
                let address = context.links.with(&context.path, &[("department", &id)]);
                let row = Row::new(name, vec![0; series.len()]);
                by_department.push((id, Row { address: Some(address), ..row }));
                by_department.len() - 1
            });
            by_department[place].1.counts[index] = number;
        }
        by_year.push(facets["year"].clone());
    }
    by_department.sort_by(|(_, one), (_, other)| {
        other.total().cmp(&one.total()).then_with(|| one.label.cmp(&other.label))
    });
    let rows: Vec<Row> = by_department.into_iter().map(|(_, row)| row).take(MAX_BARS).collect();
    let query = with(result.conditions, &[("facets", "departments,status,year"), ("limit", "1")]);
    let data = data(context, result.record_type, &query);
    let chart =
        |title, counted| Chart { series: &series, ..Chart::new(title, counted, data.clone()) };
    Ok(section(&html! {
        (bars(&chart("By department and status", "Department"), &rows))
        (columns(&chart("By year and status", "Year"), &years(&by_year)))
    }))
}

/// Renders records by year.
pub fn by_year(
    context: &mut PageContext<'_, '_>,
    result: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let rows = years(std::slice::from_ref(&result.response["facets"]["year"]));
    if rows.is_empty() {
        return Ok(html! {});
    }
    let query = with(result.conditions, &[("facets", "year"), ("limit", "1")]);
    let chart = Chart::new("By year", "Year", data(context, result.record_type, &query));
    Ok(section(&columns(&chart, &rows)))
}

/// Renders award recipients by the year of the award.
pub fn awards(
    context: &mut PageContext<'_, '_>,
    result: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let query = with(
        result.conditions,
        &[("fields", "id,year,presented_on"), ("sort", "year"), ("limit", &MAX_LIMIT.to_string())],
    );
    let rows = award_years(&context.all(result.record_type, &query)?);
    if rows.is_empty() {
        return Ok(html! {});
    }
    let chart = Chart::new("Recipients by year", "Year", data(context, result.record_type, &query));
    Ok(section(&html! {
        (columns(&chart, &rows))
        p.quiet {
            "The year is that of the award, or that of its presentation if the award year is not \
            recorded."
        }
    }))
}

/// Returns a row for each year from the first award to the last.
pub fn award_years(recipients: &[Json]) -> Vec<Row> {
    let year = |recipient: &Json| {
        let presented = || text(recipient, "presented_on").get(..4)?.parse().ok();
        recipient["year"].as_i64().or_else(presented)
    };
    let years: Vec<i64> = recipients.iter().filter_map(year).collect();
    let (Some(first), Some(last)) = (years.iter().min(), years.iter().max()) else {
        return Vec::new();
    };
    (*first..=*last)
        .map(|year| {
            let number = years.iter().filter(|other| **other == year).count();
            Row::new(year.to_string(), vec![u64::try_from(number).unwrap_or(u64::MAX)])
        })
        .collect()
}

/// Renders appointments by cohort.
pub fn council(
    context: &mut PageContext<'_, '_>,
    result: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let query = with(
        result.conditions,
        &[("fields", "id,cohort"), ("sort", "cohort"), ("limit", &MAX_LIMIT.to_string())],
    );
    let mut rows: Vec<Row> = Vec::new();
    for member in context.all(result.record_type, &query)? {
        let name = member["cohort"].as_str();
        let label = name.map_or_else(|| "No cohort recorded".to_owned(), cohort);
        match rows.iter_mut().find(|row| row.label == label) {
            Some(row) => row.counts[0] += 1,
            None => {
                let address =
                    name.map(|name| context.links.with(&context.path, &[("cohort", name)]));
                rows.push(Row { address, ..Row::new(label, vec![1]) });
            }
        }
    }
    if rows.is_empty() {
        return Ok(html! {});
    }
    let chart =
        Chart::new("Appointments by cohort", "Cohort", data(context, result.record_type, &query));
    Ok(section(&bars(&chart, &rows)))
}
