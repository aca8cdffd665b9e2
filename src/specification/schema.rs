//! Declared fields as JSON Schema: as they are read, as they are written whole, as they are changed.

use serde_json::{Map, Value as Json, json};

use super::{Parts, references};
use crate::model::text::LONGEST_LABEL;
use crate::model::{Choice, Field, GREATEST, Kind, ObjectType, RecordType, TextFormat};
use crate::records::CATALOGUE;

/// Which side of the API a schema is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
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
    record_type.all().iter().for_each(|field| tell_kind(field.kind, parts));
}

/// Tells what a value of this kind is made of.
fn tell_kind(kind: Kind, parts: &mut Parts) {
    match kind.element() {
        Kind::Reference(target) => references::tell_reference(target, parts),
        Kind::Object(object) => {
            parts.schema(object.name, object_schema(object, Side::Read));
            parts.schema(format!("{}Input", object.name), object_schema(object, Side::Write));
            object.fields.iter().for_each(|member| tell_kind(member.kind, parts));
        }
        _ => {}
    }
}

fn record(record_type: &'static RecordType, side: Side) -> Json {
    let mut schema = object_of(record_type.all(), side, record_type.doc);
    // A record that is posted gets its id from its name.
    if let (Side::Write, Some(required)) = (side, schema["required"].as_array_mut()) {
        required.retain(|name| name != "id");
    }
    schema["properties"]["type"]["enum"] = json!([record_type.name]);
    if side == Side::Read {
        schema["properties"]["highlight"] = highlight();
        for backlink in record_type.backlinks {
            // What is included from several types is told as roles are, or by reference.
            let mixed = if backlink.name == "roles" { "Role" } else { "Reference" };
            let entry = CATALOGUE.get(backlink.record_type).map_or(mixed, |other| other.schema);
            let doc = format!("With `include={}`: {}.", backlink.name, backlink.doc);
            schema["properties"][backlink.name] = json!({ "type": "array", "items": named(entry), "maxItems": 10_000, "description": doc });
        }
    }
    schema
}

/// Where a record was found.
pub(super) fn highlight() -> Json {
    json!({
        "type": "string",
        "readOnly": true,
        "maxLength": 100_000,
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
    let mut schema = json!({ "type": "object", "description": doc, "properties": properties, "required": required });
    // Answers may get more members within a version of the API; what is sent must be known.
    if side != Side::Read {
        schema["additionalProperties"] = json!(false);
    }
    schema
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

fn meanings(choices: &[Choice]) -> String {
    choices.iter().map(|choice| format!("- `{}`: {}", choice.value, choice.doc)).collect::<Vec<_>>().join("\n")
}

/// The schema of a value of this kind.
pub(super) fn kind_schema(kind: Kind, side: Side) -> Json {
    let of_side = |name: &str| named(&format!("{name}{}", if side == Side::Read { "" } else { "Input" }));
    match kind {
        Kind::Type => json!({ "type": "string" }),
        Kind::Text(format) => text(format),
        Kind::Label(_) => json!({ "type": "string", "maxLength": LONGEST_LABEL }),
        Kind::Date => named("PartialDate"),
        Kind::Moment => moment(),
        Kind::Integer(least, most) => integer(least, most),
        Kind::Number => json!({
            "type": "number",
            "format": "double",
            "exclusiveMinimum": -GREATEST - 1,
            "exclusiveMaximum": GREATEST + 1,
        }),
        Kind::Enumeration(choices) => json!({ "type": "string", "enum": choices.iter().map(|choice| choice.value).collect::<Vec<_>>() }),
        Kind::Reference(target) => of_side(&references::name_of(target)),
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

/// A whole number between these, as far as numbers are told.
pub(super) fn integer(least: i64, most: i64) -> Json {
    json!({ "type": "integer", "format": "int64", "minimum": least, "maximum": most.min(GREATEST) })
}

/// A moment of system time.
pub(super) fn moment() -> Json {
    json!({ "type": "string", "format": "date-time", "maxLength": 27 })
}

/// A text of at most so many characters.
pub(super) fn short(longest: usize, doc: &str) -> Json {
    json!({ "type": "string", "maxLength": longest, "description": doc })
}

/// The schema, with what it means.
pub(super) fn described(mut schema: Json, doc: &str) -> Json {
    schema["description"] = json!(doc);
    schema
}

/// The schema, or null.
pub(super) fn or_null(schema: Json) -> Json {
    if let (Some(kind), None) = (schema.get("type").and_then(Json::as_str), schema.get("enum")) {
        let kinds = json!([kind, "null"]);
        let mut schema = schema;
        schema["type"] = kinds;
        return schema;
    }
    json!({ "oneOf": [schema, { "type": "null" }] })
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
