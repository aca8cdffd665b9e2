//! Parameters: how they are told, and those that operations share.

use serde_json::{Value as Json, json};

use crate::reading::LONGEST;

/// The parameters that operations share, by name.
pub(super) fn shared() -> Json {
    json!({
        "limit": query("limit", "As many records as a page may have; with CSV and NDJSON, as many as there are.", json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 25 })),
        "cursor": query("cursor", "Where to go on: from `page.next`, as it is. A walk sees one state of the record.", json!({ "type": "string", "minLength": 1 })),
        "q": query("q", &format!("What to search for, in {LONGEST} characters: words that must all be there, `\"phrases\"`, `-not`, `word*` for words that begin so. Case, accents and the style of apostrophes and dashes do not matter; whatever is typed is answered, and nothing but punctuation finds nothing. The best come first, unless `sort` is given: the name as a whole, words of the name, other names and those of people and organizations named, then texts; of these the newest, then by id. Only the record as it is can be searched: not together with `revision` or `as_of`. Above 10,000 hits, `total` is a lower bound."), json!({ "type": "string", "maxLength": LONGEST })),
        "revision": query("revision", "Read the record as it stood at this revision.", json!({ "type": "integer", "format": "int64", "minimum": 0 })),
        "as_of": query("as_of", "Read the record as it stood at this moment (RFC 3339).", json!({ "type": "string", "format": "date-time" })),
        "format": query("format", "The format; wins over `Accept`.", json!({ "type": "string", "enum": ["json", "csv", "ndjson"] })),
        "dry_run": query("dry_run", "Check everything, answer as in earnest, keep nothing.", json!({ "type": "boolean", "default": false })),
        "id": { "name": "id", "in": "path", "required": true, "description": "The record's id.", "schema": { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 100 } },
        "If-Match": header("If-Match", "The version to be changed: the record's `ETag`, or its revision alone (`\"12\"`)."),
        "If-None-Match": header("If-None-Match", "On reading, the tag of what the client has; on PUT, `*` to create only."),
        "Idempotency-Key": header("Idempotency-Key", "Makes a repeated request safe: for 24 hours, the same request again gives the first answer; another body under the same key is refused."),
        "Change-Reason": header("Change-Reason", "Why, as the revision will tell."),
        "Change-Kind": { "name": "Change-Kind", "in": "header", "required": false, "description": "What kind of change it is.", "schema": { "type": "string", "enum": ["entry", "update", "correction", "redaction"] } },
    })
}

/// A parameter of the query string.
pub(super) fn query(name: &str, description: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

fn header(name: &str, description: &str) -> Json {
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } })
}

/// A parameter of the query string that holds words, separated by commas.
pub(super) fn words(name: &str, description: &str) -> Json {
    query(name, description, json!({ "type": "string", "minLength": 1 }))
}

/// A whole number in the query string, up to a most where there is one.
pub(super) fn number(name: &str, description: &str, least: i64, most: Option<i64>) -> Json {
    let mut schema = json!({ "type": "integer", "format": "int64", "minimum": least });
    if let Some(most) = most {
        schema["maximum"] = json!(most);
    }
    query(name, description, schema)
}
