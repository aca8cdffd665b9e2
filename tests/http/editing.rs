//! Writes that depend on stored data: versions, merged records, sources of list entries, reverts.

use rstest::rstest;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::random::Random;
use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS, Response};

const ANY: [(&str, &str); 1] = [("If-Match", "*")];

fn id_of(record: &Json) -> &str {
    record["id"].as_str().unwrap()
}

fn ok(response: Response) -> Json {
    assert!(response.status < 300, "{} {}", response.status, response.text);
    response.json()
}

/// Returns the pointer, the code and the message of the first fault of an error.
fn fault(response: &Response) -> (String, String, String) {
    assert_eq!(response.status, 422, "{}", response.text);
    let fault = &response.json()["errors"][0];
    let text = |name: &str| fault[name].as_str().unwrap().to_owned();
    (text("pointer"), text("code"), text("message"))
}

fn import(api: &Api, key: &str, bundle: &Json) -> Response {
    api.change(key, "POST", "/v1/import", &[], &bundle.to_string())
}

fn patch(api: &Api, key: &str, path: &str, body: &Json) -> Response {
    api.change(key, "PATCH", path, &ANY, &body.to_string())
}

fn post(api: &Api, key: &str, path: &str, body: &Json) -> Response {
    api.change(key, "POST", path, &[], &body.to_string())
}

fn merge(api: &Api, key: &str, list: &str, id: &str, body: &Json) -> Response {
    post(api, key, &format!("/v1/{list}/{id}/merge"), body)
}

/// Returns an agent that is a label.
fn label(name: &str) -> Json {
    json!({ "agent": { "type": "label", "name": name }, "role": "speaker" })
}

fn source(field: &str) -> Json {
    json!({ "document": "src-wirenn-2024", "field": field })
}

/// Returns the pointers of a record's sources.
fn pointers(record: &Json) -> Vec<&str> {
    record["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["field"].as_str().unwrap_or_default())
        .collect()
}

/// Creates a meeting at which A, B and C speak, with a source for B.
fn meeting(api: &Api, key: &str) -> &'static str {
    let body = json!({
        "id": "m", "name": "M", "organization": "pitf",
        "participants": [label("A"), label("B"), label("C")],
        "sources": [source("/participants/1")],
    });
    ok(post(api, key, "/v1/meetings", &body));
    "/v1/meetings/m"
}

#[rstest]
fn ignores_outdated_derived_values_in_writes(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let path = "/v1/council-members/appt-2024-jose-alfaro";
    let included = api.get(&format!("{path}?include=person,council")).json();
    let read = api.get(path);
    ok(patch(&api, &key, "/v1/people/jose-alfaro", &json!({ "name": "Somebody Else" })));
    let revision = api.revision();
    for body in [read.json(), included] {
        let response =
            api.change(&key, "PUT", path, &[("If-Match", read.header("etag"))], &body.to_string());
        assert_eq!(response.status, 200, "{}", response.text);
    }
    let commitment = api.all("/v1/commitments?limit=1").remove(0);
    let path = format!("/v1/commitments/{}", id_of(&commitment));
    let mut late = commitment.clone();
    late["overdue"] = json!(!commitment["overdue"].as_bool().unwrap());
    ok(api.change(&key, "PUT", &path, &ANY, &late.to_string()));
    ok(patch(&api, &key, &path, &json!({ "overdue": late["overdue"] })));
    let again = ok(import(&api, &key, &json!({ "commitments": [late] })));
    assert_eq!((&again["unchanged"], api.revision()), (&json!(1), revision));
}

#[rstest]
fn rejects_read_only_members_of_a_wrong_type(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let path = format!("/v1/commitments/{}", id_of(&api.all("/v1/commitments?limit=1").remove(0)));
    for (name, value) in [
        ("overdue", json!("no")),
        ("revision", json!("1")),
        ("updated_at", json!(7)),
        ("created_at", Json::Null),
    ] {
        let mut body = api.get(&path).json();
        body[name] = value.clone();
        let responses = [
            api.change(&key, "PUT", &path, &ANY, &body.to_string()),
            patch(&api, &key, &path, &json!({ name: value })),
            post(&api, &key, "/v1/commitments", &json!({ "name": "C", name: value })),
        ];
        for response in responses {
            assert_eq!(
                (fault(&response).0, fault(&response).1),
                (format!("/{name}"), "wrong-type".to_owned())
            );
            assert_eq!(response.json()["errors"].as_array().unwrap().len(), 1, "{}", response.text);
        }
        let mut bundle = json!({ "commitments": [body] });
        assert_eq!(fault(&import(&api, &key, &bundle)).0, format!("/commitments/0/{name}"));
        bundle["commitments"][0].as_object_mut().unwrap().remove(name);
        ok(import(&api, &key, &bundle));
    }
}

