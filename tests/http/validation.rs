//! Bad input is reported with its place, and nothing is changed.

use rstest::rstest;
use serde_json::json;

use crate::support::Database::{self, Postgres, Sqlite};

#[rstest]
fn reports_every_fault_of_a_body(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let before = api.revision();
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "meetings",
            r#"{"name":"M","organization":"pitf","date":"2024-02-30"}"#,
            "/date",
            "invalid-date",
        ),
        (
            "meetings",
            r#"{"name":"M","organization":"pitf","start_time":"25:00"}"#,
            "/start_time",
            "invalid-format",
        ),
        ("meetings", r#"{"name":"M"}"#, "/organization", "required"),
        (
            "meetings",
            r#"{"name":"M","organization":"nobody"}"#,
            "/organization",
            "broken-reference",
        ),
        (
            "meetings",
            r#"{"name":"M","organization":{"type":"person","id":"pitf"}}"#,
            "/organization/type",
            "wrong-value",
        ),
        (
            "meetings",
            r#"{"name":"M","organization":"pitf","participants":[{"agent":{"type":"label","name":"X"},"role":"boss"}]}"#,
            "/participants/0/role",
            "wrong-value",
        ),
        ("meetings", r#"{"name":"M","organization":"pitf","location":{}}"#, "/location", "empty"),
        (
            "meetings",
            r#"{"name":"M","organization":"pitf","location":{"country":"XX"}}"#,
            "/location/country",
            "invalid-format",
        ),
        ("people", r#"{"name":"P","familiy_name":"Q"}"#, "/familiy_name", "unknown-field"),
        ("people", r#"{"name":"a\u0000b"}"#, "/name", "invalid-text"),
        ("people", r#"{"name":"a\u0007b"}"#, "/name", "invalid-text"),
        ("people", r#"{"name":7}"#, "/name", "wrong-type"),
        ("people", r#"["name"]"#, "", "wrong-type"),
        (
            "people",
            r#"{"name":"P","sources":[{"document":"src-wirenn-2024","field":"/nothing"}]}"#,
            "/sources/0/field",
            "dangling-pointer",
        ),
        ("people", r#"{"name":"P","other_names":["A","A"]}"#, "/other_names/1", "repeated"),
        ("people", r#"{"type":"meeting","name":"P"}"#, "/type", "wrong-value"),
        ("organizations", r#"{"id":"self","name":"S","parent":"self"}"#, "/parent", "circle"),
        ("organizations", r#"{"id":"Not A Slug","name":"S"}"#, "/id", "invalid-format"),
        (
            "commitments",
            r#"{"name":"C","figures":[{"value":"5","unit":"people"}]}"#,
            "/figures/0/value",
            "wrong-type",
        ),
        (
            "commitments",
            r#"{"name":"C","figures":[{"value":9007199254740993,"unit":"people"}]}"#,
            "/figures/0/value",
            "out-of-range",
        ),
        ("documents", r#"{"name":"D","kind":"news","url":"ftp://x"}"#, "/url", "invalid-format"),
    ];
    for (path, body, pointer, code) in cases {
        let response = api.change(&key, "POST", &format!("/v1/{path}"), &[], body);
        assert_eq!(response.status, 422, "{body}: {}", response.text);
        let errors = response.json()["errors"].clone();
        assert!(
            errors
                .as_array()
                .unwrap()
                .iter()
                .any(|error| error["pointer"] == *pointer && error["code"] == *code),
            "{body}: {errors}"
        );
    }
    let several = api
        .change(
            &key,
            "POST",
            "/v1/commitments",
            &[],
            r#"{"name":"","due":"soon","status":"complete","departments":["nobody"]}"#,
        )
        .json();
    assert_eq!(several["errors"].as_array().unwrap().len(), 4, "{several}");
    assert_eq!(several["errors"][2]["hint"], "completed");
    assert_eq!(api.revision(), before);
}

#[rstest]
fn the_hint_of_an_empty_value_can_be_followed(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let leave_out = "leave it out or send null if it is not known";
    for (list, body, hint) in [
        ("people", r#"{"id":"","name":"Q"}"#, None),
        ("people", r#"{"name":""}"#, None),
        ("people", r#"{"name":"Q","note":" "}"#, Some(leave_out)),
        ("people", r#"{"name":"Q","other_names":[""]}"#, Some("remove the entry")),
        ("people", r#"{"name":"Q","other_names":[null]}"#, Some("remove the entry")),
        ("people", r#"{"name":"Q","positions":[{"title":""}]}"#, None),
        ("meetings", r#"{"name":"M","organization":""}"#, None),
        ("meetings", r#"{"name":"M","organization":{"id":""}}"#, None),
        (
            "meetings",
            r#"{"name":"M","organization":"pitf","location":{}}"#,
            Some("send null if nothing is known"),
        ),
        ("commitments", r#"{"name":"C","places":[{}]}"#, Some("remove the entry")),
    ] {
        let response = api.change(&key, "POST", &format!("/v1/{list}"), &[], body);
        let problem = response.json();
        let faults = problem["errors"].as_array().unwrap();
        let empty = ["empty", "wrong-type"];
        let fault = faults.iter().find(|fault| empty.contains(&fault["code"].as_str().unwrap()));
        assert_eq!(fault.unwrap()["hint"], json!(hint), "{body}: {problem}");
    }
}

#[rstest]
fn a_null_id_is_a_missing_id(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let body = r#"{"id":null,"name":"Quentin Example"}"#;
    let response = api.change(&key, "POST", "/v1/people", &[], body);
    assert_eq!(response.status, 201, "{}", response.text);
    assert_eq!(response.json()["id"], "quentin-example");
    let path = "/v1/people/quentin-example";
    let response = api.change(&key, "PUT", path, &[("If-Match", "*")], body);
    assert_eq!(response.status, 200, "{}", response.text);
}

#[rstest]
fn faults_of_queries_and_headers_are_specific(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    for (list, include) in [("people", "roles.x"), ("documents", "cited_by.x")] {
        let detail = api.get(&format!("/v1/{list}?include={include}")).json()["detail"].clone();
        let detail = detail.as_str().unwrap();
        assert!(detail.contains("no inner includes") && !detail.contains("one of ."), "{detail}");
    }
    let detail = api.get("/v1/people?=x").json()["detail"].clone();
    assert!(detail.as_str().unwrap().starts_with("A parameter without a name: "), "{detail}");
    let key = api.key();
    for (given, hint) in [
        ("35", json!("\"35\"")),
        ("\"35", json!("\"35\"")),
        ("\"35\"", json!(null)),
        ("W/\"1\"", json!(null)),
    ] {
        let headers = [("If-Match", given)];
        let response = api.change(&key, "PATCH", "/v1/people/alex-azar", &headers, "{}");
        assert_eq!(response.status, 412, "{}", response.text);
        assert_eq!(response.json()["errors"][0]["hint"], hint, "{}", response.text);
    }
}

#[rstest]
fn rejects_bodies_that_are_not_json(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let post = |headers: &[(&str, &str)], body: &str| {
        api.change(&key, "POST", "/v1/people", headers, body).json()["code"].clone()
    };
    assert_eq!(post(&[], "{"), "malformed-body");
    assert_eq!(post(&[], r#"{"name":"a","name":"b"}"#), "malformed-body");
    assert_eq!(post(&[], &format!("{}1{}", "[".repeat(100), "]".repeat(100))), "malformed-body");
    assert_eq!(post(&[], &format!(r#"{{"name":"{}"}}"#, "a".repeat(2 << 20))), "payload-too-large");
    assert_eq!(post(&[("Content-Type", "text/plain")], "{}"), "unsupported-media-type");
    assert_eq!(
        post(&[("Content-Type", "application/json; charset=latin1")], "{}"),
        "unsupported-media-type"
    );
    assert_eq!(post(&[("Content-Encoding", "snappy")], "{}"), "unsupported-media-type");
    assert_eq!(post(&[("Authorization", "Bearer tfk_0_0_0")], "{}"), "unauthorized");
    assert_eq!(
        api.send("POST", "/v1/people", &[("Content-Type", "application/json")], "{}").status,
        401
    );
    let faulty = json!({ "people": [{ "id": "p", "name": "P" }],
        "commitments": [{ "id": "c", "name": "C" },
            { "id": "d", "name": "D", "status": "done" }] });
    let refused = api.change(&key, "POST", "/v1/import", &[], &faulty.to_string());
    assert_eq!(refused.json()["errors"][0]["pointer"], "/commitments/1/status");
    assert_eq!(api.get("/v1/people/p").status, 404, "an import is atomic");
}

#[rstest]
fn reports_every_fault_of_a_query(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let cases = [
        ("statsu=x", "statsu", Some("status")),
        ("status=done", "status", None),
        ("status=", "status", None),
        ("limit=0", "limit", None),
        ("limit=201", "limit", None),
        ("limit=abc", "limit", None),
        ("sort=nam", "sort", Some("name")),
        ("fields=nme", "fields", Some("name")),
        ("include=meetings", "include", Some("meeting")),
        ("facets=name", "facets", None),
        ("due[gte]=soon", "due[gte]", None),
        ("due[contains]=2", "due[contains]", None),
        ("name[conains]=x", "name[conains]", Some("name[contains]")),
        ("overdue=maybe", "overdue", None),
        ("position[gt]=x", "position[gt]", None),
        ("revision=x", "revision", None),
        ("as_of=yesterday", "as_of", None),
        ("name=a&name=b", "name", None),
        ("name=%FF", "name", None),
    ];
    for (query, parameter, hint) in cases {
        let response = api.get(&format!("/v1/commitments?{query}"));
        let problem = response.json();
        assert_eq!(
            (response.status, &problem["code"], &problem["errors"][0]["parameter"]),
            (400, &json!("invalid-parameter"), &json!(parameter)),
            "{query}: {problem}"
        );
        if let Some(hint) = hint {
            assert_eq!(problem["errors"][0]["hint"], hint, "{query}");
        }
    }
    assert_eq!(api.get("/v1/commitments?cursor=abc").json()["code"], "invalid-cursor");
    let next =
        api.get("/v1/commitments?limit=2").json()["page"]["next"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&next.replace("commitments", "meetings")).json()["code"], "invalid-cursor");
    assert_eq!(api.get(&format!("{next}&status=completed")).json()["code"], "invalid-cursor");
}

#[rstest]
fn lists_broken_references_in_one_order(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let key = api.key();
    let body = json!({ "id": "x", "award": "q1", "recipient": { "type": "person", "id": "q2" },
        "presented_at": "q3" });
    for _ in 0..8 {
        let answer =
            api.change(&key, "POST", "/v1/award-recipients?dry_run=true", &[], &body.to_string());
        let pointers: Vec<String> = answer.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["pointer"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(pointers, ["/award", "/presented_at", "/recipient"]);
    }
}

#[rstest]
fn a_commitment_has_an_unknown_status_by_default(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let key = api.key();
    let body = json!({ "id": "x", "name": "X" }).to_string();
    let answer = api.change(&key, "POST", "/v1/commitments?dry_run=true", &[], &body);
    assert_eq!(answer.json()["status"], "unknown");
}

#[rstest]
fn reports_all_faults_of_a_query(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for (path, places) in [
        ("/v1/search?page=2&limit=0&type=foo", vec!["page", "limit", "type", "q"]),
        ("/v1/changes?page=2&limit=0&after=x", vec!["page", "after", "limit"]),
        ("/v1/changes.atom?page=2&limit=0", vec!["page", "limit"]),
        ("/v1/gaps?page=2&limit=0&kind=x", vec!["page", "limit", "kind"]),
        ("/v1/people/john-kerry?foo=1&revision=abc&fields=x", vec!["foo", "revision", "fields"]),
        ("/v1/people/john-kerry/history?foo=1&limit=0", vec!["foo", "limit"]),
        ("/v1/people/john-kerry/roles?foo=1&revision=x", vec!["foo", "revision"]),
        ("/v1/statistics?foo=1&revision=abc", vec!["foo", "revision"]),
        ("/v1/export?foo=1&format=xml", vec!["foo", "format"]),
        ("/v1/people?page=2&limit=0&name[gt]=1", vec!["page", "limit", "name[gt]"]),
        ("/v1/people?revision=1&as_of=2026-01-01T00:00:00Z", vec!["as_of"]),
        ("/v1/people?revision=x&as_of=y", vec!["as_of", "as_of", "revision"]),
        ("/v1/people/john-kerry?fields=id&fields=name&include=", vec!["fields", "include"]),
    ] {
        let problem = api.get(path).json();
        let errors = problem["errors"].as_array().unwrap().iter();
        let found: Vec<&str> = errors.map(|one| one["parameter"].as_str().unwrap()).collect();
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        let mut found = found;
        found.sort_unstable();
        assert_eq!(found, sorted(places), "{path}: {problem}");
    }
}

#[rstest]
fn rejects_filters_by_values_that_no_record_can_have(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.shared();
    let long = format!("/v1/people?name={}", "a".repeat(501));
    for path in [
        "/v1/commitments?places.country=us",
        "/v1/commitments?places.country=XX",
        "/v1/commitments?places.region=MA",
        "/v1/documents?language=en_US",
        "/v1/documents?url=abc",
        "/v1/commitments?figures.unit=ABC",
        "/v1/documents?sources.field=name",
        &long,
    ] {
        assert_eq!(api.get(path).status, 400, "{path}");
    }
    for path in ["/v1/commitments?places.country=US", "/v1/commitments?figures.unit=USD"] {
        assert_eq!(api.get(path).status, 200, "{path}");
    }
    assert_eq!(api.get("/v1/people?name[contains]=%C3%A9").status, 200);
}

#[rstest]
fn ignores_empty_derived_values(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (path, body) in [
        (
            "council-members",
            r#"{"person":"antony-blinken","council":"us-advisory-council","name":null}"#,
        ),
        (
            "council-members",
            r#"{"person":{"id":"antony-blinken","name":null},"council":"us-advisory-council"}"#,
        ),
        ("commitments", r#"{"name":"a","overdue":null}"#),
    ] {
        let made = api.change(&key, "POST", &format!("/v1/{path}?dry_run=true"), &[], body);
        assert_eq!(made.status, 201, "{body}: {}", made.text);
    }
}

#[rstest]
fn names_the_encoding_that_is_not_available(#[values(Sqlite)] database: Database) {
    let api = database.shared();
    let refused = api.send("GET", "/v1/people", &[("Accept-Encoding", "identity;q=0")], "");
    let fault = refused.json()["errors"][0].clone();
    assert_eq!((refused.status, &fault["header"]), (406, &json!("Accept-Encoding")), "{fault}");
}
