//! People. Their records contain only what the public record of the task force requires, since some
//! are survivors.

use super::organizations::ROLES;
use super::shared::linked;
use crate::model::{Field, Kind, ObjectType, Record, RecordType, Value, check_interval, text};

pub(super) static PERSON: RecordType = RecordType {
    name: "person",
    plural: "people",
    path: "people",
    schema: "Person",
    doc: "A person who took part in the task force's work. Records are minimal, since some people \
        are survivors.",
    fields: FIELDS,
    is_agent: true,
    backlinks: &ROLES,
    has_unique_names: true,
    wanted: &["positions"],
    derive: Some(derive),
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new("given_name", Kind::Text(&text::SHORT), "The given names.").name(),
    Field::new("family_name", Kind::Text(&text::SHORT), "The family name.").name(),
    Field::new(
        "sort_name",
        Kind::Text(&text::SHORT),
        "The name used for sorting. By default, the family name comes first.",
    )
    .default("")
    .indexed(),
    Field::new("honorific_prefix", Kind::Text(&text::SHORT), "A prefix of the name, such as `Dr.`"),
    Field::new("honorific_suffix", Kind::Text(&text::SHORT), "A suffix of the name, such as `Jr.`"),
    Field::new(
        "other_names",
        Kind::List(&Kind::Text(&text::SHORT)),
        "Other names used in sources.",
    )
    .name(),
    Field::new("positions", Kind::List(&Kind::Object(&POSITION)), "Positions held by the person."),
    Field::new(
        "summary",
        Kind::Text(&text::LONG),
        "A description of the person, in a sentence or two.",
    ),
];

static POSITION: ObjectType = ObjectType {
    name: "Position",
    doc: "A position held by a person.",
    fields: &[
        Field::new("title", Kind::Text(&text::SHORT), "The title of the position.").required(),
        Field::new("organization", Kind::Reference("organization"), "The organization.")
            .role("position"),
        Field::new("from", Kind::Date, "The first date in the position."),
        Field::new("to", Kind::Date, "The last date in the position."),
        Field::new(
            "as_of",
            Kind::Date,
            "A date on which the person held the position, according to a source.",
        ),
    ],
    rule: Some(|values, at, faults| {
        check_interval(("from", &values[2]), ("to", &values[3]), at, faults)
    }),
};

/// Updates the default sort name when the names change, unless another one was given.
fn derive(person: &mut Record, before: Option<&Record>) {
    let given = person.value(&PERSON, "sort_name").as_text().unwrap_or_default();
    let untouched = before.is_some_and(|before| {
        before.value(&PERSON, "sort_name").as_text() == Some(given)
            && given == default_sort_name(before)
    });
    if given.is_empty() || untouched {
        let sort_name = default_sort_name(person);
        person.set(&PERSON, "sort_name", Value::Text(sort_name));
    }
}

fn default_sort_name(person: &Record) -> String {
    let value = |field| person.value(&PERSON, field).as_text();
    let name = match (value("family_name"), value("given_name")) {
        (Some(family), Some(given)) => format!("{family}, {given}"),
        (Some(family), None) => family.to_owned(),
        _ => value("name").unwrap_or_default().to_owned(),
    };
    // Two names together may be longer than a text can be.
    let shortened: String = name.chars().take(text::SHORT.max_length).collect();
    shortened.trim_end().to_owned()
}
