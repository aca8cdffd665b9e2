//! Objects and choices that several record types share.

use super::links::LINKS;
use crate::model::{
    Choice, Faults, Field, Kind, ObjectType, Pointer, REMOVE_ENTRY, RecordType, Value, text,
};

/// An agent: a person, an organization or a label.
pub const AGENT: Kind = Kind::Agent(&["person", "organization"]);

/// Returns an empty declaration of a type whose records link to documents.
pub(super) const fn linked() -> RecordType {
    RecordType { links: &LINKS, ..RecordType::empty() }
}

/// A place, as precise as the source.
pub(super) static PLACE: ObjectType = ObjectType {
    name: "Place",
    doc: "A place, as precise as the source. At least one member is required.",
    fields: &[
        Field::new("name", Kind::Text(&text::SHORT), "The name of a building, campus or venue."),
        Field::new("city", Kind::Text(&text::SHORT), "The city or town."),
        Field::new(
            "region",
            Kind::Text(&text::REGION),
            "The ISO 3166-2 code of the state or region, such as `US-MA`.",
        ),
        Field::new(
            "country",
            Kind::Text(&text::COUNTRY),
            "The ISO 3166-1 alpha-2 code of the country, such as `US`.",
        ),
    ],
    rule: Some(one_is_known),
};

/// A number from a source.
pub(super) static FIGURE: ObjectType = ObjectType {
    name: "Figure",
    doc: "A number in a source, with its unit.",
    fields: &[
        Field::new("value", Kind::Number, "The number.").required(),
        Field::new(
            "unit",
            Kind::Text(&text::UNIT),
            "The unit: an ISO 4217 currency code (`USD`) or a plain word (`people`, `countries`, \
            `percent`).",
        )
        .required(),
        Field::new("qualifier", Kind::Enumeration(&QUALIFIERS), "The qualifier in the source.")
            .default("exactly"),
        Field::new("note", Kind::Text(&text::LONG), "An explanation of what was counted."),
    ],
    rule: None,
};

static QUALIFIERS: [Choice; 5] = [
    Choice::new("exactly", "exactly the number"),
    Choice::new("about", "roughly"),
    Choice::new("more_than", "more than the number"),
    Choice::new("less_than", "less than the number"),
    Choice::new("up_to", "at most the number"),
];

/// The status of a commitment.
pub(super) static STATES: [Choice; 5] = [
    Choice::new("announced", "announced; no later report"),
    Choice::new("in_progress", "in progress, according to a later source"),
    Choice::new("completed", "completed, according to a later source"),
    Choice::new("discontinued", "abandoned or superseded, according to a later source"),
    Choice::new("unknown", "not stated in the sources"),
];

/// Requires at least one member of an object.
pub(super) fn one_is_known(values: &[Value], at: &Pointer<'_>, faults: &mut Faults) {
    if values.iter().all(Value::is_empty) {
        let hint = match at {
            Pointer::Entry(..) => REMOVE_ENTRY,
            _ => "send null if nothing is known",
        };
        faults.at(
            at,
            "empty",
            "has no values; at least one member is required",
            Some(hint.to_owned()),
        );
    }
}
