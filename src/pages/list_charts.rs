//! Which charts a list has: each is drawn from answers to lists that have the filters of the
//! page.

use maud::{Markup, html};

use super::charts::{Chart, Event, bars, columns, timeline};
use super::context::{PageContext, Pair};
use super::labels::{cohort, plain};
use super::links::{list, path_of, text};
use super::list_result::ListResult;
use super::series::{Row, by_year as years, counted, precision};
use crate::reading::MAX_LIMIT;
use crate::web::problem::Problem;

/// As many bars as a chart has.
const BARS: usize = 12;

/// No chart.
pub fn none(_: &mut PageContext<'_, '_>, _: &ListResult<'_>) -> Result<Markup, Problem> {
    Ok(html! {})
}

/// Conditions, with more parameters.
fn with(conditions: &[Pair], more: &[(&str, &str)]) -> Vec<Pair> {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    conditions
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "revision" | "as_of"))
        .cloned()
        .chain(more)
        .collect()
}

/// The address of an answer of the API.
fn data(context: &PageContext<'_, '_>, found: &ListResult<'_>, parameters: &[Pair]) -> String {
    let query: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    context.api(&format!("/{}", found.record_type.path), &query)
}

/// Meetings on a line of years, and how precisely they are dated.
pub fn meetings(
    context: &mut PageContext<'_, '_>,
    found: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let asked = with(
        found.conditions,
        &[("fields", "id,name,date"), ("sort", "date"), ("limit", &MAX_LIMIT.to_string())],
    );
    let answer = context.list(found.record_type, &asked)?;
    let events = events(context, list(&answer, "data"), "");
    if events.is_empty() {
        return Ok(html! {});
    }
    let missing: Vec<String> = years(&[found.answer["facets"]["year"].clone()])
        .into_iter()
        .filter(|row| row.total() == 0)
        .map(|row| row.label)
        .collect();
    let chart = Chart {
        title: "Meetings on a time line",
        series: &[],
        counted: "Meeting",
        data: Some(data(context, found, &asked)),
    };
    Ok(html! {
        div.charts.wide {
            (timeline(&chart, &events))
            @if !missing.is_empty() {
                p.quiet {
                    "Years between the first and the last without a meeting in this list: "
                    (missing.join(", "))
                    "."
                }
            }
        }
    })
}

/// The events that these meetings were, that with the given id marked.
pub fn events(
    context: &PageContext<'_, '_>,
    meetings: &[serde_json::Value],
    marked: &str,
) -> Vec<Event> {
    meetings
        .iter()
        .filter(|meeting| !meeting["date"].is_null())
        .map(|meeting| Event {
            date: text(meeting, "date").to_owned(),
            name: text(meeting, "name").to_owned(),
            address: context.links.to(&path_of("meeting", text(meeting, "id"))),
            marked: text(meeting, "id") == marked,
        })
        .collect()
}

