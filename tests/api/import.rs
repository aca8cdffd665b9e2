//! Bundles: all or nothing, one revision.

use serde_json::{Value, json};

use crate::support::{Api, BUNDLE, Database, Empty, RESOURCES, bundle, each_database};

fn size(bundle: &Value) -> usize {
    RESOURCES.iter().map(|(_, member, _)| bundle[member].as_array().unwrap().len()).sum()
}

each_database! {
    fn the_bundled_records_again_change_nothing(api: Api) {
        let api = api.with_key();
        let done = api.write("POST", "/v1/import", &[], &bundle()).ok();
        assert_eq!((&done["created"], &done["updated"], &done["unchanged"]), (&json!(0), &json!(0), &json!(size(&bundle()))));
        assert_eq!(done["changes"], json!([]));
        assert_eq!(api.revision(), 1);
    }

    fn a_bundle_fills_an_empty_record_in_one_revision(api: Empty) {
        let api = api.0.with_key();
        assert_eq!(api.revision(), 0);
        let tried = api.write("POST", "/v1/import?dry_run=true", &[], &bundle()).ok();
        assert_eq!((&tried["created"], &tried["dry_run"]), (&json!(size(&bundle())), &json!(true)));
        assert_eq!(api.revision(), 0);
        let done = api.write("POST", "/v1/import", &[("change-reason", "To begin with")], &bundle()).ok();
        assert_eq!((&done["created"], &done["revision"], &done["dry_run"]), (&json!(size(&bundle())), &json!(1), &json!(false)));
        assert_eq!(done["changes"].as_array().unwrap().len(), size(&bundle()));
        for (path, member, _) in RESOURCES {
            assert_eq!(api.get(&format!("/v1/{path}?limit=1")).ok()["page"]["total"], bundle()[member].as_array().unwrap().len());
        }
        let served: Value = RESOURCES.iter().map(|(path, member, _)| ((*member).to_owned(), json!(api.all(&format!("/v1/{path}?limit=200"))))).collect();
        assert_eq!(api.write("POST", "/v1/import", &[], &served).ok()["unchanged"], size(&bundle()), "what was read can be imported");
        assert_eq!(api.revision(), 1);
    }

    fn a_bundle_with_faults_is_refused_whole(api: Empty) {
        let api = api.0.with_key();
        let mut broken = bundle();
        broken["commitments"][3]["status"] = json!("anounced");
        broken["meetings"][0]["organization"] = json!("nowhere");
        broken["people"][2]["nickname"] = json!("x");
        broken["documents"][5].as_object_mut().unwrap().remove("id");
        broken["awards"].as_array_mut().unwrap().push(bundle()["awards"][0].clone());
        let problem = api.write("POST", "/v1/import", &[], &broken).problem(422, "validation-failed");
        let errors = problem["errors"].as_array().unwrap();
        for pointer in ["/commitments/3/status", "/meetings/0/organization", "/people/2/nickname", "/documents/5/id", "/awards/1/id"] {
            assert!(errors.iter().any(|error| error["pointer"] == pointer), "{pointer}: {problem}");
        }
        let strange = api.write("POST", "/v1/import", &[], &json!({"meeting": []})).problem(422, "validation-failed");
        assert_eq!((&strange["errors"][0]["pointer"], &strange["errors"][0]["hint"]), (&json!("/meeting"), &json!("meetings")));
        api.write("POST", "/v1/import", &[], &json!([])).problem(422, "validation-failed");
        assert_eq!(api.revision(), 0);
        assert_eq!(api.get("/v1/people").ok()["page"]["total"], 0);
    }

    fn references_and_circles_are_judged_over_the_whole_bundle(api: Empty) {
        let api = api.0.with_key();
        let forward = json!({"organizations": [{"id": "child", "name": "Child", "parent": "mother"}, {"id": "mother", "name": "Mother"}]});
        assert_eq!(api.write("POST", "/v1/import", &[], &forward).ok()["created"], 2);
        let circle = json!({"organizations": [{"id": "one", "name": "One", "parent": "two"}, {"id": "two", "name": "Two", "parent": "one"}]});
        api.write("POST", "/v1/import", &[], &circle).problem(422, "validation-failed");
        let change = json!({"organizations": [{"id": "mother", "name": "Mother Agency"}, {"id": "child", "name": "Child", "parent": "mother"}]});
        let done = api.write("POST", "/v1/import", &[], &change).ok();
        assert_eq!((&done["updated"], &done["unchanged"]), (&json!(1), &json!(1)));
        let expected = json!([{"type": "organization", "id": "mother", "operation": "update", "changed": ["/name"]}]);
        assert_eq!(done["changes"], expected);
        assert_eq!(api.get("/v1/organizations/child").ok()["parent"]["name"], "Mother Agency");
    }

    fn the_command_line_imports_a_file(database: Database) {
        let tried = database.run(&["import", BUNDLE, "--dry-run"]);
        assert!(tried.status.success(), "{tried:?}");
        let done = database.run(&["import", BUNDLE, "--reason", "By hand"]);
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() && told.contains("revision 1") && told.contains(&format!("{} created", size(&bundle()))), "{told}");
        let broken = database.directory.path().join("broken.json");
        std::fs::write(&broken, r#"{"people": [{"id": "x", "name": 4}]}"#).unwrap();
        let refused = database.run(&["import", broken.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("/people/0/name"), "{refused:?}");
        assert_eq!(database.run(&["import", "no-such-file.json"]).status.code(), Some(2));
        let api = Api::serve(database, &["--no-bundled-records"]);
        assert_eq!(api.revision(), 1);
        assert_eq!(api.get("/v1/changes").ok()["data"][0]["reason"], "By hand");
    }
}
