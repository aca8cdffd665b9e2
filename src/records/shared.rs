//! Objects and words that several types of records share.

use super::links::LINKS;
use crate::model::{Choice, Faults, Field, Kind, ObjectType, Pointer, RecordType, Value, text};

/// An agent: a person, an organization or a label.
pub const AGENT: Kind = Kind::Agent(&["person", "organization"]);

/// Declares a record type. Its records link to documents, as all do.
pub(super) const fn record_type(
    name: &'static str,
    plural: &'static str,
    path: &'static str,
    schema: &'static str,
    doc: &'static str,
    fields: &'static [Field],
) -> RecordType {
    RecordType::new(name, plural, path, schema, doc, fields).with_links(&LINKS)
}

/// A place, as precise as the source.
pub(super) static PLACE: ObjectType = ObjectType {
    name: "Place",
    doc: "A place, as precise as the source. At least one member is known.",
    fields: &[
        Field::new("name", Kind::Text(&text::SHORT), "A building, a campus, a venue."),
        Field::new("city", Kind::Text(&text::SHORT), "The city or town."),
        Field::new(
            "region",
            Kind::Text(&text::REGION),
            "The part of the country, by ISO 3166-2: `US-MA`.",
        ),
        Field::new(
            "country",
            Kind::Text(&text::COUNTRY),
            "The country, by ISO 3166-1 alpha-2: `US`.",
        ),
    ],
    rule: Some(one_is_known),
};

/// A number that a source tells.
pub(super) static FIGURE: ObjectType = ObjectType {
    name: "Figure",
    doc: "A number that the source tells, with what it counts.",
    fields: &[
        Field::new("value", Kind::Number, "The number.").required(),
        Field::new(
            "unit",
            Kind::Text(&text::UNIT),
            "What it counts: a currency code of ISO 4217 (`USD`) or a plain word (`people`, `countries`, `percent`).",
        )
        .required(),
        Field::new("qualifier", Kind::Enumeration(&QUALIFIERS), "How the source qualifies it.")
            .default("exactly"),
        Field::new("note", Kind::Text(&text::LONG), "What exactly was counted."),
    ],
    rule: None,
};

static QUALIFIERS: [Choice; 5] = [
    Choice::new("exactly", "the number itself"),
    Choice::new("about", "roughly"),
    Choice::new("more_than", "more than it"),
    Choice::new("less_than", "less than it"),
    Choice::new("up_to", "at most it"),
];

/// How far a commitment has come.
pub(super) static STATES: [Choice; 5] = [
    Choice::new("announced", "announced; nothing is known of its course"),
    Choice::new("in_progress", "under way, by a later source"),
    Choice::new("completed", "carried out, by a later source"),
    Choice::new("discontinued", "given up or superseded, by a later source"),
    Choice::new("unknown", "the sources do not tell"),
];

/// At least one member of the object is known.
pub(super) fn one_is_known(values: &[Value], at: &Pointer<'_>, faults: &mut Faults) {
    if values.iter().all(Value::is_empty) {
        faults.at(
            at,
            "empty",
            "says nothing: at least one member must be known",
            Some("say null where nothing is known".to_owned()),
        );
    }
}
