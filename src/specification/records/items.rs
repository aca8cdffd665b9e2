//! Records by type: listed, read, entered, replaced, changed, deleted.

use serde_json::json;

use super::{a, singular};
use crate::model::RecordType;
use crate::specification::Operation;
use crate::specification::filters::{of_list, shaping};
use crate::specification::operation::content;
use crate::specification::parameters::id_of;

pub(super) fn list(record_type: &'static RecordType) -> Operation {
    let mut content = content("application/json", &format!("{}List", record_type.schema));
    for media_type in ["text/csv", "application/x-ndjson"] {
        content[media_type] = json!({ "schema": { "type": "string" } });
    }
    let summary = format!("List {}", record_type.plural.replace('_', " "));
    let description =
        format!("{}\n\nA page of those that meet every filter; with `format=csv` or `format=ndjson`, all of them.", record_type.doc);
    Operation::new(&format!("list_{}", record_type.plural), record_type.path, &summary, &description)
        .takes_shared(&["q", "limit", "cursor", "revision", "as_of", "format", "bom"])
        .takes(of_list(record_type))
        .gives(200, json!({ "description": "A page of the list; with CSV and NDJSON, all of it.", "content": content }))
        .reads()
}

pub(super) fn read(record_type: &'static RecordType) -> Operation {
    let summary = format!("Read one {}", singular(record_type));
    let description = format!("{}\n\nThe bare record.", record_type.doc);
    Operation::new(&format!("get_{}", record_type.name), record_type.path, &summary, &description)
        .takes([id_of(record_type)])
        .takes_shared(&["revision", "as_of"])
        .takes(shaping(record_type))
        .answers(200, "The record.", record_type.schema)
        .reads()
        .follows_merges()
        .refuses(&[404, 410])
}

pub(super) fn create(record_type: &'static RecordType) -> Operation {
    let summary = format!("Enter {}", a(record_type));
    let description = "Without an id, the record gets one made from its name. What only the program writes is passed over.";
    Operation::new(&format!("create_{}", record_type.name), record_type.path, &summary, description)
        .writes()
        .takes_shared(&["Idempotency-Key"])
        .body("application/json", &format!("{}Input", record_type.schema))
        .leaves(201, "The record as it was entered; `Location` has its address.", record_type.schema)
        .refuses(&[409])
}

pub(super) fn replace(record_type: &'static RecordType) -> Operation {
    let summary = format!("Create or replace {}", a(record_type));
    let description = "Creates the record (`If-None-Match: *`) or replaces it (`If-Match`). What was read can be written back: computed values are ignored, and `revision`, `created_at` and `updated_at` must be those of the stored record where they are given. A write that changes nothing makes no revision. Where a list changes and the source links into it are the stored ones (the same documents with the same pointers), each pointer follows its entry; a link whose entry is not found is refused. Other links are taken as sent.";
    changing(record_type, "put", &summary, description)
        .takes_shared(&["If-None-Match"])
        .body("application/json", &format!("{}Input", record_type.schema))
        .leaves(200, "The record as it is now.", record_type.schema)
        .leaves(201, "The record as it was entered.", record_type.schema)
}

pub(super) fn patch(record_type: &'static RecordType) -> Operation {
    let summary = format!("Change {}", a(record_type));
    let description = "A merge patch (RFC 7396): members that are given are changed, null removes, lists are replaced whole. Sources of list entries follow their entries, as described for PUT.";
    changing(record_type, "patch", &summary, description)
        .body("application/merge-patch+json", &format!("{}Patch", record_type.schema))
        .leaves(200, "The record as it is now.", record_type.schema)
}

pub(super) fn delete(record_type: &'static RecordType) -> Operation {
    let summary = format!("Delete {}", a(record_type));
    let description = "Refused while other records refer to it: the problem lists them.";
    changing(record_type, "delete", &summary, description)
        .gives(204, json!({ "description": "It is deleted; earlier revisions still show it." }))
        .refuses(&[409])
}

/// An operation that changes a record, and says in which version.
fn changing(record_type: &'static RecordType, verb: &str, summary: &str, description: &str) -> Operation {
    Operation::new(&format!("{verb}_{}", record_type.name), record_type.path, summary, description)
        .takes([id_of(record_type)])
        .takes_shared(&["If-Match"])
        .writes()
        .follows_merges()
        .refuses(&[404, 410, 412, 428])
}
