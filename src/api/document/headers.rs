//! The headers of responses.

use utoipa::openapi::schema::{ObjectBuilder, Ref, Type};
use utoipa::openapi::{Header, HeaderBuilder, RefOr, Response};

/// The headers of every response, besides `Access-Control-Allow-Origin`, which the introduction
/// describes.
pub(crate) const OF_ALL: [&str; 3] = ["X-Request-Id", "RateLimit", "RateLimit-Policy"];
/// The headers of reads.
pub(crate) const OF_READS: [&str; 3] = ["ETag", "Cache-Control", "Link"];

const ALL: &[(&str, &str, &str)] = &[
    (
        "X-Request-Id",
        "The id of the request in the logs: the one that the client sent, or a new one.",
        "3f9c0a6f1d2e4b5a6c7d8e9f",
    ),
    (
        "RateLimit",
        "The remaining requests of the client (`r`), and the seconds until the full quota is \
            available again (`t`). Absent if there is no limit.",
        "\"client\";r=399;t=1",
    ),
    ("RateLimit-Policy", "The quota: `q` requests in `w` seconds.", "\"client\";q=400;w=4"),
    (
        "ETag",
        "The version: the revision that last changed the record, and a digest of everything else \
            that the bytes depend on.",
        "\"12-9661fd9c9b0c\"",
    ),
    (
        "Cache-Control",
        "Revalidate each time, or for requests with `revision`, cache for a day.",
        "public, no-cache",
    ),
    (
        "Link",
        "The OpenAPI document (`describedby`) and the next page (`next`).",
        "</openapi.json>; rel=\"describedby\"",
    ),
    ("Location", "The URL of the record.", "/v1/people/tara-example"),
    ("Dry-Run", "`true` if nothing was stored.", "true"),
    ("Retry-After", "The seconds to wait before another request.", "5"),
    ("WWW-Authenticate", "The authentication scheme.", "Bearer realm=\"taskforce\""),
    (
        "Repr-Digest",
        "The SHA-256 of the file (RFC 9530).",
        "sha-256=:lmH9nJsMHz+eb2w8Hw5dSnuMnQ4fKjs8TV5veAkaK0M=:",
    ),
    ("Content-Disposition", "A file name.", "attachment; filename=\"records-revision-12.ndjson\""),
];

/// Returns every header, by name.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, Header)> {
    ALL.iter().map(|(name, description, example)| {
        let schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(16_384));
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(*description))
            .example(Some((*example).into()));
        (*name, header.build())
    })
}

/// Adds these headers to a response.
pub(crate) fn add(response: &mut Response, names: &[&str]) {
    for name in names {
        response.headers.insert(
            (*name).to_owned(),
            RefOr::Ref(Ref::new(format!("#/components/headers/{name}"))),
        );
    }
}
