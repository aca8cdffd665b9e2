//! What is around the record: the index, the documentation, the server's health, what problems mean.

use serde_json::{Value as Json, json};

use super::operation::content;
use super::schema::{integer, short};
use super::whole::TAG;
use super::{Operation, Parts};
use crate::http::KINDS;

/// Tells its operations and schemas.
pub(super) fn tell(parts: &mut Parts) {
    let get = |id: &str, summary: &str, description: &str, content: Json| {
        Operation::new(id, TAG, summary, description).gives(200, json!({ "description": "As described.", "content": content }))
    };
    let index = get("get_index", "The index", "What this is, where its lists are, how to cite it.", content("application/json", "Index"));
    parts.path("/", [("get", index)]);
    let object = |media_type: &str| json!({ media_type: { "schema": { "type": "object", "description": "An OpenAPI document.", "additionalProperties": true } } });
    let json = get("get_openapi_json", "The specification as JSON", "This document.", object("application/json"));
    parts.path("/openapi.json", [("get", json)]);
    let yaml = get("get_openapi_yaml", "The specification as YAML", "This document.", object("application/yaml"));
    parts.path("/openapi.yaml", [("get", yaml)]);
    let page = json!({ "text/html": { "schema": { "type": "string" } } });
    let docs = get("get_docs", "The documentation", "This document as a page, on which requests can be tried.", page);
    parts.path("/docs", [("get", docs)]);
    let health = || content("application/json", "Health");
    let live = get("get_health_live", "Whether the server lives", "Answers as long as the program runs.", health());
    parts.path("/health/live", [("get", live.never(429))]);
    let ready = get("get_health_ready", "Whether the record can be read", "Answers 503 while the store is away.", health());
    parts.path("/health/ready", [("get", ready.never(429))]);
    let linkset = json!({ "application/linkset+json": { "schema": { "type": "object", "description": "A set of links (RFC 9264).", "additionalProperties": true } } });
    let catalog = get(
        "get_api_catalog",
        "The catalogue of the API",
        "Links to what describes the API and tells whether it is up (RFC 9727).",
        linkset,
    );
    parts.path("/.well-known/api-catalog", [("get", catalog)]);
    let text = json!({ "text/plain": { "schema": { "type": "string" } } });
    let security = get("get_security_txt", "Whom to tell of a weakness", "The contact, for machines too (RFC 9116).", text);
    parts.path("/.well-known/security.txt", [("get", security)]);
    let codes: Vec<&str> = KINDS.iter().map(|kind| kind.code).collect();
    let code = json!({ "name": "code", "in": "path", "required": true, "description": "The problem's code.", "schema": { "type": "string", "enum": codes }, "example": "gone" });
    let problem =
        get("get_problem", "What a problem means", "Explains the problem of this code.", content("application/json", "ProblemKind"));
    parts.path("/problems/{code}", [("get", problem.takes([code]).refuses(&[404]))]);
    tell_schemas(parts);
}

fn tell_schemas(parts: &mut Parts) {
    parts.schema(
        "Index",
        json!({
            "type": "object",
            "description": "What this is, where its lists are, how to cite it.",
            "properties": {
                "title": short(500, "What the record is called."),
                "description": short(20_000, "What it is."),
                "revision": integer(0, i64::MAX),
                "cite_as": short(2_000, "How to cite it as it is now."),
            },
            "required": ["title", "description", "revision", "cite_as"],
            "additionalProperties": true,
        }),
    );
    parts.example("Index", json!({ "title": "Record of our task force", "description": "What it met for, and what came of it.", "revision": 1, "cite_as": "Record of our task force, revision 1, /", "specification": "/openapi.json" }));
    parts.schema("Health", json!({
        "type": "object",
        "description": "That the server is well.",
        "properties": { "status": { "type": "string", "enum": ["ok"], "description": "That it is." }, "revision": integer(0, i64::MAX) },
        "required": ["status", "revision"],
    }));
    parts.example("Health", json!({ "status": "ok", "revision": 1 }));
    parts.schema("ProblemKind", json!({
        "type": "object",
        "description": "What a kind of problem means.",
        "properties": {
            "code": short(100, "The kind."),
            "status": { "type": "integer", "format": "int32", "minimum": 400, "maximum": 599, "description": "The status of answers that have it." },
            "title": short(200, "What it is called."),
            "explanation": short(2_000, "What it means, and what to do."),
        },
        "required": ["code", "status", "title", "explanation"],
    }));
    if let Some(kind) = KINDS.iter().find(|kind| kind.code == "gone") {
        parts.example(
            "ProblemKind",
            json!({ "code": kind.code, "status": kind.status, "title": kind.title, "explanation": kind.explanation }),
        );
    }
}
