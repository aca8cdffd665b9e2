//! Schemas of records, as they are read and as they are written.

use serde_json::{Map, Value as Json, json};

use crate::model::{Choice, Field, Kind, ObjectType, PartialDate, RecordType, TextFormat};
use crate::reading::GAPS;
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

/// Every schema.
pub(super) fn all() -> Json {
    let mut schemas = Map::new();
    for (name, side) in [("", Side::Read), ("Input", Side::Write)] {
        schemas.insert(format!("Reference{name}"), reference(side));
        schemas.insert(format!("Agent{name}"), agent(side));
    }
    for record_type in CATALOGUE.iter() {
        schemas.insert(record_type.schema.to_owned(), record(record_type, Side::Read));
        schemas.insert(format!("{}Input", record_type.schema), record(record_type, Side::Write));
        schemas.insert(format!("{}Patch", record_type.schema), record(record_type, Side::Patch));
        schemas.insert(
            format!("{}List", record_type.schema),
            list(&json!({ "$ref": format!("#/components/schemas/{}", record_type.schema) })),
        );
        record_type.all().iter().for_each(|field| objects(field.kind, &mut schemas));
    }
    schemas.insert("PartialDate".to_owned(), json!({ "type": "string", "pattern": PartialDate::PATTERN, "description": "A date as precise as its source: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, of the years 1700 to 2200.", "examples": ["2024-02-13", "2024"] }));
    schemas.insert("Page".to_owned(), page());
    schemas.insert("Facets".to_owned(), facets());
    schemas.insert("Tally".to_owned(), tally());
    schemas.insert("Role".to_owned(), role());
    schemas.insert("RoleList".to_owned(), list(&json!({ "$ref": "#/components/schemas/Role" })));
    schemas.insert("VersionList".to_owned(), list(&revision_schema(json!({ "operation": { "type": "string" }, "changed": { "type": "array", "items": { "type": "string" } }, "record": { "type": ["object", "null"] } }))));
    schemas.insert("Change".to_owned(), change());
    schemas.insert("RevisionList".to_owned(), list(&revision_schema(json!({
        "kind": { "type": ["string", "null"], "description": "What kind of change it was." },
        "digest": { "type": ["string", "null"], "description": "Its digest: over what it did, and over the digest of the revision before." },
        "changes": { "type": "array", "items": { "$ref": "#/components/schemas/Change" }, "description": "What it did to each record." },
    }))));
    schemas.insert("Restoration".to_owned(), json!({ "type": "object", "description": "The revision whose version is to be brought back.", "properties": { "revision": { "type": "integer", "format": "int64", "minimum": 1 } }, "required": ["revision"], "additionalProperties": false }));
    schemas.insert("Merge".to_owned(), json!({ "type": "object", "description": "The record to merge into.", "properties": { "into": { "type": "string", "pattern": SLUG, "maxLength": 100, "description": "Its id." } }, "required": ["into"], "additionalProperties": false }));
    schemas.insert("Redaction".to_owned(), json!({
        "type": "object",
        "description": "What is to be redacted, and why.",
        "properties": {
            "fields": { "type": "array", "items": { "type": "string", "pattern": "^/" }, "minItems": 1, "maxItems": 500, "description": "JSON pointers into the record as it is (of a deleted one, as it was last)." },
            "reason": { "type": "string", "minLength": 1, "maxLength": 500, "description": "Why; the revision tells it, so it must not tell what was redacted." },
        },
        "required": ["fields", "reason"],
        "additionalProperties": false,
    }));
    schemas.insert("Statistics".to_owned(), statistics());
    schemas.insert("GapList".to_owned(), list(&gap()));
    schemas.insert("Bundle".to_owned(), bundle());
    schemas.insert("Imported".to_owned(), imported());
    schemas.insert("Problem".to_owned(), problem());
    Json::Object(schemas)
}

