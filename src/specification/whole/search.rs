//! Full text over all records.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::records::CATALOGUE;
use crate::specification::envelope::list;
use crate::specification::parameters::words;
use crate::specification::schema::{highlight, named};
use crate::specification::{Operation, Parts};

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
    parts.schema("Hit", hit(&types));
}

fn hit(types: &[&str]) -> Json {
    json!({
        "type": "object",
        "description": "A record that a search found.",
        "properties": {
            "type": { "type": "string", "enum": types, "description": "Its type." },
            "id": { "type": "string", "description": "Its id." },
            "name": { "type": "string", "description": "Its name." },
            "url": { "type": "string", "format": "uri-reference", "description": "Its address." },
            "date": { "oneOf": [named("PartialDate"), { "type": "null" }] },
            "highlight": highlight(),
        },
        "required": ["type", "id", "name", "url", "date", "highlight"],
        "additionalProperties": false,
    })
}
