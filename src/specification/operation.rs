//! What an operation is made of: its names, its parameters, its body, and every answer that it can give.
//!
//! A body has the example that `components` tells under the name of its schema.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::headers::{self, with};
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
        let told = json!({ "operationId": id, "tags": [tag], "summary": summary, "description": description, "security": [] });
        Self { told, parameters: Vec::new(), responses: BTreeMap::new() }.refuses(&[429, 500, 503])
    }

    /// The operation, which reads: its answer has a tag, and is not sent again to who has it.
    pub(super) fn reads(mut self) -> Self {
        if let Some(found) = self.responses.get_mut(&200) {
            with(found, &headers::OF_READS);
        }
        let unchanged = json!({ "description": "The client has it already." });
        let mut reading = self.takes_shared(&["If-None-Match"]).gives(304, unchanged).refuses(&[400, 406, 414]);
        reading.responses.entry(304).and_modify(|unchanged| with(unchanged, &["ETag", "Cache-Control"]));
        reading
    }

    /// The operation, which writes: it needs a key, and says why it is done and whether in earnest.
    pub(super) fn writes(mut self) -> Self {
        self.told["security"] = json!([{ "key": [] }]);
        self.takes_shared(&["dry_run", "Change-Reason", "Change-Kind"]).refuses(&[400, 401, 403, 422, 507])
    }

    /// The operation, which takes a body of this type.
    pub(super) fn body(mut self, media_type: &str, schema: &str) -> Self {
        self.told["requestBody"] = json!({ "required": true, "content": content(media_type, schema) });
        self.refuses(&[408, 413, 415, 422])
    }

    /// The operation, with parameters that others take too.
    pub(super) fn takes_shared(self, names: &[&str]) -> Self {
        self.takes(names.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })))
    }

    /// The operation, with these parameters.
    pub(super) fn takes(mut self, parameters: impl IntoIterator<Item = Json>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// The operation, with an answer that has this schema as JSON.
    pub(super) fn answers(self, status: u16, description: &str, schema: &str) -> Self {
        self.gives(status, json!({ "description": description, "content": content("application/json", schema) }))
    }

    /// The operation, with the answer to a write: a version of a record.
    pub(super) fn leaves(self, status: u16, description: &str, schema: &str) -> Self {
        let mut written = self.answers(status, description, schema);
        let headers: &[&str] = if status == 201 { &["ETag", "Location", "Dry-Run"] } else { &["ETag", "Dry-Run"] };
        written.responses.entry(status).and_modify(|response| with(response, headers));
        written
    }

    /// The operation, with an answer told in full, to which the headers that every answer has are added.
    pub(super) fn gives(mut self, status: u16, mut response: Json) -> Self {
        with(&mut response, &headers::OF_ALL);
        self.responses.insert(status, response);
        self
    }

    /// The operation, with a header of one of its answers.
    pub(super) fn has_header(mut self, status: u16, name: &str, description: &str) -> Self {
        if let Some(response) = self.responses.get_mut(&status) {
            response["headers"][name] = json!({ "description": description, "schema": { "type": "string" } });
        }
        self
    }

    /// The operation, with the way to the record into which another was merged.
    pub(super) fn follows_merges(self) -> Self {
        let mut moved = json!({ "description": "The record was merged into the one at `Location`." });
        with(&mut moved, &["Location"]);
        self.gives(308, moved)
    }

    /// The operation, with problems that it can answer.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            self.responses.insert(*status, json!({ "$ref": format!("#/components/responses/Problem{status}") }));
        }
        self
    }

    /// The operation, which never answers so.
    pub(super) fn never(mut self, status: u16) -> Self {
        self.responses.remove(&status);
        self
    }

    /// The operation as OpenAPI tells it.
    pub(super) fn into_json(mut self) -> Json {
        self.told["parameters"] = Json::Array(self.parameters);
        self.told["responses"] = self.responses.into_iter().map(|(status, response)| (status.to_string(), response)).collect();
        self.told
    }
}

/// Content of this type, with its example.
pub(super) fn content(media_type: &str, schema: &str) -> Json {
    json!({ media_type: { "schema": named(schema), "examples": { "example": { "$ref": format!("#/components/examples/{schema}") } } } })
}
