//! The change feed, as JSON, as events and as Atom.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::specification::envelope::{list, revision};
use crate::specification::parameters::{header, number};
use crate::specification::schema::named;
use crate::specification::{Operation, Parts};

pub(super) fn tell(parts: &mut Parts) {
    let description = "Revisions after one, in order, each with the records that it changed as they were then (null where deleted). \
        A page may end before its `limit` where its revisions are large: follow `page.next`.\n\n\
        With `Accept: text/event-stream`, the same as server-sent events, as they happen: `event: revision`, `id:` the revision, `data:` \
        its JSON as in the list; a comment every 15 seconds shows that the connection lives. A listener that reads too slowly is cut; \
        it comes back with `Last-Event-ID` and misses nothing.";
    let content = json!({
        "application/json": { "schema": named("RevisionList") },
        "text/event-stream": { "schema": { "type": "string" } },
    });
    let after = "Only revisions after this one. Without it, as JSON from the first one, as events from now on.";
    let last = "The last revision that a listener has seen: its stream goes on after it. Wins over `after`.";
    let changes = Operation::new("list_changes", TAG, "Follow the changes", description)
        .takes_shared(&["limit"])
        .takes([number("after", after, 0, None), header("Last-Event-ID", last)])
        .answers_with(200, "Revisions in their order, without a gap.", content)
        .reads();
    parts.path("/v1/changes", [("get", changes)]);
    let description = "An Atom feed (RFC 4287) with an entry for each revision, the newest first; the link `next` leads to older ones.";
    let atom = Operation::new("list_changes_atom", TAG, "Follow the changes in a feed reader", description)
        .takes_shared(&["limit"])
        .takes([number("after", "Only revisions after this one.", 0, None), number("before", "Only revisions before this one.", 0, None)])
        .answers_with(200, "A page of the feed.", json!({ "application/atom+xml": { "schema": { "type": "string" } } }))
        .reads();
    parts.path("/v1/changes.atom", [("get", atom)]);
    parts.schema("RevisionList", list(&revision(json!({
        "kind": { "type": ["string", "null"], "description": "What kind of change it was." },
        "digest": { "type": ["string", "null"], "description": "Its digest: over what it did, and over the digest of the revision before." },
        "changes": { "type": "array", "items": named("Change"), "description": "What it did to each record." },
    }))));
    parts.schema("Change", change());
}

fn change() -> Json {
    json!({
        "type": "object",
        "description": "What a revision did to a record.",
        "properties": {
            "type": { "type": "string", "description": "The record's type." },
            "id": { "type": "string", "description": "Its id." },
            "operation": { "type": "string", "enum": ["create", "update", "delete", "restore", "merge", "redact"] },
            "into": { "type": ["string", "null"], "description": "With `merge`: the id of the record that it was merged into." },
            "digest": { "type": ["string", "null"], "description": "The digest of the version that was written; null where the record went." },
            "record": { "type": ["object", "null"], "description": "The record as it was then; null where it went." },
        },
        "required": ["type", "id", "operation", "into", "digest", "record"],
    })
}