fn objects(kind: Kind, schemas: &mut Map<String, Json>) {
    if let Kind::Object(object) = kind.element() {
        schemas.insert(object.name.to_owned(), object_schema(object, Side::Read));
        schemas.insert(format!("{}Input", object.name), object_schema(object, Side::Write));
        object.fields.iter().for_each(|member| objects(member.kind, schemas));
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
    }
    schema
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

/// The schema of a value of this kind.
pub(super) fn kind_schema(kind: Kind, side: Side) -> Json {
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}{}", if side == Side::Read { "" } else { "Input" }) });
    match kind {
        Kind::Type => json!({ "type": "string" }),
        Kind::Text(format) => text(format),
        Kind::Label(_) => json!({ "type": "string" }),
        Kind::Date => json!({ "$ref": "#/components/schemas/PartialDate" }),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Integer(least, i64::MAX) => json!({ "type": "integer", "format": "int64", "minimum": least }),
        Kind::Integer(least, most) => json!({ "type": "integer", "format": "int64", "minimum": least, "maximum": most }),
        Kind::Number => json!({ "type": "number", "format": "double" }),
        Kind::Enumeration(choices) => json!({ "type": "string", "enum": choices.iter().map(|choice| choice.value).collect::<Vec<_>>() }),
        Kind::Reference(_) => named("Reference"),
        Kind::Agent => named("Agent"),
        Kind::Object(object) => named(object.name),
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

const SLUG: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

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

fn list(entry: &Json) -> Json {
    json!({
        "type": "object",
        "description": "A page of a list.",
        "properties": {
            "data": { "type": "array", "items": entry, "maxItems": 200 },
            "page": { "$ref": "#/components/schemas/Page" },
            "facets": { "oneOf": [{ "$ref": "#/components/schemas/Facets" }, { "type": "null" }] },
            "revision": { "type": "integer", "format": "int64", "minimum": 0, "description": "The revision that was read: cite it." },
        },
        "required": ["data", "page", "facets", "revision"],
        "additionalProperties": false,
    })
}

fn page() -> Json {
    json!({
        "type": "object",
        "description": "Where a page stands in its list.",
        "properties": {
            "limit": { "type": "integer", "format": "int64", "minimum": 1, "maximum": 200, "description": "As many entries as it may have." },
            "total": { "type": "integer", "format": "int64", "minimum": 0, "description": "The number of entries in the whole list." },
            "total_is_exact": { "type": "boolean", "description": "Whether `total` is exact, or a lower bound." },
            "next": { "type": ["string", "null"], "description": "The address of the next page." },
        },
        "required": ["limit", "total", "total_is_exact", "next"],
        "additionalProperties": false,
    })
}

fn facets() -> Json {
    json!({
        "type": "object",
        "description": "For each facet asked for, how often each value occurs among all matching records; the most frequent first.",
        "additionalProperties": { "$ref": "#/components/schemas/Tally" },
    })
}

fn tally() -> Json {
    json!({ "type": "array", "description": "How often each value occurs; the most frequent first.", "items": {
        "type": "object",
        "properties": {
            "value": { "type": ["string", "integer", "boolean"], "description": "The value; of a reference, the id." },
            "name": { "type": "string", "description": "Of a reference, the name." },
            "count": { "type": "integer", "format": "int64", "minimum": 1 },
        },
        "required": ["value", "count"],
    } })
}

fn role() -> Json {
    json!({
        "type": "object",
        "description": "A part that somebody had in the task force's work.",
        "properties": {
            "role": { "type": "string", "description": "What the part was." },
            "record": { "$ref": "#/components/schemas/Reference" },
            "date": { "oneOf": [{ "$ref": "#/components/schemas/PartialDate" }, { "type": "null" }] },
            "credited_as": { "type": ["string", "null"], "description": "As the source styles them." },
        },
        "required": ["role", "record", "date", "credited_as"],
        "additionalProperties": false,
    })
}

/// A revision, with these members besides those that all have.
fn revision_schema(more: Json) -> Json {
    let mut properties = json!({
        "revision": { "type": "integer", "format": "int64", "minimum": 1, "description": "Its number." },
        "recorded_at": { "type": "string", "format": "date-time", "description": "When it was made." },
        "actor": { "type": "string", "description": "Who made it." },
        "reason": { "type": ["string", "null"], "description": "Why." },
    });
    if let (Json::Object(properties), Json::Object(more)) = (&mut properties, more) {
        properties.extend(more);
    }
    let required: Vec<String> = properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn statistics() -> Json {
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
        let tally = json!({ "$ref": "#/components/schemas/Tally" });
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

fn change() -> Json {
    json!({
        "type": "object",
        "description": "What a revision did to a record.",
        "properties": {
            "type": { "type": "string", "description": "The record's type." },
            "id": { "type": "string", "description": "Its id." },
            "operation": { "type": "string", "enum": ["create", "update", "delete", "restore", "merge", "redact"] },
            "into": { "type": ["string", "null"], "description": "With `merge`: the id of the record that it was merged into." },
            "digest": { "type": ["string", "null"], "description": "The digest of the version that was written; null where the record went." },
            "record": { "type": ["object", "null"], "description": "The record as it was then; null where it went." },
        },
        "required": ["type", "id", "operation", "into", "digest", "record"],
    })
}

fn bundle() -> Json {
    let members: Map<String, Json> = CATALOGUE
        .iter()
        .map(|record_type| {
            (
                record_type.plural.to_owned(),
                json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{}Input", record_type.schema) } }),
            )
        })
        .collect();
    json!({ "type": "object", "description": "Records of any types, in any order; each has its id.", "properties": members, "additionalProperties": false })
}

fn imported() -> Json {
    let count = |doc: &str| json!({ "type": "integer", "format": "int64", "minimum": 0, "description": doc });
    json!({
        "type": "object",
        "description": "What an import did.",
        "properties": {
            "revision": count("The revision that it made, or the newest where nothing was to be written."),
            "dry_run": { "type": "boolean", "description": "Whether nothing was kept." },
            "created": count("Records that were entered."),
            "updated": count("Records that were changed."),
            "unchanged": count("Records that were as the bundle has them."),
            "changes": { "type": "array", "description": "What was done to each record.", "items": {
                "type": "object",
                "properties": {
                    "type": { "type": "string" }, "id": { "type": "string" }, "operation": { "type": "string", "enum": ["create", "update"] },
                    "changed": { "type": "array", "items": { "type": "string" } },
                },
                "required": ["type", "id", "operation", "changed"],
            } },
        },
        "required": ["revision", "dry_run", "created", "updated", "unchanged", "changes"],
    })
}

fn problem() -> Json {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "The address of the page that explains it." },
            "title": { "type": "string" }, "status": { "type": "integer", "format": "int32", "minimum": 400, "maximum": 599 }, "code": { "type": "string" },
            "detail": { "type": "string" }, "request_id": { "type": "string" },
            "revision": { "type": "integer", "format": "int64", "description": "With 412: the revision that the record is in." },
            "errors": { "type": "array", "maxItems": 100, "items": {
                "type": "object",
                "properties": {
                    "pointer": { "type": "string" }, "parameter": { "type": "string" }, "header": { "type": "string" },
                    "code": { "type": "string" }, "message": { "type": "string" }, "hint": { "type": ["string", "null"] },
                },
                "required": ["code", "message", "hint"],
            } },
        },
        "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
    })
}
