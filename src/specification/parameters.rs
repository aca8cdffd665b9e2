//! Parameters of lists: those that all share, and a filter for each field and operator.

use serde_json::{Value as Json, json};

use crate::model::{Kind, RecordType};
use crate::reading::{FieldPath, Operator};

/// The parameters that operations share, by name.
pub(super) fn shared() -> Json {
    json!({
        "limit": query("limit", "As many records as a page may have; with CSV and NDJSON, as many as there are.", json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 25 })),
        "cursor": query("cursor", "Where to go on: from `page.next`, as it is. A walk sees one state of the record.", json!({ "type": "string", "minLength": 1 })),
        "revision": query("revision", "Read the record as it stood at this revision.", json!({ "type": "integer", "format": "int64", "minimum": 0 })),
        "as_of": query("as_of", "Read the record as it stood at this moment (RFC 3339).", json!({ "type": "string", "format": "date-time" })),
        "format": query("format", "The format; wins over `Accept`.", json!({ "type": "string", "enum": ["json", "csv", "ndjson"] })),
        "dry_run": query("dry_run", "Check everything, answer as in earnest, keep nothing.", json!({ "type": "boolean", "default": false })),
        "id": { "name": "id", "in": "path", "required": true, "description": "The record's id.", "schema": { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 100 } },
        "If-Match": header("If-Match", "The version to be changed: the record's `ETag`, or its revision alone (`\"12\"`)."),
        "If-None-Match": header("If-None-Match", "On reading, the tag of what the client has; on PUT, `*` to create only."),
        "Idempotency-Key": header("Idempotency-Key", "Makes a repeated request safe: for 24 hours, the same request again gives the first answer; another body under the same key is refused."),
        "Change-Reason": header("Change-Reason", "Why, as the revision will tell."),
        "Change-Kind": { "name": "Change-Kind", "in": "header", "required": false, "description": "What kind of change it is.", "schema": { "type": "string", "enum": ["entry", "update", "correction", "redaction"] } },
    })
}

/// A parameter that is described under `components`.
pub(super) fn named(name: &str) -> Json {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// The parameters by which a list of this type is asked.
pub(super) fn of_list(record_type: &'static RecordType) -> Vec<Json> {
    let mut parameters: Vec<Json> = ["limit", "cursor", "revision", "as_of", "format", "If-None-Match"].map(named).to_vec();
    let sortable: Vec<String> = FieldPath::names(record_type)
        .into_iter()
        .filter(|name| FieldPath::resolve(record_type, name).is_some_and(|path| path.sortable()))
        .collect();
    parameters.push(query(
        "sort",
        &format!(
            "Fields to sort by, separated by commas, each with `-` before it to descend; unknown values last, then by id. One of: {}.",
            sortable.join(", ")
        ),
        json!({ "type": "string", "minLength": 1 }),
    ));
    parameters.extend(shaping(record_type));
    let mut countable: Vec<String> = FieldPath::names(record_type)
        .into_iter()
        .filter(|name| FieldPath::resolve(record_type, name).is_some_and(|path| path.countable()))
        .collect();
    countable.extend((!record_type.main_date.is_empty()).then(|| "year".to_owned()));
    parameters.push(query(
        "facets",
        &format!("Fields whose values are counted over all matching records, separated by commas: {}.", countable.join(", ")),
        json!({ "type": "string", "minLength": 1 }),
    ));
    for (alias, fields) in record_type.aliases {
        parameters.push(query(
            alias,
            &format!("Any of {} is one of these, separated by commas.", fields.join(", ")),
            json!({ "type": "string", "minLength": 1 }),
        ));
    }
    if record_type.term.is_some() {
        parameters.push(query("on", "The term may include this date.", json!({ "$ref": "#/components/schemas/PartialDate" })));
    }
    let own_year = record_type.field("year").is_some();
    if !record_type.main_date.is_empty() && !own_year {
        parameters.push(query(
            "year",
            &format!("The record's date ({}) lies within one of these years, separated by commas.", record_type.main_date.join(", else ")),
            json!({ "type": "string", "minLength": 1 }),
        ));
    }
    for name in FieldPath::names(record_type) {
        let Some(path) = FieldPath::resolve(record_type, &name) else { continue };
        // `revision` asks for a state of the record.
        if name == "revision" {
            continue;
        }
        for (word, operator) in Operator::ALL.into_iter().filter(|(_, operator)| operator.applies_to(path.kind)) {
            let parameter = if word.is_empty() { name.clone() } else { format!("{name}[{word}]") };
            parameters.push(query(&parameter, &meaning(&name, path.kind, operator), schema(operator)));
        }
    }
    parameters
}

/// The parameters that shape records.
pub(super) fn shaping(record_type: &'static RecordType) -> [Json; 2] {
    let fields: Vec<&str> = record_type.all().iter().map(|field| field.name).collect();
    let include = crate::reading::includable(record_type).join(", ");
    [
        query(
            "fields",
            &format!("Only these fields, separated by commas: {}.", fields.join(", ")),
            json!({ "type": "string", "minLength": 1 }),
        ),
        query(
            "include",
            &format!("References that become full records in place, and what refers to the record, separated by commas: {include}."),
            json!({ "type": "string", "minLength": 1 }),
        ),
    ]
}

fn query(name: &str, description: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

fn header(name: &str, description: &str) -> Json {
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } })
}

fn schema(operator: Operator) -> Json {
    match operator {
        Operator::Exists => json!({ "type": "boolean" }),
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

fn meaning(name: &str, kind: Kind, operator: Operator) -> String {
    let date = matches!(kind, Kind::Date);
    match operator {
        Operator::Equals if date => {
            format!("`{name}` lies within one of these dates, separated by commas: `2024`, `2024-02`, `2024-02-13`.")
        }
        Operator::Equals => match kind {
            Kind::Reference(target) => format!("`{name}` is one of these, by the id of the {target}, separated by commas."),
            Kind::Agent => format!(
                "`{name}` is one of these, by id (`organization:state` to tell the type) or by the name of a label, separated by commas."
            ),
            Kind::Enumeration(choices) => format!(
                "`{name}` is one of these, separated by commas: {}.",
                choices.iter().map(|choice| choice.value).collect::<Vec<_>>().join(", ")
            ),
            _ => format!("`{name}` equals one of these, separated by commas (`\\,` is a comma in a value)."),
        },
        Operator::Differs => format!("`{name}` is none of these, or is not known."),
        Operator::Contains => format!("`{name}` holds this text, case and accents apart."),
        Operator::StartsWith => format!("`{name}` begins with this text, case and accents apart."),
        Operator::Greater if date => format!("`{name}` certainly lies after this date."),
        Operator::Greater => format!("`{name}` is greater than this."),
        Operator::AtLeast if date => format!("`{name}` may lie at or after this date."),
        Operator::AtLeast => format!("`{name}` is at least this."),
        Operator::Less if date => format!("`{name}` certainly lies before this date."),
        Operator::Less => format!("`{name}` is less than this."),
        Operator::AtMost if date => format!("`{name}` may lie at or before this date."),
        Operator::AtMost => format!("`{name}` is at most this."),
        Operator::Exists => format!("Whether `{name}` is known."),
    }
}
