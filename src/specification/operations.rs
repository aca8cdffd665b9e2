//! Operations: for each record type, and those around them.

use serde_json::{Map, Value as Json, json};

use super::parameters::{named, of_list, shaping};
use crate::http::KINDS;
use crate::model::RecordType;
use crate::reading::GAPS;
use crate::records::CATALOGUE;

/// The groups of operations.
pub(super) fn tags() -> Vec<Json> {
    let mut tags: Vec<Json> =
        CATALOGUE.iter().map(|record_type| json!({ "name": record_type.path, "description": record_type.doc })).collect();
    tags.push(json!({ "name": "record", "description": "The record as a whole, and the server." }));
    tags
}

/// Every path.
pub(super) fn paths() -> Json {
    let mut paths = Map::new();
    for record_type in CATALOGUE.iter() {
        paths.insert(format!("/v1/{}", record_type.path), json!({ "get": list(record_type), "post": create(record_type) }));
        paths.insert(
            format!("/v1/{}/{{id}}", record_type.path),
            json!({ "get": read(record_type), "put": replace(record_type), "patch": patch(record_type), "delete": delete(record_type) }),
        );
        paths.insert(format!("/v1/{}/{{id}}/history", record_type.path), json!({ "get": history(record_type) }));
        paths.insert(format!("/v1/{}/{{id}}/restore", record_type.path), json!({ "post": restore(record_type) }));
        paths.insert(format!("/v1/{}/{{id}}/redactions", record_type.path), json!({ "post": redact(record_type) }));
        if matches!(record_type.name, "person" | "organization") {
            paths.insert(format!("/v1/{}/{{id}}/roles", record_type.path), json!({ "get": roles(record_type) }));
            paths.insert(format!("/v1/{}/{{id}}/merge", record_type.path), json!({ "post": merge(record_type) }));
        }
    }
    paths.insert("/v1/changes".to_owned(), json!({ "get": changes() }));
    paths.insert("/v1/statistics".to_owned(), json!({ "get": statistics() }));
    paths.insert("/v1/gaps".to_owned(), json!({ "get": gaps() }));
    paths.insert("/v1/import".to_owned(), json!({ "post": import() }));
    for (path, id, summary, description, media_type) in [
        ("/", "get_index", "The index", "What this is, where its lists are, how to cite it.", "application/json"),
        ("/openapi.json", "get_openapi_json", "The specification as JSON", "This document.", "application/json"),
        ("/openapi.yaml", "get_openapi_yaml", "The specification as YAML", "This document.", "application/yaml"),
        ("/docs", "get_docs", "The documentation", "This document as a page, on which requests can be tried.", "text/html"),
        ("/health/live", "get_health_live", "Whether the server lives", "Answers as long as the program runs.", "application/json"),
        ("/health/ready", "get_health_ready", "Whether the record can be read", "Answers 503 while the store is away.", "application/json"),
    ] {
        let schema = if media_type != "text/html" { json!({ "type": "object" }) } else { json!({ "type": "string" }) };
        let responses =
            with_problems(json!({ "200": { "description": "As described.", "content": { media_type: { "schema": schema } } } }), &[503]);
        paths.insert(path.to_owned(), json!({ "get": operation(id, "record", summary, description, vec![], responses) }));
    }
    let code = json!({ "name": "code", "in": "path", "required": true, "description": "The problem's code.", "schema": { "type": "string", "enum": KINDS.iter().map(|kind| kind.code).collect::<Vec<_>>() } });
    let responses = with_problems(
        json!({ "200": { "description": "The explanation.", "content": { "application/json": { "schema": { "type": "object" } } } } }),
        &[404],
    );
    paths.insert("/problems/{code}".to_owned(), json!({ "get": operation("get_problem", "record", "What a problem means", "Explains the problem of this code.", vec![code], responses) }));
    Json::Object(paths)
}

/// The problems that operations answer, by status.
pub(super) fn problem_responses() -> Json {
    let mut responses = Map::new();
    for kind in KINDS {
        responses.entry(format!("Problem{}", kind.status)).or_insert_with(|| {
            let example = json!({ "type": format!("/problems/{}", kind.code), "title": kind.title, "status": kind.status, "code": kind.code, "detail": kind.explanation, "request_id": "3f9c0a6f1d2e", "errors": [] });
            json!({ "description": format!("{}. {}", kind.title, kind.explanation), "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" }, "examples": { "problem": { "value": example } } } } })
        });
    }
    Json::Object(responses)
}

