//! What is missing in the record.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::reading::GAPS;
use crate::records::CATALOGUE;
use crate::specification::envelope::list;
use crate::specification::parameters::words;
use crate::specification::references::{id, label, type_name};
use crate::specification::schema::{named, or_null, short};
use crate::specification::{Operation, Parts, examples};

pub(super) fn tell(parts: &mut Parts) {
    let kinds: Vec<String> = GAPS.iter().map(|(kind, doc)| format!("`{kind}` ({doc})")).collect();
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    let description = "The record keepers' worklist: what is missing in the record or stands against itself, with what to do about it.";
    let gaps = Operation::new("list_gaps", TAG, "What is missing", description)
        .takes_shared(&["limit", "cursor", "revision", "as_of"])
        .takes([
            words("kind", &format!("Only these kinds, separated by commas: {}.", kinds.join(", "))),
            words("type", &format!("Only of records of these types, separated by commas: {}.", types.join(", "))),
        ])
        .answers(200, "The gaps, by kind, type and id.", "GapList")
        .reads();
    parts.path("/v1/gaps", [("get", gaps)]);
    parts.schema("GapList", list(&named("Gap")));
    parts.schema("Gap", gap());
    parts.example("GapList", examples::list(example(), 1));
}

fn gap() -> Json {
    let kinds: Vec<&str> = GAPS.iter().map(|(kind, _)| *kind).collect();
    json!({
        "type": "object",
        "description": "Something missing in the record, or standing against itself.",
        "properties": {
            "kind": { "type": "string", "enum": kinds, "description": "What kind of gap it is." },
            "type": type_name(),
            "id": id(),
            "name": label(),
            "field": or_null(short(1_000, "A JSON pointer to the field; null: the whole record.")),
            "message": short(10_000, "What is wrong, and what to do."),
        },
        "required": ["kind", "type", "id", "name", "field", "message"],
    })
}

fn example() -> Json {
    let record = CATALOGUE.get("commitment").map(examples::read).unwrap_or_default();
    json!({ "kind": "silent", "type": "commitment", "id": record["id"], "name": record["name"], "field": null, "message": "no progress is recorded" })
}
