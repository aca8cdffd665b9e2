//! The bundled records, as they are served.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Api, RESOURCES, bundle, each_database};

const COMMON: &str = "type id name sources documents note revision created_at updated_at";

/// The fields of section 2 of the contract.
const FIELDS: [(&str, &str); 9] = [
    ("organizations", "short_name other_names kind parent task_force_role task_force_since task_force_until established dissolved location website summary"),
    ("people", "given_name family_name sort_name honorific_prefix honorific_suffix other_names positions summary"),
    ("documents", "kind number publisher issued edition language url archived_url availability copy_of supersedes sha256 license summary"),
    ("awards", "other_names given_by established summary"),
    ("meetings", "organization date date_note end_date start_time status mode location summary topics participants"),
    ("council-members", "person council role status credited_as home_state appointed_by announced_on announced_at term_start term_end cohort"),
    ("award-recipients", "award year recipient credited_as affiliation citation presented_at presented_on occasion presented_by accepted_by joint_award location"),
    ("commitments", "text kind departments made_by meeting made_on position parent follows pillars topics programs partners audiences places figures due status status_date overdue"),
    ("progress-updates", "commitment departments meeting date status text topics programs partners places figures"),
];

each_database! {
    fn lists_hold_what_the_bundle_holds(api: Api) {
        let bundle = bundle();
        for (path, member, _) in RESOURCES {
            let page = api.get(&format!("/v1/{path}?limit=1")).ok();
            assert_eq!(page["page"]["total"], bundle[member].as_array().unwrap().len(), "{path}");
            assert_eq!(page["page"]["total_is_exact"], true, "{path}");
            assert_eq!(page["revision"], 1);
            let names: BTreeSet<String> = api.all(&format!("/v1/{path}?limit=200")).iter().map(|r| r["id"].to_string()).collect();
            let expected: BTreeSet<String> = bundle[member].as_array().unwrap().iter().map(|r| r["id"].to_string()).collect();
            assert_eq!(names, expected, "{path}");
        }
    }

    fn every_item_is_the_same_alone_and_in_a_list(api: Api) {
        for (path, _, _) in RESOURCES {
            for record in api.all(&format!("/v1/{path}?limit=200")) {
                let item = api.get(&format!("/v1/{path}/{}", record["id"].as_str().unwrap())).ok();
                assert_eq!(item, record, "{path}");
            }
        }
    }

    fn every_record_has_every_field_and_no_other(api: Api) {
        for ((path, fields), (_, _, record_type)) in FIELDS.iter().zip(RESOURCES) {
            let expected: BTreeSet<&str> = COMMON.split(' ').chain(fields.split(' ')).collect();
            for record in api.all(&format!("/v1/{path}?limit=200")) {
                let found: BTreeSet<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(found, expected, "{path}");
                assert_eq!(record["type"], record_type);
                for moment in [&record["created_at"], &record["updated_at"]] {
                    let text = moment.as_str().unwrap();
                    assert!(text.len() == 27 && text.ends_with('Z') && text.as_bytes()[19] == b'.', "{text}");
                }
            }
        }
    }

    fn records_say_what_the_bundle_says(api: Api) {
        let bundle = bundle();
        for (path, member, _) in RESOURCES {
            let served = api.all(&format!("/v1/{path}?limit=200"));
            for given in bundle[member].as_array().unwrap() {
                let record = served.iter().find(|record| record["id"] == given["id"]).unwrap();
                for (field, value) in given.as_object().unwrap() {
                    assert!(says(&record[field], value), "{path} {} {field}: {} is not {value}", given["id"], record[field]);
                }
            }
        }
    }

    fn the_newest_meeting_tells_who_took_part_and_where_that_comes_from(api: Api) {
        let meeting = api.get("/v1/meetings?sort=-date&limit=1").ok()["data"][0].clone();
        assert_eq!(meeting["id"], "pitf-2024-02-13");
        assert_eq!(meeting["date"], "2024-02-13");
        assert_eq!(meeting["organization"]["type"], "organization");
        assert!(meeting["organization"]["name"].is_string());
        let participants = meeting["participants"].as_array().unwrap();
        assert!(participants.iter().any(|participant| participant["role"] == "chair" && participant["agent"]["name"].is_string()));
        for source in meeting["sources"].as_array().unwrap() {
            assert_eq!(source["document"]["type"], "document");
            assert_eq!(api.get(&format!("/v1/documents/{}", source["document"]["id"].as_str().unwrap())).status, 200);
        }
        assert!(!meeting["sources"].as_array().unwrap().is_empty());
    }

    fn what_never_was_is_not_found_and_what_was_deleted_is_gone(api: Api) {
        let api = api.with_key();
        for (path, _, _) in RESOURCES {
            api.get(&format!("/v1/{path}/never-was")).problem(404, "not-found");
        }
        api.write("POST", "/v1/awards", &[], &serde_json::json!({"name": "Short Lived"})).expect(201);
        api.write("DELETE", "/v1/awards/short-lived", &[("if-match", "\"2\"")], &Value::Null).expect(204);
        let problem = api.get("/v1/awards/short-lived").problem(410, "gone");
        assert!(problem["detail"].as_str().unwrap().contains('3'), "{problem}");
        assert_eq!(api.get("/v1/awards/short-lived?revision=2").ok()["name"], "Short Lived");
    }
}

/// Whether what is served says what was given, which may leave out what is null and write a reference as its id.
fn says(served: &Value, given: &Value) -> bool {
    match (served, given) {
        (Value::Object(served), Value::String(id)) => served.get("id").is_some_and(|found| found == id),
        (Value::Object(served), Value::Object(given)) => {
            given.iter().all(|(name, value)| served.get(name).is_some_and(|found| says(found, value)))
        }
        (Value::Array(served), Value::Array(given)) => {
            served.len() == given.len() && served.iter().zip(given).all(|(served, given)| says(served, given))
        }
        (Value::Number(served), Value::Number(given)) => served.as_f64() == given.as_f64(),
        (served, given) => served == given,
    }
}
