//! What lists have in common: the envelope, its page, its facets, and the revisions that some tell.

use serde_json::{Value as Json, json};

use super::Parts;
use super::schema::{described, integer, moment, named, or_null, short};

/// Tells the schemas that lists share.
pub(super) fn tell(parts: &mut Parts) {
    parts.schema("Page", page());
    parts.schema("Facets", facets());
    parts.schema("Tally", tally());
}

/// A list of such entries.
pub(super) fn list(entry: &Json) -> Json {
    json!({
        "type": "object",
        "description": "A page of a list.",
        "properties": {
            "data": { "type": "array", "items": entry, "maxItems": 200, "description": "The entries." },
            "page": named("Page"),
            "facets": or_null(named("Facets")),
            "revision": described(integer(0, i64::MAX), "The revision that was read: cite it."),
        },
        "required": ["data", "page", "facets", "revision"],
    })
}

fn page() -> Json {
    json!({
        "type": "object",
        "description": "Where a page stands in its list.",
        "properties": {
            "limit": described(integer(1, 200), "As many entries as it may have."),
            "total": described(integer(0, i64::MAX), "The number of entries in the whole list."),
            "total_is_exact": { "type": "boolean", "description": "Whether `total` is exact, or a lower bound." },
            "next": or_null(short(16_384, "The address of the next page.")),
        },
        "required": ["limit", "total", "total_is_exact", "next"],
    })
}

fn facets() -> Json {
    json!({
        "type": "object",
        "description": "For each facet asked for, how often each value occurs among all matching records; the most frequent first.",
        "additionalProperties": named("Tally"),
    })
}

fn tally() -> Json {
    let value = json!({
        "description": "The value; of a reference, the id.",
        "oneOf": [{ "type": "string", "maxLength": 500 }, integer(0, 9_999), { "type": "boolean" }],
    });
    let counted = json!({
        "type": "object",
        "properties": { "value": value, "name": short(2_000, "Of a reference, the name."), "count": described(integer(1, i64::MAX), "How often it occurs.") },
        "required": ["value", "count"],
    });
    json!({ "type": "array", "maxItems": 10_000, "description": "How often each value occurs; the most frequent first.", "items": counted })
}

/// A revision, with these members besides those that all have.
pub(super) fn revision(doc: &str, more: Json) -> Json {
    let mut properties = json!({
        "revision": described(integer(1, i64::MAX), "Its number."),
        "recorded_at": described(moment(), "When it was made."),
        "actor": short(500, "Who made it."),
        "reason": or_null(short(500, "Why.")),
    });
    if let (Json::Object(properties), Json::Object(more)) = (&mut properties, more) {
        properties.extend(more);
    }
    let required: Vec<String> = properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    json!({ "type": "object", "description": doc, "properties": properties, "required": required })
}

/// What was done to a record.
pub(super) fn operation() -> Json {
    json!({ "type": "string", "enum": ["create", "update", "delete", "restore", "merge", "redact"], "description": "What was done." })
}

/// Pointers to what differs.
pub(super) fn changed() -> Json {
    json!({ "type": "array", "items": { "type": "string", "maxLength": 1_000 }, "maxItems": 10_000, "description": "JSON pointers to what differs from the version before." })
}
