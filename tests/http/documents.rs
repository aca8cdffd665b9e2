//! Stored documents: damaged ones are never returned, older ones are completed, and filters follow
//! names.

use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::support::Api;
use crate::support::Database::{self, Postgres, Sqlite};

fn total(api: &Api, query: &str) -> Json {
    let response = api.get(query);
    assert_eq!(response.status, 200, "{query}: {}", response.text);
    response.json()["page"]["total"].clone()
}

fn create(api: &Api, key: &str, list: &str, body: &Json) {
    let response = api.change(key, "POST", &format!("/v1/{list}"), &[], &body.to_string());
    assert_eq!(response.status, 201, "{}", response.text);
}

#[rstest]
#[ignore = "takes ten seconds"]
fn returns_503_for_a_damaged_document(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    for (find, put) in [("The", "Teh"), ("{", "["), ("}", ""), (":", "")] {
        let damage = format!(
            "UPDATE versions SET document = replace(document, '{find}', '{put}') WHERE \
            record_key = (SELECT key FROM records WHERE record_type = 'meeting' AND id = \
            'pitf-2024-02-13')"
        );
        let copy = "CREATE TABLE undamaged AS SELECT * FROM versions";
        let mend = "UPDATE versions SET document = (SELECT u.document FROM undamaged u WHERE \
            u.record_key = versions.record_key AND u.revision = versions.revision); DROP \
            TABLE undamaged";
        api.sql(copy);
        api.sql(&damage);
        for path in [
            "/v1/meetings/pitf-2024-02-13?fields=id,name",
            "/v1/meetings/pitf-2024-02-13",
            "/v1/meetings?limit=200",
        ] {
            let response = api.get(path);
            assert_eq!(
                (response.status, &response.json()["code"]),
                (503, &json!("service-unavailable")),
                "{find:?} {path}"
            );
            assert_ne!(response.header("retry-after"), "");
        }
        let (output, code) = api.run(&["verify"]);
        assert!(code == 1 && output.contains("meeting"), "{find:?}: {output}");
        api.sql(mend);
        assert_eq!(api.run(&["verify"]).1, 0, "{find:?}");
    }
}

#[rstest]
#[ignore = "takes 15 seconds"]
fn reports_and_repairs_damaged_holes(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    // Each request has a different limit, so that no response comes from the cache.
    let read = |limit: usize| api.get(&format!("/v1/meetings?id=pitf-2024-02-13&limit={limit}"));
    let before = read(100).json()["data"].clone();
    let meeting = "record_key = (SELECT key FROM records WHERE record_type = 'meeting' AND id \
        = 'pitf-2024-02-13')";
    // A wrong offset, a wrong name, no holes at all: each would result in wrong or invalid JSON.
    for (number, damage) in
        ["holes || '1'", "replace(holes, ':', ':1')", "substr(holes, 1, 8)", "''"]
            .into_iter()
            .enumerate()
    {
        api.sql(&format!("UPDATE versions SET holes = {damage} WHERE {meeting}"));
        assert_eq!(read(2 * number + 1).status, 503, "{damage}");
        let (report, code) = api.run(&["verify"]);
        assert!(
            code == 1 && report.contains("the meeting pitf-2024-02-13 has holes"),
            "{damage}: {report}"
        );
        assert_eq!(api.run(&["verify", "--repair"]).1, 0, "{damage}");
        assert_eq!(read(2 * number + 2).json()["data"], before, "{damage}");
    }
}

