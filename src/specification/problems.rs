//! Problems: the schema that all share, and the answer of each status.

use serde_json::{Map, Value as Json, json};

use super::headers::{self, with};
use super::schema::{described, integer, named, short};
use crate::http::KINDS;

/// The problems of these statuses, as operations answer them.
pub(super) fn responses(statuses: impl Fn(u16) -> bool) -> Json {
    let mut responses = Map::new();
    for kind in KINDS.iter().filter(|kind| statuses(kind.status)) {
        let response = responses.entry(format!("Problem{}", kind.status)).or_insert_with(|| {
            let mut response = json!({ "description": format!("{}. {}", kind.title, kind.explanation), "content": { "application/problem+json": { "schema": named("Problem") } } });
            with(&mut response, &headers::OF_ALL);
            with(&mut response, of_status(kind.status));
            response
        });
        let example = json!({
            "type": format!("/problems/{}", kind.code),
            "title": kind.title,
            "status": kind.status,
            "code": kind.code,
            "detail": kind.explanation,
            "request_id": "3f9c0a6f1d2e4b5a6c7d8e9f",
            "errors": [],
        });
        response["content"]["application/problem+json"]["examples"][kind.code] = json!({ "summary": kind.title, "value": example });
    }
    Json::Object(responses)
}

fn of_status(status: u16) -> &'static [&'static str] {
    match status {
        401 => &["WWW-Authenticate"],
        412 => &["ETag"],
        429 | 503 => &["Retry-After"],
        _ => &[],
    }
}

/// The schema of every problem.
pub(super) fn problem() -> Json {
    let codes: Vec<&str> = KINDS.iter().map(|kind| kind.code).collect();
    let fault = json!({
        "type": "object",
        "description": "One fault, with its place: a `pointer` into the body, a `parameter` or a `header`.",
        "properties": {
            "pointer": short(1_000, "A JSON pointer (RFC 6901) into the body."),
            "parameter": short(8_192, "The parameter of the query string."),
            "header": short(100, "The header."),
            "code": short(100, "What kind of fault it is."),
            "message": short(10_000, "What is wrong."),
            "hint": { "type": ["string", "null"], "maxLength": 10_000, "description": "What would be right; of a name that does not exist, the nearest one." },
        },
        "required": ["code", "message", "hint"],
    });
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "maxLength": 2_048, "description": "The address of the page that explains it." },
            "title": short(200, "What kind of problem it is."),
            "status": { "type": "integer", "format": "int32", "minimum": 400, "maximum": 599, "description": "The status of the answer." },
            "code": { "type": "string", "enum": codes, "description": "The kind of problem, for programs." },
            "detail": short(20_000, "What is wrong with this request."),
            "request_id": short(64, "The id of the request: tell it when you report the problem."),
            "revision": described(integer(1, i64::MAX), "With 412: the revision that the record is in."),
            "errors": { "type": "array", "maxItems": 100, "items": fault, "description": "Every fault that was found." },
        },
        "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
    })
}
