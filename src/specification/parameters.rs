//! Parameters: how they are told, and those that operations share.

use serde_json::{Value as Json, json};

use super::schema::integer;
use super::{examples, references};
use crate::model::{Moment, RecordType};
use crate::reading::LONGEST;

/// The parameters that operations share, by name.
pub(super) fn shared() -> Json {
    json!({
        "limit": query("limit", "As many records as a page may have; with CSV and NDJSON, as many as there are.", json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": 200, "default": 25 })),
        "cursor": words("cursor", "Where to go on: from `page.next`, as it is. A walk sees one state of the record."),
        "q": query("q", &format!("What to search for, in {LONGEST} characters: words that must all be there, `\"phrases\"`, `-not`, `word*` for words that begin so. Case, accents and the style of apostrophes and dashes do not matter; whatever is typed is answered, and nothing but punctuation finds nothing. The best come first, unless `sort` is given: the name as a whole, words of the name, other names and those of people and organizations named, then texts; of these the newest, then by id. Only the record as it is can be searched: not together with `revision` or `as_of`. Above 10,000 hits, `total` is a lower bound."), json!({ "type": "string", "maxLength": LONGEST })),
        "revision": number("revision", "Read the record as it stood at this revision.", 0, i64::MAX),
        "as_of": query("as_of", "Read the record as it stood at this moment (RFC 3339): `2026-11-24T09:00:00Z`.", asked_moment()),
        "format": query("format", "The format; wins over `Accept`.", json!({ "type": "string", "enum": ["json", "csv", "ndjson"] })),
        "bom": query("bom", "Begin with a byte order mark, by which Excel knows UTF-8; with CSV alone.", json!({ "type": "boolean", "default": false })),
        "dry_run": query("dry_run", "Check everything, answer as in earnest, keep nothing.", json!({ "type": "boolean", "default": false })),
        "If-Match": header("If-Match", "The version to be changed: the record's `ETag`, or its revision alone.", "\"12\"", json!({ "type": "string" })),
        "If-None-Match": header("If-None-Match", "On reading, the tag of what the client has; on PUT, `*` to create only.", "\"12-9661fd9c9b0c\"", json!({ "type": "string" })),
        "Idempotency-Key": header("Idempotency-Key", "Makes a repeated request safe: for 24 hours, the same request again gives the first answer; another body under the same key is refused.", "8e03978e-40d5-43e8-bc93-6894a57f9324", json!({ "type": "string", "minLength": 1, "maxLength": 255 })),
        "Change-Reason": header("Change-Reason", "The reason for the change, which the revision shows. UTF-8, or an RFC 8187 extended value (`UTF-8''R%C3%A9sum%C3%A9`), since browsers cannot send UTF-8 in headers.", "Compared with the release", json!({ "type": "string", "maxLength": 500 })),
        "Change-Kind": { "name": "Change-Kind", "in": "header", "required": false, "description": "What kind of change it is.", "schema": { "type": "string", "enum": ["entry", "update", "correction", "redaction"] } },
    })
}

/// The id of a record in the path, with one that there is.
pub(super) fn id_of(record_type: &'static RecordType) -> Json {
    json!({ "name": "id", "in": "path", "required": true, "description": "The record's id.", "schema": references::id(), "example": examples::sent(record_type)["id"] })
}

/// A parameter of the query string.
pub(super) fn query(name: &str, description: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

/// A parameter of the query string that holds words, separated by commas.
pub(super) fn words(name: &str, description: &str) -> Json {
    query(name, description, json!({ "type": "string", "minLength": 1, "maxLength": 8_192 }))
}

/// A moment, in any form of RFC 3339.
pub(super) fn asked_moment() -> Json {
    json!({ "type": "string", "format": "date-time", "maxLength": Moment::LONGEST })
}

/// A whole number in the query string.
pub(super) fn number(name: &str, description: &str, least: i64, most: i64) -> Json {
    query(name, description, integer(least, most))
}

/// A header of the request.
pub(super) fn header(name: &str, description: &str, example: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "header", "required": false, "description": format!("{description} For instance `{example}`."), "schema": schema })
}
