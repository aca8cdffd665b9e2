//! The export.

use serde_json::json;

use super::TAG;
use crate::exporting::Format;
use crate::specification::parameters::query;
use crate::specification::schema::named;
use crate::specification::{Operation, Parts};

pub(super) fn tell(parts: &mut Parts) {
    let description = "Everything as it stood at one revision, the newest where none is asked for, as one file:\n\n\
        - `ndjson`: a record a line, type by type in the order of a bundle, by id\n\
        - `json`: a bundle, which an import takes\n\
        - `csv`: a ZIP with a CSV file for each type and `datapackage.json`, which describes every column (Frictionless)\n\
        - `sqlite`: an SQLite database with a table for each type and each list, what each column means in its text, the revisions, and \
        title, licence and revision in the table `about`\n\n\
        The same revision gives the same bytes whenever it is asked for; what is derived (names in references, `overdue`) is told as of \
        that revision and its day.";
    let formats = json!({ "type": "string", "enum": Format::ALL.map(Format::name), "default": Format::Ndjson.name() });
    let content = json!({
        "application/x-ndjson": { "schema": { "type": "string", "maxLength": 10_000_000_000_i64 } },
        "application/json": { "schema": named("Bundle") },
        "application/zip": { "schema": { "type": "string", "maxLength": 10_000_000_000_i64, "contentMediaType": "application/zip" } },
        "application/vnd.sqlite3": { "schema": { "type": "string", "maxLength": 10_000_000_000_i64, "contentMediaType": "application/vnd.sqlite3" } },
    });
    let export = Operation::new("export_record", TAG, "Download everything", description)
        .takes_shared(&["revision", "as_of"])
        .takes([query("format", "The format; wins over `Accept`.", formats)])
        .gives(200, json!({ "description": "The file.", "content": content }))
        .has_header(200, "Repr-Digest", "The SHA-256 of the file (RFC 9530).")
        .has_header(200, "Content-Disposition", "A name for the file.")
        .refuses(&[507])
        .reads();
    parts.path("/v1/export", [("get", export)]);
}
