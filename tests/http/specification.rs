//! The specification tells the truth: of paths, of records, of itself.

use serde_json::Value as Json;

use crate::support::{Api, LISTS};

fn references<'j>(json: &'j Json, found: &mut Vec<&'j str>) {
    match json {
        Json::Object(members) => {
            found.extend(members.get("$ref").and_then(Json::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Json::Array(entries) => entries.iter().for_each(|entry| references(entry, found)),
        _ => {}
    }
}

#[test]
fn the_committed_document_is_the_one_served() {
    let committed: Json = serde_json::from_str(include_str!("../../openapi/openapi.json")).unwrap();
    assert_eq!(Api::sqlite(&["--no-bundled-records"]).get("/openapi.json").json(), committed);
}

#[test]
fn every_operation_is_described_and_answered() {
    let api = Api::sqlite(&[]);
    let document = api.get("/openapi.json").json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 500);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    let mut ids = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].is_string() && operation["description"].is_string(), "{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap());
            let address = path.replace("{id}", "state").replace("{code}", "gone");
            let answer = api.send(&method.to_uppercase(), &address, &[], "");
            assert_ne!(answer.status, 405, "{method} {path}");
            assert!(operation["responses"][answer.status.to_string()].is_object(), "{method} {path} answers {}", answer.status);
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
}

#[test]
fn records_are_what_their_schemas_say_and_can_be_sent_as_they_are() {
    let api = Api::sqlite(&[]);
    let document = api.get("/openapi.json").json();
    for (path, _) in LISTS {
        let schema = document["paths"][format!("/v1/{path}")]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            .as_str()
            .unwrap();
        let name = schema.rsplit('/').next().unwrap().trim_end_matches("Input");
        for suffix in ["", "Input"] {
            let mut schema = document.clone();
            schema["$ref"] = Json::String(format!("#/components/schemas/{name}{suffix}"));
            let validator = jsonschema::validator_for(&schema).unwrap();
            for record in api.all(&format!("/v1/{path}?limit=200")) {
                let errors: Vec<String> =
                    validator.iter_errors(&record).map(|error| format!("{}: {error}", error.instance_path())).collect();
                assert!(errors.is_empty(), "{path} {}: {errors:?}", record["id"]);
            }
        }
    }
}
