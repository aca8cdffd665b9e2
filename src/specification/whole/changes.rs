//! The change feed.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::specification::envelope::{list, revision};
use crate::specification::parameters::number;
use crate::specification::schema::named;
use crate::specification::{Operation, Parts};

pub(super) fn tell(parts: &mut Parts) {
    let description = "Revisions after one, in order, each with the records that it changed as they were then (null where deleted).";
    let changes = Operation::new("list_changes", TAG, "Follow the changes", description)
        .takes_shared(&["limit"])
        .takes([number("after", "Only revisions after this one.", 0, None)])
        .answers(200, "Revisions in their order, without a gap.", "RevisionList")
        .reads();
    parts.path("/v1/changes", [("get", changes)]);
    parts.schema("RevisionList", list(&revision(json!({
        "kind": { "type": ["string", "null"], "description": "What kind of change it was." },
        "digest": { "type": ["string", "null"], "description": "Its digest: over what it did, and over the digest of the revision before." },
        "changes": { "type": "array", "items": named("Change"), "description": "What it did to each record." },
    }))));
    parts.schema("Change", change());
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
