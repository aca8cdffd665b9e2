//! The headers of answers.

use serde_json::{Map, Value as Json, json};

/// Those that every answer has.
pub(super) const OF_ALL: [&str; 4] = ["X-Request-Id", "RateLimit", "RateLimit-Policy", "Access-Control-Allow-Origin"];
/// Those that what is read has.
pub(super) const OF_READS: [&str; 3] = ["ETag", "Cache-Control", "Link"];

const ALL: &[(&str, &str, &str)] = &[
    ("X-Request-Id", "The id of the request, as the logs have it: the one that the request had, or a new one.", "3f9c0a6f1d2e4b5a6c7d8e9f"),
    (
        "RateLimit",
        "What is left to this client (`r`), and in how many seconds it has all again (`t`); without limits, not there.",
        "\"client\";r=399;t=1",
    ),
    ("RateLimit-Policy", "How many requests a client has (`q`) within how many seconds (`w`).", "\"client\";q=400;w=4"),
    ("Access-Control-Allow-Origin", "Pages of every origin may read: always `*`.", "*"),
    ("ETag", "The version: the record's revision, then a digest of what else the bytes depend on.", "\"12-9661fd9c9b0c\""),
    ("Cache-Control", "May be kept, and must be asked for again each time; for a day, where a revision was asked for.", "public, no-cache"),
    ("Link", "The specification (`describedby`), and the next page (`next`).", "</openapi.json>; rel=\"describedby\""),
    ("Location", "The address of the record.", "/v1/people/tara-example"),
    ("Dry-Run", "`true` where nothing was kept.", "true"),
    ("Retry-After", "How many seconds to wait.", "5"),
    ("WWW-Authenticate", "How to prove who asks.", "Bearer realm=\"taskforce\""),
];

/// Every header, by name.
pub(super) fn all() -> Json {
    let told = ALL.iter().map(|(name, description, example)| {
        let header = json!({ "description": description, "schema": { "type": "string", "maxLength": 16_384 }, "example": example });
        ((*name).to_owned(), header)
    });
    Json::Object(told.collect::<Map<String, Json>>())
}

/// Adds these headers to a response.
pub(super) fn with(response: &mut Json, names: &[&str]) {
    for name in names {
        response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
    }
}
