//! The numbers of a chart: counts in named groups, taken from facets.

use serde_json::Value as Json;

use super::value::in_brief;

/// A row of counts, one for each series.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub label: String,
    pub counts: Vec<u64>,
    /// The address of the list of the records that were counted.
    pub address: Option<String>,
    /// The class that gives the row its color, if rows differ in color.
    pub class: Option<String>,
}

impl Row {
    /// Creates a row without a link.
    pub fn new(label: impl Into<String>, counts: Vec<u64>) -> Self {
        Self { label: label.into(), counts, address: None, class: None }
    }

    /// Returns the sum over all series.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Returns the values of a facet: the value as in a filter, its name, its count.
pub fn counted(facet: &Json) -> Vec<(String, String, u64)> {
    let entries = facet.as_array().map_or(&[][..], Vec::as_slice);
    entries
        .iter()
        .map(|entry| {
            let value = in_brief(&entry["value"]);
            let name = entry["name"].as_str().map_or_else(|| value.clone(), str::to_owned);
            (value, name, entry["count"].as_u64().unwrap_or_default())
        })
        .collect()
}

/// Returns a row for each year from the first to the last, including years without a record. Each
/// facet is a series.
pub fn by_year(facets: &[Json]) -> Vec<Row> {
    let counts: Vec<Vec<(i32, u64)>> = facets
        .iter()
        .map(|facet| {
            counted(facet)
                .into_iter()
                .filter_map(|(year, _, count)| Some((year.parse().ok()?, count)))
                .collect()
        })
        .collect();
    let years = || counts.iter().flatten().map(|(year, _)| *year);
    let (Some(first), Some(last)) = (years().min(), years().max()) else { return Vec::new() };
    let count_in = |series: &Vec<(i32, u64)>, year: i32| {
        series.iter().find(|(other, _)| *other == year).map_or(0, |(_, count)| *count)
    };
    (first..=last)
        .map(|year| {
            let counts = counts.iter().map(|series| count_in(series, year)).collect();
            Row::new(year.to_string(), counts)
        })
        .collect()
}
