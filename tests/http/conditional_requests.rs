//! Conditional requests, methods and default headers.

use crate::support::Database::{self, Postgres, Sqlite};
use rstest::rstest;

use crate::support::LISTS;

#[rstest]
fn returns_304_for_a_current_etag(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for path in [
        "/v1/meetings",
        "/v1/meetings/pitf-2024-02-13",
        "/v1/people/antony-blinken/roles",
        "/v1/changes",
        "/v1/meetings/pitf-2024-02-13/history",
    ] {
        let response = api.get(path);
        let page = api.get(&format!("{path}?limit=1"));
        let next = page.status == 200 && page.json()["page"]["next"].is_string();
        assert!(!next || page.has_next_page(), "{path}");
        let tag = response.header("etag").to_owned();
        assert!(response.header("vary").contains("Accept-Encoding"), "{path}");
        assert!(tag.starts_with('"') && tag.contains('-'), "{tag}");
        let again = api.send("GET", path, &[("If-None-Match", &tag)], "");
        assert_eq!(
            (again.status, again.text.as_str(), again.header("etag")),
            (304, "", tag.as_str()),
            "{path}"
        );
        let packed =
            api.send("GET", path, &[("If-None-Match", &tag), ("Accept-Encoding", "br")], "");
        assert_eq!(packed.status, 200, "each encoding has its own ETag");
    }
    for path in ["/v1/meetings", "/v1/meetings?format=csv", "/v1/meetings?format=ndjson"] {
        let vary = |response: &crate::support::Response| {
            let lines = response.headers.get_all("vary").iter();
            lines.map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let response = api.send("GET", path, &[("Accept-Encoding", "br")], "");
        let headers = [("Accept-Encoding", "br"), ("If-None-Match", response.header("etag"))];
        let again = api.send("GET", path, &headers, "");
        assert_eq!((response.header("content-encoding"), again.status), ("br", 304), "{path}");
        assert_eq!(vary(&response), ["Accept, Accept-Encoding"], "{path}");
        assert_eq!(vary(&again), vary(&response), "{path}");
    }
    for path in ["/", "/openapi.json", "/style.css", "/robots.txt", "/problems/gone"] {
        for encoding in ["identity", "br"] {
            let response = api.send("GET", path, &[("Accept-Encoding", encoding)], "");
            assert!(response.header("vary").ends_with("Accept-Encoding"), "{path} {encoding}");
        }
    }
    let tag = api.get("/v1/meetings").header("etag").to_owned();
    assert_eq!(api.get("/v1/meetings").header("cache-control"), "public, no-cache");
    assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], r#"{"name":"New"}"#).status, 201);
    assert_eq!(api.send("GET", "/v1/meetings", &[("If-None-Match", &tag)], "").status, 200);
    assert_eq!(api.get("/v1/meetings?revision=1").header("cache-control"), "public, max-age=86400");
    // A write in progress may still belong to a time after the last revision.
    let recorded_at = api.get("/v1/changes?after=1").json()["data"][0]["recorded_at"].clone();
    let then = format!("/v1/meetings?as_of={}", recorded_at.as_str().unwrap());
    assert_eq!(api.get(&then).header("cache-control"), "public, no-cache");
    assert_eq!(
        api.change(&key, "POST", "/v1/organizations", &[], r#"{"name":"Next"}"#).status,
        201
    );
    assert_eq!(api.get(&then).header("cache-control"), "public, max-age=86400");
}

#[rstest]
fn every_path_lists_its_methods_and_sends_default_headers(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    for (path, _) in LISTS {
        let path = format!("/v1/{path}");
        let refused = api.send("DELETE", &path, &[("Origin", "https://example.org")], "");
        assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, POST, OPTIONS"));
        assert_eq!(refused.json()["type"], "/problems/method-not-allowed");
        assert_eq!(refused.header("access-control-allow-origin"), "*");
        assert_eq!(api.send("HEAD", &path, &[], "").text, "");
        assert_eq!(api.send("OPTIONS", &path, &[], "").status, 204);
    }
    let path = "/v1/people/antony-blinken";
    let json_patch = [("Content-Type", "application/json-patch+json"), ("If-Match", "*")];
    let refused = api.change(&api.key(), "PATCH", path, &json_patch, "[]");
    for response in [refused, api.send("OPTIONS", path, &[], "")] {
        assert_eq!(response.header("accept-patch"), "application/merge-patch+json");
    }
    let faults = api.get("/v1/search?q=a&type=").json()["errors"].clone();
    assert_eq!(faults.as_array().map(Vec::len), Some(1), "{faults}");
    let response = api.send("GET", "/v1/people", &[("X-Request-Id", "abc-1")], "");
    assert_eq!(response.header("x-request-id"), "abc-1");
    assert_eq!(response.header("x-content-type-options"), "nosniff");
    let odd = api.send("GET", "/nowhere", &[("X-Request-Id", "a b")], "");
    assert_ne!(odd.header("x-request-id"), "a b");
    assert_eq!(odd.json()["request_id"], odd.header("x-request-id"));
    assert_eq!(odd.header("content-type"), "application/problem+json");
    assert_eq!(api.get("/docs").status, 200);
    assert!(api.get("/docs").header("content-security-policy").contains("script-src 'self'"));
    assert_eq!(api.get("/health/ready").json()["status"], "ok");
    assert_eq!(api.get("/problems/gone").json()["status"], 410);
}
