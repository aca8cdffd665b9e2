//! The record in numbers.

use serde_json::{Map, Value as Json, json};

use super::TAG;
use crate::records::CATALOGUE;
use crate::specification::schema::named;
use crate::specification::{Operation, Parts};

pub(super) fn tell(parts: &mut Parts) {
    let description = "How many records there are, by type, year, status and more; how many have sources; how precise dates are.";
    let statistics = Operation::new("get_statistics", TAG, "The record in numbers", description)
        .takes_shared(&["revision", "as_of"])
        .answers(200, "The numbers.", "Statistics")
        .reads();
    parts.path("/v1/statistics", [("get", statistics)]);
    parts.schema("Statistics", schema());
}

fn schema() -> Json {
    let of_types = |value: Json| {
        let members: Map<String, Json> = CATALOGUE.iter().map(|record_type| (record_type.name.to_owned(), value.clone())).collect();
        let required: Vec<&String> = members.keys().collect();
        json!({ "type": "object", "properties": members, "required": required })
    };
    let count = json!({ "type": "integer", "format": "int64", "minimum": 0 });
    let mut properties = json!({
        "revision": { "type": "integer", "format": "int64", "minimum": 0, "description": "The revision that was counted: cite it." },
        "records": of_types(count.clone()),
    });
    for record_type in CATALOGUE.iter().filter(|record_type| !record_type.statistics.is_empty()) {
        let tally = named("Tally");
        let members: Map<String, Json> =
            record_type.statistics.iter().map(|statistic| (statistic.name.to_owned(), tally.clone())).collect();
        let required: Vec<&String> = members.keys().collect();
        properties[record_type.plural] = json!({ "type": "object", "properties": members, "required": required });
    }
    properties["sourced"] = of_types(
        json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "The share of records that have a source; null where there are none." }),
    );
    properties["date_precision"] = json!({
        "type": "object",
        "description": "How precise the main dates of all records are.",
        "properties": { "day": count, "month": count, "year": count, "unknown": count },
        "required": ["day", "month", "year", "unknown"],
    });
    let required: Vec<String> = properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    json!({ "type": "object", "description": "The record in numbers.", "properties": properties, "required": required })
}
