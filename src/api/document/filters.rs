//! The filter parameters of lists: one for each declared field. The introduction describes
//! operators once.

use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::Ref;

use super::parameters::{query, values};
use crate::model::{Alias, Field, Kind, RecordType};
use crate::reading::{FieldPath, Operator, includable};
use crate::records::CATALOGUE;

/// Returns the parameters that are specific to lists of this type.
pub(crate) fn of_list(record_type: &'static RecordType) -> Vec<Parameter> {
    let mut countable = names_where(record_type, FieldPath::countable);
    countable.extend((!record_type.main_date.is_empty()).then(|| "year".to_owned()));
    let mut parameters = Vec::new();
    parameters.push(values(
        "facets",
        &format!(
            "Fields whose values are counted over all matching records. Any of: {}.",
            countable.join(", ")
        ),
    ));
    parameters.extend(shorthands(record_type));
    parameters.extend(record_type.all().iter().flat_map(|field| filters(field)));
    parameters
}

/// Returns the `include` parameter of a type.
pub(crate) fn include(record_type: &'static RecordType) -> Parameter {
    let include = format!(
        "References to replace by full records, and lists of records that refer to this one. A dot \
            includes one more level: `NAME.NAME`. Any of: {}.",
        includable(record_type).join(", ")
    );
    values("include", &include)
}

/// Describes the filters of a list, with an example.
pub(crate) fn paragraph(record_type: &'static RecordType) -> String {
    let example = match record_type.main_date {
        [date, ..] => format!("`{date}[gte]=2024`"),
        [] => "`name[contains]=labor`".to_owned(),
    };
    let member = FieldPath::names(record_type)
        .into_iter()
        .find(|name| name.contains('.'))
        .unwrap_or_default();
    format!(
        "Every field is a filter. Operators in brackets compare differently, as in {example}, and \
            a dot leads to a member of an object, as in `{member}`. The introduction describes \
            both."
    )
}

/// Returns the filters that combine fields: aliases, `on`, `year`.
fn shorthands(record_type: &'static RecordType) -> Vec<Parameter> {
    let alias = |alias: &Alias| {
        let fields = alias.fields.join(", ");
        let agents = match alias.agents {
            [] => String::new(),
            types => format!(" It must be of the type {}, or a label.", types.join(" or ")),
        };
        let doc = format!("Matches if any of these fields matches: {fields}.{agents}");
        values(alias.name, &doc)
    };
    let mut found: Vec<Parameter> = record_type.aliases.iter().map(alias).collect();
    if record_type.term.is_some() {
        found.push(query(
            "on",
            "Records whose term may include this date.",
            Ref::from_schema_name("PartialDate"),
        ));
    }
    if !record_type.main_date.is_empty() && record_type.field("year").is_none() {
        found.push(values(
            "year",
            &format!("The year of {}.", record_type.main_date.join(", else of ")),
        ));
    }
    found
}

/// Returns the parameters of fields that every type has with the same meaning.
pub(crate) fn shared() -> Vec<Parameter> {
    let types: Vec<&'static RecordType> = CATALOGUE.iter().collect();
    let [first, others @ ..] = types.as_slice() else { return Vec::new() };
    let own = first.all().iter().flat_map(|field| filters(field));
    let is_shared = |parameter: &Parameter| {
        others.iter().all(|other| {
            other.all().iter().flat_map(|field| filters(field)).any(|own| own == *parameter)
        })
    };
    own.filter(is_shared).collect()
}

/// Returns the filter of a field under its name and its alias.
fn filters(field: &'static Field) -> Vec<Parameter> {
    let kind = field.kind.element();
    // As a parameter, `revision` selects a state of the dataset.
    if field.name == "revision" || !Operator::Equals.applies_to(kind) {
        return Vec::new();
    }
    // The first sentence is enough: the schema has the rest.
    let doc =
        field.doc.split_once(". ").map_or(field.doc, |(first, _)| first).trim_end_matches('.');
    let description = format!("{doc}.{}", meaning(kind));
    let names = std::iter::once(field.name).chain(field.alias);
    names.map(|name| values(name, &description)).collect()
}

fn meaning(kind: Kind) -> String {
    match kind {
        Kind::Reference(target) => format!(" By the id of the {}.", target.replace('_', " ")),
        Kind::Agent(_) => {
            " By id, with or without the type (`organization:state`), or by the name of a label."
                .to_owned()
        }
        Kind::Enumeration(choices) => {
            format!(
                " Any of: {}.",
                choices.iter().map(|choice| choice.value).collect::<Vec<_>>().join(", ")
            )
        }
        _ => String::new(),
    }
}

/// Returns the fields and members of objects for which the condition is true.
fn names_where(
    record_type: &'static RecordType,
    condition: impl Fn(&FieldPath) -> bool,
) -> Vec<String> {
    let matches =
        |name: &String| FieldPath::resolve(record_type, name).is_some_and(|path| condition(&path));
    FieldPath::names(record_type).into_iter().filter(matches).collect()
}
