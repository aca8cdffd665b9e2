//! A long random history, after which the dataset is read again at every revision.

use rstest::rstest;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::random::Random;
use crate::support::Api;
use crate::support::Database::{self, Postgres, Sqlite};

const TYPES: [&str; 4] = ["organizations", "people", "awards", "commitments"];

/// All records at a revision, by type.
type State = BTreeMap<&'static str, Vec<Json>>;

fn state(api: &Api, query: &str) -> State {
    let lines = |path: &str| api.get(&format!("/v1/{path}?format=ndjson{query}")).text;
    TYPES
        .map(|path| {
            (path, lines(path).lines().map(|line| serde_json::from_str(line).unwrap()).collect())
        })
        .into_iter()
        .collect()
}

fn ids(state: &State, path: &str) -> Vec<String> {
    state[path].iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

/// Returns the body of a record of this type, with references to existing records.
fn body(random: &mut Random, state: &State, path: &str, step: usize) -> Json {
    let mut body = json!({
        "name": format!("Name {}", random.below(1_000)),
        "note": format!("Remark {step}."),
    });
    match path {
        "organizations" => body["other_names"] = json!([format!("Alias {step}"), "Ämter"]),
        "people" => {
            body["family_name"] = json!(format!("Family {}", random.below(50)));
            if let Some(id) = random.choose(&ids(state, "organizations")) {
                body["positions"] =
                    json!([{ "title": "Head", "organization": id, "from": "2019-02" }]);
            }
        }
        "awards" => body["given_by"] = json!(random.choose(&ids(state, "organizations"))),
        _ => {
            let organizations = ids(state, "organizations");
            let mut departments: Vec<&String> =
                (0..3).filter_map(|_| random.choose(&organizations)).collect();
            departments.sort_unstable();
            departments.dedup();
            body["departments"] = json!(departments);
            body["made_by"] = random
                .choose(&ids(state, "people"))
                .map_or(Json::Null, |id| json!({ "type": "person", "id": id }));
            body["figures"] =
                json!([{ "value": random.below(1_000) as f64 / 8.0, "unit": "people" }]);
        }
    }
    body
}

#[rstest]
fn every_revision_stays_unchanged(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    make_history(&api, 80, 1);
}

#[rstest]
#[ignore = "takes most of a minute"]
fn every_revision_of_a_long_history_stays_unchanged(
    #[values(Sqlite, Postgres)] database: Database,
) {
    make_history(&database.serve(), 220, 3);
}

/// Makes random changes, each kind at least `least` times, and reads every revision again.
fn make_history(api: &Api, steps: usize, least: usize) {
    let key = api.admin_key();
    let mut random = Random::new(0x5eed_1234_abcd_0001);
    let begin = api.revision();
    let mut seen: BTreeMap<i64, State> = BTreeMap::from([(begin, state(api, ""))]);
    let mut redacted: Vec<(&str, String)> = Vec::new();
    // The merged records by type and id, with their targets.
    let mut merged: BTreeMap<(&str, String), String> = BTreeMap::new();
    let (mut deleted, mut done) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for step in 0..steps {
        let now = seen.last_key_value().unwrap().1.clone();
        let path = TYPES[random.below(TYPES.len())];
        let present = ids(&now, path);
        let Some(id) = random.choose(&present).cloned() else { continue };
        let address = format!("/v1/{path}/{id}");
        let (operation, response) = match random.below(12) {
            0..=3 => {
                let mut body = body(&mut random, &now, path, step);
                body["id"] = json!(format!("r-{step}"));
                ("create", api.change(&key, "POST", &format!("/v1/{path}"), &[], &body.to_string()))
            }
            4..=6 => (
                "update",
                api.change(
                    &key,
                    "PATCH",
                    &address,
                    &[("If-Match", "*")],
                    &body(&mut random, &now, path, step).to_string(),
                ),
            ),
            7 | 8 => {
                let response = api.change(&key, "DELETE", &address, &[("If-Match", "*")], "");
                if response.status == 204 {
                    deleted.push((address, api.revision() - 1));
                }
                ("delete", response)
            }
            9 => {
                if deleted.is_empty() {
                    continue;
                }
                let (address, revision) = deleted.swap_remove(random.below(deleted.len()));
                (
                    "restore",
                    api.change(
                        &key,
                        "POST",
                        &format!("{address}/restore"),
                        &[],
                        &json!({ "revision": revision }).to_string(),
                    ),
                )
            }
            10 => {
                let path = ["organizations", "people"][random.below(2)];
                let present = ids(&now, path);
                let (Some(id), Some(into)) = (random.choose(&present), random.choose(&present))
                else {
                    continue;
                };
                let response = api.change(
                    &key,
                    "POST",
                    &format!("/v1/{path}/{id}/merge"),
                    &[],
                    &json!({ "into": into }).to_string(),
                );
                if response.status == 200 {
                    merged.insert((path, id.clone()), into.clone());
                }
                ("merge", response)
            }
            _ => {
                redacted.push((path, id.clone()));
                let body = r#"{"fields":["/note"],"reason":"requested"}"#;
                ("redact", api.change(&key, "POST", &format!("{address}/redactions"), &[], body))
            }
        };
        assert!(
            matches!(response.status, 200 | 201 | 204 | 409 | 422),
            "{operation} {path} {id}: {} {}",
            response.status,
            response.text
        );
        let revision = api.revision();
        if revision > *seen.last_key_value().unwrap().0 {
            *done.entry(operation).or_default() += 1;
            assert_eq!(revision, seen.last_key_value().unwrap().0 + 1);
            seen.insert(revision, state(api, ""));
            if operation == "redact" {
                // Earlier states must be shown without it from now on.
                let (path, id) = redacted.last().unwrap().clone();
                let leads_there = |record: &Json| {
                    let mut at = record["id"].as_str().unwrap().to_owned();
                    while let Some(into) = merged.get(&(path, at.clone())).filter(|_| at != id) {
                        at.clone_from(into);
                    }
                    at == id
                };
                for record in seen
                    .values_mut()
                    .flat_map(|state| state.get_mut(path))
                    .flatten()
                    .filter(|record| leads_there(record))
                {
                    record["note"] = Json::Null;
                }
            }
        }
    }
    assert!(done.len() == 6 && done.values().all(|count| *count >= least), "{done:?}");
    for (revision, then) in &seen {
        let again = state(api, &format!("&revision={revision}"));
        for path in TYPES {
            for (one, other) in again[path].iter().zip(&then[path]) {
                assert_eq!(one, other, "{path} at revision {revision}");
            }
            assert_eq!(again[path].len(), then[path].len(), "{path} at revision {revision}");
        }
    }
    for (path, id) in ids(&seen[&begin], "people").into_iter().take(20).map(|id| ("people", id)) {
        let then = seen[&begin]["people"].iter().find(|record| record["id"] == *id).unwrap();
        assert_eq!(api.get(&format!("/v1/{path}/{id}?revision={begin}")).json(), *then);
    }
    assert_eq!(api.run(&["verify"]).1, 0);
}
