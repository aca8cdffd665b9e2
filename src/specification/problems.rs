//! Problems: the schema that all share, and the answer of each status.

use serde_json::{Map, Value as Json, json};

use super::schema::named;
use crate::http::KINDS;

/// The problems that operations answer, by status.
pub(super) fn responses() -> Json {
    let mut responses = Map::new();
    for kind in KINDS {
        responses.entry(format!("Problem{}", kind.status)).or_insert_with(|| {
            let example = json!({ "type": format!("/problems/{}", kind.code), "title": kind.title, "status": kind.status, "code": kind.code, "detail": kind.explanation, "request_id": "3f9c0a6f1d2e", "errors": [] });
            json!({ "description": format!("{}. {}", kind.title, kind.explanation), "content": { "application/problem+json": { "schema": named("Problem"), "examples": { "problem": { "value": example } } } } })
        });
    }
    Json::Object(responses)
}

/// The schema of every problem.
pub(super) fn problem() -> Json {
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
