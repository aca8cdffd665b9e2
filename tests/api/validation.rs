//! Bodies and parameters that break a rule: refused, with the place named, and nothing kept.

use serde_json::{Value, json};

use crate::support::{Api, RESOURCES, each_database};

/// Resource, body, where its fault is.
fn bad_bodies() -> Vec<(&'static str, Value, &'static str)> {
    let deep = |field: &str, value: Value| json!({"name": "x", field: value});
    vec![
        ("organizations", json!({"name": "x", "websit": "https://x.example/"}), "/websit"),
        ("organizations", json!({"name": 7}), "/name"),
        ("organizations", json!({}), "/name"),
        ("organizations", json!({"name": ""}), "/name"),
        ("organizations", json!({"name": "   "}), "/name"),
        ("organizations", json!({"name": "x".repeat(501)}), "/name"),
        ("organizations", json!({"name": "a\u{0}b"}), "/name"),
        ("organizations", json!({"name": "a\u{7}b"}), "/name"),
        ("organizations", json!({"name": "a\nb"}), "/name"),
        ("organizations", deep("summary", json!("a\u{1b}b")), "/summary"),
        ("organizations", deep("summary", json!("x".repeat(20_001))), "/summary"),
        ("organizations", deep("id", json!("Not A Slug")), "/id"),
        ("organizations", deep("kind", json!("departmnt")), "/kind"),
        ("organizations", deep("established", json!("2024-02-30")), "/established"),
        ("organizations", deep("established", json!("2023-02-29")), "/established"),
        ("organizations", deep("established", json!("2024-13")), "/established"),
        ("organizations", deep("established", json!("1699")), "/established"),
        ("organizations", deep("established", json!(2024)), "/established"),
        ("organizations", deep("website", json!("ftp://x.example/")), "/website"),
        ("organizations", deep("parent", json!("no-such-body")), "/parent"),
        ("organizations", deep("parent", json!({"type": "person", "id": "state"})), "/parent/type"),
        ("organizations", deep("other_names", json!("one")), "/other_names"),
        ("organizations", deep("other_names", json!(["fine", 3])), "/other_names/1"),
        ("organizations", deep("other_names", json!(vec!["x"; 501])), "/other_names"),
        ("organizations", deep("location", json!({"country": "XX"})), "/location/country"),
        ("organizations", deep("location", json!({})), "/location"),
        ("organizations", deep("type", json!("person")), "/type"),
        ("organizations", deep("sources", json!([{"document": "no-such-document"}])), "/sources/0/document"),
        ("organizations", deep("sources", json!([{"document": "award-statute", "field": "/nam"}])), "/sources/0/field"),
        ("organizations", deep("sources", json!([{"document": "award-statute", "field": "/other_names/4"}])), "/sources/0/field"),
        ("organizations", deep("documents", json!([{"document": "award-statute"}])), "/documents/0/rel"),
        ("meetings", json!({"name": "x"}), "/organization"),
        ("meetings", json!({"name": "x", "organization": "pitf", "start_time": "24:00"}), "/start_time"),
        ("meetings", json!({"name": "x", "organization": "pitf", "participants": [{"agent": {"type": "person"}, "role": "chair"}]}), "/participants/0/agent"),
        ("meetings", json!({"name": "x", "organization": "pitf", "participants": [{"agent": {"type": "person", "id": "nobody-at-all"}, "role": "chair"}]}), "/participants/0/agent"),
        ("commitments", json!({"name": "x", "figures": [{"value": "many", "unit": "people"}]}), "/figures/0/value"),
        ("documents", json!({"name": "x", "kind": "report", "sha256": "00"}), "/sha256"),
    ]
}

