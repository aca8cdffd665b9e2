//! The tags of operations, in the order of the documentation.

use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::tag::{Tag, TagBuilder};

use crate::records::CATALOGUE;

pub(crate) const SEARCH: &str = "search";
pub(crate) const CHANGES: &str = "changes";
pub(crate) const EXPORT: &str = "export";
pub(crate) const WRITING: &str = "writing";
pub(crate) const SERVER: &str = "server";

const SHARED: [(&str, &str); 5] = [
    (SEARCH, "Search, statistics and gaps over records of all types."),
    (CHANGES, "The change feed: every revision with the records that it changed."),
    (EXPORT, "The dataset as one file."),
    (
        WRITING,
        "Import of many records in one revision. All other writes are under the tags of the types.",
    ),
    (SERVER, "The index, the documentation and the health of the server."),
];

/// The record types that come first, by path; the others follow in the order of the catalogue.
const FIRST: [&str; 9] = [
    "meetings",
    "council-members",
    "award-recipients",
    "commitments",
    "progress-updates",
    "awards",
    "people",
    "organizations",
    "documents",
];

/// Returns every tag: those of the record types, then those of the other operations.
pub(crate) fn all() -> Vec<Tag> {
    let mut types: Vec<_> = CATALOGUE.iter().collect();
    let place = |path: &str| FIRST.iter().position(|first| *first == path).unwrap_or(FIRST.len());
    types.sort_by_key(|record_type| place(record_type.path));
    let types = types.into_iter().map(|record_type| (record_type.path, record_type.doc));
    types.chain(SHARED).map(|(name, doc)| tag(name, doc)).collect()
}

fn tag(name: &str, doc: &str) -> Tag {
    let mut title = name.replace('-', " ");
    title[..1].make_ascii_uppercase();
    let title = ExtensionsBuilder::new().add("x-displayName", title).build();
    TagBuilder::new().name(name).description(Some(doc)).extensions(Some(title)).build()
}
