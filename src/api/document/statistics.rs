//! The example of statistics: those of the bundled records, with the most frequent value of each
//! count.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::examples::bundled;
use crate::formats::Members;
use crate::model::{Counted, RecordType, Statistic};
use crate::reading::{DatePrecision, FacetCount, FacetValue, Statistics};
use crate::records::CATALOGUE;

pub(crate) fn example() -> Statistics {
    let counted = CATALOGUE.iter().filter(|record_type| !record_type.statistics.is_empty());
    let of_type = |record_type: &'static RecordType| {
        let count = |statistic: &Statistic| {
            let values = bundled(record_type)
                .iter()
                .flat_map(|record| values(record_type, record, &statistic.of));
            (statistic.name, most_frequent(values))
        };
        (record_type.plural, record_type.statistics.iter().map(count).collect::<Members<_>>())
    };
    let dated = CATALOGUE.iter().filter(|record_type| !record_type.main_date.is_empty());
    let dates = dated.flat_map(|record_type| {
        bundled(record_type).iter().map(|record| main_date(record_type, record))
    });
    let mut date_precision = DatePrecision::default();
    for date in dates {
        *match date.len() {
            10 => &mut date_precision.day,
            7 => &mut date_precision.month,
            4 => &mut date_precision.year,
            _ => &mut date_precision.unknown,
        } += 1;
    }
    let size = |record_type: &RecordType| {
        (record_type.name, i64::try_from(bundled(record_type).len()).unwrap_or(i64::MAX))
    };
    let sourced = CATALOGUE.iter().filter(|record_type| !record_type.is_source());
    Statistics {
        revision: 1,
        records: CATALOGUE.iter().map(size).collect(),
        by_type: counted.map(of_type).collect(),
        sourced: sourced.map(|record_type| (record_type.name, Some(share(record_type)))).collect(),
        date_precision,
    }
}

fn share(record_type: &RecordType) -> f64 {
    let all = bundled(record_type);
    let sourced = all
        .iter()
        .filter(|record| record["sources"].as_array().is_some_and(|sources| !sources.is_empty()));
    (sourced.count() as f64 * 100.0 / all.len().max(1) as f64).round() / 100.0
}

fn most_frequent(values: impl Iterator<Item = FacetValue>) -> Vec<FacetCount> {
    let mut counts: BTreeMap<FacetValue, i64> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.into_iter().map(|(value, count)| FacetCount { value, name: None, count }).collect()
}

/// Returns the values under which a bundled record counts.
fn values(record_type: &RecordType, record: &Json, counted: &Counted) -> Vec<FacetValue> {
    let known = |value: &Json| value.as_str().map(|text| FacetValue::Text(text.to_owned()));
    match counted {
        Counted::Year => main_date(record_type, record)
            .get(..4)
            .map(|year| FacetValue::Text(year.to_owned()))
            .into_iter()
            .collect(),
        Counted::AgentType(name) => known(&record[name]["type"]).into_iter().collect(),
        Counted::Field(path) => {
            let value = path.split('.').fold(record, |value, name| &value[name]);
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            values.iter().filter_map(known).collect()
        }
    }
}

fn main_date(record_type: &RecordType, record: &Json) -> String {
    let known = record_type.main_date.iter().map(|name| &record[name]).find(|date| !date.is_null());
    known
        .map_or(String::new(), |date| date.as_str().map_or_else(|| date.to_string(), str::to_owned))
}
