//! Bundles.

use serde_json::{Map, Value as Json, json};

use super::TAG;
use crate::records::CATALOGUE;
use crate::specification::schema::named;
use crate::specification::{Operation, Parts};

pub(super) fn tell(parts: &mut Parts) {
    let description = "All or nothing, in one revision. References may point anywhere in the bundle or the record.";
    let import = Operation::new("import_bundle", TAG, "Import a bundle", description)
        .writes()
        .takes_shared(&["Idempotency-Key"])
        .body("application/json", "Bundle")
        .gives(200, json!({ "description": "What was done.", "content": { "application/json": { "schema": named("Imported") } } }));
    parts.path("/v1/import", [("post", import)]);
    parts.schema("Bundle", bundle());
    parts.schema("Imported", imported());
}

fn bundle() -> Json {
    let members: Map<String, Json> = CATALOGUE
        .iter()
        .map(|record_type| {
            (record_type.plural.to_owned(), json!({ "type": "array", "items": named(&format!("{}Input", record_type.schema)) }))
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
