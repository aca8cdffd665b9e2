//! Pictures of numbers, drawn on the server as SVG, each with its text alternative and the numbers
//! as a table.

use std::error::Error;

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::labels::{date_words, grouped};
use super::series::Row;

/// The colours of series, of text and of lines stand for those of the stylesheet, which knows light
/// and dark.
const SERIES: [RGBColor; 5] =
    [RGBColor(1, 0, 1), RGBColor(1, 0, 2), RGBColor(1, 0, 3), RGBColor(1, 0, 4), RGBColor(1, 0, 5)];
const INK: RGBColor = RGBColor(1, 0, 8);
const RULE: RGBColor = RGBColor(1, 0, 9);

const WIDTH: u32 = 560;

type Canvas<'b> = DrawingArea<SVGBackend<'b>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// A chart and what is said of it.
#[derive(Debug)]
pub struct Chart<'p> {
    /// What it shows.
    pub title: &'p str,
    /// The names of the series.
    pub series: &'p [&'p str],
    /// What the first column of the table is called.
    pub counted: &'p str,
    /// The same numbers as the API gives them.
    pub data: Option<String>,
}

/// Something that happened, on a time line.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, as precisely as it is known.
    pub date: String,
    /// What.
    pub name: String,
    /// Where it can be read.
    pub address: String,
    /// Whether the page is about it.
    pub marked: bool,
}

/// Columns from left to right, the series one on the other: for years.
pub fn columns(chart: &Chart<'_>, rows: &[Row]) -> Markup {
    let drawn = draw(230, |canvas| draw_columns(canvas, rows));
    figure(chart, drawn, &summary(chart, rows), &table(chart, rows))
}

/// Bars one under the other, each with its name above it: for names of any length.
pub fn bars(chart: &Chart<'_>, rows: &[Row]) -> Markup {
    let height = 40 * u32::try_from(rows.len().max(1)).unwrap_or(1) + 8;
    let drawn = draw(height, |canvas| draw_bars(canvas, rows));
    figure(chart, drawn, &summary(chart, rows), &table(chart, rows))
}

/// Events on a line of years.
pub fn timeline(chart: &Chart<'_>, events: &[Event]) -> Markup {
    let drawn = draw(96, |canvas| draw_timeline(canvas, events));
    let told: Vec<String> = events.iter().map(|event| date_words(&event.date)).collect();
    let table = html! {
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
                        th scope="row" { (super::labels::date(&event.date)) }
                        td {
                            a href=(event.address) { (event.name) }
                        }
                    }
                }
            }
        }
    };
    figure(chart, drawn, &format!("{}: {}.", chart.title, told.join("; ")), &table)
}

fn figure(
    chart: &Chart<'_>,
    drawn: Result<String, Box<dyn Error>>,
    alternative: &str,
    table: &Markup,
) -> Markup {
    let drawn = drawn.unwrap_or_else(|error| {
        tracing::warn!(%error, "a chart could not be drawn");
        String::new()
    });
    let label = html! {
        (alternative)
    }
    .into_string();
    let svg = drawn.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{label}\" "), 1);
    html! {
        figure.chart {
            figcaption { (chart.title) }
            @if chart.series.len() > 1 {
                ul.legend {
                    @for (index, name) in chart.series.iter().enumerate() {
                        li {
                            span class={ "swatch s" (index + 1) } {}
                            (name)
                        }
                    }
                }
            }
            div.scroll tabindex="0" role="group" aria-label=(chart.title) { (PreEscaped(svg)) }
            details {
                summary {
                    "The numbers"
                    span.hidden { " of: " (chart.title) }
                }
                div.scroll tabindex="0" role="group" aria-label={ "Table: " (chart.title) } {
                    (table)
                }
                @if let Some(data) = &chart.data {
                    p {
                        a href=(data) { "These numbers as JSON" }
                    }
                }
            }
        }
    }
}

/// What a chart shows, in words.
fn summary(chart: &Chart<'_>, rows: &[Row]) -> String {
    let told = |row: &Row| match chart.series {
        [] | [_] => format!("{} {}", row.label, row.total()),
        series => {
            let parts: Vec<String> = series
                .iter()
                .zip(&row.counts)
                .filter(|(_, count)| **count > 0)
                .map(|(name, count)| format!("{count} {name}"))
                .collect();
            format!(
                "{} {}",
                row.label,
                if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
            )
        }
    };
    format!("{}: {}.", chart.title, rows.iter().map(told).collect::<Vec<_>>().join("; "))
}