#[rstest]
#[ignore = "takes 15 seconds"]
fn accepts_the_current_version_and_rejects_an_earlier_one_in_put(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let all: Vec<(String, Json)> = LISTS
        .iter()
        .flat_map(|(path, _)| {
            api.all(&format!("/v1/{path}?limit=200"))
                .into_iter()
                .map(move |record| (format!("/v1/{path}/{}", id_of(&record)), record))
        })
        .collect();
    // Every record is changed once, so that each has an earlier version.
    let mut bundle = json!({});
    for (path, list) in LISTS {
        let mut records: Vec<Json> = all
            .iter()
            .filter(|(address, _)| address.starts_with(&format!("/v1/{path}/")))
            .map(|(_, record)| record.clone())
            .collect();
        records.iter_mut().for_each(|record| record["note"] = json!("Changed."));
        bundle[list] = json!(records);
    }
    let imported = ok(import(&api, &key, &bundle));
    assert_eq!(imported["updated"], all.len());
    let revision = api.revision();
    for (path, earlier) in &all {
        let present = api.get(path);
        let tag = present.header("etag").to_owned();
        let response = api.change(&key, "PUT", path, &[("If-Match", &tag)], &present.text);
        assert_eq!((response.status, response.json()), (200, present.json()), "{path}");
        assert_eq!(response.header("etag"), tag);
        let refused = api.change(&key, "PUT", path, &[("If-Match", &tag)], &earlier.to_string());
        let (pointer, code, message) = fault(&refused);
        assert_eq!((pointer.as_str(), code.as_str()), ("/revision", "stale"), "{path}");
        assert_eq!(
            message,
            format!(
                "this record was changed at revision {revision}, after \
            the version you sent"
            )
        );
        assert_eq!(
            patch(&api, &key, path, &json!({ "revision": earlier["revision"] })).status,
            422
        );
    }
    assert_eq!(api.revision(), revision, "nothing was written");
    let (path, mut record) = (&all[0].0, api.get(&all[0].0).json());
    record["revision"] = json!(revision + 7);
    assert_eq!(fault(&api.change(&key, "PUT", path, &ANY, &record.to_string())).1, "read-only");
    record["id"] = json!("another-id");
    assert_eq!(fault(&api.change(&key, "PUT", path, &ANY, &record.to_string())).0, "/id");
    assert_eq!(fault(&patch(&api, &key, path, &json!({ "id": "another-id" }))).0, "/id");
}

#[rstest]
fn stores_references_to_merged_records_as_references_to_the_target(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    for id in ["a", "b", "c"] {
        ok(post(&api, &key, "/v1/people", &json!({ "id": id, "name": id })));
        ok(post(
            &api,
            &key,
            "/v1/organizations",
            &json!({ "id": format!("org-{id}"), "name": id }),
        ));
    }
    let person = |id: &str| json!({ "type": "person", "id": id });
    let commitment = |id: &str| {
        json!({
            "id": id, "name": "C", "made_by": person("a"),
            "departments": ["org-b", "org-a", "state"], "partners": [person("a"), person("c")],
            "sources": [source("/departments/1"), source("/departments/2"), source("/partners/1")],
        })
    };
    ok(post(&api, &key, "/v1/commitments", &commitment("before")));
    let earlier = api.revision();
    ok(patch(
        &api,
        &key,
        "/v1/commitments/before",
        &json!({ "made_by": null, "departments": [], "partners": [], "sources": [] }),
    ));
    for (list, prefix) in [("people", ""), ("organizations", "org-")] {
        for (id, into) in [("a", "b"), ("b", "c")] {
            ok(merge(
                &api,
                &key,
                list,
                &format!("{prefix}{id}"),
                &json!({ "into": format!("{prefix}{into}") }),
            ));
        }
    }
    let follows = |record: &Json| {
        assert_eq!(record["made_by"]["id"], "c", "{record}");
        let ids = |field: &str| {
            record[field]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids("departments"), ["org-c", "state"]);
        assert_eq!(ids("partners"), ["c"]);
        assert_eq!(pointers(record), ["/departments/0", "/departments/1", "/partners/0"]);
    };
    follows(&ok(post(&api, &key, "/v1/commitments", &commitment("posted"))));
    follows(&ok(api.change(
        &key,
        "PUT",
        "/v1/commitments/put",
        &[("If-None-Match", "*")],
        &commitment("put").to_string(),
    )));
    ok(post(&api, &key, "/v1/commitments", &json!({ "id": "patched", "name": "C" })));
    let mut body = commitment("patched");
    follows(&ok(patch(&api, &key, "/v1/commitments/patched", &body)));
    follows(&ok(patch(&api, &key, "/v1/commitments/patched", &body)));
    body["id"] = json!("imported");
    ok(import(&api, &key, &json!({ "commitments": [body, commitment("put")] })));
    follows(&api.get("/v1/commitments/imported").json());
    assert_eq!(ok(import(&api, &key, &json!({ "commitments": [body] })))["unchanged"], 1);
    let dry = post(
        &api,
        &key,
        "/v1/commitments/before/restore?dry_run=true",
        &json!({ "revision": earlier }),
    );
    follows(&ok(dry));
    follows(&ok(post(
        &api,
        &key,
        "/v1/commitments/before/restore",
        &json!({ "revision": earlier }),
    )));
    assert_eq!(
        fault(&import(&api, &key, &json!({ "people": [{ "id": "a", "name": "A" }] }))).1,
        "gone"
    );
    assert_eq!(post(&api, &key, "/v1/people", &json!({ "id": "a", "name": "A" })).status, 409);
    ok(post(&api, &key, "/v1/people", &json!({ "id": "d", "name": "D" })));
    assert_eq!(
        ok(merge(&api, &key, "people", "d", &json!({ "into": "a" })))["id"],
        "c",
        "a reference in the body is followed, too"
    );
    assert_eq!(api.change(&key, "DELETE", "/v1/people/c", &ANY, "").status, 409);
    assert_eq!(api.run(&["verify"]).1, 0);
}

