//! Declared fields as JSON Schema: as they are read, as they are written whole, as they are changed.

use serde_json::{Map, Value as Json, json};

use super::Parts;
use crate::model::{Choice, Field, Kind, ObjectType, PartialDate, RecordType, TextFormat};

/// Which side of the API a schema is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// What is answered: every field is there.
    Read,
    /// What is sent whole: what may be unknown can be left out.
    Write,
    /// What is sent as a merge patch: anything can be left out, null removes.
    Patch,
}

/// A schema that is told under `components`.
pub(super) fn named(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Tells a record of this type on each side, and the objects in it.
pub(super) fn tell_record(record_type: &'static RecordType, parts: &mut Parts) {
    for (suffix, side) in [("", Side::Read), ("Input", Side::Write), ("Patch", Side::Patch)] {
        parts.schema(format!("{}{suffix}", record_type.schema), record(record_type, side));
    }
    record_type.all().iter().for_each(|field| objects(field.kind, parts));
}

/// Tells what records of all types are made of.
pub(super) fn tell_shared(parts: &mut Parts) {
    for (suffix, side) in [("", Side::Read), ("Input", Side::Write)] {
        parts.schema(format!("Reference{suffix}"), reference(side));
        parts.schema(format!("Agent{suffix}"), agent(side));
    }
    parts.schema(
        "PartialDate",
        json!({
            "type": "string",
            "pattern": PartialDate::PATTERN,
            "description": "A date as precise as its source: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, of the years 1700 to 2200.",
            "examples": ["2024-02-13", "2024"],
        }),
    );
}

fn objects(kind: Kind, parts: &mut Parts) {
    if let Kind::Object(object) = kind.element() {
        parts.schema(object.name, object_schema(object, Side::Read));
        parts.schema(format!("{}Input", object.name), object_schema(object, Side::Write));
        object.fields.iter().for_each(|member| objects(member.kind, parts));
    }
}

fn record(record_type: &'static RecordType, side: Side) -> Json {
    let fields: Vec<&Field> = record_type.all().to_vec();
    let mut schema = object_of(&fields, side, record_type.doc);
    if side != Side::Patch {
        // A record that is posted gets its id from its name.
        if let (Side::Write, Some(required)) = (side, schema["required"].as_array_mut()) {
            required.retain(|name| name != "id");
        }
    }
    if let Some(kind) = schema.pointer_mut("/properties/type") {
        kind["enum"] = json!([record_type.name]);
    }
    if side == Side::Read {
        schema["additionalProperties"] = json!(true);
        schema["properties"]["highlight"] = highlight();
    }
    schema
}

/// Where a record was found.
pub(super) fn highlight() -> Json {
    json!({
        "type": "string",
        "readOnly": true,
        "description": "In answers to `q`: where the record was found, as HTML, with what was asked for in `<mark>` and no other tag.",
    })
}

fn object_schema(object: &'static ObjectType, side: Side) -> Json {
    object_of(&object.fields.iter().collect::<Vec<_>>(), side, object.doc)
}

fn object_of(fields: &[&Field], side: Side, doc: &str) -> Json {
    let properties: Map<String, Json> = fields.iter().map(|field| (field.name.to_owned(), property(field, side))).collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| match side {
            Side::Read => true,
            Side::Write => field.required,
            Side::Patch => false,
        })
        .map(|field| field.name)
        .collect();
    json!({ "type": "object", "description": doc, "properties": properties, "required": required, "additionalProperties": false })
}

fn property(field: &Field, side: Side) -> Json {
    let nullable = match side {
        Side::Read => field.nullable(),
        _ => !field.read_only && (!field.required || side == Side::Patch),
    };
    let mut schema = kind_schema(field.kind, side);
    if let Some(default) = field.default.filter(|default| !default.is_empty() && side == Side::Write) {
        schema["default"] = json!(default);
    }
    if field.read_only {
        schema["readOnly"] = json!(true);
    }
    if nullable {
        schema = or_null(schema);
    }
    let doc = match field.kind.element() {
        Kind::Enumeration(choices) => format!("{}\n\n{}", field.doc, meanings(choices)),
        _ => field.doc.to_owned(),
    };
    schema["description"] = json!(doc);
    schema
}

