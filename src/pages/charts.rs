//! Charts as SVG that fits any width: lengths are shares of the width, and text keeps its size.
//! Each chart shows its values, and has the same numbers as a table.

use maud::{Markup, html};

use super::labels::{capital, grouped, plain};
use super::links::Links;
use super::series::Row;

/// A chart's title, its series and its data.
#[derive(Debug)]
pub struct Chart<'c> {
    pub title: &'c str,
    /// The statuses that each row counts, which are also the classes that give them their colors;
    /// none if there is only one number.
    pub series: &'c [&'c str],
    /// The heading of the table's first column.
    pub counted: &'c str,
    /// The address of the same numbers as JSON.
    pub data: String,
}

impl<'c> Chart<'c> {
    /// Creates a chart of one series.
    pub fn new(title: &'c str, counted: &'c str, data: String) -> Self {
        Self { title, series: &[], counted, data }
    }
}

/// An event on a timeline.
#[derive(Clone, Debug)]
pub struct Event {
    /// A partial date.
    pub date: String,
    pub name: String,
    pub address: String,
    /// Whether the page is about this event.
    pub is_current: bool,
}

/// The height of the columns, and of the whole chart, in pixels.
const COLUMN_HEIGHT: u64 = 140;
const COLUMNS_HEIGHT: u64 = COLUMN_HEIGHT + 74;

/// The maximum number of labels that fit side by side on a narrow screen.
const MAX_LABELS: usize = 24;

/// Draws horizontal bars with labels of any length beside or above them.
pub fn bars(chart: &Chart<'_>, rows: &[Row]) -> Markup {
    let largest = rows.iter().map(Row::total).max().unwrap_or_default().max(1);
    let drawn = html! {
        ul.bars {
            @for row in rows {
                li {
                    span.bar-label {
                        @match &row.address {
                            Some(address) => a href=(address) { (row.label) },
                            None => (row.label),
                        }
                    }
                    svg.bar width="100%" height="20" aria-hidden="true" {
                        (segments(chart, row, largest))
                    }
                    span.bar-value { (grouped(&row.total().to_string())) }
                }
            }
        }
    };
    figure(chart, rows, &drawn, &table(chart, rows))
}

/// Draws the parts of a bar, with their values where they are wide enough.
fn segments(chart: &Chart<'_>, row: &Row, largest: u64) -> Markup {
    html! {
        @for (index, count) in row.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let start = row.counts[..index].iter().sum();
            @let width = share(*count, largest);
            rect
                class=(class_of(chart, row, index))
                x=(percent(share(start, largest)))
                width=(percent(width))
                height="20" {}
            @if chart.series.len() > 1 && width >= 9.0 {
                text.inside
                    x=(percent(share(start, largest) + width / 2.0))
                    y="14.5"
                    text-anchor="middle"
                { (count) }
            }
        }
    }
}

/// Draws vertical columns for years, with stacked series.
pub fn columns(chart: &Chart<'_>, rows: &[Row]) -> Markup {
    let largest = rows.iter().map(Row::total).max().unwrap_or_default().max(1);
    let step = 100.0 / as_f64(rows.len().max(1));
    let every = rows.len() / MAX_LABELS + 1;
    let base = COLUMN_HEIGHT + 20;
    let drawn = html! {
        svg.column-chart width="100%" height=(COLUMNS_HEIGHT) role="img"
            aria-label=(summary(chart, rows)) {
            @for (index, row) in rows.iter().enumerate() {
                @let left = as_f64(index) * step;
                (column(chart, row, largest, left, step))
                @if row.total() > 0 {
                    text.value.dense[every > 1]
                        x=(percent(left + step / 2.0))
                        y=(base - row.total() * COLUMN_HEIGHT / largest - 5)
                        text-anchor="middle"
                    { (grouped(&row.total().to_string())) }
                }
                @if index.is_multiple_of(every) {
                    (year(&row.label, left + step / 2.0, base, row.total() == 0))
                }
            }
            line.axis x1="0" x2="100%" y1=(base) y2=(base) {}
        }
    };
    figure(chart, rows, &drawn, &table(chart, rows))
}

