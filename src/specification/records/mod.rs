//! Records by type: the same operations and schemas for each declaration.

mod actions;
mod items;
mod views;

use super::Parts;
use super::envelope::list;
use super::schema::{self, named};
use crate::model::RecordType;
use crate::records::CATALOGUE;

/// Tells the operations and schemas of every type.
pub(super) fn tell(parts: &mut Parts) {
    for record_type in CATALOGUE.iter() {
        parts.tag(record_type.path, record_type.doc);
        operations(record_type, parts);
        schema::tell_record(record_type, parts);
        parts.schema(format!("{}List", record_type.schema), list(&named(record_type.schema)));
    }
    schema::tell_shared(parts);
    actions::tell(parts);
    parts.schema("Role", views::role());
    parts.schema("RoleList", list(&named("Role")));
    parts.schema("VersionList", list(&views::version()));
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