#[rstest]
fn filters_by_the_target_of_a_merged_id_since_the_merge(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    let total = |query: &str| api.get(query).json()["page"]["total"].as_i64().unwrap();
    for (list, id) in [
        ("people", "p-old"),
        ("people", "p-new"),
        ("organizations", "o-old"),
        ("organizations", "o-new"),
    ] {
        ok(post(&api, &key, &format!("/v1/{list}"), &json!({ "id": id, "name": id })));
    }
    let person = json!({ "type": "person", "id": "p-new" });
    ok(post(
        &api,
        &key,
        "/v1/meetings",
        &json!({ "id": "m", "name": "M", "organization": "o-new",
            "participants": [{ "agent": person, "role": "chair" }] }),
    ));
    ok(post(
        &api,
        &key,
        "/v1/commitments",
        &json!({ "id": "c", "name": "C", "departments": ["o-new"] }),
    ));
    ok(post(
        &api,
        &key,
        "/v1/council-members",
        &json!({ "id": "cm", "person": "p-new", "council": "o-new", "role": "member" }),
    ));
    ok(post(&api, &key, "/v1/awards", &json!({ "id": "aw", "name": "AW" })));
    ok(post(
        &api,
        &key,
        "/v1/award-recipients",
        &json!({ "id": "ar", "award": "aw", "recipient": person,
            "affiliation": { "organization": "o-new" } }),
    ));
    let before = api.revision();
    ok(merge(&api, &key, "people", "p-old", &json!({ "into": "p-new" })));
    ok(merge(&api, &key, "organizations", "o-old", &json!({ "into": "o-new" })));
    for query in [
        "meetings?participant=p-old",
        "meetings?participants.agent=person:p-old",
        "meetings?organization=o-old",
        "commitments?departments=o-old",
        "commitments?department=o-old,nobody",
        "council-members?person=p-old",
        "award-recipients?recipient=p-old",
        "award-recipients?person=p-old",
        "award-recipients?organization=o-old",
        "people?id=p-old",
    ] {
        assert_eq!(total(&format!("/v1/{query}")), 1, "{query}");
        assert_eq!(
            api.get(&format!("/v1/{query}&format=ndjson")).text.lines().count(),
            1,
            "{query}"
        );
        if query != "people?id=p-old" {
            assert_eq!(total(&format!("/v1/{query}&revision={before}")), 0, "{query}");
        }
    }
    assert_eq!(total("/v1/commitments?departments[ne]=o-old&id=c"), 0);
    assert_eq!(total("/v1/meetings?participants.agent=organization:p-old"), 0);
}

