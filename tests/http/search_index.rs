//! The search index follows every write, and all pages of a search show one state of the dataset.

use rstest::rstest;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use taskforce::records::CATALOGUE;
use taskforce::store::{Location, Reason, Statement, Store, StoreError, search};

use crate::support::Api;
use crate::support::Database::{self, Postgres, Sqlite};

fn ids(api: &Api, path: &str) -> Vec<String> {
    api.all(path).iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

/// Works on the index in a separate transaction beside the server, as `verify` does.
fn with_index<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(
        &mut taskforce::store::connection::AnyConnection,
        &taskforce::store::index::Indexes,
    ) -> Result<T, StoreError>
    + Send
    + 'static,
) -> T {
    let done = store.write(Reason::default(), false, move |transaction| {
        work(transaction.connection, transaction.indexes)
    });
    done.blocking_recv().unwrap().unwrap()
}

fn open(api: &Api) -> Arc<Store> {
    Store::open(&Location::parse(api.database()).unwrap(), CATALOGUE).unwrap()
}

fn faults(store: &Arc<Store>) -> Vec<String> {
    with_index(store, search::check)
}

fn change(api: &Api, key: &str, method: &str, path: &str, body: &Json) -> Json {
    let response = api.change(key, method, path, &[("If-Match", "*")], &body.to_string());
    assert!((200..300).contains(&response.status), "{method} {path}: {}", response.text);
    if response.text.is_empty() { Json::Null } else { response.json() }
}

#[rstest]
fn the_search_index_follows_every_write(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let store = open(&api);
    assert_eq!(faults(&store), [""; 0]);
    // Creates, changes, deletes and restores a record.
    let body = json!({ "id": "zq", "name": "Quokka sanctuary", "text": "Feed the wombats.",
        "departments": ["labor"], "made_on": "2024-05" });
    assert_eq!(api.change(&key, "POST", "/v1/commitments", &[], &body.to_string()).status, 201);
    let entered = api.revision();
    for q in ["quokka", "wombats", "DOL quokka", "\"department of labor\" wombats"] {
        assert_eq!(
            ids(&api, &format!("/v1/commitments?q={}", q.replace(' ', "+").replace('"', "%22"))),
            ["zq"],
            "{q}"
        );
    }
    change(
        &api,
        &key,
        "PATCH",
        "/v1/commitments/zq",
        &json!({ "text": "Feed the numbats.", "made_on": "2023" }),
    );
    assert_eq!(ids(&api, "/v1/commitments?q=wombats"), [""; 0]);
    assert_eq!(ids(&api, "/v1/commitments?q=numbats+2023"), ["zq"]);
    change(&api, &key, "DELETE", "/v1/commitments/zq", &json!(null));
    assert_eq!(ids(&api, "/v1/search?q=quokka"), [""; 0]);
    change(&api, &key, "POST", "/v1/commitments/zq/restore", &json!({ "revision": entered }));
    assert_eq!(ids(&api, "/v1/search?q=wombats"), ["zq"]);
    // A dry run and a rejected write have no effect.
    assert_eq!(
        api.change(
            &key,
            "POST",
            "/v1/people?dry_run=true",
            &[],
            &json!({ "name": "Numbat" }).to_string()
        )
        .status,
        201
    );
    assert_eq!(
        api.change(
            &key,
            "POST",
            "/v1/commitments",
            &[],
            &json!({ "name": "Numbat", "departments": ["none"] }).to_string()
        )
        .status,
        422
    );
    assert_eq!(ids(&api, "/v1/search?q=numbat*"), [""; 0]);
    // Other names are found in every record that refers to the agent.
    let before = ids(&api, "/v1/commitments?q=dol&limit=200");
    assert!(before.len() > 1);
    change(
        &api,
        &key,
        "PATCH",
        "/v1/organizations/labor",
        &json!({ "short_name": "Bilbydept", "other_names": ["Bandicoot bureau"] }),
    );
    assert_eq!(ids(&api, "/v1/commitments?q=bilbydept&limit=200"), before);
    assert_eq!(ids(&api, "/v1/commitments?q=bandicoot&limit=200"), before);
    assert_eq!(ids(&api, "/v1/commitments?q=dol"), [""; 0]);
    change(&api, &key, "PATCH", "/v1/people/minh-dang", &json!({ "name": "Min Dzang" }));
    assert_eq!(ids(&api, "/v1/council-members?q=dzang"), ["appt-2015-minh-dang"]);
    assert_eq!(ids(&api, "/v1/award-recipients?q=dzang"), ["award-2023-minh-dang"]);
    // An import with references in any order, and the same record twice in a group of writes.
    let bundle = json!({
        "commitments": [{ "id": "zr", "name": "Potoroo", "departments": ["zd"], "follows": "zq" },
        { "id": "zq", "name": "Renamed" }],
        "organizations": [{ "id": "zd", "name": "Department of Kowaris", "short_name": "DK" }],
    });
    change(&api, &key, "POST", "/v1/import", &bundle);
    assert_eq!(ids(&api, "/v1/commitments?q=kowaris"), ["zr"]);
    assert_eq!(ids(&api, "/v1/commitments?q=quokka"), [""; 0]);
    assert_eq!(faults(&store), [""; 0]);
}

