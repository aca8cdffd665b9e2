//! The specification (OpenAPI 3.1), made from the same declarations that check input and build queries.
//!
//! Each part of the API has a place that tells its operations and its schemas: the records by type (`records`), the record as
//! a whole (`whole`), what is around it (`around`). What an operation is made of, `operation` knows.

mod around;
mod envelope;
mod examples;
mod filters;
mod headers;
mod operation;
mod parameters;
mod problems;
mod records;
mod references;
mod schema;
mod whole;

use serde_json::{Map, Value as Json, json};

use self::operation::Operation;
use crate::settings::Settings;

/// What there is to know of the API before any operation.
const ABOUT: &str = "Reading needs no key. Every write is a numbered revision, and everything can be read as it stood at any of them \
    (`revision`, `as_of`). Nothing is ignored in silence: an unknown parameter or field is a problem that names it. Every answer under \
    `/v1` that is read has an `ETag`; send it back as `If-None-Match`, and what has not changed is not sent again.";

/// The document, as utoipa writes it.
pub fn document(settings: &Settings) -> Result<Json, String> {
    let license = match settings.license.as_slice() {
        [name, url, ..] => json!({ "name": name, "url": url }),
        [name] => json!({ "name": name }),
        [] => json!({ "name": "unspecified" }),
    };
    let contact = if settings.contact.contains('@') { json!({ "email": settings.contact }) } else { json!({ "url": settings.contact }) };
    let mut parts = Parts::default();
    records::tell(&mut parts);
    whole::tell(&mut parts);
    around::tell(&mut parts);
    references::tell(&mut parts);
    envelope::tell(&mut parts);
    parts.schema("Problem", problems::problem());
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": settings.title,
            "description": format!("{}\n\n{ABOUT}", settings.description),
            "version": env!("CARGO_PKG_VERSION"),
            "contact": contact,
            "license": license,
        },
        "servers": [{ "url": settings.public_url.as_deref().unwrap_or("/"), "description": "This server.", "x-internal": false }],
        "tags": parts.tags,
        "paths": parts.paths,
        "components": {
            "schemas": parts.schemas,
            "responses": problems::responses(|status| parts.answers(status)),
            "parameters": parameters::shared(),
            "examples": parts.examples,
            "headers": headers::all(),
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer", "description": "A key made by `taskforce keys create`." } },
        },
    });
    // What utoipa cannot hold is not OpenAPI.
    let checked: utoipa::openapi::OpenApi =
        serde_json::from_value(document).map_err(|error| format!("the specification is not OpenAPI 3.1: {error}"))?;
    serde_json::to_value(checked).map_err(|error| error.to_string())
}

/// What the parts of the API tell, put together.
#[derive(Default)]
struct Parts {
    tags: Vec<Json>,
    paths: Map<String, Json>,
    schemas: Map<String, Json>,
    examples: Map<String, Json>,
}

impl Parts {
    /// A group of operations.
    fn tag(&mut self, name: &str, description: &str) {
        self.tags.push(json!({ "name": name, "description": description }));
    }

    /// A path, with its operations by method.
    fn path<const N: usize>(&mut self, path: impl Into<String>, operations: [(&str, Operation); N]) {
        let operations: Map<String, Json> =
            operations.into_iter().map(|(method, operation)| (method.to_owned(), operation.into_json())).collect();
        self.paths.insert(path.into(), Json::Object(operations));
    }

    /// A schema that others refer to by name.
    fn schema(&mut self, name: impl Into<String>, schema: Json) {
        self.schemas.insert(name.into(), schema);
    }

    /// The example of what has the schema of this name.
    fn example(&mut self, schema: impl Into<String>, value: Json) {
        self.examples.insert(schema.into(), json!({ "value": value }));
    }

    /// Whether any operation answers so.
    fn answers(&self, status: u16) -> bool {
        let mut operations = self.paths.values().flat_map(|path| path.as_object().into_iter().flat_map(Map::values));
        operations.any(|operation| operation["responses"].get(status.to_string()).is_some())
    }
}