#[rstest]
fn a_merge_keeps_the_names_by_default(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    ok(post(
        &api,
        &key,
        "/v1/people",
        &json!({ "id": "old", "name": "T. Example",
            "other_names": ["TARA EXAMPLE", "Tara E."] }),
    ));
    ok(post(
        &api,
        &key,
        "/v1/people",
        &json!({ "id": "new", "name": "Tara Example", "other_names": ["t. éxample"] }),
    ));
    ok(post(&api, &key, "/v1/people", &json!({ "id": "slip", "name": "Slip" })));
    let merged = merge(&api, &key, "people", "old", &json!({ "into": "new" }));
    let record =
        ok(merge(&api, &key, "people", "slip", &json!({ "into": "new", "keep_names": false })));
    assert_eq!(merged.json()["other_names"], json!(["t. éxample", "Tara E."]));
    assert_eq!(merged.json()["revision"], api.revision() - 1);
    // The target has a new version even if nothing changed.
    assert_eq!(
        (&record["revision"], &record["other_names"]),
        (&json!(api.revision()), &merged.json()["other_names"])
    );
    assert_eq!(api.get("/v1/people?q=%22Tara+E%22").json()["data"][0]["id"], "new");
    assert_eq!(
        api.get("/v1/people/new/history").json()["data"][1]["changed"],
        json!(["/other_names"])
    );
    assert_eq!(
        fault(&merge(&api, &key, "people", "new", &json!({ "into": "x", "keep_names": "no" }))).0,
        "/keep_names"
    );
    let many: Vec<String> = (0..500).map(|number| format!("Name {number}")).collect();
    ok(post(
        &api,
        &key,
        "/v1/people",
        &json!({ "id": "full", "name": "Full", "other_names": many }),
    ));
    assert_eq!(
        fault(&merge(&api, &key, "people", "new", &json!({ "into": "full" }))).0,
        "/keep_names"
    );
    ok(merge(&api, &key, "people", "new", &json!({ "into": "full", "keep_names": false })));
    assert_eq!(api.run(&["verify"]).1, 0);
}

#[rstest]
fn a_record_keeps_the_time_of_its_creation(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    for (id, note) in [("ada", "A secret."), ("double", "None.")] {
        ok(post(&api, &key, "/v1/people", &json!({ "id": id, "name": id, "note": note })));
    }
    let created = api.get("/v1/people/ada").json();
    let redaction = json!({ "fields": ["/note"], "reason": "Private." });
    let mut updated_at = created["updated_at"].clone();
    type Edit<'e> = &'e dyn Fn() -> Response;
    let edits: [Edit<'_>; 5] = [
        &|| patch(&api, &key, "/v1/people/ada", &json!({ "given_name": "Ada" })),
        &|| {
            assert_eq!(api.change(&key, "DELETE", "/v1/people/ada", &ANY, "").status, 204);
            post(&api, &key, "/v1/people/ada/restore", &json!({ "revision": created["revision"] }))
        },
        &|| import(&api, &key, &json!({ "people": [{ "id": "ada", "name": "Ada" }] })),
        &|| merge(&api, &key, "people", "double", &json!({ "into": "ada" })),
        &|| post(&api, &key, "/v1/people/ada/redactions", &redaction),
    ];
    for (number, edit) in edits.iter().enumerate() {
        ok(edit());
        let now = api.get("/v1/people/ada").json();
        assert_eq!(now["created_at"], created["created_at"], "edit {number}");
        assert!(now["updated_at"].as_str() > updated_at.as_str(), "edit {number}: {now}");
        updated_at = now["updated_at"].clone();
    }
    assert_eq!(api.run(&["verify"]).1, 0);
}

#[rstest]
fn redacts_merged_ids_in_earlier_versions_of_a_list(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    for id in ["o-old", "o-new"] {
        ok(post(&api, &key, "/v1/organizations", &json!({ "id": id, "name": id })));
    }
    ok(post(
        &api,
        &key,
        "/v1/commitments",
        &json!({ "id": "c", "name": "C", "departments": ["state", "o-old"] }),
    ));
    let before = api.revision();
    ok(merge(&api, &key, "organizations", "o-old", &json!({ "into": "o-new" })));
    ok(post(
        &api,
        &key,
        "/v1/commitments/c/redactions",
        &json!({ "fields": ["/departments/1"], "reason": "requested" }),
    ));
    let then = api.get(&format!("/v1/commitments/c?revision={before}")).json();
    assert_eq!(then["departments"].as_array().unwrap().len(), 1, "{then}");
}

#[rstest]
fn redacts_a_name_in_the_merged_record(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    ok(post(&api, &key, "/v1/people", &json!({ "id": "old", "name": "Tell Nobody" })));
    ok(post(&api, &key, "/v1/people", &json!({ "id": "new", "name": "New" })));
    let before = api.revision();
    assert_eq!(
        ok(merge(&api, &key, "people", "old", &json!({ "into": "new" })))["other_names"],
        json!(["Tell Nobody"])
    );
    let left = ok(post(
        &api,
        &key,
        "/v1/people/new/redactions",
        &json!({ "fields": ["/other_names/0"], "reason": "requested" }),
    ));
    assert_eq!(left["other_names"], json!([]));
    let then = api.get(&format!("/v1/people/old?revision={before}")).text;
    assert!(!then.contains("Nobody") && then.contains("[redacted]"), "{then}");
    assert!(!api.get("/v1/people/old/history").text.contains("Nobody"));
    assert_eq!(api.run(&["verify"]).1, 0);
}