fn column(chart: &Chart<'_>, row: &Row, largest: u64, left: f64, step: f64) -> Markup {
    html! {
        @for (index, count) in row.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let below: u64 = row.counts[..=index].iter().sum();
            rect
                class=(class_of(chart, row, index))
                x=(percent(left + step * 0.14))
                width=(percent(step * 0.72))
                y=(COLUMN_HEIGHT + 20 - below * COLUMN_HEIGHT / largest)
                height=((count * COLUMN_HEIGHT / largest).max(1)) {}
        }
    }
}

/// Draws a year below an axis; the style sheet turns it upright on narrow screens.
fn year(label: &str, middle: f64, base: u64, is_empty: bool) -> Markup {
    html! {
        svg.year x=(percent(middle)) y=(base + 18) overflow="visible" {
            text class=[is_empty.then_some("empty")] { (label) }
        }
    }
}

/// Draws events on a line of years. Years without an event are marked.
pub fn timeline(links: &Links, chart: &Chart<'_>, events: &[Event]) -> Markup {
    let years = || events.iter().filter_map(|event| year_of(&event.date));
    let (Some(first), Some(last)) = (years().min(), years().max()) else { return html! {} };
    let number = usize::try_from(last - first + 1).unwrap_or(1);
    let step = 100.0 / as_f64(number);
    let every = number / MAX_LABELS + 1;
    let dates: Vec<String> = events.iter().map(|event| links.date_text(&event.date)).collect();
    let label = format!("{}: {}.", chart.title, dates.join("; "));
    let drawn = html! {
        svg.timeline-chart width="100%" height="84" role="img" aria-label=(label) {
            line.axis x1="0" x2="100%" y1="24" y2="24" {}
            @for (index, year_number) in (first..=last).enumerate() {
                @let is_empty = years().all(|other| other != year_number);
                line.tick
                    x1=(percent(as_f64(index) * step))
                    x2=(percent(as_f64(index) * step))
                    y1="24"
                    y2="31" {}
                @if index.is_multiple_of(every) {
                    (year(&year_number.to_string(), (as_f64(index) + 0.5) * step, 28, is_empty))
                }
            }
            @for event in events { (mark(event, first, step)) }
        }
    };
    figure(chart, &[], &drawn, &event_table(links, chart, events))
}

/// Draws an event: a dot for a day or month, a bar for a whole year.
fn mark(event: &Event, first: i32, step: f64) -> Markup {
    let Some(year) = year_of(&event.date) else { return html! {} };
    let part = |range| event.date.get(range).and_then(|part: &str| part.parse::<f64>().ok());
    let within =
        part(5..7).map(|month| (month - 1.0 + (part(8..10).unwrap_or(15.0) / 31.0)) / 12.0);
    let start = f64::from(year - first) * step;
    let class = if event.is_current { "event current" } else { "event" };
    html! {
        @match within {
            Some(within) => circle
                class=(class)
                cx=(percent(start + within * step))
                cy="24"
                r=(if event.is_current { "8" } else { "6" }) {},
            None => rect
                class={ (class) " year" }
                x=(percent(start))
                width=(percent(step))
                y="18"
                height="12" {},
        }
    }
}

fn event_table(links: &Links, chart: &Chart<'_>, events: &[Event]) -> Markup {
    html! {
        table {
            caption.hidden { (chart.title) }
            thead {
                tr {
                    th scope="col" { "Date" }
                    th scope="col" { (chart.counted) }
                }
            }
            tbody {
                @for event in events {
                    tr {
                        th scope="row" { (links.date(&event.date)) }
                        td {
                            a href=(event.address) { (event.name) }
                        }
                    }
                }
            }
        }
    }
}

