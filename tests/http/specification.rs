//! The OpenAPI document matches the paths, the records and its own rules.

use serde_json::Value as Json;

use taskforce::model::Kind;
use taskforce::reading::{FieldPath, Operator};
use taskforce::records::CATALOGUE;

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
fn serves_the_committed_specification() {
    let committed: Json = serde_json::from_str(include_str!("../../openapi/openapi.json")).unwrap();
    assert_eq!(Api::sqlite(&["--no-bundled-records"]).get("/openapi.json").json(), committed);
}

#[test]
fn every_operation_is_described_and_implemented() {
    let api = Api::sqlite(&[]);
    let document = api.get("/openapi.json").json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 1_000);
    for reference in found {
        assert!(
            document.pointer(reference.trim_start_matches('#')).is_some(),
            "{reference} has no target"
        );
    }
    let mut ids = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(
                operation["summary"].is_string() && operation["description"].is_string(),
                "{method} {path}"
            );
            ids.push(operation["operationId"].as_str().unwrap());
            let address = path.replace("{id}", "state").replace("{code}", "gone");
            let response = api.send(&method.to_uppercase(), &address, &[], "");
            assert_ne!(response.status, 405, "{method} {path}");
            assert!(
                operation["responses"][response.status.to_string()].is_object(),
                "{method} {path} responses {}",
                response.status
            );
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
}

#[test]
fn records_match_their_schemas_and_can_be_sent_back() {
    let api = Api::sqlite(&[]);
    let document = api.get("/openapi.json").json();
    for (path, _) in LISTS {
        let body = &document["paths"][format!("/v1/{path}")]["post"]["requestBody"];
        let schema = body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
        let name = schema.rsplit('/').next().unwrap().trim_end_matches("Input");
        for suffix in ["", "Input"] {
            let mut schema = document.clone();
            schema["$ref"] = Json::String(format!("#/components/schemas/{name}{suffix}"));
            let validator = jsonschema::validator_for(&schema).unwrap();
            let declared = &document["components"]["schemas"][name]["properties"];
            for record in api.all(&format!("/v1/{path}?limit=200")) {
                assert!(
                    record.as_object().unwrap().keys().all(|field| declared.get(field).is_some()),
                    "{path} {record}"
                );
                let errors: Vec<String> = validator
                    .iter_errors(&record)
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .collect();
                assert!(errors.is_empty(), "{path} {}: {errors:?}", record["id"]);
            }
        }
    }
}

#[test]
fn examples_match_their_schemas_and_the_responses() {
    let api = Api::sqlite(&[]);
    let document = api.get("/openapi.json").json();
    let resolve = |place: &str| {
        let mut json = document.pointer(place).cloned().unwrap();
        for name in ["created_at", "updated_at"] {
            json.as_object_mut().unwrap().remove(name);
        }
        json
    };
    for (name, example) in document["components"]["examples"].as_object().unwrap() {
        let mut schema = document.clone();
        schema["$ref"] = Json::String(format!("#/components/schemas/{name}"));
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&example["value"])
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
    for (path, _) in LISTS {
        let operation = &document["paths"][format!("/v1/{path}/{{id}}")]["get"];
        let content = &operation["responses"]["200"]["content"]["application/json"];
        let place = content["examples"]["example"]["$ref"].as_str().unwrap();
        let example = resolve(&format!("{}/value", place.trim_start_matches('#')));
        let mut response =
            api.get(&format!("/v1/{path}/{}", example["id"].as_str().unwrap())).json();
        for name in ["created_at", "updated_at"] {
            response.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(response, example, "{path}");
    }
}

#[test]
fn responses_have_the_documented_headers() {
    let api = Api::sqlite(&[]);
    let document = api.get("/openapi.json").json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let address = path.replace("{id}", "state").replace("{code}", "gone");
        let response = api.send("GET", &address, &[("Origin", "https://example.org")], "");
        let documented = &operations["get"]["responses"][response.status.to_string()];
        let documented = documented["$ref"]
            .as_str()
            .map_or(documented, |place| document.pointer(place.trim_start_matches('#')).unwrap());
        for name in
            documented["headers"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
        {
            assert!(
                !response.header(name).is_empty() || name.starts_with("RateLimit"),
                "{path} has no {name}"
            );
        }
    }
}

#[test]
fn the_specification_is_readable() {
    let document: Json = serde_json::from_str(include_str!("../../openapi/openapi.json")).unwrap();
    assert!(document.to_string().len() < 400_000, "{} bytes", document.to_string().len());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let count = operation["parameters"].as_array().map_or(0, Vec::len);
            assert!(count <= 45, "{method} {path} has {count} parameters");
        }
    }
}

/// Returns the names of the query parameters of a list.
fn parameters_of(document: &Json, path: &str) -> Vec<String> {
    let parameters =
        document["paths"][format!("/v1/{path}")]["get"]["parameters"].as_array().unwrap();
    let resolved = parameters.iter().map(|parameter| {
        parameter["$ref"]
            .as_str()
            .map_or(parameter, |place| document.pointer(place.trim_start_matches('#')).unwrap())
    });
    resolved
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_field_is_a_filter_with_every_operator_of_its_kind() {
    let api = Api::sqlite(&["--rate-limit", "0"]);
    let document = api.get("/openapi.json").json();
    for record_type in CATALOGUE.iter() {
        let documented = parameters_of(&document, record_type.path);
        for name in FieldPath::names(record_type).into_iter().filter(|name| name != "revision") {
            let path = FieldPath::resolve(record_type, &name).unwrap();
            let is_documented = documented.contains(&name);
            let has_parameter = !name.contains('.') && Operator::Equals.applies_to(path.kind);
            assert_eq!(is_documented, has_parameter, "{} {name}", record_type.name);
            for (word, operator) in Operator::ALL {
                let parameter =
                    if word.is_empty() { name.clone() } else { format!("{name}[{word}]") };
                let value = if word == "exists" { "true" } else { value_of(path.kind) };
                let response =
                    api.get(&format!("/v1/{}?limit=1&{parameter}={value}", record_type.path));
                let code = if response.status == 200 {
                    Json::Null
                } else {
                    response.json()["errors"][0]["code"].clone()
                };
                let is_taken = code.is_null() || code == "wrong-type";
                assert_eq!(
                    is_taken,
                    operator.applies_to(path.kind),
                    "{} {parameter}={value}: {code}",
                    record_type.name
                );
            }
        }
    }
}

fn value_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Date => "2024",
        Kind::Moment => "2024-01-01T00:00:00Z",
        Kind::Integer(..) | Kind::Number => "2000",
        Kind::Enumeration(choices) => choices[0].value,
        Kind::PastDue { .. } => "true",
        _ => "a",
    }
}