#[rstest]
fn redacts_what_sources_say_about_an_enclosing_value(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    let participant =
        |name: &str| json!({ "agent": { "type": "label", "name": name }, "role": "speaker" });
    let says = |field: &str, says: &str| {
        let mut one = source(field);
        one["says"] = says.into();
        one
    };
    let body = json!({ "id": "m", "name": "M", "organization": "pitf",
        "location": { "name": "Vault Hall", "city": "Vaultown" },
        "participants": [participant("Somebody"), participant("Vaughn Vault")],
        "sources": [says("/location", "Vault Hall, Vaultown"), says("/location/city", "in Kept"),
            says("/participants/0", "Kept Somebody"), says("/participants/1", "V. Vault"),
            says("/participants", "Somebody and V. Vault")] });
    ok(post(&api, &key, "/v1/meetings", &body));
    let path = "/v1/meetings/m/redactions";
    // No version has a region, so no statement is about it.
    ok(post(&api, &key, path, &json!({ "fields": ["/location/region"], "reason": "requested" })));
    assert!(api.get("/v1/meetings/m").text.contains("Vault Hall, Vaultown"));
    let fields = ["/location/name", "/participants/1/agent"];
    ok(post(&api, &key, path, &json!({ "fields": fields, "reason": "requested" })));
    let history = api.get("/v1/meetings/m/history").text;
    assert!(!history.contains("Vault Hall") && !history.contains("V. Vault"), "{history}");
    assert!(history.contains("in Kept") && history.contains("Kept Somebody"), "{history}");
    assert_eq!(api.get("/v1/search?q=hall").json()["page"]["total"], 0);
    assert_eq!(api.run(&["verify"]).1, 0);
}

#[rstest]
fn moves_pointers_into_a_redacted_inner_list(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let participant = json!({ "agent": { "type": "label", "name": "A" }, "role": "speaker",
        "topics": ["labor", "health", "data"] });
    let body = json!({ "id": "m", "name": "M", "organization": "pitf",
        "participants": [participant], "sources": [source("/participants/0/topics/2")] });
    ok(post(&api, &key, "/v1/meetings", &body));
    let left = ok(post(
        &api,
        &key,
        "/v1/meetings/m/redactions",
        &json!({ "fields": ["/participants/0/topics/0"], "reason": "requested" }),
    ));
    assert_eq!(pointers(&left), ["/participants/0/topics/1"]);
}

#[rstest]
fn a_source_link_follows_its_entry(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let path = meeting(&api, &key);
    let is_moved_to = |participants: &[Json], place: &str| {
        let dry = api.change(
            &key,
            "PATCH",
            &format!("{path}?dry_run=true"),
            &ANY,
            &json!({ "participants": participants }).to_string(),
        );
        assert_eq!(pointers(&ok(dry)), [place]);
        assert_eq!(
            pointers(&ok(patch(&api, &key, path, &json!({ "participants": participants })))),
            [place]
        );
    };
    is_moved_to(&[label("New"), label("A"), label("B"), label("C")], "/participants/2");
    is_moved_to(&[label("C"), label("B")], "/participants/1");
    let mut edited = label("B");
    edited["remarks"] = json!("They spoke.");
    is_moved_to(&[edited.clone(), label("C"), label("D")], "/participants/0");
    let mut body = api.get(path).json();
    body["participants"].as_array_mut().unwrap().rotate_left(1);
    assert_eq!(
        pointers(&ok(api.change(&key, "PUT", path, &ANY, &body.to_string()))),
        ["/participants/2"]
    );
    body = api.get(path).json();
    body["participants"].as_array_mut().unwrap().remove(0);
    body["sources"][0]["says"] = json!("Something else.");
    ok(import(&api, &key, &json!({ "meetings": [body] })));
    assert_eq!(pointers(&api.get(path).json()), ["/participants/1"]);
}

