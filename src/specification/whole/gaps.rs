//! What is missing in the record.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::reading::GAPS;
use crate::records::CATALOGUE;
use crate::specification::envelope::list;
use crate::specification::parameters::{number, words};
use crate::specification::{Operation, Parts};

pub(super) fn tell(parts: &mut Parts) {
    let kinds: Vec<String> = GAPS.iter().map(|(kind, doc)| format!("`{kind}` ({doc})")).collect();
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    let description = "The record keepers' worklist: what is missing in the record or stands against itself, with what to do about it.";
    let gaps = Operation::new("list_gaps", TAG, "What is missing", description)
        .takes_shared(&["limit", "revision", "as_of"])
        .takes([
            words("kind", &format!("Only these kinds, separated by commas: {}.", kinds.join(", "))),
            words("type", &format!("Only of records of these types, separated by commas: {}.", types.join(", "))),
            number("offset", "The page's offset; `page.next` has it.", 0, Some(10_000_000)),
        ])
        .answers(200, "The gaps, by kind, type and id.", "GapList")
        .reads();
    parts.path("/v1/gaps", [("get", gaps)]);
    parts.schema("GapList", list(&gap()));
}

fn gap() -> Json {
    json!({
        "type": "object",
        "description": "Something missing in the record, or standing against itself.",
        "properties": {
            "kind": { "type": "string", "enum": GAPS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>() },
            "type": { "type": "string", "description": "The record's type." },
            "id": { "type": "string", "description": "Its id." },
            "name": { "type": "string", "description": "Its name." },
            "field": { "type": ["string", "null"], "description": "A JSON pointer to the field; null: the whole record." },
            "message": { "type": "string", "description": "What is wrong, and what to do." },
        },
        "required": ["kind", "type", "id", "name", "field", "message"],
    })
}
