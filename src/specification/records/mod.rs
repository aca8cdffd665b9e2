//! Records by type: the same operations and schemas for each declaration.

mod actions;
mod items;
mod views;

use serde_json::json;

use super::envelope::list;
use super::schema::{self, named};
use super::{Parts, examples};
use crate::model::RecordType;
use crate::records::CATALOGUE;

/// Tells the operations and schemas of every type.
pub(super) fn tell(parts: &mut Parts) {
    for record_type in CATALOGUE.iter() {
        parts.tag(record_type.path, record_type.doc);
        operations(record_type, parts);
        schema::tell_record(record_type, parts);
        views::tell_version(record_type, parts);
        tell_examples(record_type, parts);
        parts.schema(format!("{}List", record_type.schema), list(&named(record_type.schema)));
    }
    views::tell_roles(parts);
    actions::tell(parts);
}

fn tell_examples(record_type: &'static RecordType, parts: &mut Parts) {
    let read = examples::read(record_type);
    parts.example(format!("{}List", record_type.schema), examples::list(read.clone(), examples::bundled(record_type).len()));
    parts.example(record_type.schema, read);
    parts.example(format!("{}Input", record_type.schema), examples::sent(record_type).clone());
    parts.example(format!("{}Patch", record_type.schema), json!({ "note": "Compared with the release." }));
}

fn operations(record_type: &'static RecordType, parts: &mut Parts) {
    let all = format!("/v1/{}", record_type.path);
    let one = format!("{all}/{{id}}");
    parts.path(all.as_str(), [("get", items::list(record_type)), ("post", items::create(record_type))]);
    parts.path(
        one.as_str(),
        [
            ("get", items::read(record_type)),
            ("put", items::replace(record_type)),
            ("patch", items::patch(record_type)),
            ("delete", items::delete(record_type)),
        ],
    );
    parts.path(format!("{one}/history"), [("get", views::history(record_type))]);
    parts.path(format!("{one}/restore"), [("post", actions::restore(record_type))]);
    parts.path(format!("{one}/redactions"), [("post", actions::redact(record_type))]);
    if matches!(record_type.name, "person" | "organization") {
        parts.path(format!("{one}/roles"), [("get", views::roles(record_type))]);
        parts.path(format!("{one}/merge"), [("post", actions::merge(record_type))]);
    }
}

fn singular(record_type: &RecordType) -> String {
    record_type.name.replace('_', " ")
}

/// The type with its article.
fn a(record_type: &RecordType) -> String {
    let name = singular(record_type);
    format!("{} {name}", if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}
