//! What is done to a record besides writing it: a version brought back, two records made one, values redacted.

use serde_json::{Value as Json, json};

use super::{a, singular};
use crate::editing::MOST_REDACTED;
use crate::model::RecordType;
use crate::records::CATALOGUE;
use crate::specification::parameters::id_of;
use crate::specification::references::id;
use crate::specification::schema::{described, integer};
use crate::specification::{Operation, Parts, examples};

pub(super) fn restore(record_type: &'static RecordType) -> Operation {
    let summary = format!("Bring back a version of one {}", singular(record_type));
    let description = "Brings the version that stood at a revision back as a new revision, also of a record that was deleted. Its sources have the pointers of that version; references to records that were merged since lead to their targets.";
    action(record_type, "restore", &summary, description, "Restoration")
}

pub(super) fn merge(record_type: &'static RecordType) -> Operation {
    let summary = format!("Merge {} into another", a(record_type));
    let description = "Needs a key with the scope `admin`. Every reference moves to the other record, which is answered; a list that held both holds one. The names of the merged record become `other_names` of that one, unless `keep_names` is false. From then on the old id answers 308 to every method, and is followed in bodies, bundles and filters; its history stays.";
    action(record_type, "merge", &summary, description, "Merge")
}

pub(super) fn redact(record_type: &'static RecordType) -> Operation {
    let summary = format!("Redact fields of one {}", singular(record_type));
    let description = "Needs a key with the scope `admin`. The values, and with `reasons` why earlier revisions were made, vanish from the record and from every version of it, from search, from exports of any revision and from answers kept for repeated requests; what sources say of those fields goes too. The history of a record that was merged into this one is a part of its own. Inside lists, a value goes wherever an entry of any version holds it. A text that must stand becomes `[redacted]`. Of a deleted record the versions are redacted, and 204 is answered.";
    action(record_type, "redact", &summary, description, "Redaction")
        .gives(204, json!({ "description": "The record is deleted; its versions are redacted." }))
}

fn action(record_type: &'static RecordType, verb: &str, summary: &str, description: &str, body: &str) -> Operation {
    Operation::new(&format!("{verb}_{}", record_type.name), record_type.path, summary, description)
        .takes([id_of(record_type)])
        .takes_shared(&["If-Match"])
        .writes()
        .takes_shared(&["Idempotency-Key"])
        .body("application/json", body)
        .leaves(200, "The record as it is now.", record_type.schema)
        .follows_merges()
        .refuses(&[404, 409, 410, 412])
}

/// Tells the bodies of these operations.
pub(super) fn tell(parts: &mut Parts) {
    parts.schema("Restoration", restoration());
    parts.schema("Merge", into());
    parts.schema("Redaction", redaction());
    parts.example("Restoration", json!({ "revision": 1 }));
    parts.example("Merge", json!({ "into": CATALOGUE.get("person").map(|person| &examples::bundled(person)[0]["id"]) }));
    parts.example("Redaction", json!({ "fields": ["/note"], "reason": "Asked for by the person." }));
}

fn restoration() -> Json {
    json!({
        "type": "object",
        "description": "The revision whose version is to be brought back.",
        "properties": { "revision": described(integer(1, i64::MAX), "Its number.") },
        "required": ["revision"],
        "additionalProperties": false,
    })
}

fn into() -> Json {
    json!({
        "type": "object",
        "description": "The record to merge into.",
        "properties": {
            "into": id(),
            "keep_names": { "type": "boolean", "default": true, "description": "Whether the name and the other names of the merged record are added to `other_names` of the record that it is merged into, without those that it has already." },
        },
        "required": ["into"],
        "additionalProperties": false,
    })
}

fn redaction() -> Json {
    json!({
        "type": "object",
        "description": "What is to be redacted, and why.",
        "properties": {
            "fields": { "type": "array", "items": { "type": "string", "pattern": "^/[a-z_]+", "maxLength": 1_000 }, "minItems": 1, "maxItems": MOST_REDACTED, "description": "JSON pointers into the record as it is (of a deleted one, as it was last)." },
            "reasons": { "type": "array", "items": integer(1, i64::MAX), "minItems": 1, "maxItems": MOST_REDACTED, "description": "Numbers of revisions that changed the record, and whose reasons tell what they must not." },
            "reason": { "type": "string", "minLength": 1, "maxLength": 500, "description": "Why; the revision tells it, so it must not tell what was redacted." },
        },
        "required": ["reason"],
        // One of the lists, besides.
        "minProperties": 2,
        "additionalProperties": false,
    })
}
