//! What is read of a record besides itself: its versions, and everything that somebody took part in.

use serde_json::{Value as Json, json};

use super::singular;
use crate::model::RecordType;
use crate::records::CATALOGUE;
use crate::specification::envelope::{changed, list, operation, revision};
use crate::specification::parameters::{id_of, number};
use crate::specification::schema::{named, or_null, short};
use crate::specification::{Operation, Parts, examples};

pub(super) fn roles(record_type: &'static RecordType) -> Operation {
    let summary = format!("What one {} took part in", singular(record_type));
    let description = "Everything it took part in, in records of any type, newest first.";
    Operation::new(&format!("list_{}_roles", record_type.name), record_type.path, &summary, description)
        .takes([id_of(record_type)])
        .takes_shared(&["revision", "as_of"])
        .takes([
            number("limit", "As many roles as a page may have; without it, 200.", 1, 200),
            number("offset", "How many roles come before the page; `page.next` has it.", 0, 1_000_000),
        ])
        .answers(200, "The roles, newest first.", "RoleList")
        .reads()
        .follows_merges()
        .refuses(&[404, 410])
}

pub(super) fn history(record_type: &'static RecordType) -> Operation {
    let summary = format!("Every version of one {}", singular(record_type));
    let description = "Who wrote what, when and why, with the record as it was (null where it was deleted) and the pointers of what differs from the version before.";
    Operation::new(&format!("list_{}_history", record_type.name), record_type.path, &summary, description)
        .takes([id_of(record_type)])
        .takes_shared(&["limit"])
        .takes([number("before", "Only versions before this revision.", 0, i64::MAX)])
        .answers(200, "The versions, newest first.", &format!("{}VersionList", record_type.schema))
        .reads()
        .refuses(&[404])
}

/// Tells what versions of this type are.
pub(super) fn tell_version(record_type: &'static RecordType, parts: &mut Parts) {
    let name = format!("{}Version", record_type.schema);
    let schema = revision(
        &format!("A version of one {}.", singular(record_type)),
        json!({
            "operation": operation(),
            "changed": changed(),
            "record": { "description": "The record as it was then; null where it went.", "oneOf": [named(record_type.schema), { "type": "null" }] },
        }),
    );
    parts.schema(format!("{name}List"), list(&named(&name)));
    parts.schema(name.as_str(), schema);
    let record = examples::read(record_type);
    let known = |field: &&crate::model::Field| {
        let value = &record[field.name];
        !value.is_null() && value.as_array().is_none_or(|entries| !entries.is_empty())
    };
    let changed: Vec<String> = record_type.written().filter(known).map(|field| format!("/{}", field.name)).collect();
    let version = examples::revision(json!({ "operation": "create", "changed": changed, "record": record }));
    parts.example(format!("{name}List"), examples::list(version, 1));
}

/// Tells what roles are.
pub(super) fn tell_roles(parts: &mut Parts) {
    parts.schema("Role", role());
    parts.schema("RoleList", list(&named("Role")));
    let meeting = CATALOGUE.get("meeting").map(examples::read).unwrap_or_default();
    let reference = json!({ "type": meeting["type"], "id": meeting["id"], "name": meeting["name"] });
    let role = json!({ "role": "chair", "record": reference, "date": meeting["date"], "credited_as": null });
    parts.example("RoleList", examples::list(role, 1));
}

fn role() -> Json {
    json!({
        "type": "object",
        "description": "A part that somebody had in the task force's work.",
        "properties": {
            "role": short(100, "What the part was."),
            "record": named("Reference"),
            "date": or_null(named("PartialDate")),
            "credited_as": or_null(short(500, "As the source styles them.")),
        },
        "required": ["role", "record", "date", "credited_as"],
    })
}