fn table(chart: &Chart<'_>, rows: &[Row]) -> Markup {
    let several = chart.series.len() > 1;
    html! {
        table {
            caption.hidden { (chart.title) }
            thead {
                tr {
                    th scope="col" { (chart.counted) }
                    @for name in chart.series.iter().filter(|_| several) {
                        th.number scope="col" { (name) }
                    }
                    th.number scope="col" {
                        @if several { "all" } @else { "number" }
                    }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" {
                            @if let Some(address) = &row.address {
                                a href=(address) { (row.label) }
                            } @else { (row.label) }
                        }
                        @for count in row.counts.iter().filter(|_| several) {
                            td.number { (grouped(&count.to_string())) }
                        }
                        td.number { (grouped(&row.total().to_string())) }
                    }
                }
            }
        }
    }
}

/// Draws a chart of this height, and puts the stylesheet's colours in place of those that stand
/// for them.
fn draw(height: u32, paint: impl FnOnce(&Canvas<'_>) -> Drawn) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        paint(&canvas)?;
        canvas.present()?;
    }
    let numbered = SERIES
        .iter()
        .enumerate()
        .map(|(index, colour)| (*colour, format!("var(--series-{})", index + 1)));
    let named = [(INK, "var(--ink)".to_owned()), (RULE, "var(--rule)".to_owned())];
    for (RGBColor(red, green, blue), variable) in numbered.chain(named) {
        svg = svg.replace(&format!("#{red:02X}{green:02X}{blue:02X}"), &variable);
    }
    Ok(svg
        .replace(" opacity=\"1\"", "")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(">\n", ">"))
}

fn label(canvas: &Canvas<'_>, text: &str, at: (i32, i32), side: HPos) -> Drawn {
    let style = TextStyle::from(("sans-serif", 14).into_font())
        .color(&INK)
        .pos(Pos::new(side, VPos::Center));
    Ok(canvas.draw(&Text::new(text.to_owned(), at, style))?)
}

fn draw_columns(canvas: &Canvas<'_>, rows: &[Row]) -> Drawn {
    let most = rows.iter().map(Row::total).max().unwrap_or_default().max(1);
    let count = rows.len().max(1);
    let (left, top, bottom, right) = (34, 12, 200, i32::try_from(WIDTH)? - 6);
    let height = |value: u64| -> i32 {
        bottom - i32::try_from(value * u64::try_from(bottom - top).unwrap_or(1) / most).unwrap_or(0)
    };
    for value in ticks(most) {
        let y = height(value);
        canvas.draw(&PathElement::new(vec![(left, y), (right, y)], RULE))?;
        label(canvas, &value.to_string(), (left - 8, y), HPos::Right)?;
    }
    let step = f64::from(right - left) / f64::from(u32::try_from(count)?);
    let every = count.div_ceil(12);
    for (index, row) in rows.iter().enumerate() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a place on a canvas of a few hundred points"
        )]
        let at = |share: f64| {
            left + ((f64::from(u32::try_from(index).unwrap_or(0)) + share) * step) as i32
        };
        let mut below = 0;
        for (series, part) in row.counts.iter().enumerate().filter(|(_, part)| **part > 0) {
            let colour = SERIES[series % SERIES.len()];
            canvas.draw(&Rectangle::new(
                [(at(0.16), height(below + part)), (at(0.84), height(below))],
                colour.filled(),
            ))?;
            below += part;
        }
        if index.is_multiple_of(every) {
            label(canvas, &row.label, (at(0.5), bottom + 16), HPos::Center)?;
        }
    }
    canvas.draw(&PathElement::new(vec![(left, bottom), (right, bottom)], INK))?;
    Ok(())
}

/// Round numbers up to the largest, at most five.
fn ticks(most: u64) -> Vec<u64> {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.saturating_pow(power)));
    let step = steps.into_iter().find(|step| most / step <= 4).unwrap_or(most.max(1));
    (1..=most / step).map(|number| number * step).collect()
}

