//! The specification, held against the program.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Api, RESOURCES, each_database};

fn committed() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation: path, method, what is said of it.
fn operations(document: &Value) -> Vec<(String, &'static str, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| METHODS.iter().filter_map(|method| Some((path.clone(), *method, item.get(method)?.clone())))).collect()
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(list) => list.iter().for_each(|entry| references(entry, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = committed();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_is_described() {
    let (document, mut seen) = (committed(), BTreeSet::new());
    for (path, method, operation) in operations(&document) {
        assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{method} {path} has no summary");
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!id.is_empty() && seen.insert(id), "{method} {path}: operationId is missing or used twice");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path} tells no success");
        let placeholders = path.matches('{').count();
        let listed = [&operation["parameters"], &document["paths"][&path]["parameters"]].into_iter().filter_map(Value::as_array).flatten();
        let resolved = listed.map(|p| p["$ref"].as_str().and_then(|to| document.pointer(to.trim_start_matches('#'))).unwrap_or(p));
        let of_path = resolved.filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(placeholders, of_path, "{method} {path}");
    }
}

each_database! {
    fn the_committed_specification_is_the_served_one(api: Api) {
        assert_eq!(api.get("/openapi.json").ok(), committed(), "run: taskforce openapi > openapi/openapi.json");
        assert!(api.get("/openapi.yaml").body.contains("openapi: 3.1"));
    }

    fn every_operation_is_answered(api: Api) {
        let api = api.with_key();
        let document = committed();
        for (path, method, operation) in operations(&document) {
            let resource = path.split('/').nth(2).unwrap_or_default();
            let id = if path.contains("{id}") { api.get(&format!("/v1/{resource}?limit=1")).ok()["data"][0]["id"].clone() } else { Value::Null };
            let concrete = path.replace("{id}", id.as_str().unwrap_or_default()).replace("{code}", "not-found");
            let body = if ["get", "delete"].contains(&method) { Value::Null } else { json!({}) };
            let answer = api.write(&method.to_uppercase(), &concrete, &[], &body);
            assert!(![404, 405].contains(&answer.status) && answer.status < 500, "{method} {concrete}: {} {}", answer.status, answer.body);
            let responses = operation["responses"].as_object().unwrap();
            let told = responses.contains_key(&answer.status.to_string()) || responses.contains_key("default") || responses.contains_key("4XX");
            assert!(told, "{method} {path} answered {}, which the specification does not tell", answer.status);
        }
    }

    fn every_record_is_what_its_schema_says(api: Api) {
        let document = committed();
        for (path, _, record_type) in RESOURCES {
            let name: String = record_type.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            let schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": format!("#/components/schemas/{name}"), "components": document["components"]});
            let list = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": format!("#/components/schemas/{name}List"), "components": document["components"]});
            let (validator, list) = (jsonschema::validator_for(&schema).unwrap(), jsonschema::validator_for(&list).unwrap());
            for record in api.all(&format!("/v1/{path}?limit=200")) {
                let faults: Vec<String> = validator.iter_errors(&record).map(|error| format!("{}: {error}", error.instance_path())).collect();
                assert!(faults.is_empty(), "{path} {}: {faults:?}", record["id"]);
            }
            assert!(!validator.is_valid(&json!({"type": record_type})), "{path}: the schema requires nothing");
            let page = api.get(&format!("/v1/{path}?limit=2")).ok();
            let faults: Vec<String> = list.iter_errors(&page).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(faults.is_empty(), "{path}: {faults:?}");
        }
        let problem = json!({"$ref": "#/components/schemas/Problem", "components": document["components"]});
        assert!(jsonschema::validator_for(&problem).unwrap().is_valid(&api.get("/nowhere").json()));
    }
}
