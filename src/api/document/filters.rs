//! The parameters of lists, from the declarations: one for each field. Operators are described
//! once, in the introduction.

use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::Ref;

use super::parameters::{query, values};
use crate::model::{Field, Kind, RecordType};
use crate::reading::{FieldPath, Operator, includable};
use crate::records::CATALOGUE;

/// The operators, for the introduction of the document.
pub(crate) const OPERATORS: &str = "## Filters\n\n\
    A list has a parameter for each field: `status=completed` gives the records with this status. \
    Several values are separated by commas, and any of them may match. A field is compared \
    differently with an operator in brackets after its name:\n\n\
    | operator | matches records whose field |\n|---|---|\n\
    | none | equals one of the values; for a date, lies within one of them |\n\
    | `[ne]` | equals none of the values, or is not known |\n\
    | `[contains]`, `[starts_with]` | contains the text, or begins with it; case and accents do \
    not matter |\n\
    | `[gt]`, `[lt]` | is greater, or less; for a date, is certainly later, or earlier |\n\
    | `[gte]`, `[lte]` | is at least, or at most, the value; for a date, may be |\n\
    | `[exists]` | is known (`true`) or not (`false`) |\n\n\
    Texts take `[contains]` and `[starts_with]`; dates, times and numbers the comparisons; every \
    field takes `[ne]` and `[exists]`. A dot leads to a member of an object, also within lists: \
    `location.city=Washington`, `participants.role=chair`. Fields that refer to records take ids, \
    or the short name of an organization. All filters must match.";

/// The parameters of a list of this type that other lists do not have.
pub(crate) fn of_list(record_type: &'static RecordType) -> Vec<Parameter> {
    let mut countable = names_of(record_type, FieldPath::countable);
    countable.extend((!record_type.main_date.is_empty()).then(|| "year".to_owned()));
    let mut parameters = Vec::new();
    parameters.push(values(
        "facets",
        &format!(
            "Fields whose values are counted over all matching records. Of: {}.",
            countable.join(", ")
        ),
    ));
    parameters.extend(shorthands(record_type));
    parameters.extend(record_type.all().iter().flat_map(|field| filters(field)));
    parameters
}

/// The parameter for what records of this type can include.
pub(crate) fn include(record_type: &'static RecordType) -> Parameter {
    let include = format!(
        "References that become full records in place, and records that refer to this one. A dot \
        includes one level more: `NAME.NAME`. Of: {}.",
        includable(record_type).join(", ")
    );
    values("include", &include)
}

/// How the lists of this type are filtered, with an example of its own.
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
        "Each field is a filter under its own name. Operators in brackets compare differently, \
        such as {example}, and a dot leads to a member of an object, such as `{member}`; the \
        introduction describes both."
    )
}

/// Filters that are not one field's: aliases, `on`, `year`.
fn shorthands(record_type: &'static RecordType) -> Vec<Parameter> {
    let alias = |(alias, fields): &(&str, &[&str])| {
        values(alias, &format!("Any of {}.", fields.join(", ")))
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

/// The parameters for fields that every type has, with the same meaning.
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

/// The filter of a field, under its name and its alias.
fn filters(field: &'static Field) -> Vec<Parameter> {
    let kind = field.kind.element();
    // `revision` asks for a state of the dataset.
    if field.name == "revision" || !Operator::Equals.applies_to(kind) {
        return Vec::new();
    }
    // The schema of records has all of it.
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
            " By id (`organization:state` for the type, too) or by the name of a label.".to_owned()
        }
        Kind::Enumeration(choices) => {
            format!(
                " Of: {}.",
                choices.iter().map(|choice| choice.value).collect::<Vec<_>>().join(", ")
            )
        }
        _ => String::new(),
    }
}

/// The fields, and the members of objects, of which this holds.
fn names_of(record_type: &'static RecordType, holds: impl Fn(&FieldPath) -> bool) -> Vec<String> {
    let is_wanted =
        |name: &String| FieldPath::resolve(record_type, name).is_some_and(|path| holds(&path));
    FieldPath::names(record_type).into_iter().filter(is_wanted).collect()
}