fn draw_bars(canvas: &Canvas<'_>, rows: &[Row]) -> Drawn {
    let most = rows.iter().map(Row::total).max().unwrap_or_default().max(1);
    let right = i32::try_from(WIDTH)? - 44;
    let width =
        |value: u64| i32::try_from(value * u64::try_from(right).unwrap_or(1) / most).unwrap_or(0);
    for (index, row) in rows.iter().enumerate() {
        let top = 40 * i32::try_from(index)?;
        label(canvas, &row.label, (0, top + 10), HPos::Left)?;
        let mut before = 0;
        for (series, part) in row.counts.iter().enumerate().filter(|(_, part)| **part > 0) {
            let colour = SERIES[series % SERIES.len()];
            canvas.draw(&Rectangle::new(
                [(width(before), top + 20), (width(before + part), top + 34)],
                colour.filled(),
            ))?;
            before += part;
        }
        label(
            canvas,
            &grouped(&row.total().to_string()),
            (width(before) + 8, top + 27),
            HPos::Left,
        )?;
    }
    Ok(())
}

fn draw_timeline(canvas: &Canvas<'_>, events: &[Event]) -> Drawn {
    let years = || events.iter().filter_map(|event| event.date.get(..4)?.parse::<i32>().ok());
    let (Some(first), Some(last)) = (years().min(), years().max()) else { return Ok(()) };
    let (left, right, line) = (10, i32::try_from(WIDTH)? - 10, 40);
    let months = f64::from((last + 1 - first) * 12);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a place on a canvas of a few hundred points"
    )]
    let at = |month: f64| left + (f64::from(right - left) * month / months) as i32;
    canvas.draw(&PathElement::new(vec![(left, line), (right, line)], INK))?;
    let every = (last + 1 - first) / 10 + 1;
    for year in first..=last {
        let x = at(f64::from((year - first) * 12));
        canvas.draw(&PathElement::new(vec![(x, line), (x, line + 8)], RULE))?;
        if (year - first) % every == 0 {
            label(
                canvas,
                &year.to_string(),
                (at(f64::from((year - first) * 12 + 6)), line + 26),
                HPos::Center,
            )?;
        }
    }
    for event in events {
        let (Some(from), Some(to)) =
            (span(&event.date, false, first), span(&event.date, true, first))
        else {
            continue;
        };
        let colour = if event.marked { SERIES[1] } else { SERIES[0] };
        if to - from > 0.9 {
            // A date that is no day takes as much of the line as it may mean.
            canvas.draw(&Rectangle::new(
                [(at(from), line - 7), (at(to), line + 7)],
                colour.stroke_width(2),
            ))?;
        } else {
            canvas.draw(&Circle::new(
                (at(from), line),
                if event.marked { 9 } else { 6 },
                colour.filled(),
            ))?;
        }
    }
    Ok(())
}

/// Where on the line a date begins, or ends, in months since the first year.
fn span(date: &str, ends: bool, first: i32) -> Option<f64> {
    let year = f64::from((date.get(..4)?.parse::<i32>().ok()? - first) * 12);
    let Some(told) = date.get(5..7).and_then(|told| told.parse::<f64>().ok()) else {
        return Some(year + if ends { 12.0 } else { 0.0 });
    };
    let day = date.get(8..10).and_then(|day| day.parse::<f64>().ok());
    Some(year + told - 1.0 + day.map_or(if ends { 1.0 } else { 0.0 }, |day| (day - 1.0) / 31.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_escapes_what_it_shows_and_takes_the_colours_of_the_page() {
        let rows = [Row { label: "<script>\"&".to_owned(), counts: vec![3, 2], address: None }];
        let chart = Chart { title: "a <b>", series: &["one", "two"], counted: "Name", data: None };
        for drawn in [bars(&chart, &rows), columns(&chart, &rows)] {
            let drawn = drawn.into_string();
            assert!(!drawn.contains("<script") && !drawn.contains("<b>"), "{drawn}");
            assert!(
                drawn.contains("var(--series-1)")
                    && drawn.contains("var(--series-2)")
                    && !drawn.contains("#0100"),
                "{drawn}"
            );
            assert!(
                drawn.contains(
                    "aria-label=\"a &lt;b&gt;: &lt;script&gt;&quot;&amp; 3 one, 2 two.\""
                ),
                "{drawn}"
            );
        }
    }

    #[test]
    fn an_axis_has_few_round_numbers() {
        assert_eq!(ticks(1), [1]);
        assert_eq!(ticks(9), [2, 4, 6, 8]);
        assert_eq!(ticks(54), [20, 40]);
    }
}
