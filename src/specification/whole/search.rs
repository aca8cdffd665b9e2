//! Full text over all records.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::records::CATALOGUE;
use crate::specification::envelope::list;
use crate::specification::parameters::words;
use crate::specification::references::{id, label, type_name};
use crate::specification::schema::{highlight, named, or_null};
use crate::specification::{Operation, Parts, examples};

pub(super) fn tell(parts: &mut Parts) {
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    let description =
        "Full text over the records of all types. `q` is needed, unless there is a `cursor`. A walk sees one state of the record.";
    let search = Operation::new("search", TAG, "Search all records", description)
        .takes_shared(&["q", "limit", "cursor"])
        .takes([words("type", &format!("Only records of these types, separated by commas: {}.", types.join(", ")))])
        .answers(200, "The hits, the best first; `facets.type` counts those of each type.", "HitList")
        .reads();
    parts.path("/v1/search", [("get", search)]);
    parts.schema("HitList", list(&named("Hit")));
    parts.schema("Hit", hit());
    parts.example("HitList", examples::list(example(), 1));
}

fn hit() -> Json {
    json!({
        "type": "object",
        "description": "A record that a search found.",
        "properties": {
            "type": type_name(),
            "id": id(),
            "name": label(),
            "url": { "type": "string", "format": "uri-reference", "maxLength": 2_048, "description": "Its address." },
            "date": or_null(named("PartialDate")),
            "highlight": highlight(),
        },
        "required": ["type", "id", "name", "url", "date", "highlight"],
    })
}

fn example() -> Json {
    let record = CATALOGUE.get("award").map(examples::read).unwrap_or_default();
    let name = record["name"].as_str().unwrap_or_default();
    json!({
        "type": record["type"],
        "id": record["id"],
        "name": name,
        "url": format!("/v1/awards/{}", record["id"].as_str().unwrap_or_default()),
        "date": record["established"],
        "highlight": name.replacen("Award", "<mark>Award</mark>", 1),
    })
}
