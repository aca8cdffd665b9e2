//! Bundles.

use serde_json::{Map, Value as Json, json};

use super::TAG;
use crate::records::CATALOGUE;
use crate::specification::envelope::changed;
use crate::specification::references::{id, type_name};
use crate::specification::schema::{described, integer, named, or_null};
use crate::specification::{Operation, Parts, examples};

pub(super) fn tell(parts: &mut Parts) {
    let description = "All or nothing, in one revision. References may point anywhere in the bundle or the record. `revision`, `created_at`, `updated_at` and computed values are ignored. A record that is equal to an earlier version of itself is imported, and reported in `reverts`.";
    let import = Operation::new("import_bundle", TAG, "Import a bundle", description)
        .writes()
        .takes_shared(&["Idempotency-Key"])
        .body("application/json", "Bundle")
        .answers(200, "What was done.", "Imported")
        .refuses(&[409]);
    parts.path("/v1/import", [("post", import)]);
    parts.schema("Bundle", bundle());
    parts.schema("Imported", imported());
    if let Some(award) = CATALOGUE.get("award") {
        let sent = examples::sent(award);
        parts.example("Bundle", json!({ "awards": [sent] }));
        let change = json!({ "type": award.name, "id": sent["id"], "operation": "update", "changed": ["/summary"], "reverts": null });
        parts.example(
            "Imported",
            json!({ "revision": 2, "dry_run": false, "created": 0, "updated": 1, "unchanged": 0, "changes": [change] }),
        );
    }
}

fn bundle() -> Json {
    let list = |record_type: &crate::model::RecordType| {
        let entry = named(&format!("{}Input", record_type.schema));
        json!({ "type": "array", "items": entry, "maxItems": 1_000_000, "description": record_type.doc })
    };
    let members: Map<String, Json> = CATALOGUE.iter().map(|record_type| (record_type.plural.to_owned(), list(record_type))).collect();
    json!({ "type": "object", "description": "Records of any types, in any order; each has its id.", "properties": members, "additionalProperties": false })
}

fn imported() -> Json {
    let count = |doc: &str| described(integer(0, i64::MAX), doc);
    let change = json!({
        "type": "object",
        "properties": {
            "type": type_name(),
            "id": id(),
            "operation": { "type": "string", "enum": ["create", "update"], "description": "What was done." },
            "changed": changed(),
            "reverts": or_null(described(integer(1, i64::MAX), "The latest revision that the import undoes, where the bundle holds an earlier version of the record; null otherwise.")),
        },
        "required": ["type", "id", "operation", "changed", "reverts"],
    });
    json!({
        "type": "object",
        "description": "What an import did.",
        "properties": {
            "revision": count("The revision that it made, or the newest where nothing was to be written."),
            "dry_run": { "type": "boolean", "description": "Whether nothing was kept." },
            "created": count("Records that were entered."),
            "updated": count("Records that were changed."),
            "unchanged": count("Records that were as the bundle has them."),
            "changes": { "type": "array", "items": change, "maxItems": 1_000_000, "description": "What was done to each record." },
        },
        "required": ["revision", "dry_run", "created", "updated", "unchanged", "changes"],
    })
}
