//! Redaction, merges, and the detection of tampering.

use rstest::rstest;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::support::Api;
use crate::support::Database::{self, Postgres, Sqlite};

fn entered(api: &Api, key: &str, path: &str, body: &Json) {
    let response = api.change(key, "POST", &format!("/v1/{path}"), &[], &body.to_string());
    assert_eq!(response.status, 201, "{}", response.text);
}

fn patched(api: &Api, key: &str, path: &str, body: &Json) {
    let response =
        api.change(key, "PATCH", &format!("/v1/{path}"), &[("If-Match", "*")], &body.to_string());
    assert_eq!(response.status, 200, "{}", response.text);
}

/// Returns every response that could still contain a value.
fn everywhere(api: &Api, path: &str) -> String {
    let mut all = api.get(&format!("/v1/{path}/history?limit=200")).text;
    for revision in 0..=api.revision() {
        all += &Some(api.get(&format!("/v1/{path}?revision={revision}")))
            .filter(|response| response.status == 200)
            .map_or(String::new(), |response| response.text);
    }
    all + &api.get("/v1/changes?after=1&limit=200").text + &api.get("/v1/people?format=ndjson").text
}

fn verified(api: &Api) -> bool {
    let (output, code) = api.run(&["verify"]);
    assert_eq!(code == 0, output.contains("the database is intact"), "{output}");
    code == 0
}