#[rstest]
fn damaged_documents_are_neither_repaired_nor_written_again(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    create(&api, &key, "people", &json!({ "id": "ada", "name": "Ada" }));
    let ada = "record_key = (SELECT key FROM records WHERE id = 'ada')";
    let copy = "CREATE TABLE undamaged AS SELECT * FROM versions";
    let mend = format!(
        "UPDATE versions SET document = (SELECT u.document FROM undamaged u WHERE \
        u.record_key = versions.record_key AND u.revision = versions.revision) WHERE {ada}; DROP \
        TABLE undamaged"
    );
    // Each request has a different limit, so that no response comes from the cache.
    let mut limits = 1..;
    let mut read =
        || api.get(&format!("/v1/people?id=ada&limit={}", limits.next().unwrap())).status;
    // No digest covers this.
    for (find, put, fault) in [
        (r#""created_at":"2"#, r#""created_at":"1"#, "has the `created_at` 1"),
        (r#""updated_at":"2"#, r#""updated_at":"1"#, "has the `updated_at` 1"),
        (r#""created_at":"#, r#""created_at": "#, "does not match its checksum"),
        (r#""type":"person""#, r#""type":"persom""#, "does not match its checksum"),
    ] {
        api.sql(copy);
        api.sql(&format!(
            "UPDATE versions SET document = replace(document, '{find}', '{put}') WHERE {ada}"
        ));
        assert_eq!(read(), 503, "{put}");
        let (report, code) = api.run(&["verify"]);
        assert!(code == 1 && report.contains(fault), "{put}: {report}");
        assert_eq!(api.run(&["verify", "--repair"]).1, 1, "{put}");
        assert_eq!(read(), 503, "{put}");
        let bundle = json!({ "people": [{ "id": "ada", "name": "Ada Lovelace" }] }).to_string();
        let imported = api.change(&key, "POST", "/v1/import", &[], &bundle);
        assert_eq!(imported.status, 503, "{put}: {}", imported.text);
        api.sql(&mend);
        assert_eq!(read(), 200, "{put}");
        let (report, code) = api.run(&["verify"]);
        assert_eq!(code, 0, "{put}: {report}");
    }
}

#[test]
fn an_error_after_some_rows_fails_only_its_response() {
    let api = Postgres.serve();
    // PostgreSQL sends the documents of other people before it fails to compute this one.
    let failing = "ALTER TABLE versions RENAME TO stored_versions; CREATE VIEW versions AS SELECT \
        key, record_key, revision, superseded_at, holes, CASE WHEN key = (SELECT key FROM \
        records WHERE record_type = 'person' AND id = (SELECT max(id) FROM people)) THEN \
        (1 / (superseded_at - superseded_at))::text ELSE document END AS document FROM \
        stored_versions";
    let mend = "DROP VIEW versions; ALTER TABLE stored_versions RENAME TO versions";
    for round in 1..=6 {
        let paths = [
            format!("/v1/people?sort=id&limit={}", 200 - round),
            format!("/v1/people?sort=id&format=ndjson&limit={}", 200 - round),
        ];
        api.sql(failing);
        for path in &paths {
            assert_eq!(api.get(path).status, 500, "{path}");
        }
        assert!(api.log().contains("division by zero"), "{}", api.log());
        api.sql(mend);
        for path in &paths {
            assert_eq!(api.get(path).status, 200, "{path}");
        }
    }
}

#[test]
fn a_read_is_repeated_if_a_revision_is_written_between_documents_and_names() {
    let api = Api::postgres(&["--name-cache-size", "0"]);
    let path = "/v1/meetings/pitf-2024-02-13";
    let before = api.get(path).json();
    std::thread::scope(|scope| {
        // Documents can be read, but names only after the revision.
        scope.spawn(|| {
            api.sql(
                "BEGIN; LOCK TABLE names; INSERT INTO revisions (revision, recorded_at, actor, \
                digest) SELECT revision + 1, recorded_at, actor, digest FROM revisions ORDER BY \
                revision DESC LIMIT 1; SELECT pg_sleep(1.5); COMMIT",
            );
        });
        std::thread::sleep(std::time::Duration::from_millis(400));
        let fresh = api.get(&format!("{path}?fields=id,name,organization"));
        assert_eq!(
            (fresh.status, &fresh.json()["name"]),
            (200, &before["name"]),
            "{} {}",
            fresh.text,
            api.log()
        );
    });
    assert!(!api.log().contains("is damaged"), "{}", api.log());
}

#[rstest]
fn completes_documents_of_an_older_declaration(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let before = api.get("/v1/organizations/state").json();
    assert_eq!(before["note"], Json::Null);
    // As if it had been written before `note` was declared. Without holes, the document is the
    // response, and only its checksum and its shape are beside it.
    let without_note = api.get("/v1/organizations/state").text.replace(",\"note\":null", "");
    let shape = "older---";
    let older = |checksum: u32| {
        api.sql(&format!(
            "UPDATE versions SET holes = '{checksum:08x}{shape}', document = \
            replace(document, ',\"note\":null', '') WHERE record_key = (SELECT key FROM records \
            WHERE record_type = 'organization' AND id = 'state')"
        ));
    };
    older(0);
    assert_eq!(api.get("/v1/organizations/state?fields=note").status, 503);
    let (report, _) = api.run(&["verify"]);
    assert!(report.contains("does not match its checksum"), "{report}");
    older(crc32fast::hash(format!("{without_note}{shape}").as_bytes()));
    assert_eq!(
        api.get("/v1/organizations/state?fields=note,name,revision,created_at").json()["note"],
        Json::Null
    );
    assert_eq!(api.get("/v1/organizations/state").json(), before);
}

#[rstest]
#[ignore = "takes 15 seconds"]
fn verifies_and_rebuilds_derived_tables(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    for damage in [
        "UPDATE commitments SET status = 'completed' WHERE id = 'c-2021-nap'",
        "DELETE FROM commitments_topics WHERE id = 'c-2021-nap'",
        "UPDATE names SET name = 'Someone else' WHERE record_key = (SELECT key FROM records \
        WHERE id = 'minh-dang')",
        "DELETE FROM links WHERE from_key = (SELECT key FROM records WHERE id = 'c-2021-nap')",
        "UPDATE counts SET live = 999 WHERE record_type = 'meeting'",
        "DELETE FROM counts WHERE record_type = 'meeting'",
        "DELETE FROM search_areas",
        "UPDATE search_areas SET last_number = 0",
    ] {
        api.sql(damage);
        let (output, code) = api.run(&["verify"]);
        let part = if damage.contains("search") { "search:" } else { "index:" };
        assert!(code == 1 && output.contains(part), "{damage}: {output}");
        let (output, code) = api.run(&["verify", "--repair"]);
        assert_eq!(code, 0, "{damage}: {output}");
    }
    assert_eq!(api.run(&["verify"]).1, 0);
}

#[rstest]
fn a_short_name_filters_by_all_organizations_that_have_it(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    for (id, name, short_name) in [
        ("zz-one", "First bureau", "ZZB"),
        ("zz-two", "Second bureau", "zzb"),
        ("zzc", "Third bureau", "ZZD"),
    ] {
        create(
            &api,
            &key,
            "organizations",
            &json!({ "id": id, "name": name, "short_name": short_name }),
        );
    }
    create(
        &api,
        &key,
        "organizations",
        &json!({ "id": "zz-four", "name": "Fourth bureau", "short_name": "ZZC" }),
    );
    for (id, department) in
        [("c-one", "zz-one"), ("c-two", "zz-two"), ("c-three", "zzc"), ("c-four", "zz-four")]
    {
        let by = json!({ "type": "organization", "id": department });
        create(
            &api,
            &key,
            "commitments",
            &json!({ "id": id, "name": id, "departments": [department], "made_by": by }),
        );
    }
    for filter in ["department", "departments", "made_by"] {
        assert_eq!(total(&api, &format!("/v1/commitments?{filter}=ZZB")), 2, "all that share it");
        assert_eq!(total(&api, &format!("/v1/commitments?{filter}=zZb,zzd")), 3, "in any case");
        assert_eq!(
            total(&api, &format!("/v1/commitments?{filter}=zzc")),
            1,
            "an id takes precedence"
        );
        assert_eq!(total(&api, &format!("/v1/commitments?{filter}=nobody")), 0);
    }
    assert_eq!(total(&api, "/v1/commitments?departments[ne]=zzb&id=c-one,c-three"), 1);
    assert_eq!(
        total(&api, &format!("/v1/commitments?department=zzb&revision={}", api.revision() - 8)),
        0
    );
}

#[rstest]
fn includes_two_levels_of_records(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let meeting = api
        .get(
            "/v1/meetings/pitf-2024-02-13?include=commitments.progress_updates,organization.parent",
        )
        .json();
    let commitments = meeting["commitments"].as_array().unwrap();
    assert!(
        commitments
            .iter()
            .any(|commitment| !commitment["progress_updates"].as_array().unwrap().is_empty())
    );
    for commitment in commitments {
        let path = format!(
            "/v1/commitments/{}?include=progress_updates",
            commitment["id"].as_str().unwrap()
        );
        assert_eq!(*commitment, api.get(&path).json());
    }
    assert!(
        meeting["organization"]["summary"].is_string()
            || meeting["organization"]["summary"].is_null()
    );
    assert!(meeting["organization"].as_object().unwrap().contains_key("sources"));
    let source =
        &api.get("/v1/meetings/pitf-2024-02-13?include=sources").json()["sources"][0]["document"];
    assert!(source["kind"].is_string(), "{source}");
    for (wrong, hint) in [
        ("commitments.progres_updates", json!("commitments.progress_updates")),
        ("commitments.parts.parts", Json::Null),
    ] {
        let refused = api.get(&format!("/v1/meetings?include={wrong}"));
        assert_eq!(refused.status, 400, "{wrong}");
        if !hint.is_null() {
            assert_eq!(refused.json()["errors"][0]["hint"], hint);
        }
    }
}

#[test]
fn rejects_a_database_of_an_unreleased_version_in_one_line() {
    let api = Api::sqlite(&[]);
    api.sql("UPDATE __diesel_schema_migrations SET version = '20261124000000'");
    let output = api.errors_of(&["verify"]);
    assert!(output.contains("export its records with that version"), "{output}");
    assert_eq!(api.run(&["verify"]).1, 2);
}
