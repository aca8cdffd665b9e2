//! The change feed.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::records::CATALOGUE;
use crate::specification::envelope::{list, operation, revision};
use crate::specification::parameters::number;
use crate::specification::references::{id, type_name};
use crate::specification::schema::{named, or_null};
use crate::specification::{Operation, Parts, examples};

pub(super) fn tell(parts: &mut Parts) {
    let description = "Revisions after one, in order, each with the records that it changed as they were then (null where deleted).";
    let changes = Operation::new("list_changes", TAG, "Follow the changes", description)
        .takes_shared(&["limit"])
        .takes([number("after", "Only revisions after this one.", 0, i64::MAX)])
        .answers(200, "Revisions in their order, without a gap.", "RevisionList")
        .reads();
    parts.path("/v1/changes", [("get", changes)]);
    parts.schema("RevisionList", list(&named("Revision")));
    parts.schema("Revision", revision("A revision, with what it changed.", json!({
        "kind": or_null(json!({ "type": "string", "maxLength": 100, "description": "What kind of change it was." })),
        "digest": or_null(digest("Its digest: over what it did, and over the digest of the revision before.")),
        "changes": { "type": "array", "items": named("Change"), "maxItems": 1_000_000, "description": "What it did to each record." },
    })));
    parts.schema("Change", change());
    parts.example(
        "RevisionList",
        examples::list(examples::revision(json!({ "kind": "entry", "digest": examples::DIGEST, "changes": example() })), 1),
    );
}

fn change() -> Json {
    json!({
        "type": "object",
        "description": "What a revision did to a record.",
        "properties": {
            "type": type_name(),
            "id": id(),
            "operation": operation(),
            "into": or_null(json!({ "type": "string", "maxLength": 100, "description": "With `merge`: the id of the record that it was merged into." })),
            "digest": or_null(digest("The digest of the version that was written; null where the record went.")),
            "record": { "description": "The record as it was then; null where it went.", "oneOf": [named("AnyRecord"), { "type": "null" }] },
        },
        "required": ["type", "id", "operation", "into", "digest", "record"],
    })
}

fn digest(doc: &str) -> Json {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "maxLength": 64, "description": doc })
}

fn example() -> Vec<Json> {
    let told = CATALOGUE.get("award").map(|record_type| {
        let record = examples::read(record_type);
        json!({ "type": record_type.name, "id": record["id"], "operation": "create", "into": null, "digest": examples::DIGEST, "record": record })
    });
    told.into_iter().collect()
}
