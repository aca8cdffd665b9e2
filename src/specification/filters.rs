//! What lists are asked by: a filter for each field and operator, and the parameters that shape records.

use serde_json::{Value as Json, json};

use super::parameters::{asked_moment, query, words};
use super::schema::{Side, kind_schema, named};
use crate::model::{Kind, RecordType};
use crate::reading::{FieldPath, Operator};

/// The parameters by which a list of this type is asked, besides those that all lists share.
pub(super) fn of_list(record_type: &'static RecordType) -> Vec<Json> {
    let sortable = names_of(record_type, FieldPath::sortable).join(", ");
    let mut parameters = vec![words(
        "sort",
        &format!(
            "Fields to sort by, separated by commas, each with `-` before it to descend; unknown values last, then by id. One of: {sortable}."
        ),
    )];
    parameters.extend(shaping(record_type));
    parameters.push(facets(record_type));
    parameters.extend(shorthands(record_type));
    parameters.extend(filters(record_type));
    parameters
}

/// The parameters that shape records.
pub(super) fn shaping(record_type: &'static RecordType) -> [Json; 2] {
    let fields: Vec<&str> = record_type.all().iter().map(|field| field.name).collect();
    let include = crate::reading::includable(record_type).join(", ");
    [
        words("fields", &format!("Only these fields, separated by commas: {}.", fields.join(", "))),
        words(
            "include",
            &format!(
                "References that become full records in place, and what refers to the record, separated by commas: {include}. A dot includes one level more: `NAME.NAME`."
            ),
        ),
    ]
}

fn facets(record_type: &'static RecordType) -> Json {
    let mut countable = names_of(record_type, FieldPath::countable);
    countable.extend((!record_type.main_date.is_empty()).then(|| "year".to_owned()));
    words("facets", &format!("Fields whose values are counted over all matching records, separated by commas: {}.", countable.join(", ")))
}

/// Filters that are not one field's: aliases, `on`, `year`.
fn shorthands(record_type: &'static RecordType) -> Vec<Json> {
    let alias =
        |(alias, fields): &(&str, &[&str])| words(alias, &format!("Any of {} is one of these, separated by commas.", fields.join(", ")));
    let mut found: Vec<Json> = record_type.aliases.iter().map(alias).collect();
    if record_type.term.is_some() {
        found.push(query("on", "The term may include this date.", named("PartialDate")));
    }
    if !record_type.main_date.is_empty() && record_type.field("year").is_none() {
        let dates = record_type.main_date.join(", else ");
        found.push(words("year", &format!("The record's date ({dates}) lies within one of these years, separated by commas.")));
    }
    found
}

/// A filter for each field and each operator that applies to it.
fn filters(record_type: &'static RecordType) -> Vec<Json> {
    let mut found = Vec::new();
    // `revision` asks for a state of the record.
    for name in FieldPath::names(record_type).into_iter().filter(|name| name != "revision") {
        let Some(path) = FieldPath::resolve(record_type, &name) else { continue };
        for (word, operator) in Operator::ALL.into_iter().filter(|(_, operator)| operator.applies_to(path.kind)) {
            let parameter = if word.is_empty() { name.clone() } else { format!("{name}[{word}]") };
            found.push(query(&parameter, &meaning(&name, path.kind, operator), schema(path.kind, operator)));
        }
    }
    found
}

/// The fields, and the members of objects, of which this holds.
fn names_of(record_type: &'static RecordType, holds: impl Fn(&FieldPath) -> bool) -> Vec<String> {
    FieldPath::names(record_type)
        .into_iter()
        .filter(|name| FieldPath::resolve(record_type, name).is_some_and(|path| holds(&path)))
        .collect()
}

fn schema(kind: Kind, operator: Operator) -> Json {
    match operator {
        Operator::Exists => json!({ "type": "boolean" }),
        Operator::Greater | Operator::AtLeast | Operator::Less | Operator::AtMost if matches!(kind, Kind::Moment) => asked_moment(),
        Operator::Greater | Operator::AtLeast | Operator::Less | Operator::AtMost => kind_schema(kind, Side::Read),
        _ => json!({ "type": "string", "minLength": 1, "maxLength": 8_192 }),
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
