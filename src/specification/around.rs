//! What is around the record: the index, the documentation, the server's health, what problems mean.

use serde_json::json;

use super::whole::TAG;
use super::{Operation, Parts};
use crate::http::KINDS;

/// Tells its operations.
pub(super) fn tell(parts: &mut Parts) {
    for (path, id, summary, description, media_type) in [
        ("/", "get_index", "The index", "What this is, where its lists are, how to cite it.", "application/json"),
        ("/openapi.json", "get_openapi_json", "The specification as JSON", "This document.", "application/json"),
        ("/openapi.yaml", "get_openapi_yaml", "The specification as YAML", "This document.", "application/yaml"),
        ("/docs", "get_docs", "The documentation", "This document as a page, on which requests can be tried.", "text/html"),
        ("/health/live", "get_health_live", "Whether the server lives", "Answers as long as the program runs.", "application/json"),
        ("/health/ready", "get_health_ready", "Whether the record can be read", "Answers 503 while the store is away.", "application/json"),
    ] {
        let kind = if media_type == "text/html" { "string" } else { "object" };
        let operation = Operation::new(id, TAG, summary, description)
            .gives(200, json!({ "description": "As described.", "content": { media_type: { "schema": { "type": kind } } } }))
            .refuses(&[503]);
        parts.path(path, [("get", operation)]);
    }
    let codes: Vec<&str> = KINDS.iter().map(|kind| kind.code).collect();
    let problem = Operation::new("get_problem", TAG, "What a problem means", "Explains the problem of this code.")
        .takes([json!({ "name": "code", "in": "path", "required": true, "description": "The problem's code.", "schema": { "type": "string", "enum": codes } })])
        .gives(200, json!({ "description": "The explanation.", "content": { "application/json": { "schema": { "type": "object" } } } }))
        .refuses(&[404]);
    parts.path("/problems/{code}", [("get", problem)]);
}
