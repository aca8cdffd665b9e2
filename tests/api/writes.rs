//! Writing records: created, replaced, changed, deleted, brought back.

use serde_json::{Value, json};

use crate::support::{Api, Empty, RESOURCES, each_database};

each_database! {
    fn a_record_is_created_and_found_where_it_says(api: Empty) {
        let api = api.0.with_key();
        let made = api.write("POST", "/v1/organizations", &[], &json!({"name": "  Office of Things  "}));
        let record = made.expect(201);
        assert_eq!((&record["id"], &record["name"]), (&json!("office-of-things"), &json!("Office of Things")));
        assert_eq!(made.header("location"), "/v1/organizations/office-of-things");
        assert!(made.header("etag").starts_with("\"1-"), "{}", made.header("etag"));
        assert_eq!(api.get(&made.header("location")).ok(), record);
        let second = api.write("POST", "/v1/organizations", &[], &json!({"name": "Office of Things"})).expect(201);
        assert_eq!(second["id"], "office-of-things-2");
        let taken = json!({"id": "office-of-things", "name": "Other"});
        api.write("POST", "/v1/organizations", &[], &taken).problem(409, "conflict");
        assert_eq!(api.revision(), 2);
    }

    fn put_creates_only_what_is_not_there(api: Empty) {
        let api = api.0.with_key();
        let body = json!({"name": "Department of Labor", "kind": "department"});
        let path = "/v1/organizations/labor";
        api.write("PUT", path, &[("if-none-match", "*")], &body).expect(201);
        assert!([409, 412].contains(&api.write("PUT", path, &[("if-none-match", "*")], &body).status));
        api.write("PUT", path, &[], &body).problem(428, "precondition-required");
        let replaced = api.write("PUT", path, &[("if-match", "\"1\"")], &json!({"name": "Labor"})).ok();
        assert_eq!((&replaced["name"], &replaced["kind"], &replaced["revision"]), (&json!("Labor"), &Value::Null, &json!(2)));
        let other = json!({"id": "elsewhere", "name": "Labor"});
        api.write("PUT", path, &[("if-match", "\"2\"")], &other).problem(422, "validation-failed");
    }

    fn patch_merges_under_the_right_tag_alone(api: Api) {
        let api = api.with_key();
        let path = "/v1/organizations/state";
        let patch = json!({"short_name": "State", "website": null, "other_names": ["Foggy Bottom"]});
        api.write("PATCH", path, &[], &patch).problem(428, "precondition-required");
        let tag = api.get(path).header("etag");
        let before = api.get(path).ok();
        let changed = api.write("PATCH", path, &[("if-match", &tag), ("change-reason", "The name in use"), ("change-kind", "correction")], &patch).ok();
        for (field, value) in before.as_object().unwrap() {
            let expected = patch.get(field).unwrap_or(value);
            assert!(field == "revision" || field == "updated_at" || changed[field] == *expected, "{field}: {changed}");
        }
        assert_eq!(changed["revision"], 2);
        let stale = api.write("PATCH", path, &[("if-match", &tag)], &patch);
        assert_eq!(stale.problem(412, "precondition-failed")["revision"], 2);
        assert!(stale.header("etag").starts_with("\"2"), "{}", stale.header("etag"));
        api.write("PATCH", path, &[("if-match", "\"2\"")], &json!({"note": "By the number alone"})).ok();
        let entry = api.get("/v1/changes?after=1&limit=1").ok()["data"][0].clone();
        assert_eq!((&entry["reason"], &entry["kind"], &entry["revision"]), (&json!("The name in use"), &json!("correction"), &json!(2)));
        assert_eq!(api.get("/v1/organizations/state/history").ok()["data"][1]["reason"], "The name in use");
    }

    fn what_was_read_can_be_written_back_unchanged(api: Api) {
        let api = api.with_key();
        for (path, _, _) in RESOURCES {
            for record in api.all(&format!("/v1/{path}?limit=200")) {
                let item = format!("/v1/{path}/{}", record["id"].as_str().unwrap());
                let read = api.get(&item);
                for method in ["PUT", "PATCH"] {
                    let written = api.write(method, &item, &[("if-match", &read.header("etag"))], &record);
                    assert_eq!(written.ok(), record, "{method} {item}");
                    assert_eq!(written.header("etag"), read.header("etag"), "{method} {item}");
                }
            }
        }
        assert_eq!(api.revision(), 1);
    }

    fn what_is_referred_to_is_not_deleted(api: Api) {
        let api = api.with_key();
        let refused = api.write("DELETE", "/v1/organizations/state", &[("if-match", "\"1\"")], &Value::Null).problem(409, "conflict");
        assert!(!refused["errors"].as_array().unwrap().is_empty(), "{refused}");
        api.write("POST", "/v1/awards", &[], &json!({"name": "Fleeting"})).expect(201);
        api.write("DELETE", "/v1/awards/fleeting", &[], &Value::Null).problem(428, "precondition-required");
        api.write("DELETE", "/v1/awards/fleeting", &[("if-match", "\"1\"")], &Value::Null).problem(412, "precondition-failed");
        api.write("DELETE", "/v1/awards/fleeting", &[("if-match", "\"2\"")], &Value::Null).expect(204);
        api.get("/v1/awards/fleeting").problem(410, "gone");
        for method in ["PUT", "PATCH", "DELETE"] {
            let body = if method == "DELETE" { Value::Null } else { json!({"name": "Fleeting"}) };
            api.write(method, "/v1/awards/fleeting", &[], &body).problem(410, "gone");
        }
        api.write("PATCH", "/v1/awards/never-was", &[], &json!({"name": "x"})).problem(404, "not-found");
        let again = api.write("POST", "/v1/awards", &[], &json!({"name": "Fleeting"})).expect(201);
        assert_eq!(again["id"], "fleeting-2", "the id of a deleted record is taken");
        let back = api.write("POST", "/v1/awards/fleeting/restore", &[], &json!({"revision": 2})).ok();
        assert_eq!(back["name"], "Fleeting");
        assert_eq!(api.get("/v1/awards/fleeting").ok(), back);
    }

    fn a_dry_run_answers_alike_and_keeps_nothing(api: Api) {
        let api = api.with_key();
        let body = json!({"name": "Trial"});
        let tried = api.write("POST", "/v1/awards?dry_run=true", &[], &body);
        assert_eq!(tried.header("dry-run"), "true");
        assert_eq!(tried.expect(201)["id"], "trial");
        api.get("/v1/awards/trial").problem(404, "not-found");
        api.write("POST", "/v1/awards?dry_run=true", &[], &json!({"nam": "x"})).problem(422, "validation-failed");
        let tag = [("if-match", "\"1\"")];
        assert_eq!(api.write("PATCH", "/v1/awards/presidential-award?dry_run=true", &tag, &body).ok()["name"], "Trial");
        assert_ne!(api.get("/v1/awards/presidential-award").ok()["name"], "Trial");
        assert_eq!(api.revision(), 1);
        assert_eq!(api.write("POST", "/v1/awards", &[], &body).expect(201)["revision"], 2);
    }

    fn writing_needs_a_key_that_is_valid(api: Api) {
        let json = ("content-type", "application/json");
        for (path, _, _) in RESOURCES {
            for (method, path) in [("POST", format!("/v1/{path}")), ("PUT", format!("/v1/{path}/x")), ("PATCH", format!("/v1/{path}/x")), ("DELETE", format!("/v1/{path}/x"))] {
                for key in [None, Some("Bearer wrong"), Some("Basic dGVzdDp0ZXN0")] {
                    let headers: Vec<_> = key.map(|key| ("authorization", key)).into_iter().chain([json]).collect();
                    let refused = api.send(method, &path, &headers, if method == "DELETE" { "" } else { "{}" });
                    refused.problem(401, "unauthorized");
                    assert!(refused.header("www-authenticate").starts_with("Bearer"), "{:?}", refused.headers);
                }
            }
        }
        api.send("POST", "/v1/import", &[json], "{}").problem(401, "unauthorized");
        assert_eq!(api.revision(), 1);
    }

    fn the_same_request_under_one_idempotency_key_is_done_once(api: Empty) {
        let api = api.0.with_key();
        let key = [("idempotency-key", "once")];
        let first = api.write("POST", "/v1/awards", &key, &json!({"name": "Once"})).expect(201);
        assert_eq!(api.write("POST", "/v1/awards", &key, &json!({"name": "Once"})).expect(201), first);
        api.write("POST", "/v1/awards", &key, &json!({"name": "Twice"})).problem(422, "idempotency-key-reused");
        assert_eq!(api.revision(), 1);
    }
}
