//! The numbers behind a chart: counts in named groups, taken from facets.

use serde_json::Value as Json;

use super::links::list;
use super::value::in_brief;

/// A row of counts, one for each series.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What is counted.
    pub label: String,
    /// How many, series by series.
    pub counts: Vec<u64>,
    /// Where the records that were counted can be seen.
    pub address: Option<String>,
}

impl Row {
    /// All series together.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A value of a facet: the value as a filter takes it, its name, its count.
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

/// Rows for each year between the first and the last, those with nothing in them too.
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
    (first..=last)
        .map(|year| {
            let of = |series: &Vec<(i32, u64)>| {
                series.iter().find(|(other, _)| *other == year).map_or(0, |(_, count)| *count)
            };
            Row { label: year.to_string(), counts: counts.iter().map(of).collect(), address: None }
        })
        .collect()
}

/// How many of the dates are days, months, years, or not known.
pub fn precision(records: &Json, field: &str) -> Vec<Row> {
    let mut counts = [0_u64; 4];
    for record in list(records, "data") {
        let index = match record[field].as_str().map(str::len) {
            Some(10) => 0,
            Some(7) => 1,
            Some(_) => 2,
            None => 3,
        };
        counts[index] += 1;
    }
    let names = ["to the day", "to the month", "to the year", "not known"];
    names
        .into_iter()
        .zip(counts)
        .map(|(label, count)| Row { label: label.to_owned(), counts: vec![count], address: None })
        .collect()
}
