//! The specification (OpenAPI 3.1), made from the same declarations that check input and build queries.

mod operations;
mod parameters;
mod schemas;

use serde_json::{Value as Json, json};

use crate::settings::Settings;

/// The document, as utoipa writes it.
pub fn document(settings: &Settings) -> Result<Json, String> {
    let license = match settings.license.as_slice() {
        [name, url, ..] => json!({ "name": name, "url": url }),
        [name] => json!({ "name": name }),
        [] => json!({ "name": "unspecified" }),
    };
    let contact = if settings.contact.contains('@') { json!({ "email": settings.contact }) } else { json!({ "url": settings.contact }) };
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": settings.title,
            "description": settings.description,
            "version": env!("CARGO_PKG_VERSION"),
            "contact": contact,
            "license": license,
        },
        "servers": [{ "url": settings.public_url.as_deref().unwrap_or("/") }],
        "tags": operations::tags(),
        "paths": operations::paths(),
        "components": {
            "schemas": schemas::all(),
            "responses": operations::problem_responses(),
            "parameters": parameters::shared(),
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer", "description": "A key made by `taskforce keys create`." } },
        },
    });
    // What utoipa cannot hold is not OpenAPI.
    let checked: utoipa::openapi::OpenApi =
        serde_json::from_value(document).map_err(|error| format!("the specification is not OpenAPI 3.1: {error}"))?;
    serde_json::to_value(checked).map_err(|error| error.to_string())
}
