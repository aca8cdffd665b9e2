//! What is read of a record besides itself: its versions, and everything that somebody took part in.

use serde_json::{Value as Json, json};

use super::singular;
use crate::model::RecordType;
use crate::specification::Operation;
use crate::specification::envelope::revision;
use crate::specification::parameters::number;
use crate::specification::schema::named;

pub(super) fn roles(record_type: &'static RecordType) -> Operation {
    let summary = format!("What one {} took part in", singular(record_type));
    let description = "Everything it took part in, in records of any type, newest first.";
    Operation::new(&format!("list_{}_roles", record_type.name), record_type.path, &summary, description)
        .takes_shared(&["id", "revision", "as_of"])
        .takes([number("limit", "The page's limit.", 1, Some(200)), number("offset", "The page's offset.", 0, Some(1_000_000))])
        .answers(200, "The roles, newest first.", "RoleList")
        .reads()
        .follows_merges()
        .refuses(&[404, 410])
}

pub(super) fn history(record_type: &'static RecordType) -> Operation {
    let summary = format!("Every version of one {}", singular(record_type));
    let description = "Who wrote what, when and why, with the record as it was (null where it was deleted) and the pointers of what differs from the version before.";
    Operation::new(&format!("list_{}_history", record_type.name), record_type.path, &summary, description)
        .takes_shared(&["id", "limit"])
        .takes([number("before", "Only versions before this revision.", 0, None)])
        .answers(200, "The versions, newest first.", "VersionList")
        .reads()
        .refuses(&[404])
}

/// What a version of a record has besides what its revision has.
pub(super) fn version() -> Json {
    revision(json!({
        "operation": { "type": "string" },
        "changed": { "type": "array", "items": { "type": "string" } },
        "record": { "type": ["object", "null"] },
    }))
}

/// A role.
pub(super) fn role() -> Json {
    json!({
        "type": "object",
        "description": "A part that somebody had in the task force's work.",
        "properties": {
            "role": { "type": "string", "description": "What the part was." },
            "record": named("Reference"),
            "date": { "oneOf": [named("PartialDate"), { "type": "null" }] },
            "credited_as": { "type": ["string", "null"], "description": "As the source styles them." },
        },
        "required": ["role", "record", "date", "credited_as"],
        "additionalProperties": false,
    })
}