#[rstest]
fn rejects_source_links_whose_entry_is_missing_or_ambiguous(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let path = meeting(&api, &key);
    let revision = api.revision();
    let (pointer, code, message) =
        fault(&patch(&api, &key, path, &json!({ "participants": [label("A"), label("C")] })));
    assert_eq!((pointer.as_str(), code.as_str()), ("/sources/0/field", "source-without-entry"));
    assert!(message.contains("\"B\""), "{message}");
    let twice = |one: &str, other: &str| {
        let mut entries = [label("B"), label("B")];
        entries[0]["note"] = json!(one);
        entries[1]["note"] = json!(other);
        json!({ "participants": entries })
    };
    assert_eq!(fault(&patch(&api, &key, path, &twice("1", "2"))).1, "ambiguous-source");
    let mut body = api.get(path).json();
    body["participants"] = json!([label("C")]);
    let refused = import(
        &api,
        &key,
        &json!({ "meetings": [{ "id": "other", "name": "O", "organization": "pitf" }, body] }),
    );
    assert_eq!(fault(&refused).0, "/meetings/1/sources/0/field");
    body["sources"] = json!([]);
    assert_eq!(api.revision(), revision);
    ok(api.change(&key, "PUT", path, &ANY, &body.to_string()));
}

#[rstest]
fn stores_source_links_changed_by_the_client_as_sent(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let path = meeting(&api, &key);
    let participants = [label("B"), label("A")];
    let sent = json!({ "participants": participants,
        "sources": [source("/participants/1"), source("/participants/0")] });
    assert_eq!(
        pointers(&ok(patch(&api, &key, path, &sent))),
        ["/participants/1", "/participants/0"]
    );
    let dangling = json!({ "participants": [label("B")],
        "sources": [source("/participants/1")] });
    assert_eq!(fault(&patch(&api, &key, path, &dangling)).1, "dangling-pointer");
    let version = api.revision();
    ok(patch(
        &api,
        &key,
        path,
        &json!({ "participants": [label("X"), label("A"),
        label("B")] }),
    ));
    let back = ok(post(&api, &key, &format!("{path}/restore"), &json!({ "revision": version })));
    assert_eq!(pointers(&back), ["/participants/1", "/participants/0"]);
}

#[rstest]
fn source_links_of_entries_without_an_agent_survive_an_edit_in_place(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let figure = |value: i64, unit: &str| json!({ "value": value, "unit": unit });
    let body = json!({
        "id": "c", "name": "C", "figures": [figure(1, "people"), figure(2, "cities")],
        "audiences": ["Youth", "Police"],
        "sources": [source("/figures/1"), source("/audiences/0")],
    });
    ok(post(&api, &key, "/v1/commitments", &body));
    let change = |body: Json| patch(&api, &key, "/v1/commitments/c", &body);
    let moved = ok(change(json!({ "figures": [figure(1, "people"), figure(3, "cities")],
        "audiences": ["Young people", "Police"] })));
    assert_eq!(pointers(&moved), ["/figures/1", "/audiences/0"]);
    let moved = ok(change(json!({ "figures": [figure(3, "cities"), figure(1, "people")],
        "audiences": ["Police", "Young people"] })));
    assert_eq!(pointers(&moved), ["/figures/0", "/audiences/1"]);
    assert_eq!(
        fault(&change(json!({ "figures": [figure(4, "cities"),
        figure(5, "people")] })))
        .0,
        "/sources/0/field"
    );
    assert_eq!(fault(&change(json!({ "audiences": ["Police"] }))).0, "/sources/1/field");
}

#[rstest]
fn a_pointer_into_an_inner_list_follows_both_lists(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let speaker = |name: &str, topics: &[&str]| {
        json!({ "agent": { "type": "label", "name": name },
        "role": "speaker", "topics": topics })
    };
    let body = json!({
        "id": "m", "name": "M", "organization": "pitf", "participants": [speaker("A", &[]),
        speaker("B", &["labor", "data"])],
        "sources": [source("/participants/1/topics/1"), source("/participants/1/role")],
    });
    ok(post(&api, &key, "/v1/meetings", &body));
    let change = |participants: Json| {
        patch(&api, &key, "/v1/meetings/m", &json!({ "participants": participants }))
    };
    let moved = ok(change(json!([speaker("B", &["data", "health", "labor"])])));
    assert_eq!(pointers(&moved), ["/participants/0/topics/0", "/participants/0/role"]);
    assert_eq!(fault(&change(json!([speaker("B", &["labor"])]))).0, "/sources/0/field");
}