fn operation(id: &str, tag: &str, summary: &str, description: &str, parameters: Vec<Json>, responses: Json) -> Json {
    json!({ "operationId": id, "tags": [tag], "summary": summary, "description": description, "parameters": parameters, "responses": responses })
}

fn with_problems(mut responses: Json, statuses: &[u16]) -> Json {
    for status in statuses.iter().chain(&[500]) {
        responses[status.to_string()] = json!({ "$ref": format!("#/components/responses/Problem{status}") });
    }
    responses
}

fn schema(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn tagged(description: &str, content: Json) -> Json {
    json!({
        "description": description,
        "headers": {
            "ETag": { "description": "The version: the record's revision, then a digest of what else the bytes depend on.", "schema": { "type": "string" } },
            "X-Request-Id": { "description": "The id of the request, as logs have it.", "schema": { "type": "string" } },
        },
        "content": content,
    })
}

fn one(record_type: &RecordType, description: &str) -> Json {
    tagged(description, json!({ "application/json": { "schema": schema(record_type.schema) } }))
}

fn singular(record_type: &RecordType) -> String {
    record_type.name.replace('_', " ")
}

/// The type with its article.
fn a(record_type: &RecordType) -> String {
    let name = singular(record_type);
    format!("{} {name}", if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

fn list(record_type: &'static RecordType) -> Json {
    let content = json!({
        "application/json": { "schema": schema(&format!("{}List", record_type.schema)) },
        "text/csv": { "schema": { "type": "string" } },
        "application/x-ndjson": { "schema": { "type": "string" } },
    });
    let responses = with_problems(
        json!({ "200": tagged("A page of the list; with CSV and NDJSON, all of it.", content), "304": { "description": "The client has it already." } }),
        &[400, 406, 414, 503],
    );
    let description =
        format!("{}\n\nA page of those that meet every filter; with `format=csv` or `format=ndjson`, all of them.", record_type.doc);
    operation(
        &format!("list_{}", record_type.plural),
        record_type.path,
        &format!("List {}", record_type.plural.replace('_', " ")),
        &description,
        of_list(record_type),
        responses,
    )
}

fn read(record_type: &'static RecordType) -> Json {
    let mut parameters: Vec<Json> = ["id", "revision", "as_of", "If-None-Match"].map(named).to_vec();
    parameters.extend(shaping(record_type));
    let responses = with_problems(
        json!({ "200": one(record_type, "The record."), "308": moved(), "304": { "description": "The client has it already." } }),
        &[400, 404, 406, 410, 503],
    );
    let name = singular(record_type);
    operation(
        &format!("get_{}", record_type.name),
        record_type.path,
        &format!("Read one {name}"),
        &format!("{}\n\nThe bare record.", record_type.doc),
        parameters,
        responses,
    )
}

fn writing(mut operation: Json, media_type: &str, schema_name: &str) -> Json {
    operation["security"] = json!([{ "key": [] }]);
    if !media_type.is_empty() {
        operation["requestBody"] = json!({ "required": true, "content": { media_type: { "schema": schema(schema_name) } } });
    }
    operation
}

fn create(record_type: &'static RecordType) -> Json {
    let parameters = ["dry_run", "Idempotency-Key", "Change-Reason", "Change-Kind"].map(named).to_vec();
    let responses = with_problems(
        json!({ "201": one(record_type, "The record as it was entered; `Location` has its address.") }),
        &[400, 401, 403, 408, 409, 413, 415, 422, 503, 507],
    );
    let description = "Without an id, the record gets one made from its name. What only the program writes is passed over.";
    let operation = operation(
        &format!("create_{}", record_type.name),
        record_type.path,
        &format!("Enter {}", a(record_type)),
        description,
        parameters,
        responses,
    );
    writing(operation, "application/json", &format!("{}Input", record_type.schema))
}

fn replace(record_type: &'static RecordType) -> Json {
    let parameters = ["id", "dry_run", "If-Match", "If-None-Match", "Change-Reason", "Change-Kind"].map(named).to_vec();
    let responses = with_problems(
        json!({ "200": one(record_type, "The record as it is now."), "201": one(record_type, "The record as it was entered."), "308": moved() }),
        &[400, 401, 403, 404, 408, 410, 412, 413, 415, 422, 428, 503, 507],
    );
    let description = "Creates the record (`If-None-Match: *`) or replaces it (`If-Match`). What was read can be written back; a write that changes nothing makes no revision.";
    let operation = operation(
        &format!("put_{}", record_type.name),
        record_type.path,
        &format!("Create or replace {}", a(record_type)),
        description,
        parameters,
        responses,
    );
    writing(operation, "application/json", &format!("{}Input", record_type.schema))
}

fn patch(record_type: &'static RecordType) -> Json {
    let parameters = ["id", "dry_run", "If-Match", "Change-Reason", "Change-Kind"].map(named).to_vec();
    let responses = with_problems(
        json!({ "200": one(record_type, "The record as it is now."), "308": moved() }),
        &[400, 401, 403, 404, 408, 410, 412, 413, 415, 422, 428, 503, 507],
    );
    let description = "A merge patch (RFC 7396): members that are given are changed, null removes, lists are replaced whole.";
    let operation = operation(
        &format!("patch_{}", record_type.name),
        record_type.path,
        &format!("Change {}", a(record_type)),
        description,
        parameters,
        responses,
    );
    writing(operation, "application/merge-patch+json", &format!("{}Patch", record_type.schema))
}

fn delete(record_type: &'static RecordType) -> Json {
    let parameters = ["id", "dry_run", "If-Match", "Change-Reason", "Change-Kind"].map(named).to_vec();
    let responses = with_problems(
        json!({ "204": { "description": "It is deleted; earlier revisions still show it." }, "308": moved() }),
        &[400, 401, 403, 404, 409, 410, 412, 428, 503, 507],
    );
    let description = "Refused while other records refer to it: the problem lists them.";
    writing(
        operation(
            &format!("delete_{}", record_type.name),
            record_type.path,
            &format!("Delete {}", a(record_type)),
            description,
            parameters,
            responses,
        ),
        "",
        "",
    )
}

fn roles(record_type: &'static RecordType) -> Json {
    let mut parameters = ["id", "revision", "as_of", "If-None-Match"].map(named).to_vec();
    for (name, most) in [("limit", 200), ("offset", 1_000_000)] {
        parameters.push(json!({ "name": name, "in": "query", "required": false, "description": format!("The page's {name}."), "schema": { "type": "integer", "minimum": i32::from(name == "limit"), "maximum": most } }));
    }
    let content = json!({ "application/json": { "schema": schema("RoleList") } });
    let responses = with_problems(
        json!({ "200": tagged("The roles, newest first.", content), "308": moved(), "304": { "description": "The client has it already." } }),
        &[400, 404, 406, 410, 503],
    );
    operation(
        &format!("list_{}_roles", record_type.name),
        record_type.path,
        &format!("What one {} took part in", singular(record_type)),
        "Everything it took part in, in records of any type, newest first.",
        parameters,
        responses,
    )
}

fn history(record_type: &'static RecordType) -> Json {
    let mut parameters = ["id", "limit", "If-None-Match"].map(named).to_vec();
    parameters.push(json!({ "name": "before", "in": "query", "required": false, "description": "Only versions before this revision.", "schema": { "type": "integer", "format": "int64", "minimum": 0 } }));
    let content = json!({ "application/json": { "schema": schema("VersionList") } });
    let responses = with_problems(
        json!({ "200": tagged("The versions, newest first.", content), "304": { "description": "The client has it already." } }),
        &[400, 404, 406, 503],
    );
    let description = "Who wrote what, when and why, with the record as it was (null where it was deleted) and the pointers of what differs from the version before.";
    operation(
        &format!("list_{}_history", record_type.name),
        record_type.path,
        &format!("Every version of one {}", singular(record_type)),
        description,
        parameters,
        responses,
    )
}

/// What is done to a record besides writing it.
fn action(record_type: &'static RecordType, verb: &str, summary: &str, description: &str, body: &str) -> Json {
    let parameters = ["id", "dry_run", "If-Match", "Idempotency-Key", "Change-Reason", "Change-Kind"].map(named).to_vec();
    let responses = with_problems(
        json!({ "200": one(record_type, "The record as it is now."), "308": moved() }),
        &[400, 401, 403, 404, 408, 409, 410, 412, 413, 415, 422, 503, 507],
    );
    let operation = operation(&format!("{verb}_{}", record_type.name), record_type.path, summary, description, parameters, responses);
    writing(operation, "application/json", body)
}

fn restore(record_type: &'static RecordType) -> Json {
    let summary = format!("Bring back a version of one {}", singular(record_type));
    let description = "Brings the version that stood at a revision back as a new revision, also of a record that was deleted.";
    action(record_type, "restore", &summary, description, "Restoration")
}

fn merge(record_type: &'static RecordType) -> Json {
    let summary = format!("Merge {} into another", a(record_type));
    let description = "Needs a key with the scope `admin`. Every reference moves to the other record, which is answered; a list that held both holds one. From then on the old id answers 308 to every method; its history stays.";
    action(record_type, "merge", &summary, description, "Merge")
}

fn redact(record_type: &'static RecordType) -> Json {
    let summary = format!("Redact fields of one {}", singular(record_type));
    let description = "Needs a key with the scope `admin`. The values vanish from the record and from every version of it, from search, from exports of any revision and from answers kept for repeated requests; what sources say of those fields goes too. Inside lists, a value goes wherever an entry of any version holds it. A text that must stand becomes `[redacted]`. Of a deleted record the versions are redacted, and 204 is answered.";
    let mut operation = action(record_type, "redact", &summary, description, "Redaction");
    operation["responses"]["204"] = json!({ "description": "The record is deleted; its versions are redacted." });
    operation
}

fn moved() -> Json {
    json!({ "description": "The record was merged into the one at `Location`.", "headers": { "Location": { "description": "The same request for that record.", "schema": { "type": "string" } } } })
}

fn changes() -> Json {
    let mut parameters = ["limit", "If-None-Match"].map(named).to_vec();
    parameters.push(json!({ "name": "after", "in": "query", "required": false, "description": "Only revisions after this one.", "schema": { "type": "integer", "format": "int64", "minimum": 0, "default": 0 } }));
    let content = json!({ "application/json": { "schema": schema("RevisionList") } });
    let responses = with_problems(
        json!({ "200": tagged("Revisions in their order, without a gap.", content), "304": { "description": "The client has it already." } }),
        &[400, 406, 503],
    );
    operation(
        "list_changes",
        "record",
        "Follow the changes",
        "Revisions after one, in order, each with the records that it changed as they were then (null where deleted).",
        parameters,
        responses,
    )
}

fn statistics() -> Json {
    let content = json!({ "application/json": { "schema": schema("Statistics") } });
    let responses = with_problems(
        json!({ "200": tagged("The numbers.", content), "304": { "description": "The client has it already." } }),
        &[400, 406, 503],
    );
    let description = "How many records there are, by type, year, status and more; how many have sources; how precise dates are.";
    operation(
        "get_statistics",
        "record",
        "The record in numbers",
        description,
        ["revision", "as_of", "If-None-Match"].map(named).to_vec(),
        responses,
    )
}

fn gaps() -> Json {
    let mut parameters = ["limit", "revision", "as_of", "If-None-Match"].map(named).to_vec();
    let kinds: Vec<String> = GAPS.iter().map(|(kind, doc)| format!("`{kind}` ({doc})")).collect();
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    for (name, description) in [
        ("kind", format!("Only these kinds, separated by commas: {}.", kinds.join(", "))),
        ("type", format!("Only of records of these types, separated by commas: {}.", types.join(", "))),
    ] {
        parameters.push(json!({ "name": name, "in": "query", "required": false, "description": description, "schema": { "type": "string", "minLength": 1 } }));
    }
    parameters.push(json!({ "name": "offset", "in": "query", "required": false, "description": "The page's offset; `page.next` has it.", "schema": { "type": "integer", "minimum": 0, "maximum": 10_000_000 } }));
    let content = json!({ "application/json": { "schema": schema("GapList") } });
    let responses = with_problems(
        json!({ "200": tagged("The gaps, by kind, type and id.", content), "304": { "description": "The client has it already." } }),
        &[400, 406, 503],
    );
    let description = "The record keepers' worklist: what is missing in the record or stands against itself, with what to do about it.";
    operation("list_gaps", "record", "What is missing", description, parameters, responses)
}

fn import() -> Json {
    let parameters = ["dry_run", "Idempotency-Key", "Change-Reason", "Change-Kind"].map(named).to_vec();
    let content = json!({ "application/json": { "schema": schema("Imported") } });
    let responses = with_problems(
        json!({ "200": { "description": "What was done.", "content": content } }),
        &[400, 401, 403, 408, 413, 415, 422, 503, 507],
    );
    let operation = operation(
        "import_bundle",
        "record",
        "Import a bundle",
        "All or nothing, in one revision. References may point anywhere in the bundle or the record.",
        parameters,
        responses,
    );
    writing(operation, "application/json", "Bundle")
}
