//! Awards, as distinct from their recipients.

use super::shared::record_type;
use crate::model::{Field, Kind, RecordType, text};

pub(super) static AWARD: RecordType = record_type(
    "award",
    "awards",
    "awards",
    "Award",
    "An award given by the task force or one of its members.",
    FIELDS,
)
.with_main_date(&["established"]);

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