each_database! {
    fn bad_bodies_are_refused_with_the_place(api: Api) {
        let api = api.with_key();
        for (path, body, pointer) in bad_bodies() {
            let problem = api.write("POST", &format!("/v1/{path}"), &[], &body).problem(422, "validation-failed");
            let at = |error: &Value| error["pointer"].as_str().is_some_and(|found| found == pointer || found.starts_with(&format!("{pointer}/")));
            assert!(problem["errors"].as_array().unwrap().iter().any(at), "{body} at {pointer}: {problem}");
        }
        assert_eq!(api.revision(), 1);
    }

    fn all_faults_are_told_at_once_with_the_nearest_name(api: Api) {
        let api = api.with_key();
        let body = json!({"name": 1, "websit": "x", "kind": "departmnt", "established": "2024-02-30", "parent": "nobody"});
        let problem = api.write("POST", "/v1/organizations", &[], &body).problem(422, "validation-failed");
        let errors = problem["errors"].as_array().unwrap();
        for pointer in ["/name", "/websit", "/kind", "/established", "/parent"] {
            assert!(errors.iter().any(|error| error["pointer"] == pointer), "{pointer}: {problem}");
        }
        let hint = |pointer: &str| errors.iter().find(|error| error["pointer"] == pointer).unwrap()["hint"].clone();
        assert_eq!(hint("/websit"), "website");
        assert_eq!(hint("/kind"), "department");
    }

    fn bodies_of_the_wrong_form_are_refused(api: Api) {
        let api = api.with_key();
        let post = |headers: &[(&str, &str)], body: &str| api.write_text("POST", "/v1/organizations", headers, body);
        post(&[], "[]").problem(422, "validation-failed");
        post(&[], "\"text\"").problem(422, "validation-failed");
        post(&[], r#"{"name":"a","name":"b"}"#).problem(400, "malformed-body");
        post(&[], r#"{"name":"a","location":{"city":"a","city":"b"}}"#).problem(400, "malformed-body");
        for malformed in ["{", "{\"name\":}", "nothing", "{\"name\":\"a\"} trailing", "{\"name\":\"\\ud800\"}"] {
            post(&[], malformed).problem(400, "malformed-body");
        }
        post(&[], &format!("{}{}", "[".repeat(40), "]".repeat(40))).problem(400, "malformed-body");
        for media in ["text/plain", "application/xml", "application/json; charset=latin1"] {
            post(&[("content-type", media)], "{\"name\":\"a\"}").problem(415, "unsupported-media-type");
        }
        post(&[("content-encoding", "rot13")], "{\"name\":\"a\"}").problem(415, "unsupported-media-type");
        post(&[], &json!({"name": "x".repeat(2 << 20)}).to_string()).problem(413, "payload-too-large");
        assert_eq!(api.revision(), 1);
    }

    fn no_chain_of_records_is_a_circle(api: Api) {
        let api = api.with_key();
        api.write("POST", "/v1/organizations", &[], &json!({"id": "a", "name": "A"})).expect(201);
        api.write("POST", "/v1/organizations", &[], &json!({"id": "b", "name": "B", "parent": "a"})).expect(201);
        for parent in ["a", "b"] {
            let problem = api.write("PATCH", "/v1/organizations/a", &[("if-match", "\"2\"")], &json!({"parent": parent}));
            assert_eq!(problem.problem(422, "validation-failed")["errors"][0]["pointer"], "/parent");
        }
        assert_eq!(api.revision(), 3);
    }

    fn what_is_computed_cannot_be_changed(api: Api) {
        let api = api.with_key();
        let id = api.get("/v1/commitments?limit=1").ok()["data"][0].clone();
        let path = format!("/v1/commitments/{}", id["id"].as_str().unwrap());
        let flipped = !id["overdue"].as_bool().unwrap();
        for (field, value) in [("overdue", json!(flipped)), ("revision", json!(77)), ("created_at", json!("2001-01-01T00:00:00.000000Z"))] {
            let problem = api.write("PATCH", &path, &[("if-match", "\"1\"")], &json!({field: value})).problem(422, "validation-failed");
            assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
        }
        assert_eq!(api.revision(), 1);
    }

    fn bad_parameters_are_named(api: Api) {
        for (path, _, _) in RESOURCES {
            for (query, name, hint) in [
                ("limt=3", "limt", "limit"), ("nam=x", "nam", "name"), ("limit=1&limit=2", "limit", ""), ("name=", "name", ""), ("limit=0", "limit", ""),
                ("limit=201", "limit", ""), ("limit=abc", "limit", ""), ("limit=-1", "limit", ""), ("sort=nam", "sort", "name"), ("sort=sources", "sort", ""),
                ("fields=nam", "fields", "name"), ("include=nothing-such", "include", ""), ("facets=nothing-such", "facets", ""), ("format=xml", "format", ""),
                ("name[exists]=maybe", "name[exists]", ""), ("created_at[gt]=x", "created_at[gt]", ""), ("revision=99", "revision", ""),
                ("revision=x", "revision", ""), ("as_of=2999-01-01T00:00:00Z", "as_of", ""), ("as_of=yesterday", "as_of", ""), ("name=a%00b", "name", ""),
            ] {
                let problem = api.get(&format!("/v1/{path}?{query}")).problem(400, "invalid-parameter");
                let error = &problem["errors"][0];
                assert_eq!(error["parameter"], name, "{query}: {problem}");
                assert!(hint.is_empty() || error["hint"] == hint, "{path}?{query}: {problem}");
            }
        }
        for query in ["date=2024-02-30", "date[gt]=soon", "status=helt", "organization[gt]=x", "participants.agents=x"] {
            api.get(&format!("/v1/meetings?{query}")).problem(400, "invalid-parameter");
        }
    }
}
