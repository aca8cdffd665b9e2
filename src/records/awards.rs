//! Awards, as distinct from their recipients.

use super::shared::linked;
use crate::model::{Field, Kind, RecordType, text};

pub(super) static AWARD: RecordType = RecordType {
    name: "award",
    plural: "awards",
    path: "awards",
    schema: "Award",
    doc: "An award given by the task force or one of its members.",
    fields: FIELDS,
    main_date: &["established"],
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new(
        "other_names",
        Kind::List(&Kind::Text(&text::SHORT)),
        "Other names used in sources.",
    )
    .name(),
    Field::new(
        "given_by",
        Kind::Reference("organization"),
        "The organization that gives the award.",
    ),
    Field::new("established", Kind::Date, "The date on which the award was established."),
    Field::new("summary", Kind::Text(&text::LONG), "The purpose of the award, in a few sentences."),
];