#[rstest]
fn redaction_removes_values_from_every_version(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let once = [("Idempotency-Key", "k-1")];
    let body = json!({
        "id": "ada", "name": "Ada Secretname", "given_name": "Ada", "family_name": "Secretname",
        "note": "secretnote one",
        "other_names": ["Keeps", "Secretalias", "Last"],
        "positions": [{ "title": "Director", "organization": "state" }, { "title": "Secretpost" }],
        "sources": [
            { "document": "src-wirenn-2024", "field": "/family_name",
                "says": "Secretspelling" },
            { "document": "src-wirenn-2024", "field": "/other_names/1",
                "says": "Secretalias, too" },
            { "document": "src-wirenn-2024", "field": "/positions/1/title",
                "says": "Secretpost, also" },
            { "document": "src-wirenn-2024", "field": "/other_names/2", "says": "Last!" },
        ],
    });
    assert_eq!(api.change(&key, "POST", "/v1/people", &once, &body.to_string()).status, 201);
    patched(&api, &key, "people/ada", &json!({ "note": "secretnote two" }));
    patched(
        &api,
        &key,
        "people/ada",
        &json!({ "other_names": ["Secretalias", "Last"], "sources": [] }),
    );
    let body_of = |fields: Json, reason: &str| {
        json!({ "fields": fields,
        "reason": reason })
        .to_string()
    };
    let writer = api.key();
    let path = "/v1/people/ada/redactions";
    let request = body_of(json!(["/note"]), "requested");
    assert_eq!(api.change(&writer, "POST", path, &[], &request).json()["code"], "forbidden");
    for wrong in [
        json!([]),
        json!(["/nothing"]),
        json!(["/other_names/7"]),
        json!(["/revision"]),
        json!(["/id"]),
        json!(["/positions/0/organization/id"]),
    ] {
        assert_eq!(
            api.change(&key, "POST", path, &[], &body_of(wrong.clone(), "requested")).status,
            422,
            "{wrong}"
        );
    }
    let refused = api.change(&key, "POST", path, &[], r#"{"fields":["/note"]}"#).json();
    assert_eq!(refused["errors"][0]["pointer"], "/reason");
    assert_eq!(
        api.change(
            &key,
            "POST",
            path,
            &[("If-Match", "\"1\"")],
            &body_of(json!(["/note"]), "requested")
        )
        .status,
        412
    );
    let fields = json!(["/name", "/family_name", "/note", "/other_names/0", "/positions/1"]);
    let before = everywhere(&api, "people/ada");
    let tried = api.change(
        &key,
        "POST",
        &format!("{path}?dry_run=true"),
        &[],
        &body_of(fields.clone(), "requested"),
    );
    assert_eq!((tried.status, tried.header("dry-run")), (200, "true"));
    assert!(everywhere(&api, "people/ada") == before, "a dry run has no effect");
    let pinned = api.get("/v1/people/ada?revision=2").header("etag").to_owned();
    let done = api.change(&key, "POST", path, &[], &body_of(fields, "At the person’s request."));
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(
        (&done.json()["name"], &done.json()["sort_name"]),
        (&json!("[redacted]"), &json!("[redacted]"))
    );
    let all = everywhere(&api, "people/ada").to_lowercase();
    for value in ["secretname", "secretnote", "secretalias", "secretpost", "secretspelling"] {
        assert!(before.to_lowercase().contains(value) && !all.contains(value), "{value}");
    }
    let first = api.get("/v1/people/ada?revision=2");
    assert_eq!(first.json()["other_names"], json!(["Keeps", "Last"]));
    assert_eq!(first.json()["sources"][1]["field"], "/other_names");
    assert_eq!(
        (&first.json()["sources"][3]["field"], &first.json()["sources"][3]["says"]),
        (&json!("/other_names/1"), &json!("Last!"))
    );
    assert_ne!(first.header("etag"), pinned, "a redaction changes past revisions");
    let output = api.get("/v1/people/ada/history?limit=1").json()["data"][0].clone();
    assert_eq!(
        (&output["operation"], &output["reason"]),
        (&json!("redact"), &json!("At the person’s request."))
    );
    let again = api.change(&key, "POST", "/v1/people", &once, &body.to_string());
    assert_eq!(
        (again.status, &again.json()["name"]),
        (201, &json!("[redacted]")),
        "the first response, without the redacted values"
    );
    let file = String::from_utf8_lossy(&api.bytes()).to_lowercase();
    assert!(
        ["secretname", "secretnote", "secretalias", "secretpost", "secretspelling"]
            .iter()
            .all(|value| !file.contains(value))
    );
    assert!(verified(&api), "the chain stays valid after a redaction");
    // Also in a deleted record.
    assert_eq!(api.change(&key, "DELETE", "/v1/people/ada", &[("If-Match", "*")], "").status, 204);
    assert_eq!(
        api.change(
            &key,
            "POST",
            path,
            &[],
            &body_of(json!(["/given_name", "/sort_name"]), "requested")
        )
        .status,
        204
    );
    assert_eq!(api.get("/v1/people/ada?revision=2").json()["given_name"], Json::Null);
    assert_eq!(api.get("/v1/people/ada").status, 410);
    assert!(verified(&api));
}

#[rstest]
fn reasons_are_redacted_and_the_chain_holds(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let because = [("Change-Reason", "Secretname asked for it")];
    assert_eq!(
        api.change(&key, "POST", "/v1/people", &because, r#"{"id":"ada","name":"Ada"}"#).status,
        201
    );
    let revision = api.revision();
    patched(&api, &key, "people/ada", &json!({ "note": "unrelated" }));
    let (output, digest) = {
        let output =
            api.get(&format!("/v1/changes?after={}", revision - 1)).json()["data"][0].clone();
        (output.clone(), output["digest"].clone())
    };
    assert_eq!(output["reason"], "Secretname asked for it");
    let path = "/v1/people/ada/redactions";
    let redact = |body: Json| api.change(&key, "POST", path, &[], &body.to_string());
    for (reasons, pointer) in [
        (json!([]), "/reasons"),
        (json!(vec![revision; 501]), "/reasons"),
        (json!(["1"]), "/reasons"),
        (json!(revision), "/reasons"),
        (json!([revision, 1]), "/reasons/1"),
        (json!([revision + 1]), "/reasons/0"),
        (json!([revision + 9]), "/reasons/0"),
    ] {
        let refused = redact(json!({ "reasons": reasons, "reason": "requested" }));
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            refused.text
        );
    }
    assert!(
        everywhere(&api, "people/ada").contains("Secretname"),
        "a rejected redaction has no effect"
    );
    let done = redact(json!({ "reasons": [revision], "reason": "It named a person." }));
    assert_eq!((done.status, &done.json()["note"]), (200, &json!("unrelated")), "{}", done.text);
    assert!(
        !(everywhere(&api, "people/ada") + &api.get("/v1/changes.atom").text)
            .contains("Secretname")
    );
    assert!(!String::from_utf8_lossy(&api.bytes()).contains("Secretname"));
    let now = api.get(&format!("/v1/changes?after={}", revision - 1)).json()["data"][0].clone();
    assert_eq!(
        (&now["reason"], &now["reason_digest"], &now["digest"]),
        (&Json::Null, &output["reason_digest"], &digest)
    );
    let newest = api.get("/v1/people/ada/history?limit=1").json()["data"][0].clone();
    assert_eq!(
        (&newest["operation"], &newest["reason"], &newest["changed"]),
        (&json!("redact"), &json!("It named a person."), &json!([]))
    );
    assert_eq!(
        redact(json!({ "reasons": [revision], "reason": "again" })).status,
        422,
        "nothing of it remains"
    );
    assert!(verified(&api));
    // A reason that was changed or removed without a redaction is detected.
    let last = api.revision();
    for (forged, found) in [
        ("'Another'", "its reason does not match its digest"),
        ("NULL", "its reason is missing, but no revision redacted it"),
    ] {
        api.sql(&format!("UPDATE revisions SET reason = {forged} WHERE revision = {last}"));
        assert!(api.run(&["verify"]).0.contains(&format!("revision {last}: {found}")), "{forged}");
    }
}

#[rstest]
fn redacts_merged_records_with_their_target(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    for id in ["ada-1", "ada-2", "ada"] {
        entered(
            &api,
            &key,
            "people",
            &json!({ "id": id, "name": format!("Ada ({id})"),
            "note": "secretnote" }),
        );
    }
    let before = api.revision();
    for (id, into) in [("ada-1", "ada-2"), ("ada-2", "ada")] {
        let body = json!({ "into": into }).to_string();
        assert_eq!(
            api.change(
                &key,
                "POST",
                &format!("/v1/people/{id}/merge"),
                &[("Change-Reason", "secretnote")],
                &body
            )
            .status,
            200
        );
    }
    let merged = api.revision();
    let body = json!({ "fields": ["/note"], "reasons": [merged - 1, merged],
        "reason": "requested" })
    .to_string();
    let done = api.change(&key, "POST", "/v1/people/ada/redactions", &[], &body);
    assert_eq!(done.status, 200, "{}", done.text);
    for id in ["ada-1", "ada-2", "ada"] {
        let then = api.get(&format!("/v1/people/{id}?revision={before}")).json();
        assert_eq!((&then["name"], &then["note"]), (&json!(format!("Ada ({id})")), &Json::Null));
    }
    assert!(!everywhere(&api, "people/ada").contains("secretnote"));
    assert!(!String::from_utf8_lossy(&api.bytes()).contains("secretnote"));
    // Also a reason alone, which belongs to the record that its revision changed.
    let body = json!({ "reasons": [before - 2], "reason": "requested" }).to_string();
    assert_eq!(
        api.change(&key, "POST", "/v1/people/ada/redactions", &[], &body).status,
        422,
        "none was given"
    );
    let because = [("Change-Reason", "secretreason")];
    assert_eq!(
        api.change(&key, "POST", "/v1/people", &because, r#"{"id":"ada-3","name":"Ada"}"#).status,
        201
    );
    let entered = api.revision();
    assert_eq!(
        api.change(&key, "POST", "/v1/people/ada-3/merge", &[], r#"{"into":"ada"}"#).status,
        200
    );
    let body = json!({ "reasons": [entered], "reason": "requested" }).to_string();
    assert_eq!(api.change(&key, "POST", "/v1/people/ada/redactions", &[], &body).status, 200);
    let output =
        api.get(&format!("/v1/changes?after={}", api.revision() - 1)).json()["data"][0]["changes"]
            .clone();
    assert!(
        output
            .as_array()
            .unwrap()
            .iter()
            .any(|change| change["id"] == "ada-3" && change["operation"] == "redact"),
        "{output}"
    );
    // Also in a deleted record. No page or export contains the redacted values.
    assert_eq!(
        api.change(&key, "DELETE", "/v1/people/ada", &[("If-Match", "*"), because[0]], "").status,
        204
    );
    let body = json!({ "reasons": [api.revision()], "reason": "requested" }).to_string();
    assert_eq!(api.change(&key, "POST", "/v1/people/ada/redactions", &[], &body).status, 204);
    for path in ["/changes", "/v1/changes.atom", "/people/ada/history", "/v1/export?format=sqlite"]
    {
        let response = api.get(path);
        assert!(
            response.status == 200 && !response.text.contains("secretreason"),
            "{path} {}",
            response.status
        );
    }
    assert_eq!(api.get("/v1/people/ada-1").header("location"), "/v1/people/ada-2");
    assert!(verified(&api));
}

#[rstest]
fn a_merged_id_redirects_to_its_target(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    for (id, name) in
        [("doj-1", "Justice, Department of"), ("doj-2", "Justice Dept."), ("part", "A part")]
    {
        entered(&api, &key, "organizations", &json!({ "id": id, "name": name }));
    }
    patched(&api, &key, "organizations/part", &json!({ "parent": "doj-1" }));
    let both = json!({ "id": "c-both", "name": "Both",
        "departments": ["doj-1", "state", "doj-2"],
        "partners": [{ "type": "organization", "id": "doj-1" },
            { "type": "label", "name": "Others" }],
        "sources": [{ "document": "src-wirenn-2024", "field": "/departments/2" }] });
    entered(&api, &key, "commitments", &both);
    let merge = |id: &str, into: &str| {
        api.change(
            &key,
            "POST",
            &format!("/v1/organizations/{id}/merge"),
            &[],
            &json!({ "into": into }).to_string(),
        )
    };
    assert_eq!(merge("doj-1", "doj-1").status, 422);
    assert_eq!(merge("doj-1", "nobody").json()["errors"][0]["pointer"], "/into");
    assert_eq!(merge("nobody", "doj-2").status, 404);
    let circle = merge("doj-1", "part");
    let fault = &circle.json()["errors"][0];
    assert_eq!(
        (circle.status, &fault["pointer"], &fault["code"]),
        (422, &json!("/into"), &json!("circle"))
    );
    assert!(fault["message"].as_str().unwrap().contains("/parent"), "{fault}");
    assert_eq!(
        api.change(&api.key(), "POST", "/v1/organizations/doj-1/merge", &[], r#"{"into":"doj-2"}"#)
            .status,
        403
    );
    let before = api.revision();
    let merged = merge("doj-1", "doj-2");
    assert_eq!((merged.status, &merged.json()["id"]), (200, &json!("doj-2")), "{}", merged.text);
    assert_eq!(api.revision(), before + 1);
    let commitment = api.get("/v1/commitments/c-both").json();
    let departments: Vec<&Json> = commitment["departments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|department| &department["id"])
        .collect();
    assert_eq!(departments, ["doj-2", "state"]);
    assert_eq!(
        (&commitment["partners"][0]["id"], &commitment["sources"][0]["field"]),
        (&json!("doj-2"), &json!("/departments/0"))
    );
    assert_eq!(api.get("/v1/organizations/part").json()["parent"]["id"], "doj-2");
    for (method, path, location) in [
        ("GET", "/v1/organizations/doj-1?fields=id", "/v1/organizations/doj-2?fields=id"),
        ("GET", "/v1/organizations/doj-1/roles", "/v1/organizations/doj-2/roles"),
        ("DELETE", "/v1/organizations/doj-1", "/v1/organizations/doj-2"),
        ("PUT", "/v1/organizations/doj-1", "/v1/organizations/doj-2"),
        ("PATCH", "/v1/organizations/doj-1", "/v1/organizations/doj-2"),
        ("POST", "/v1/organizations/doj-1/merge", "/v1/organizations/doj-2/merge"),
    ] {
        let body = match method {
            "POST" => r#"{"into":"state"}"#,
            "GET" | "DELETE" => "",
            _ => r#"{"name":"X"}"#,
        };
        let response = api.change(&key, method, path, &[], body);
        assert_eq!(
            (response.status, response.header("location")),
            (308, location),
            "{method} {path}"
        );
        assert_eq!(response.header("cache-control"), "no-cache");
    }
    assert_eq!(api.get("/v1/organizations/doj-1/history").json()["data"][0]["operation"], "merge");
    assert_eq!(api.get(&format!("/v1/organizations/doj-1?revision={before}")).status, 200);
    let refused =
        api.change(&key, "POST", "/v1/organizations", &[], r#"{"id":"doj-1","name":"Again"}"#);
    assert_eq!(refused.status, 409);
    assert_eq!(
        api.change(&key, "POST", "/v1/organizations/doj-2/merge", &[], r#"{"into":"state"}"#)
            .status,
        200
    );
    assert_eq!(api.get("/v1/organizations/doj-1").header("location"), "/v1/organizations/doj-2");
    assert!(verified(&api));
}

#[rstest]
fn redacts_a_required_name_of_a_party_without_a_record(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    let recipient = json!({ "id": "somebody", "award": "presidential-award", "year": 2023,
        "recipient": { "type": "label", "name": "Jane Secretname" } });
    assert_eq!(
        api.change(&key, "POST", "/v1/award-recipients", &[], &recipient.to_string()).status,
        201
    );
    let replaced = json!({ "recipient": { "type": "person", "id": "alex-azar" } });
    patched(&api, &key, "award-recipients/somebody", &replaced);
    assert!(everywhere(&api, "award-recipients/somebody").contains("Secretname"));
    let body = json!({ "fields": ["/recipient"], "reason": "requested" }).to_string();
    let path = "/v1/award-recipients/somebody/redactions";
    let redacted = api.change(&key, "POST", path, &[], &body);
    assert_eq!(redacted.status, 200, "{}", redacted.text);
    let nobody = json!({ "type": "label", "name": "[redacted]" });
    assert_eq!(redacted.json()["recipient"], nobody);
    assert!(!everywhere(&api, "award-recipients/somebody").contains("Secretname"));
    assert_eq!(api.get("/v1/search?q=secretname").json()["page"]["total"], 0);
    assert!(verified(&api));
}

#[rstest]
fn verify_detects_tampering(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    entered(&api, &key, "people", &json!({ "id": "ada", "name": "Ada" }));
    patched(&api, &key, "people/ada", &json!({ "note": "One." }));
    let changes = api.get("/v1/changes?limit=200").json();
    let mut previous = Json::Null;
    for revision in changes["data"].as_array().unwrap() {
        // Anyone can compute the digests from the feed alone.
        let sealed_changes: Vec<Json> = revision["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| {
                json!({ "digest": change["digest"], "id": change["id"],
                "into": change["into"], "operation": change["operation"],
                "type": change["type"] })
            })
            .collect();
        let sealed = json!({ "actor": revision["actor"], "changes": sealed_changes,
            "kind": revision["kind"], "previous": previous, "reason_digest": revision["reason_digest"],
            "recorded_at": revision["recorded_at"], "revision": revision["revision"] });
        let digest: String =
            Sha256::digest(sealed.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(revision["digest"], json!(digest));
        previous = revision["digest"].clone();
    }
    assert!(verified(&api));
    for (change, back) in [
        (
            "UPDATE versions SET document = replace(document, 'One.', 'Two.') WHERE revision = 3",
            "UPDATE versions SET document = replace(document, 'Two.', 'One.') WHERE revision \
            = 3",
        ),
        (
            r#"UPDATE versions SET document = replace(document, '"revision":3', '"revision":2')
            WHERE revision = 3"#,
            r#"UPDATE versions SET document = replace(document, '"revision":2', '"revision":3')
            WHERE revision = 3"#,
        ),
        (
            "UPDATE versions SET superseded_at = superseded_at - 1, key = key - 2147483648 WHERE \
            superseded_at = 3",
            "UPDATE versions SET superseded_at = superseded_at + 1, key = key + 2147483648 WHERE \
            superseded_at = 2",
        ),
        (
            "UPDATE revisions SET actor = 'another person' WHERE revision = 2",
            "UPDATE revisions SET actor = 'a test' WHERE revision = 2",
        ),
        (
            "UPDATE people SET name = 'Eve' WHERE id = 'ada'",
            "UPDATE people SET name = 'Ada' \
            WHERE id = 'ada'",
        ),
        (
            "UPDATE names SET name = 'Eve' WHERE name = 'Ada'",
            "UPDATE names SET name = 'Ada' \
            WHERE name = 'Eve'",
        ),
        (
            "INSERT INTO names (record_key, valid_from, superseded_at, name) \
            VALUES (999999, 1, 2147483647, 'Nobody')",
            "DELETE FROM names WHERE record_key = 999999",
        ),
        (
            "INSERT INTO meetings (record_key, valid_from, superseded_at, id, name, revision) \
            SELECT DISTINCT record_key, 1, 2, 'ada', 'Ada', 1 FROM people WHERE id = 'ada'",
            "DELETE FROM meetings WHERE id = 'ada'",
        ),
        (
            "UPDATE changes SET record_key = 1 WHERE revision = 2",
            "UPDATE changes SET \
            record_key = (SELECT key FROM records WHERE id = 'ada') WHERE revision = 2",
        ),
    ] {
        api.sql(change);
        assert!(!verified(&api), "{change}");
        api.sql(back);
        assert!(verified(&api), "{back}");
    }
    // The chain covers the times of revisions, and so those of versions.
    let other_time = r#"UPDATE versions SET document = replace(document, '"updated_at":"2',
        '"updated_at":"1') WHERE revision = 3"#;
    api.sql(other_time);
    let (output, _) = api.run(&["verify"]);
    assert!(output.contains("revision 3 has the `updated_at` 1"), "{output}");
}

#[test]
fn clears_redacted_values_from_the_write_ahead_log() {
    let api = Api::sqlite(&[]);
    let key = api.admin_key();
    entered(&api, &key, "people", &json!({ "id": "ada", "name": "Ada", "note": "secretnote" }));
    let holds = || String::from_utf8_lossy(&api.bytes()).contains("secretnote");
    let reader = api.keep_reading();
    let done = api.change(
        &key,
        "POST",
        "/v1/people/ada/redactions",
        &[],
        r#"{"fields":["/note"],"reason":"requested"}"#,
    );
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(holds(), "a reader still reads the earlier state");
    drop(reader);
    for _ in 0..100 {
        if !holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the log still contains it");
}
