//! What an operation is made of: its names, its parameters, its body, and every answer that it can give.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::parameters::shared;
use super::schema::named;

/// An operation, until it is told.
pub(super) struct Operation {
    told: Json,
    parameters: Vec<Json>,
    responses: BTreeMap<u16, Json>,
}

impl Operation {
    /// An operation of the group with this tag.
    pub(super) fn new(id: &str, tag: &str, summary: &str, description: &str) -> Self {
        let told = json!({ "operationId": id, "tags": [tag], "summary": summary, "description": description });
        Self { told, parameters: Vec::new(), responses: BTreeMap::new() }.refuses(&[429, 500])
    }

    /// The operation, which reads: its answer has a tag, and is not sent again to who has it.
    pub(super) fn reads(self) -> Self {
        let unchanged = json!({ "description": "The client has it already." });
        self.takes_shared(&["If-None-Match"]).gives(304, unchanged).refuses(&[400, 406, 503])
    }

    /// The operation, which writes: it needs a key, and says why it is done and whether in earnest.
    pub(super) fn writes(mut self) -> Self {
        self.told["security"] = json!([{ "key": [] }]);
        self.takes_shared(&["dry_run", "Change-Reason", "Change-Kind"]).refuses(&[400, 401, 403, 503, 507])
    }

    /// The operation, which takes a body of this type.
    pub(super) fn body(mut self, media_type: &str, schema: &str) -> Self {
        self.told["requestBody"] = json!({ "required": true, "content": { media_type: { "schema": named(schema) } } });
        self.refuses(&[408, 413, 415, 422])
    }

    /// The operation, with parameters that others take too.
    pub(super) fn takes_shared(self, names: &[&str]) -> Self {
        self.takes(names.iter().map(|name| shared_parameter(name)))
    }

    /// The operation, with these parameters.
    pub(super) fn takes(mut self, parameters: impl IntoIterator<Item = Json>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// The operation, with an answer that has this schema as JSON.
    pub(super) fn answers(self, status: u16, description: &str, schema: &str) -> Self {
        self.answers_with(status, description, json!({ "application/json": { "schema": named(schema) } }))
    }

    /// The operation, with an answer that has this content.
    pub(super) fn answers_with(self, status: u16, description: &str, content: Json) -> Self {
        let headers = json!({
            "ETag": { "description": "The version: the record's revision, then a digest of what else the bytes depend on.", "schema": { "type": "string" } },
            "X-Request-Id": { "description": "The id of the request, as logs have it.", "schema": { "type": "string" } },
        });
        self.gives(status, json!({ "description": description, "headers": headers, "content": content }))
    }

    /// The operation, with an answer told in full.
    pub(super) fn gives(mut self, status: u16, response: Json) -> Self {
        self.responses.insert(status, response);
        self
    }

    /// The operation, with the way to the record into which another was merged.
    pub(super) fn follows_merges(self) -> Self {
        let location = json!({ "description": "The same request for that record.", "schema": { "type": "string" } });
        self.gives(308, json!({ "description": "The record was merged into the one at `Location`.", "headers": { "Location": location } }))
    }

    /// The operation, with problems that it can answer.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            self.responses.insert(*status, json!({ "$ref": format!("#/components/responses/Problem{status}") }));
        }
        self
    }

    /// The operation as OpenAPI tells it.
    pub(super) fn into_json(mut self) -> Json {
        self.told["parameters"] = Json::Array(self.parameters);
        self.told["responses"] = self.responses.into_iter().map(|(status, response)| (status.to_string(), response)).collect();
        self.told
    }
}

fn shared_parameter(name: &str) -> Json {
    debug_assert!(shared().get(name).is_some(), "{name} is no shared parameter");
    json!({ "$ref": format!("#/components/parameters/{name}") })
}