fn figure(chart: &Chart<'_>, rows: &[Row], drawn: &Markup, table: &Markup) -> Markup {
    html! {
        figure.chart {
            figcaption { (chart.title) }
            @if chart.series.len() > 1 {
                ul.legend {
                    @for (index, series) in chart.series.iter().enumerate() {
                        li {
                            span class={ "swatch " (series) } {}
                            (plain(series))
                            " "
                            (series_total(rows, index))
                        }
                    }
                }
            }
            (drawn)
            details {
                summary {
                    "View as table"
                    span.hidden { ": " (chart.title) }
                }
                div.scroll tabindex="0" role="group" aria-label={ "Table: " (chart.title) } {
                    (table)
                }
                p {
                    a href=(chart.data) { "Download as JSON" }
                }
            }
        }
    }
}

/// Returns the sum of a series over all rows.
fn series_total(rows: &[Row], index: usize) -> String {
    let counts = rows.iter().filter_map(|row| row.counts.get(index));
    grouped(&counts.sum::<u64>().to_string())
}

/// Returns the text alternative of a chart.
fn summary(chart: &Chart<'_>, rows: &[Row]) -> String {
    let describe = |row: &Row| match chart.series {
        [] | [_] => format!("{} {}", row.label, row.total()),
        series => {
            let parts: Vec<String> = series
                .iter()
                .zip(&row.counts)
                .filter(|(_, count)| **count > 0)
                .map(|(series, count)| format!("{count} {}", plain(series)))
                .collect();
            let parts = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
            format!("{} {parts}", row.label)
        }
    };
    format!("{}: {}.", chart.title, rows.iter().map(describe).collect::<Vec<_>>().join("; "))
}

fn table(chart: &Chart<'_>, rows: &[Row]) -> Markup {
    let has_series = chart.series.len() > 1;
    html! {
        table {
            caption.hidden { (chart.title) }
            thead {
                tr {
                    th scope="col" { (chart.counted) }
                    @for series in chart.series.iter().filter(|_| has_series) {
                        th.number scope="col" { (capital(&plain(series))) }
                    }
                    th.number scope="col" { (if has_series { "Total" } else { "Number" }) }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" {
                            @match &row.address {
                                Some(address) => a href=(address) { (row.label) },
                                None => (row.label),
                            }
                        }
                        @for count in row.counts.iter().filter(|_| has_series) {
                            td.number { (grouped(&count.to_string())) }
                        }
                        td.number { (grouped(&row.total().to_string())) }
                    }
                }
            }
        }
    }
}

/// Returns the class that colors a part of a row.
fn class_of<'c>(chart: &'c Chart<'_>, row: &'c Row, index: usize) -> &'c str {
    row.class.as_deref().or_else(|| chart.series.get(index).copied()).unwrap_or("plain")
}

fn year_of(date: &str) -> Option<i32> {
    date.get(..4)?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "counts and places of a chart are small")]
fn share(part: u64, largest: u64) -> f64 {
    part as f64 * 100.0 / largest as f64
}

#[expect(clippy::cast_precision_loss, reason = "a chart has few rows")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

/// Formats a share with the precision that a screen can show.
fn percent(share: f64) -> String {
    format!("{}%", (share * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_labels_and_colors_each_series_by_its_class() {
        let rows = [Row::new("<script>\"&", vec![3, 2])];
        let chart = Chart {
            series: &["announced", "completed"],
            ..Chart::new("a <b>", "Name", String::new())
        };
        for drawn in [bars(&chart, &rows), columns(&chart, &rows)] {
            let drawn = drawn.into_string();
            assert!(!drawn.contains("<script") && !drawn.contains("<b>"), "{drawn}");
            assert!(
                drawn.contains(r#"<rect class="announced""#)
                    && drawn.contains(r#"<rect class="completed""#),
                "{drawn}"
            );
        }
        assert_eq!(summary(&chart, &rows), "a <b>: <script>\"& 3 announced, 2 completed.");
    }

    #[test]
    fn shows_the_value_of_each_bar_and_column() {
        let rows = [Row::new("2023", vec![1200]), Row::new("2024", vec![7])];
        let chart = Chart::new("By year", "Year", String::new());
        assert!(bars(&chart, &rows).into_string().contains(r#"<span class="bar-value">1,200"#));
        let drawn = columns(&chart, &rows).into_string();
        assert!(drawn.contains(">1,200</text>") && drawn.contains(">7</text>"), "{drawn}");
    }
}