/// Commitments by department and by year, each by where they stand.
pub fn commitments(
    context: &mut PageContext<'_, '_>,
    found: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let statuses: Vec<String> =
        counted(&found.answer["facets"]["status"]).into_iter().map(|(status, ..)| status).collect();
    if statuses.is_empty() {
        return Ok(html! {});
    }
    let (mut by_department, mut by_year): (Vec<(String, Row)>, Vec<_>) = (Vec::new(), Vec::new());
    let others: Vec<Pair> =
        found.conditions.iter().filter(|(name, _)| name != "status").cloned().collect();
    for (index, status) in statuses.iter().enumerate() {
        let mut asked = others.clone();
        asked.extend(
            [("status", status.as_str()), ("facets", "departments,year"), ("limit", "1")]
                .map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        let facets = context.list(found.record_type, &asked)?["facets"].take();
        for (id, name, count) in counted(&facets["departments"]) {
            let known =
                by_department.iter().position(|(other, _)| *other == id).unwrap_or_else(|| {
                    let address = context.links.with(&context.path, &[("department", &id)]);
                    by_department.push((
                        id,
                        Row {
                            label: name,
                            counts: vec![0; statuses.len()],
                            address: Some(address),
                        },
                    ));
                    by_department.len() - 1
                });
            by_department[known].1.counts[index] = count;
        }
        by_year.push(facets["year"].clone());
    }
    by_department.sort_by(|(_, one), (_, other)| {
        other.total().cmp(&one.total()).then_with(|| one.label.cmp(&other.label))
    });
    let rows: Vec<Row> = by_department.into_iter().map(|(_, row)| row).take(BARS).collect();
    let names: Vec<String> = statuses.iter().map(|status| plain(status)).collect();
    let series: Vec<&str> = names.iter().map(String::as_str).collect();
    let asked = with(found.conditions, &[("facets", "departments,status,year"), ("limit", "1")]);
    let source = Some(data(context, found, &asked));
    let of = |title| Chart { title, series: &series, counted: "", data: source.clone() };
    Ok(html! {
        div.charts {
            (bars(&Chart { counted: "Department",..of("By department and status") }, &rows))
            (columns(&Chart { counted: "Year",..of("By year and status") }, &years(&by_year)))
        }
    })
}

/// Records by year.
pub fn by_year(
    context: &mut PageContext<'_, '_>,
    found: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let rows = years(&[found.answer["facets"]["year"].clone()]);
    if rows.is_empty() {
        return Ok(html! {});
    }
    let asked = with(found.conditions, &[("facets", "year"), ("limit", "1")]);
    let chart = Chart {
        title: "By year",
        series: &[],
        counted: "Year",
        data: Some(data(context, found, &asked)),
    };
    Ok(html! {
        div.charts.wide { (columns(&chart, &rows)) }
    })
}

/// Appointments by cohort.
pub fn council(
    context: &mut PageContext<'_, '_>,
    found: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let asked = with(
        found.conditions,
        &[("fields", "id,cohort"), ("sort", "cohort"), ("limit", &MAX_LIMIT.to_string())],
    );
    let answer = context.list(found.record_type, &asked)?;
    let mut rows: Vec<Row> = Vec::new();
    for member in list(&answer, "data") {
        let label =
            member["cohort"].as_str().map_or_else(|| "No cohort recorded".to_owned(), cohort);
        match rows.iter_mut().find(|row| row.label == label) {
            Some(row) => row.counts[0] += 1,
            None => rows.push(Row {
                label,
                counts: vec![1],
                address: member["cohort"]
                    .as_str()
                    .map(|name| context.links.with(&context.path, &[("cohort", name)])),
            }),
        }
    }
    if rows.is_empty() {
        return Ok(html! {});
    }
    let chart = Chart {
        title: "By cohort",
        series: &[],
        counted: "Cohort",
        data: Some(data(context, found, &asked)),
    };
    Ok(html! {
        div.charts.wide { (bars(&chart, &rows)) }
    })
}

/// Documents by year, and how precisely they are dated.
pub fn documents(
    context: &mut PageContext<'_, '_>,
    found: &ListResult<'_>,
) -> Result<Markup, Problem> {
    let rows = years(&[found.answer["facets"]["year"].clone()]);
    if rows.is_empty() {
        return Ok(html! {});
    }
    let asked = with(found.conditions, &[("facets", "year"), ("limit", "1")]);
    let dated = with(
        found.conditions,
        &[("fields", "id,issued"), ("sort", "issued"), ("limit", &MAX_LIMIT.to_string())],
    );
    let answer = context.list(found.record_type, &dated)?;
    let whole = answer["page"]["next"].is_null();
    let chart = Chart {
        title: "By year",
        series: &[],
        counted: "Year",
        data: Some(data(context, found, &asked)),
    };
    let precise = Chart {
        title: "How precisely they are dated",
        series: &[],
        counted: "Dated",
        data: Some(data(context, found, &dated)),
    };
    Ok(html! {
        div.charts {
            (columns(&chart, &rows))
            @if whole { (bars(&precise, &precision(&answer, "issued"))) }
        }
    })
}
