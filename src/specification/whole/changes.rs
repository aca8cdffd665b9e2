//! The change feed, as JSON, as events and as Atom.

use serde_json::{Value as Json, json};

use super::TAG;
use crate::records::CATALOGUE;
use crate::specification::envelope::{list, operation, revision};
use crate::specification::operation::content;
use crate::specification::parameters::{header, number, query};
use crate::specification::references::{id, type_name};
use crate::specification::schema::{named, or_null};
use crate::specification::{Operation, Parts, examples};

pub(super) fn tell(parts: &mut Parts) {
    let description = "Revisions after one, in order, each with the records that it changed as they were then (null where deleted). \
        A page may end before its `limit` where its revisions are large: follow `page.next`.\n\n\
        With `Accept: text/event-stream`, the same as server-sent events, as they happen: `event: revision`, `id:` the revision, `data:` \
        its JSON as in the list; a comment every 15 seconds shows that the connection lives. A listener that reads too slowly is cut; \
        it comes back with `Last-Event-ID` and misses nothing.";
    let mut told = content("application/json", "RevisionList");
    told["text/event-stream"] = json!({ "schema": { "type": "string", "maxLength": 100_000_000 } });
    let after = "Only revisions after this one. Without it, as JSON from the first one, as events from now on.";
    let last = "The last revision that a listener has seen: its stream goes on after it. Wins over `after`.";
    let again = "The same as `Last-Event-ID`, for scripts that cannot send headers; the header wins. With streams of events alone.";
    let changes = Operation::new("list_changes", TAG, "Follow the changes", description)
        .takes_shared(&["limit"])
        .takes([
            number("after", after, 0, i64::MAX),
            header("Last-Event-ID", last, "12", json!({ "type": "string" })),
            query("lastEventId", again, json!({ "type": "string", "pattern": "^[0-9]*$", "maxLength": 19 })),
        ])
        .gives(200, json!({ "description": "Revisions in their order, without a gap.", "content": told }))
        .reads();
    parts.path("/v1/changes", [("get", changes)]);
    let description = "An Atom feed (RFC 4287) with an entry for each revision, the newest first; the link `next` leads to older ones.";
    let feed = json!({ "application/atom+xml": { "schema": { "type": "string", "maxLength": 100_000_000 } } });
    let atom = Operation::new("list_changes_atom", TAG, "Follow the changes in a feed reader", description)
        .takes_shared(&["limit"])
        .takes([
            number("after", "Only revisions after this one.", 0, i64::MAX),
            number("before", "Only revisions before this one.", 0, i64::MAX),
        ])
        .gives(200, json!({ "description": "A page of the feed.", "content": feed }))
        .reads();
    parts.path("/v1/changes.atom", [("get", atom)]);
    parts.schema("RevisionList", list(&named("Revision")));
    parts.schema("Revision", revision("A revision, with what it changed.", json!({
        "kind": or_null(json!({ "type": "string", "maxLength": 100, "description": "What kind of change it was." })),
        "reason_digest": or_null(digest("The digest of its reason, which stays where the reason was redacted: `digest` covers it. Null where none was given.")),
        "digest": or_null(digest("Its digest: over what it did, and over the digest of the revision before.")),
        "changes": { "type": "array", "items": named("Change"), "maxItems": 1_000_000, "description": "What it did to each record." },
    })));
    parts.schema("Change", change());
    parts.example(
        "RevisionList",
        examples::list(
            examples::revision(
                json!({ "kind": "entry", "reason_digest": examples::DIGEST, "digest": examples::DIGEST, "changes": example() }),
            ),
            1,
        ),
    );
}

fn change() -> Json {
    json!({
        "type": "object",
        "description": "What a revision did to a record.",
        "properties": {
            "type": type_name(),
            "id": id(),
            "operation": operation(),
            "into": or_null(json!({ "type": "string", "maxLength": 100, "description": "With `merge`: the id of the record that it was merged into." })),
            "digest": or_null(digest("The digest of the version that was written; null where the record went.")),
            "record": { "description": "The record as it was then; null where it went.", "oneOf": [named("AnyRecord"), { "type": "null" }] },
        },
        "required": ["type", "id", "operation", "into", "digest", "record"],
    })
}

fn digest(doc: &str) -> Json {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "maxLength": 64, "description": doc })
}

fn example() -> Vec<Json> {
    let told = CATALOGUE.get("award").map(|record_type| {
        let record = examples::read(record_type);
        json!({ "type": record_type.name, "id": record["id"], "operation": "create", "into": null, "digest": examples::DIGEST, "record": record })
    });
    told.into_iter().collect()
}