#[rstest]
fn a_date_without_a_free_key_rejects_the_write_until_the_index_is_rebuilt(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let revision = api.revision();
    // People have no date. The last key of their area is taken.
    let full = (1 << 28) - 1;
    api.sql(&format!(
        "UPDATE search_areas SET last_number = {full} WHERE area = (SELECT key / (1 << 28) FROM \
        search_entries WHERE id = 'minh-dang')"
    ));
    let create = || api.change(&key, "POST", "/v1/people", &[], r#"{"name": "Numbat"}"#);
    let rejected = create();
    assert_eq!(rejected.status, 500, "{}", rejected.text);
    assert_eq!(api.revision(), revision);
    assert_eq!(ids(&api, "/v1/people?q=numbat"), [""; 0]);
    assert_eq!(api.run(&["verify", "--repair"]).1, 0);
    assert_eq!(create().status, 201);
    assert_eq!(ids(&api, "/v1/people?q=numbat"), ["numbat"]);
    assert_eq!(faults(&open(&api)), [""; 0]);
}

#[rstest]
fn detects_and_rebuilds_a_damaged_search_index(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let store = open(&api);
    let whole = ids(&api, "/v1/search?q=trafficking&limit=200");
    with_index(&store, |connection, _| {
        Statement::new("DELETE FROM search_entries WHERE id = 'state'").execute(connection)?;
        Statement::new(
            "UPDATE search_words SET texts = 'x' WHERE key IN (SELECT key FROM \
            search_entries WHERE id = 'pitf')",
        )
        .execute(connection)?;
        Statement::new(
            "UPDATE search_entries SET record_key = (SELECT key FROM records WHERE \
            id = 'pitf') WHERE id = 'minh-dang'",
        )
        .execute(connection)
    });
    let report = faults(&store).join("\n");
    for part in [
        "organization state is missing",
        "organization pitf differs",
        "person minh-dang is missing",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    with_index(&store, search::rebuild);
    assert_eq!(faults(&store), [""; 0]);
    assert_eq!(ids(&api, "/v1/search?q=trafficking&limit=200"), whole);
}

#[rstest]
fn paging_through_hits_reads_one_revision(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (list, sort) in [
        ("/v1/commitments?q=trafficking", ""),
        ("/v1/search?q=training", ""),
        ("/v1/documents?q=traff*", "&sort=-name"),
        ("/v1/people?q=secretary", ""),
    ] {
        let whole = api.all(&format!("{list}{sort}&limit=200"));
        let first = api.get(&format!("{list}{sort}&limit=3")).json();
        assert!(whole.len() > 6, "{list}: {}", whole.len());
        assert_eq!(first["page"]["total"], json!(whole.len()));
        // The next hits are changed so that they no longer match, deleted, or get another date, and
        // a new hit is added.
        let next = &whole[3];
        let path = match next["url"].as_str() {
            Some(url) if list.starts_with("/v1/search") => url.to_owned(),
            _ => format!("{}/{}", list.split('?').next().unwrap(), next["id"].as_str().unwrap()),
        };
        let otherwise = match next["type"].as_str().unwrap() {
            "person" => json!({ "positions": [], "summary": null, "sources": [] }),
            "commitment" | "progress_update" => json!({ "name": "Otherwise",
                "text": "Otherwise." }),
            _ => json!({ "name": "Otherwise", "summary": null }),
        };
        change(&api, &key, "PATCH", &path, &otherwise);
        let fresh = json!({ "name": "Trafficking training of the secretary", "kind": "other" });
        assert_eq!(api.change(&key, "POST", "/v1/documents", &[], &fresh.to_string()).status, 201);
        assert_eq!(
            api.change(
                &key,
                "POST",
                "/v1/commitments",
                &[],
                &json!({ "name": "Trafficking training", "made_on": "2026" }).to_string()
            )
            .status,
            201
        );
        assert_ne!(api.all(&format!("{list}{sort}&limit=200")), whole, "{list}");
        let mut walked = first["data"].as_array().unwrap().clone();
        walked.extend(api.all(first["page"]["next"].as_str().unwrap()));
        let described = |records: &[Json]| {
            records
                .iter()
                .map(|record| {
                    (record["id"].clone(), record["highlight"].clone(), record["name"].clone())
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(described(&walked), described(&whole), "{list}");
    }
    assert_eq!(faults(&open(&api)), [""; 0]);
}

#[rstest]
fn does_not_find_redacted_text(
    #[values(Sqlite, Postgres)] database: Database,
    #[values(0, 300)] others: usize,
) {
    let api = database.serve();
    let key = api.key();
    // More past entries than one statement deletes.
    for version in ["first", "second"] {
        let organization = |number: usize| json!({ "id": format!("o-{number}"), "name": version });
        let bundle = json!({ "organizations": (0..others).map(organization).collect::<Vec<_>>() });
        let imported = api.change(&key, "POST", "/v1/import", &[], &bundle.to_string());
        assert_eq!(imported.status, 200, "{}", imported.text);
    }
    let (admin, _) = api.run(&["keys", "create", "--name", "an admin", "--scope", "admin"]);
    let first = api.get("/v1/commitments?q=trafficking&limit=3").json();
    let next = first["page"]["next"].as_str().unwrap();
    change(
        &api,
        &key,
        "PATCH",
        "/v1/people/minh-dang",
        &json!({ "name": "Min Quollsson", "note": "Seen at the quollery." }),
    );
    change(&api, &key, "PATCH", "/v1/people/minh-dang", &json!({ "name": "Minh Dang" }));
    assert_eq!(api.get(next).status, 200, "older cursors still work");
    let body = json!({ "fields": ["/note"], "reason": "Asked for." });
    let redacted =
        api.change(&admin, "POST", "/v1/people/minh-dang/redactions", &[], &body.to_string());
    assert!((200..300).contains(&redacted.status), "{}", redacted.text);
    for q in ["quollery", "quollsson"] {
        assert_eq!(ids(&api, &format!("/v1/search?q={q}")), [""; 0]);
    }
    let file = String::from_utf8_lossy(&api.bytes()).to_lowercase();
    // The index stores a term without the beginning that it shares with the one before.
    assert!(!file.contains("ollery"));
    // All past entries are deleted, and cursors that would need them are rejected.
    let refused = api.get(next);
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (400, Some("invalid-cursor")),
        "{}",
        refused.text
    );
    let store = open(&api);
    let past = with_index(&store, |connection, _| {
        Statement::new(
            "SELECT count(*) FROM \
        search_entries WHERE superseded_at < 1000000",
        )
        .number(connection)
    });
    assert_eq!((past, faults(&store)), (0, vec![]));
    let quoll = with_index(&store, |connection, _| {
        Statement::new(
            "SELECT count(*) FROM \
        search_words WHERE names LIKE '%quoll%' OR named LIKE '%quoll%' OR texts LIKE \
        '%quoll%'",
        )
        .number(connection)
    });
    assert_eq!(quoll, 0);
}

#[rstest]
fn a_walk_through_hits_loses_none_that_change_meanwhile(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let create = |person: Json| {
        assert_eq!(api.change(&key, "POST", "/v1/people", &[], &person.to_string()).status, 201);
    };
    for (id, name) in [("gn-1", "Gnu one"), ("gn-2", "Gnu two"), ("gn-3", "Gnu three")] {
        create(json!({ "id": id, "name": name }));
    }
    for list in ["/v1/people?q=gnu&limit=1", "/v1/search?q=gnu&limit=1"] {
        let first = api.get(list).json();
        // The second page is read at a revision that is no longer the latest, and whose hits have
        // not changed yet.
        create(json!({ "name": "Unrelated" }));
        let second = api.get(first["page"]["next"].as_str().unwrap()).json();
        change(&api, &key, "PATCH", "/v1/people/gn-3", &json!({ "name": "Horse" }));
        let third = api.get(second["page"]["next"].as_str().unwrap()).json();
        let found: Vec<&str> = [&first, &second, &third]
            .iter()
            .filter_map(|page| page["data"][0]["id"].as_str())
            .collect();
        assert_eq!(found, ["gn-1", "gn-2", "gn-3"], "{list}");
        assert_eq!((&third["page"]["total"], &third["page"]["next"]), (&json!(3), &json!(null)));
        change(&api, &key, "PATCH", "/v1/people/gn-3", &json!({ "name": "Gnu three" }));
    }
}

#[rstest]
fn an_edit_keeps_the_prefixes_of_other_words(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let person = json!({ "id": "qz", "name": "Quentin Quill", "note": "Quiet, quick." });
    assert_eq!(api.change(&key, "POST", "/v1/people", &[], &person.to_string()).status, 201);
    for name in ["Quentin Jones", "Quentin Quade", "Jo Quade", "Joan Jo Quade", "Anna", "Jo"] {
        change(&api, &key, "PATCH", "/v1/people/qz", &json!({ "name": name }));
        for prefix in ["q", "qu", "qua", "j", "jo", "a", "an", "qui", "quie"] {
            let mut words = name.split(' ').chain(["quiet", "quick"]);
            let matches = words.any(|word| word.to_lowercase().starts_with(prefix));
            let found = api.get(&format!("/v1/people?q={prefix}*&id=qz")).json();
            assert_eq!(found["page"]["total"], i64::from(matches), "{name}: {prefix}");
        }
    }
    let admin = api.admin_key();
    let body = json!({ "fields": ["/note"], "reason": "requested" }).to_string();
    let redacted = api.change(&admin, "POST", "/v1/people/qz/redactions", &[], &body);
    assert_eq!(redacted.status, 200, "{}", redacted.text);
    assert_eq!(api.get("/v1/people?q=q*&id=qz").json()["page"]["total"], 0);
}
