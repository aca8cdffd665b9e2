//! A Frictionless data package that describes the CSV files, made from the declarations.
#![expect(clippy::disallowed_macros, reason = "the specification does not have the shape")]

use serde_json::{Value as Json, json};

use super::Origin;
use crate::formats::csv::{Column, ColumnPart, columns};
use crate::model::{Kind, LABEL, RecordType, text};
use crate::records::CATALOGUE;

/// The CSV file of a record type.
pub(super) struct CsvFile {
    pub(super) file: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Returns an object without its null members.
fn known(mut object: Json) -> Json {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// Returns the package.
pub(super) fn package(origin: &Origin<'_>, resources: &[Json]) -> Json {
    let settings = origin.settings;
    let (license, url) = origin.license();
    // A license name in the Open Definition has no spaces; other names are only a title.
    let is_short = license
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let name = is_short.then_some(license);
    known(json!({
        "profile": "tabular-data-package",
        "name": text::slug_of(&settings.title),
        "title": settings.title,
        "description": settings.description,
        "version": origin.revision.to_string(),
        "created": origin.recorded_at,
        "homepage": settings.public_url,
        "licenses": [known(json!({ "title": license, "name": name, "path": url }))],
        "resources": resources,
    }))
}

/// Returns the description of a CSV file.
pub(super) fn resource(record_type: &'static RecordType, written: &CsvFile) -> Json {
    let columns = columns(record_type, &[]);
    let foreign_key = |column: &Column| {
        let Kind::Reference(target) = column.field.kind else { return None };
        let target = CATALOGUE.get(target).filter(|_| column.part == ColumnPart::Id)?;
        let resource = if std::ptr::eq(target, record_type) { "" } else { target.plural };
        let reference = json!({ "resource": resource, "fields": ["id"] });
        Some(json!({ "fields": [column.name], "reference": reference }))
    };
    json!({
        "profile": "tabular-data-resource",
        "name": record_type.plural,
        "title": record_type.plural.replace('_', " "),
        "description": record_type.doc,
        "path": written.file,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": written.bytes,
        "hash": format!("sha256:{}", written.sha256),
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\r\n",
            "quoteChar": "\"",
            "doubleQuote": true,
            "header": true,
        },
        "schema": {
            "fields": columns.iter().map(field).collect::<Vec<Json>>(),
            "primaryKey": ["id"],
            "foreignKeys": columns.iter().filter_map(foreign_key).collect::<Vec<Json>>(),
            "missingValues": [""],
        },
    })
}

fn field(column: &Column) -> Json {
    let own = column.field;
    let (kind, format, mut constraints) = match column.part {
        ColumnPart::Value => kind_of(own.kind),
        ColumnPart::Type => {
            let types: Vec<&str> =
                own.kind.element().targets().iter().copied().chain([LABEL]).collect();
            ("string", None, json!({ "enum": types }))
        }
        ColumnPart::Id => ("string", None, json!({ "pattern": text::SLUG.pattern })),
        ColumnPart::Name => ("string", None, json!({})),
    };
    // Required members of an object or agent are missing if it is null.
    let is_required = column.part == ColumnPart::Value
        && column.name == own.name
        && !own.nullable()
        && !matches!(own.kind, Kind::List(_));
    if is_required {
        constraints["required"] = true.into();
    }
    let description = match column.part {
        ColumnPart::Value => format!("{}{}", own.doc, form_of_list(own.kind)),
        ColumnPart::Type => format!("{} Its type.", own.doc),
        ColumnPart::Id => format!("{} Its id.", own.doc),
        ColumnPart::Name => format!("{} Its name.", own.doc),
    };
    known(json!({
        "name": column.name,
        "type": kind,
        "description": description,
        "format": format,
        "constraints": Some(constraints).filter(|constraints| *constraints != json!({})),
    }))
}

/// Describes how the entries of a list are written in a cell.
fn form_of_list(kind: Kind) -> String {
    match kind {
        Kind::List(Kind::Object(_)) => " As JSON.".to_owned(),
        Kind::List(Kind::Reference(_)) => " Ids, separated by `; `.".to_owned(),
        Kind::List(Kind::Agent(record_types)) => {
            let forms: String = record_types.iter().map(|name| format!("`{name}:ID`, ")).collect();
            format!(
                " Entries are separated by `; `. Each is one of {forms}`{LABEL}:TEXT`. In an \
                entry, `;` is written `\\;` and `\\` is written `\\\\`."
            )
        }
        Kind::List(_) => " Values are separated by `; `. In a value, `;` is written `\\;` and \
            `\\` is written `\\\\`."
            .to_owned(),
        _ => String::new(),
    }
}

/// Returns the type of a column, its format if it is not the default, and its constraints.
fn kind_of(kind: Kind) -> (&'static str, Option<&'static str>, Json) {
    match kind {
        Kind::Integer(least, i64::MAX) => ("integer", None, json!({ "minimum": least })),
        Kind::Integer(least, most) => {
            ("integer", None, json!({ "minimum": least, "maximum": most }))
        }
        Kind::Number => ("number", None, json!({})),
        Kind::Moment => ("datetime", Some("any"), json!({})),
        Kind::PastDue { .. } => ("boolean", None, json!({})),
        Kind::Enumeration(choices) => {
            let words: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
            ("string", None, json!({ "enum": words }))
        }
        // Dates in Frictionless always have a day.
        Kind::Date => ("string", None, json!({ "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$" })),
        Kind::List(Kind::Object(_)) => ("array", None, json!({})),
        // Frictionless patterns match the whole value.
        Kind::Text(format) => {
            let whole = format.pattern.filter(|pattern| pattern.ends_with('$'));
            ("string", None, known(json!({ "pattern": whole })))
        }
        _ => ("string", None, json!({})),
    }
}
