//! Writes of single records and of bundles.

use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS};

#[rstest]
fn creates_changes_deletes_and_restores_a_record(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let made = api.change(
        &key,
        "POST",
        "/v1/people",
        &[("Change-Reason", "Seen in a release.")],
        r#"{"name":"Ada D’Souza","given_name":"Ada","family_name":"D’Souza"}"#,
    );
    assert_eq!((made.status, made.header("location")), (201, "/v1/people/ada-dsouza"));
    assert_eq!(made.json()["sort_name"], "D’Souza, Ada");
    let path = "/v1/people/ada-dsouza";
    assert_eq!(
        api.change(&key, "POST", "/v1/people", &[], r#"{"name":"Ada D’Souza"}"#).json()["id"],
        "ada-dsouza-2"
    );
    assert_eq!(
        api.change(&key, "POST", "/v1/people", &[], r#"{"id":"ada-dsouza","name":"Other"}"#).json()
            ["code"],
        "conflict"
    );
    let patch = r#"{"family_name":"Diaz","sources":[{"document":"src-wirenn-2024","field":"/family_name","says":"Díaz"}]}"#;
    assert_eq!(api.change(&key, "PATCH", path, &[], patch).json()["code"], "precondition-required");
    let changed = api.change(&key, "PATCH", path, &[("If-Match", made.header("etag"))], patch);
    assert_eq!((changed.status, &changed.json()["sort_name"]), (200, &json!("Diaz, Ada")));
    let stale = api.change(&key, "PATCH", path, &[("If-Match", "\"2\"")], patch);
    assert_eq!((stale.status, &stale.json()["revision"]), (412, &changed.json()["revision"]));
    let current = format!("\"{}\"", changed.json()["revision"]);
    assert_eq!(stale.header("etag"), current);
    assert_eq!(
        api.change(&key, "DELETE", &format!("{path}?dry_run=true"), &[("If-Match", &current)], "")
            .header("dry-run"),
        "true"
    );
    assert_eq!(api.get(path).status, 200);
    let refused = api.change(&key, "PATCH", &format!("{path}?dry_run=true"), &[], patch);
    assert_eq!((refused.status, refused.header("dry-run")), (428, "true"));
    assert_eq!(api.change(&key, "DELETE", path, &[("If-Match", &current)], "").status, 204);
    let gone = api.get(path);
    let problem = gone.json();
    assert_eq!((&problem["code"], &problem["revision"]), (&json!("gone"), &json!(api.revision())));
    assert_eq!(gone.header("etag"), "");
    assert_eq!(
        api.change(&key, "PATCH", path, &[], patch).status,
        410,
        "a deleted record is reported before the precondition"
    );
    assert_eq!(api.change(&key, "PATCH", "/v1/people/never-was", &[], patch).status, 404);
    let back = api.change(
        &key,
        "POST",
        &format!("{path}/restore"),
        &[],
        &json!({ "revision": changed.json()["revision"] }).to_string(),
    );
    assert_eq!((back.status, &back.json()["family_name"]), (200, &json!("Diaz")));
    let history = api.get(&format!("{path}/history")).json();
    let operations: Vec<&str> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["operation"].as_str().unwrap())
        .collect();
    assert_eq!(operations, ["restore", "delete", "update", "create"]);
    assert_eq!(history["data"][2]["changed"], json!(["/family_name", "/sort_name", "/sources"]));
    assert_eq!(
        (&history["data"][3]["reason"], &history["data"][3]["actor"]),
        (&json!("Seen in a release."), &json!("a test"))
    );
    let changes = api.get("/v1/changes?after=1").json();
    let numbers: Vec<i64> = changes["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|revision| revision["revision"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (2..=api.revision()).collect::<Vec<_>>(), "no gap");
}

#[rstest]
fn put_creates_and_replaces(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let path = "/v1/awards/medal";
    assert_eq!(api.change(&key, "PUT", path, &[], r#"{"name":"Medal"}"#).status, 201);
    assert_eq!(
        api.change(&key, "PUT", path, &[("If-None-Match", "*")], r#"{"name":"Medal"}"#).status,
        412
    );
    assert_eq!(api.change(&key, "PUT", path, &[], r#"{"name":"Medal"}"#).status, 428);
    assert_eq!(
        api.change(
            &key,
            "PUT",
            path,
            &[("If-Match", "*")],
            r#"{"name":"Medal","other_names":["M"]}"#
        )
        .json()["other_names"],
        json!(["M"])
    );
    assert_eq!(
        api.change(&key, "PUT", "/v1/awards/none", &[("If-Match", "\"3\"")], r#"{"name":"N"}"#)
            .status,
        404
    );
    assert_eq!(
        api.change(&key, "PATCH", path, &[("If-Match", "*")], r#"{"nmae":1}"#).json()["errors"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        api.change(&key, "PUT", path, &[("If-Match", "*")], r#"{"id":"else","name":"Medal"}"#)
            .status,
        422
    );
}

#[rstest]
fn writing_back_a_read_record_changes_nothing(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (path, _) in LISTS {
        for record in api.all(&format!("/v1/{path}?limit=200")).iter().take(25) {
            let address = format!("/v1/{path}/{}", record["id"].as_str().unwrap());
            let response =
                api.change(&key, "PUT", &address, &[("If-Match", "\"1\"")], &record.to_string());
            assert_eq!((response.status, &response.json()), (200, record), "{address}");
        }
    }
    let bundle = include_str!("../../records/records.json");
    let again = api.change(&key, "POST", "/v1/import", &[], bundle).json();
    assert_eq!(
        (&again["created"], &again["updated"], &again["changes"]),
        (&json!(0), &json!(0), &json!([]))
    );
    assert_eq!(api.revision(), 1);
}

#[rstest]
fn totals_of_a_list_leave_out_its_past_entries(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let send = |method: &str, path: &str, body: &str| {
        let headers: &[(&str, &str)] = if method == "POST" { &[] } else { &[("If-Match", "*")] };
        let response = api.change(&key, method, path, headers, body);
        assert!(response.status < 300, "{method} {path} {}", response.text);
    };
    let check = |state: &str| {
        for dates in
            ["", "made_on[gte]=2015", "made_on[ne]=2015", "made_on[exists]=false", "year=2016"]
        {
            for rest in
                ["", "&status=completed", "&sort=-made_on", "&sort=-made_on&status=completed"]
            {
                let list = format!("/v1/commitments?department=state&{dates}{rest}{state}");
                let list = list.replace("&&", "&");
                let lines = api.get(&format!("{list}&format=ndjson")).text.lines().count();
                // The second page is read with the cached total.
                for limit in [1, 2] {
                    let page = api.get(&format!("{list}&limit={limit}")).json();
                    assert_eq!(page["page"]["total"], lines, "{list}");
                }
            }
        }
    };
    for (id, date) in [("a", r#""2016-03-01""#), ("b", r#""2015""#), ("c", "null"), ("d", "null")] {
        let body = format!(
            r#"{{"id":"past-{id}","name":"Past {id}","departments":["state"],"made_on":{date}}}"#
        );
        send("POST", "/v1/commitments", &body);
    }
    let created = api.revision();
    check("");
    for id in ["a", "b", "c"] {
        send("PATCH", &format!("/v1/commitments/past-{id}"), r#"{"status":"completed"}"#);
    }
    check("");
    send("PATCH", "/v1/commitments/past-a", r#"{"departments":["labor"]}"#);
    send("PATCH", "/v1/commitments/past-b", r#"{"made_on":"2016-05"}"#);
    send("DELETE", "/v1/commitments/past-c", "");
    check("");
    check(&format!("&revision={created}"));
}

#[rstest]
fn totals_follow_every_write(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let total = |api: &Api| {
        let count = api.get("/v1/people?limit=1").json()["page"]["total"].as_i64().unwrap();
        // Streams have no total.
        assert_eq!(
            count,
            i64::try_from(api.get("/v1/people?format=ndjson").text.lines().count()).unwrap()
        );
        assert_eq!(count, api.get("/v1/statistics").json()["records"]["person"].as_i64().unwrap());
        count
    };
    let begin = total(&api);
    let send = |method: &str, path: &str, body: &str| {
        let response = api.change(&key, method, path, &[("If-Match", "*")], body);
        assert!(response.status < 300, "{method} {path} {}", response.text);
    };
    let post = |path: &str, body: &str| {
        let response = api.change(&key, "POST", path, &[], body);
        assert!(response.status < 300, "{path} {}", response.text);
    };
    for id in ["t-1", "t-2", "t-3"] {
        post("/v1/people", &format!(r#"{{"id":"{id}","name":"T"}}"#));
    }
    assert_eq!(total(&api), begin + 3);
    send("PATCH", "/v1/people/t-1", r#"{"note":"One."}"#);
    let entered = api.revision();
    assert_eq!(total(&api), begin + 3);
    send("DELETE", "/v1/people/t-1", "");
    assert_eq!(total(&api), begin + 2);
    post("/v1/people/t-1/redactions", r#"{"fields":["/note"],"reason":"requested"}"#);
    assert_eq!(total(&api), begin + 2);
    post("/v1/people/t-1/restore", &format!(r#"{{"revision":{entered}}}"#));
    assert_eq!(total(&api), begin + 3);
    send("PATCH", "/v1/people/t-2", r#"{"note":"Two."}"#);
    post("/v1/people/t-2/restore", &format!(r#"{{"revision":{entered}}}"#));
    assert_eq!(total(&api), begin + 3, "an earlier version of a live record was restored");
    post("/v1/people/t-3/merge", r#"{"into":"t-2"}"#);
    assert_eq!(total(&api), begin + 2);
    post(
        "/v1/import",
        r#"{"people":[{"id":"t-4","name":"T"},{"id":"t-2","name":"U"}],"awards":[{"id":"t-a","name":"T"}]}"#,
    );
    assert_eq!(total(&api), begin + 3);
    assert_eq!(
        api.get(&format!("/v1/people?limit=1&revision={entered}")).json()["page"]["total"],
        begin + 3
    );
    // Enough changes that totals are counted again.
    let many: Vec<Json> = (0..1_001)
        .map(|number| {
            json!({ "id": format!("many-{number}"),
        "name": "M" })
        })
        .collect();
    post("/v1/import", &json!({ "people": many }).to_string());
    assert_eq!(total(&api), begin + 1_004);
    send("DELETE", "/v1/people/many-0", "");
    assert_eq!(total(&api), begin + 1_003);
}

#[rstest]
fn rejects_deleting_a_referenced_record(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let refused = api.change(&key, "DELETE", "/v1/organizations/state", &[("If-Match", "*")], "");
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("conflict")));
    assert!(refused.json()["errors"].as_array().unwrap().len() > 10);
}

#[rstest]
fn repeats_the_response_of_an_idempotent_request(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let once = [("Idempotency-Key", "first")];
    let responses =
        [0, 1].map(|_| api.change(&key, "POST", "/v1/organizations", &once, r#"{"name":"Once"}"#));
    assert_eq!(responses[0].json(), responses[1].json());
    assert_eq!(responses.map(|response| response.status), [201, 201]);
    assert_eq!(api.get("/v1/organizations?name=Once").json()["page"]["total"], 1);
    assert_eq!(
        api.change(&key, "POST", "/v1/organizations", &once, r#"{"name":"Twice"}"#).json()["code"],
        "idempotency-key-reused"
    );
}

#[rstest]
fn rejects_a_concurrent_idempotent_request(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let once = [("Idempotency-Key", "slow")];
    let send = || api.change(&key, "POST", "/v1/organizations", &once, r#"{"name":"Slow"}"#);
    let waiting = api.block_writers();
    std::thread::scope(|scope| {
        let responses: Vec<_> = [0, 1].map(|_| scope.spawn(send)).into_iter().collect();
        while !responses.iter().any(std::thread::ScopedJoinHandle::is_finished) {
            std::thread::yield_now();
        }
        drop(waiting);
        let mut responses: Vec<_> =
            responses.into_iter().map(|response| response.join().unwrap()).collect();
        responses.sort_by_key(|response| response.status);
        assert_eq!(
            (responses[0].status, responses[1].json()["code"].clone()),
            (201, json!("conflict"))
        );
    });
    assert_eq!(send().status, 201, "the first response, now that it exists");
    assert_eq!(api.get("/v1/organizations?name=Slow").json()["page"]["total"], 1);
}

#[rstest]
fn shown_names_follow_renamed_records(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let path = "/v1/council-members/appt-2024-jose-alfaro";
    let before = api.get(path).json();
    assert_eq!(
        api.change(
            &key,
            "PATCH",
            "/v1/people/jose-alfaro",
            &[("If-Match", "*")],
            r#"{"name":"José Alfaro"}"#
        )
        .status,
        200
    );
    let after = api.get(path).json();
    assert_eq!(
        (&after["person"]["name"], &after["revision"]),
        (&json!("José Alfaro"), &before["revision"])
    );
    assert!(after["name"].as_str().unwrap().starts_with("José Alfaro, "));
    assert_eq!(api.get(&format!("{path}?revision=1")).json(), before);
    assert_eq!(api.get("/v1/people?name[starts_with]=JOSE%20ALF").json()["page"]["total"], 1);
}

#[rstest]
fn concurrent_writers_lose_no_update(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let before = api.revision();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (api, key): (&Api, &str) = (&api, &key);
            scope.spawn(move || {
                for number in 0..10 {
                    let body = json!({ "id": format!("w{writer}-{number}"),
                        "name": "Written at once" })
                    .to_string();
                    assert_eq!(
                        api.change(key, "POST", "/v1/organizations", &[], &body).status,
                        201
                    );
                }
            });
        }
    });
    assert_eq!(api.revision(), before + 80);
    let changes: Vec<Json> = api.all(&format!("/v1/changes?after={before}&limit=50"));
    let numbers: Vec<i64> =
        changes.iter().map(|revision| revision["revision"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (before + 1..=before + 80).collect::<Vec<_>>());
    assert!(
        changes.is_sorted_by_key(|revision| revision["recorded_at"].as_str().unwrap().to_owned())
    );
}

#[rstest]
fn a_default_sort_name_can_be_written_back(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let person = json!({ "id": "long", "name": "A", "given_name": "Bea",
        "family_name": "x".repeat(500) });
    let created = api.change(&key, "POST", "/v1/people", &[], &person.to_string()).json();
    assert_eq!(created["sort_name"].as_str().unwrap().len(), 500);
    let everyone = [("if-match", "*")];
    let put = api.change(&key, "PUT", "/v1/people/long", &everyone, &created.to_string());
    assert_eq!(put.status, 200, "{}", put.text);
    let patch = json!({ "given_name": "Cleo", "family_name": "Y" }).to_string();
    let patched = api.change(&key, "PATCH", "/v1/people/long", &everyone, &patch).json();
    assert_eq!(patched["sort_name"], "Y, Cleo", "it follows the names");
}

#[rstest]
fn a_patch_ignores_no_unknown_member(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let appointment = api.get("/v1/council-members?limit=1").json()["data"][0].clone();
    let appointment = format!("/v1/council-members/{}", appointment["id"].as_str().unwrap());
    for (path, patch, status) in [
        ("/v1/organizations/state", json!({ "location": { "city": "Q", "bogus": null } }), 422),
        ("/v1/organizations/state", json!({ "location": { "city": "Q", "region": null } }), 200),
        ("/v1/organizations/state", json!({ "bogus": null }), 422),
        (
            &appointment,
            json!({ "appointed_by": { "type": "label", "name": "X", "id": null } }),
            200,
        ),
        (
            &appointment,
            json!({ "appointed_by": { "type": "organization", "id": "state", "name": null } }),
            200,
        ),
    ] {
        let body = patch.to_string();
        let done = api.change(&key, "PATCH", path, &[("if-match", "*")], &body);
        assert_eq!(done.status, status, "{body}: {}", done.text);
    }
}
