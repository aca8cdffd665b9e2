//! The record in numbers.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::TAG;
use crate::model::{Counted, RecordType};
use crate::records::CATALOGUE;
use crate::specification::schema::{described, integer, named};
use crate::specification::{Operation, Parts, examples};

pub(super) fn tell(parts: &mut Parts) {
    let description = "How many records there are, by type, year, status and more; how many have sources; how precise dates are.";
    let statistics = Operation::new("get_statistics", TAG, "The record in numbers", description)
        .takes_shared(&["revision", "as_of"])
        .answers(200, "The numbers.", "Statistics")
        .reads();
    parts.path("/v1/statistics", [("get", statistics)]);
    parts.schema("Statistics", schema());
    parts.example("Statistics", example());
}

fn schema() -> Json {
    let count = integer(0, i64::MAX);
    let share = json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "The share of records that have a source; null where there are none." });
    let mut properties = json!({
        "revision": described(count.clone(), "The revision that was counted: cite it."),
        "records": of_types("How many records there are, by type.", |_| Some(count.clone())),
    });
    for record_type in counted() {
        let members = record_type.statistics.iter().map(|statistic| (statistic.name.to_owned(), named("Tally")));
        properties[record_type.plural] = object(record_type.doc, members.collect());
    }
    properties["sourced"] =
        of_types("How many of them have a source, as a share; documents, which are sources, are left out.", |record_type| {
            (!record_type.is_source()).then(|| share.clone())
        });
    let precisions = PRECISIONS.map(|(name, _)| (name.to_owned(), count.clone()));
    properties["date_precision"] = object("How precise the main dates of all records are.", precisions.into_iter().collect());
    object("The record in numbers.", properties.as_object().cloned().unwrap_or_default())
}

fn object(doc: &str, properties: Map<String, Json>) -> Json {
    let required: Vec<&String> = properties.keys().collect();
    json!({ "type": "object", "description": doc, "required": required, "properties": properties })
}

fn of_types(doc: &str, value: impl Fn(&RecordType) -> Option<Json>) -> Json {
    object(doc, CATALOGUE.iter().filter_map(|record_type| Some((record_type.name.to_owned(), value(record_type)?))).collect())
}

fn counted() -> impl Iterator<Item = &'static RecordType> {
    CATALOGUE.iter().filter(|record_type| !record_type.statistics.is_empty())
}

/// How precise a date is, by its length.
const PRECISIONS: [(&str, usize); 4] = [("day", 10), ("month", 7), ("year", 4), ("unknown", 0)];

/// The bundled records in numbers; of each tally, the most frequent value.
fn example() -> Json {
    let by_type = |of: &dyn Fn(&RecordType) -> Option<Json>| -> Map<String, Json> {
        CATALOGUE.iter().filter_map(|record_type| Some((record_type.name.to_owned(), of(record_type)?))).collect()
    };
    let all = |record_type: &RecordType| examples::bundled(record_type);
    let mut told = json!({ "revision": 1, "records": by_type(&|record_type| Some(json!(all(record_type).len()))) });
    for record_type in counted() {
        for statistic in record_type.statistics {
            let values = all(record_type).iter().flat_map(|record| values(record_type, record, &statistic.of));
            told[record_type.plural][statistic.name] = most_frequent(values);
        }
    }
    told["sourced"] = json!(by_type(&|record_type| {
        let sourced = all(record_type).iter().filter(|record| record["sources"].as_array().is_some_and(|sources| !sources.is_empty()));
        let share = (sourced.count() as f64 * 100.0 / all(record_type).len().max(1) as f64).round() / 100.0;
        (!record_type.is_source()).then(|| json!(share))
    }));
    let dates = CATALOGUE.iter().filter(|record_type| !record_type.main_date.is_empty());
    let lengths: Vec<usize> =
        dates.flat_map(|record_type| all(record_type).iter().map(|record| main_date(record_type, record).len())).collect();
    for (name, length) in PRECISIONS {
        told["date_precision"][name] = json!(lengths.iter().filter(|found| **found == length).count());
    }
    told
}

/// What a bundled record counts under.
fn values(record_type: &RecordType, record: &Json, counted: &Counted) -> Vec<Json> {
    let known = |value: &Json| Some(value.clone()).filter(|value| !value.is_null());
    match counted {
        Counted::Year => main_date(record_type, record).get(..4).map(|year| json!(year)).into_iter().collect(),
        Counted::Sort(name) => known(&record[name]["type"]).into_iter().collect(),
        Counted::Field(path) => {
            let value = path.split('.').fold(record, |value, name| &value[name]);
            value.as_array().cloned().unwrap_or_else(|| known(value).into_iter().collect())
        }
    }
}

fn main_date(record_type: &RecordType, record: &Json) -> String {
    let known = record_type.main_date.iter().map(|name| &record[name]).find(|date| !date.is_null());
    known.map_or(String::new(), |date| date.as_str().map_or_else(|| date.to_string(), str::to_owned))
}

fn most_frequent(values: impl Iterator<Item = Json>) -> Json {
    let mut counts: BTreeMap<String, (Json, u64)> = BTreeMap::new();
    values.for_each(|value| counts.entry(value.to_string()).or_insert((value, 0)).1 += 1);
    let most = counts.into_values().max_by_key(|(_, count)| *count);
    most.map_or(json!([]), |(value, count)| json!([{ "value": value, "count": count }]))
}
