//! Conditional requests, caches, and reads of earlier revisions.

use serde_json::{Value, json};

use crate::support::{Api, RESOURCES, each_database};

each_database! {
    fn what_is_unchanged_is_not_sent_again(api: Api) {
        for (path, _, _) in RESOURCES {
            let list = format!("/v1/{path}?limit=2");
            let item = format!("/v1/{path}/{}", api.get(&list).ok()["data"][0]["id"].as_str().unwrap());
            for path in [&list, &item] {
                let first = api.get(path);
                let tag = first.header("etag");
                let tag = tag.as_str();
                assert!(tag.starts_with('"') || tag.starts_with("W/\""), "{path}: {tag}");
                assert_eq!(first.header("cache-control"), "public, no-cache");
                for asked in [tag.to_owned(), format!("\"other\", {tag}"), format!("W/{}", tag.trim_start_matches("W/"))] {
                    let again = api.send("GET", path, &[("if-none-match", &asked)], "");
                    assert_eq!((again.status, again.body.as_str()), (304, ""), "{path} {asked}");
                    assert_eq!(again.header("etag"), tag);
                }
                assert_eq!(api.send("GET", path, &[("if-none-match", "\"other\"")], "").status, 200);
            }
        }
        let csv = api.get("/v1/awards?format=csv");
        assert_ne!(csv.header("etag"), api.get("/v1/awards").header("etag"), "each format has its own tag");
    }

    fn any_tag_at_all_stands_for_what_there_is(api: Api) {
        for path in ["/v1/awards", "/v1/awards/presidential-award", "/v1/changes"] {
            assert_eq!(api.send("GET", path, &[("if-none-match", "*")], "").status, 304, "{path}");
        }
        api.send("GET", "/v1/awards/never-was", &[("if-none-match", "*")], "").problem(404, "not-found");
    }

    fn a_tag_changes_with_the_bytes(api: Api) {
        let api = api.with_key();
        let (list, award, state) = ("/v1/awards", "/v1/awards/presidential-award", "/v1/organizations/pitf");
        let before = [list, award, state].map(|path| api.get(path));
        api.write("PATCH", state, &[("if-match", &before[2].header("etag"))], &json!({"name": "The Task Force"})).ok();
        let after = [list, award, state].map(|path| api.get(path));
        for (before, after) in before.iter().zip(&after) {
            assert_ne!(before.body, after.body);
            assert_ne!(before.header("etag"), after.header("etag"), "{}", before.asked);
            assert_eq!(api.send("GET", before.asked.trim_start_matches("GET "), &[("if-none-match", &before.header("etag"))], "").status, 200);
        }
        assert_eq!(after[1].ok()["given_by"]["name"], "The Task Force");
        assert_eq!(after[1].ok()["revision"], 1, "a name in a reference changes without the record");
        let tag = &before[1].header("etag");
        api.write("PATCH", award, &[("if-match", tag)], &json!({"note": "Its own version is the same"})).ok();
    }

    fn earlier_revisions_stay_readable(api: Api) {
        let api = api.with_key();
        let paths = ["/v1/organizations/state", "/v1/organizations", "/v1/organizations?name=Department%20of%20State&facets=kind", "/v1/commitments?include=departments"];
        let asked = |path: &str, parameter: &str| format!("{path}{}{parameter}", if path.contains('?') { '&' } else { '?' });
        let before: Vec<Value> = paths.iter().map(|path| api.get(path).ok()).collect();
        let made = api.get(paths[0]).ok()["updated_at"].as_str().unwrap().to_owned();
        api.write("PATCH", paths[0], &[("if-match", "\"1\"")], &json!({"name": "Ministry of Foreign Affairs", "kind": "other"})).ok();
        api.write("POST", "/v1/organizations", &[], &json!({"id": "aaa", "name": "Aaa", "kind": "agency"})).expect(201);
        for (path, before) in paths.iter().zip(&before) {
            for parameter in ["revision=1".to_owned(), format!("as_of={made}")] {
                let answer = api.get(&asked(path, &parameter));
                let (mut then, mut before) = (answer.ok(), before.clone());
                for answer in [&mut then, &mut before] {
                    if let Some(page) = answer.get_mut("page") {
                        page["next"] = Value::Null;
                    }
                }
                assert_eq!(then, before, "{path} {parameter}");
                if parameter == "revision=1" {
                    assert_eq!(answer.header("cache-control"), "public, max-age=86400", "{path}");
                }
            }
            assert_ne!(api.get(path).ok(), *before, "{path}");
        }
        assert_eq!(api.get("/v1/organizations?name=Department%20of%20State").ok()["page"]["total"], 0);
        assert_eq!(api.get("/v1/organizations?id=aaa&revision=2").ok()["page"]["total"], 0);
        assert_eq!(api.get("/v1/organizations?id=aaa&revision=3").ok()["page"]["total"], 1);
        api.get("/v1/organizations/aaa?revision=2").problem(404, "not-found");
        for future in ["/v1/organizations?revision=4", "/v1/organizations/state?revision=4", "/v1/organizations?as_of=2999-01-01T00:00:00Z"] {
            api.get(future).problem(400, "invalid-parameter");
        }
        assert_eq!(api.get("/v1/organizations/state?revision=3").header("etag").split('-').next().unwrap().trim_matches('"'), "2");
    }
}
