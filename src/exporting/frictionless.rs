//! What tells programs how to read the CSV files: a Frictionless data package, made from the declarations.

use serde_json::{Map, Value as Json, json};

use super::Origin;
use super::package::Written;
use crate::formats::csv::{Column, Holds, columns};
use crate::model::{Kind, RecordType, text};
use crate::records::CATALOGUE;

/// The whole package.
pub(super) fn package(origin: &Origin<'_>, resources: Vec<Json>) -> Json {
    let settings = origin.settings;
    let mut package = Map::new();
    let mut put = |name: &str, value: Json| drop(package.insert(name.to_owned(), value));
    put("profile", json!("tabular-data-package"));
    put("name", json!(text::slug_of(&settings.title)));
    put("title", json!(settings.title));
    put("description", json!(settings.description));
    put("version", json!(origin.revision.to_string()));
    if let Some(moment) = &origin.recorded_at {
        put("created", json!(moment));
    }
    if let Some(address) = &settings.public_url {
        put("homepage", json!(address));
    }
    if let (Some(name), url) = origin.license() {
        let mut license = Map::from_iter([("title".to_owned(), json!(name))]);
        // A name of the Open Definition has no spaces; what has is told as the title alone.
        let short = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        license.extend(short.then(|| ("name".to_owned(), json!(name))));
        license.extend(url.map(|url| ("path".to_owned(), json!(url))));
        put("licenses", json!([license]));
    }
    put("resources", Json::Array(resources));
    Json::Object(package)
}

/// The file of one type.
pub(super) fn resource(record_type: &'static RecordType, written: &Written) -> Json {
    let columns = columns(record_type, &[]);
    let references: Vec<Json> = columns
        .iter()
        .filter(|column| column.holds == Holds::Id)
        .filter_map(|column| match column.field.kind {
            Kind::Reference(target) => Some((column, CATALOGUE.get(target)?)),
            _ => None,
        })
        .map(|(column, target)| {
            let resource = if std::ptr::eq(target, record_type) { "" } else { target.plural };
            json!({ "fields": [column.name], "reference": { "resource": resource, "fields": ["id"] } })
        })
        .collect();
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
        "dialect": { "delimiter": ",", "lineTerminator": "\r\n", "quoteChar": "\"", "doubleQuote": true, "header": true },
        "schema": {
            "fields": columns.iter().map(field).collect::<Vec<_>>(),
            "primaryKey": ["id"],
            "foreignKeys": references,
            "missingValues": [""],
        },
    })
}

fn field(column: &Column) -> Json {
    let own = column.field;
    let (kind, format, mut constraints) = match column.holds {
        Holds::Value => kind_of(own.kind),
        Holds::Type => ("string", None, json!({ "enum": ["person", "organization", "label"] })),
        Holds::Id => ("string", None, json!({ "pattern": text::SLUG.pattern })),
        Holds::Name => ("string", None, json!({})),
    };
    // What is required within an object or of an agent may be missing with it.
    if column.holds == Holds::Value && column.name == own.name && !own.nullable() && !matches!(own.kind, Kind::List(_)) {
        constraints["required"] = json!(true);
    }
    let doc = match column.holds {
        Holds::Value => format!("{}{}", own.doc, form_of_list(own.kind)),
        Holds::Type => format!("{} What it is.", own.doc),
        Holds::Id => format!("{} Its id.", own.doc),
        Holds::Name => format!("{} Its name.", own.doc),
    };
    let mut field = json!({ "name": column.name, "type": kind, "description": doc });
    if let Some(format) = format {
        field["format"] = json!(format);
    }
    if constraints.as_object().is_some_and(|constraints| !constraints.is_empty()) {
        field["constraints"] = constraints;
    }
    field
}

/// How the entries of a list are written in one cell.
fn form_of_list(kind: Kind) -> &'static str {
    match kind {
        Kind::List(Kind::Object(_)) => " As JSON.",
        Kind::List(Kind::Reference(_)) => " Ids, separated by `; `.",
        Kind::List(Kind::Agent) => {
            " Separated by `; `, each as `person:ID`, `organization:ID` or `label:TEXT`; in it, `;` is written `\\;` and `\\` is written `\\\\`."
        }
        Kind::List(_) => " Separated by `; `; in a value, `;` is written `\\;` and `\\` is written `\\\\`.",
        _ => "",
    }
}

/// The type of a column that holds such values, its format where it is not the usual one, and what is true of each value.
fn kind_of(kind: Kind) -> (&'static str, Option<&'static str>, Json) {
    match kind {
        Kind::Integer(least, i64::MAX) => ("integer", None, json!({ "minimum": least })),
        Kind::Integer(least, most) => ("integer", None, json!({ "minimum": least, "maximum": most })),
        Kind::Number => ("number", None, json!({})),
        Kind::Moment => ("datetime", Some("any"), json!({})),
        Kind::PastDue { .. } => ("boolean", None, json!({})),
        Kind::Enumeration(choices) => ("string", None, json!({ "enum": choices.iter().map(|choice| choice.value).collect::<Vec<_>>() })),
        // As precise as the source: no date of Frictionless, which has a day always.
        Kind::Date => ("string", None, json!({ "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$" })),
        Kind::List(Kind::Object(_)) => ("array", None, json!({})),
        // Frictionless matches whole values: a pattern of their beginning is none of its.
        Kind::Text(format) => match format.pattern.filter(|pattern| pattern.ends_with('$')) {
            Some(pattern) => ("string", None, json!({ "pattern": pattern })),
            None => ("string", None, json!({})),
        },
        _ => ("string", None, json!({})),
    }
}
