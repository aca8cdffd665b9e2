//! What records are referred to by: ids, references to a type, agents, and a record of any type.

use serde_json::{Map, Value as Json, json};

use super::Parts;
use super::schema::{named, short};
use crate::model::text::LONGEST_LABEL;
use crate::model::{Agent, PartialDate};
use crate::records::CATALOGUE;

/// The form of ids.
const SLUG: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// The name of the schema of references to this type.
pub(super) fn name_of(target: &str) -> String {
    format!("{}Reference", CATALOGUE.get(target).map_or("", |record_type| record_type.schema))
}

/// Tells what refers to this type, on both sides.
pub(super) fn tell_reference(target: &str, parts: &mut Parts) {
    let name = name_of(target);
    let what = target.replace('_', " ");
    let properties = json!({ "type": { "type": "string", "enum": [target], "description": "Its type." }, "id": id(), "name": label() });
    parts.schema(
        name.as_str(),
        json!({
            "type": "object",
            "description": format!("The {what} with this id. With `include`, the full record stands here."),
            "properties": properties,
            "required": ["type", "id", "name"],
        }),
    );
    let object = json!({
        "type": "object",
        "description": "As it is read; the id alone counts.",
        "properties": properties,
        "required": ["id"],
        "additionalProperties": true,
    });
    let doc = format!("The id of the {what}, or an object with it, as it is read.");
    parts.schema(format!("{name}Input"), json!({ "description": doc, "oneOf": [id(), object] }));
}

/// Tells what records of all types are made of.
pub(super) fn tell(parts: &mut Parts) {
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    parts.schema(
        "Reference",
        json!({
            "type": "object",
            "description": "A record of any type, by type and id, with its name.",
            "properties": { "type": { "type": "string", "enum": types, "description": "Its type." }, "id": id(), "name": label() },
            "required": ["type", "id", "name"],
        }),
    );
    tell_agents(parts);
    parts.schema("AnyRecord", any_record());
    parts.schema(
        "PartialDate",
        json!({
            "type": "string",
            "pattern": PartialDate::PATTERN,
            "maxLength": 10,
            "description": "A date as precise as its source: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, of the years 1700 to 2200.",
            "examples": ["2024-02-13", "2024"],
        }),
    );
}

fn tell_agents(parts: &mut Parts) {
    let doc = "A person or an organization by id, or (`label`) the name of whoever the source does not identify.";
    let party = json!({ "type": "string", "enum": Agent::TARGETS, "description": "What it is." });
    let label_type = json!({ "type": "string", "enum": ["label"], "description": "Says that there is no record." });
    parts.schema("Agent", json!({ "description": doc, "oneOf": [named("Party"), named("Label")] }));
    parts.schema(
        "Party",
        json!({
            "type": "object",
            "description": "A person or an organization that has a record. With `include`, the full record stands here.",
            "properties": { "type": party, "id": id(), "name": label() },
            "required": ["type", "id", "name"],
        }),
    );
    parts.schema(
        "Label",
        json!({
            "type": "object",
            "description": "Whoever the source names without identifying them.",
            "properties": { "type": label_type, "name": label() },
            "required": ["type", "name"],
        }),
    );
    parts.schema(
        "AgentInput",
        json!({
            "type": "object",
            "description": format!("{doc} Needs `type` and `id`, or `type` and `name`."),
            "properties": {
                "type": { "type": "string", "enum": ["person", "organization", "label"], "description": "What it is." },
                "id": id(),
                "name": label(),
            },
            "required": ["type"],
            "additionalProperties": true,
        }),
    );
}

/// A record of whichever type, told apart by `type`.
fn any_record() -> Json {
    let one_of: Vec<Json> = CATALOGUE.iter().map(|record_type| named(record_type.schema)).collect();
    let mapping: Map<String, Json> = CATALOGUE
        .iter()
        .map(|record_type| (record_type.name.to_owned(), json!(format!("#/components/schemas/{}", record_type.schema))))
        .collect();
    json!({ "description": "A record of any type.", "oneOf": one_of, "discriminator": { "propertyName": "type", "mapping": mapping } })
}

/// An id.
pub(super) fn id() -> Json {
    json!({ "type": "string", "pattern": SLUG, "maxLength": 100, "description": "Its id." })
}

/// The name of a record.
pub(super) fn label() -> Json {
    short(LONGEST_LABEL, "Its name.")
}

/// The name of a record's type.
pub(super) fn type_name() -> Json {
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    json!({ "type": "string", "enum": types, "description": "The record's type." })
}