#[rstest]
fn a_write_returns_the_etag_of_a_read(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let is_current = |path: &str, response: &Response| {
        assert!(response.status < 300, "{}", response.text);
        let tag = response.header("etag");
        for (encoding, status) in [("gzip", 304), ("identity", 200)] {
            let read = api.send(
                "GET",
                path,
                &[
                    ("If-None-Match", tag),
                    ("Accept-Encoding", encoding),
                    ("Accept", "application/json"),
                ],
                "",
            );
            assert_eq!(read.status, status, "{path} {encoding} {tag} {}", read.header("etag"));
        }
    };
    let write = |method: &str, path: &str, more: &[(&str, &str)], body: &str| {
        api.change(
            &key,
            method,
            path,
            &[&[("Accept-Encoding", "x;q=0, gzip"), ("Accept", "application/json")], more].concat(),
            body,
        )
    };
    let path = "/v1/people/p";
    let once = [("Idempotency-Key", "k")];
    let posted = write("POST", "/v1/people", &once, r#"{"id":"p","name":"P"}"#);
    is_current(path, &posted);
    is_current(path, &write("POST", "/v1/people", &once, r#"{"id":"p","name":"P"}"#));
    let first = api.revision();
    is_current(path, &write("PUT", path, &ANY, r#"{"name":"Q","note":"N"}"#));
    is_current(path, &write("PUT", path, &ANY, r#"{"name":"Q","note":"N"}"#));
    is_current(path, &write("PATCH", path, &ANY, r#"{"name":"R"}"#));
    is_current(
        path,
        &write("POST", "/v1/people/p/restore", &[], &json!({ "revision": first + 1 }).to_string()),
    );
    is_current(
        path,
        &write(
            "POST",
            "/v1/people/p/redactions",
            &[],
            r#"{"fields":["/note"],"reason":"requested"}"#,
        ),
    );
    write("POST", "/v1/people", &[], r#"{"id":"q","name":"Other"}"#);
    is_current(path, &write("POST", "/v1/people/q/merge", &[], r#"{"into":"p"}"#));
    let repeated = write("POST", "/v1/people", &once, r#"{"id":"p","name":"P"}"#);
    let read = api.send(
        "GET",
        path,
        &[("If-None-Match", repeated.header("etag")), ("Accept-Encoding", "gzip")],
        "",
    );
    assert_eq!(read.status, 200, "the first response is not the current record");
    let dry = write("PATCH", "/v1/people/p?dry_run=true", &ANY, r#"{"name":"S"}"#);
    let read = api.send(
        "GET",
        path,
        &[("If-None-Match", dry.header("etag")), ("Accept-Encoding", "gzip")],
        "",
    );
    assert_eq!(read.status, 200, "the version of a dry run does not exist");
}

#[rstest]
fn an_import_reports_the_corrections_that_it_reverts(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    for id in ["o-old", "o-new"] {
        ok(post(&api, &key, "/v1/organizations", &json!({ "id": id, "name": id })));
    }
    let bundle = json!({
        "meetings": [{ "id": "m", "name": "M", "organization": "pitf", "date": "2024",
            "participants": [label("A"), label("B")], "sources": [source("/participants/1")] }],
        "commitments": [{ "id": "c", "name": "C", "departments": ["o-old"] },
            { "id": "d", "name": "D" }, { "id": "e", "name": "E" }],
    });
    ok(import(&api, &key, &bundle));
    ok(merge(&api, &key, "organizations", "o-old", &json!({ "into": "o-new" })));
    ok(patch(
        &api,
        &key,
        "/v1/meetings/m",
        &json!({ "date": "2024-02-13", "participants": [label("C"), label("A"),
            label("B")] }),
    ));
    ok(patch(&api, &key, "/v1/commitments/c", &json!({ "status": "completed" })));
    ok(patch(&api, &key, "/v1/commitments/d", &json!({ "note": "A correction." })));
    let corrected = api.revision();
    ok(patch(&api, &key, "/v1/commitments/e", &json!({ "note": "A remark." })));
    let mut again = bundle.clone();
    again["commitments"][2]["note"] = json!("Another remark.");
    let expected: BTreeMap<&str, Json> = [
        ("m", json!(corrected - 2)),
        ("c", json!(corrected - 1)),
        ("d", json!(corrected)),
        ("e", Json::Null),
    ]
    .into_iter()
    .collect();
    let dry = ok(api.change(&key, "POST", "/v1/import?dry_run=true", &[], &again.to_string()));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), again.to_string()).unwrap();
    let lines = api.errors_of(&["import", &file.path().display().to_string(), "--dry-run"]);
    let real = ok(import(&api, &key, &again));
    for report in [&dry, &real] {
        let reverts: BTreeMap<&str, Json> = report["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| (id_of(change), change["reverts"].clone()))
            .collect();
        assert_eq!(reverts, expected);
    }
    for line in [
        format!("reverts revision {} of the meeting m", corrected - 2),
        format!("reverts revision {corrected} of the commitment d"),
    ] {
        assert!(lines.lines().any(|other| other.contains(&line)), "{lines}");
    }
    assert_eq!(lines.matches("reverts").count(), 3);
    assert_eq!(pointers(&api.get("/v1/meetings/m").json()), ["/participants/1"]);
    assert_eq!(ok(import(&api, &key, &again))["changes"], json!([]));
}

#[rstest]
fn an_import_restores_a_version_whose_entry_was_replaced(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let path = meeting(&api, &key);
    let bundle = json!({ "meetings": [api.get(path).json()] });
    ok(patch(&api, &key, path, &json!({ "sources": [] })));
    ok(patch(
        &api,
        &key,
        path,
        &json!({ "participants": [label("A"), label("X")],
        "sources": [source("/participants/1")] }),
    ));
    let report = ok(import(&api, &key, &bundle));
    assert_eq!(report["changes"][0]["reverts"], api.revision() - 1);
    assert_eq!(pointers(&api.get(path).json()), ["/participants/1"]);
}

#[rstest]
fn never_moves_a_source_link_to_another_entry(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let mut random = Random::new(0x5eed_0008_0000_0001);
    let (mut moved, mut refused) = (0, 0);
    meeting(&api, &key);
    ok(post(
        &api,
        &key,
        "/v1/commitments",
        &json!({ "id": "c", "name": "C", "figures": [{ "value": 1, "unit": "people" }],
            "sources": [source("/figures/0")] }),
    ));
    for step in 0..150 {
        let (path, list, field) = if random.below(2) == 0 {
            ("/v1/meetings/m", "meetings", "participants")
        } else {
            ("/v1/commitments/c", "commitments", "figures")
        };
        let before = api.get(path).json();
        let mut entries = before[field].as_array().unwrap().clone();
        (0..=random.below(2)).for_each(|_| edit(&mut random, field, &mut entries, step));
        let mut body = before.clone();
        body[field] = json!(entries);
        let response = match random.below(3) {
            0 => patch(&api, &key, path, &json!({ field: entries })),
            1 => api.change(&key, "PUT", path, &ANY, &body.to_string()),
            _ => import(&api, &key, &json!({ list: [body] })),
        };
        let after = api.get(path).json();
        if response.status == 422 {
            assert!(
                fault(&response).1.ends_with("-source")
                    || fault(&response).1 == "source-without-entry",
                "{}",
                response.text
            );
            assert_eq!(after, before);
            refused += 1;
            continue;
        }
        ok(response);
        assert_sources_follow_entries(&before, &after, field);
        moved += usize::from(pointers(&before) != pointers(&after));
        // Now and then, the client gives every entry its own source.
        if random.below(4) == 0 {
            let all: Vec<Json> = (0..after[field].as_array().unwrap().len())
                .map(|index| source(&format!("/{field}/{index}")))
                .collect();
            ok(patch(&api, &key, path, &json!({ "sources": all })));
        }
    }
    assert!(moved > 10 && refused > 10, "{moved} moved, {refused} refused");
    assert_eq!(api.run(&["verify"]).1, 0);
}

/// Edits a list at random: adds, removes, reorders or changes an entry, or replaces its agent.
fn edit(random: &mut Random, field: &str, entries: &mut Vec<Json>, step: usize) {
    let new = match field {
        "participants" => label(&format!("Person {}", random.below(6))),
        _ => {
            json!({ "value": random.below(1_000), "unit": (["people", "cities"][random.below(2)]) })
        }
    };
    let place = random.below(entries.len());
    match random.below(5) {
        0 => entries.insert(place, new),
        1 if entries.len() > 1 => drop(entries.remove(place)),
        2 => entries.rotate_left(place),
        3 if !entries.is_empty() => entries[place]["note"] = json!(format!("Step {step}.")),
        4 if !entries.is_empty() => entries[place] = new,
        _ => entries.push(new),
    }
}

/// Checks that each source is beside an entry that is equal to its entry before, or has the same
/// agent, or was edited in place.
fn assert_sources_follow_entries(before: &Json, after: &Json, field: &str) {
    let place = |pointer: &str| pointer.rsplit('/').next().unwrap().parse::<usize>().unwrap();
    for (old, new) in
        pointers(before).into_iter().map(place).zip(pointers(after).into_iter().map(place))
    {
        let (was, is) = (&before[field][old], &after[field][new]);
        let same_agent = field == "participants" && was["agent"] == is["agent"];
        let others = |record: &Json| {
            let mut entries = record[field].as_array().unwrap().clone();
            if old < entries.len() {
                entries.remove(old);
            }
            entries
        };
        let edited_in_place = field == "figures" && old == new && others(before) == others(after);
        assert!(was == is || same_agent || edited_in_place, "{was} became {is}: {before} {after}");
    }
}
