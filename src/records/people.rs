//! People: no more of them than the public record of the task force needs. Some are survivors.

use super::organizations::ROLES;
use super::shared::record_type;
use crate::model::{Field, Kind, ObjectType, Record, RecordType, Value, check_interval, text};

pub(super) static PERSON: RecordType = record_type(
    "person",
    "people",
    "people",
    "Person",
    "A person who took part in the task force's work. Minimal on purpose: some are survivors.",
    FIELDS,
)
.as_agent()
.with_backlinks(&ROLES)
.with_own_names()
.with_wanted(&["positions"])
.with_derive(derive);

static FIELDS: &[Field] = &[
    Field::new("given_name", Kind::Text(&text::SHORT), "Given names.").name(),
    Field::new("family_name", Kind::Text(&text::SHORT), "Family name.").name(),
    Field::new(
        "sort_name",
        Kind::Text(&text::SHORT),
        "The name as it is sorted: family name first, unless given otherwise.",
    )
    .default("")
    .indexed(),
    Field::new("honorific_prefix", Kind::Text(&text::SHORT), "What stands before the name: `Dr.`"),
    Field::new("honorific_suffix", Kind::Text(&text::SHORT), "What stands after the name: `Jr.`"),
    Field::new(
        "other_names",
        Kind::List(&Kind::Text(&text::SHORT)),
        "Other names that sources use.",
    )
    .name(),
    Field::new(
        "positions",
        Kind::List(&Kind::Object(&POSITION)),
        "The positions that the person held.",
    ),
    Field::new("summary", Kind::Text(&text::LONG), "Who the person is, in a sentence or two."),
];

static POSITION: ObjectType = ObjectType {
    name: "Position",
    doc: "A position that a person held.",
    fields: &[
        Field::new("title", Kind::Text(&text::SHORT), "What the position is called.").required(),
        Field::new("organization", Kind::Reference("organization"), "Where it was held.")
            .role("position"),
        Field::new("from", Kind::Date, "Since when it was held."),
        Field::new("to", Kind::Date, "Until when it was held."),
        Field::new("as_of", Kind::Date, "A date at which a source shows it held."),
    ],
    rule: Some(|values, at, faults| {
        check_interval(("from", &values[2]), ("to", &values[3]), at, faults)
    }),
};

/// The sort name follows the names as long as nobody gave another one.
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
    let text = |field| person.value(&PERSON, field).as_text();
    match (text("family_name"), text("given_name")) {
        (Some(family), Some(given)) => format!("{family}, {given}"),
        (Some(family), None) => family.to_owned(),
        _ => text("name").unwrap_or_default().to_owned(),
    }
}