fn or_null(schema: Json) -> Json {
    if let (Some(kind), None) = (schema.get("type").and_then(Json::as_str), schema.get("enum")) {
        let kinds = json!([kind, "null"]);
        let mut schema = schema;
        schema["type"] = kinds;
        return schema;
    }
    json!({ "oneOf": [schema, { "type": "null" }] })
}

fn meanings(choices: &[Choice]) -> String {
    choices.iter().map(|choice| format!("- `{}`: {}", choice.value, choice.doc)).collect::<Vec<_>>().join("\n")
}

fn kind_schema(kind: Kind, side: Side) -> Json {
    let of_side = |name: &str| named(&format!("{name}{}", if side == Side::Read { "" } else { "Input" }));
    match kind {
        Kind::Type => json!({ "type": "string" }),
        Kind::Text(format) => text(format),
        Kind::Label(_) => json!({ "type": "string" }),
        Kind::Date => named("PartialDate"),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Integer(least, i64::MAX) => json!({ "type": "integer", "format": "int64", "minimum": least }),
        Kind::Integer(least, most) => json!({ "type": "integer", "format": "int64", "minimum": least, "maximum": most }),
        Kind::Number => json!({ "type": "number", "format": "double" }),
        Kind::Enumeration(choices) => json!({ "type": "string", "enum": choices.iter().map(|choice| choice.value).collect::<Vec<_>>() }),
        Kind::Reference(_) => of_side("Reference"),
        Kind::Agent => of_side("Agent"),
        Kind::Object(object) => of_side(object.name),
        Kind::List(element) => {
            let mut schema = json!({ "type": "array", "items": kind_schema(*element, side), "maxItems": 500 });
            if !matches!(element, Kind::Object(_)) && side != Side::Read {
                schema["uniqueItems"] = json!(true);
            }
            schema
        }
        Kind::PastDue { .. } => json!({ "type": "boolean" }),
    }
}

fn text(format: &TextFormat) -> Json {
    let mut schema = json!({ "type": "string", "minLength": 1, "maxLength": format.longest });
    if let Some(pattern) = format.pattern {
        schema["pattern"] = json!(pattern);
    }
    if let Some(name) = format.format {
        schema["format"] = json!(name);
    }
    schema
}

/// The form of ids.
pub(super) const SLUG: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

fn reference(side: Side) -> Json {
    let id = json!({ "type": "string", "pattern": SLUG, "maxLength": 100 });
    let object = |required: Json| {
        json!({
            "type": "object",
            "description": "Another record, by type and id, with its name. With `include`, the full record stands here.",
            "properties": { "type": { "type": "string", "description": "Its type." }, "id": id, "name": { "type": "string", "description": "Its name." } },
            "required": required,
            "additionalProperties": true,
        })
    };
    match side {
        Side::Read => object(json!(["type", "id", "name"])),
        _ => {
            json!({ "description": "The id of another record, or an object with it, as it is read.", "oneOf": [id, object(json!(["id"]))] })
        }
    }
}

fn agent(side: Side) -> Json {
    let required = if side == Side::Read { json!(["type", "name"]) } else { json!(["type"]) };
    json!({
        "type": "object",
        "description": "A person or an organization by id, or (`label`) the name of whoever the source does not identify.",
        "properties": {
            "type": { "type": "string", "enum": ["person", "organization", "label"], "description": "What it is." },
            "id": { "type": "string", "pattern": SLUG, "maxLength": 100, "description": "Its id; a label has none." },
            "name": { "type": "string", "description": "Its name." },
        },
        "required": required,
        "additionalProperties": true,
    })
}
