//! What lists have in common: the envelope, its page, its facets, and the revisions that some tell.

use serde_json::{Value as Json, json};

use super::Parts;
use super::schema::named;

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
            "data": { "type": "array", "items": entry, "maxItems": 200 },
            "page": named("Page"),
            "facets": { "oneOf": [named("Facets"), { "type": "null" }] },
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
        "additionalProperties": named("Tally"),
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

pub(super) fn revision(more: Json) -> Json {
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
