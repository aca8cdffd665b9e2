//! Awards: what is given, apart from whom it is given to.

use super::shared::record_type;
use crate::model::{Field, Kind, RecordType, text};

pub(super) static AWARD: RecordType = record_type(
    "award",
    "awards",
    "awards",
    "Award",
    "An award that the task force or one of its members gives.",
    FIELDS,
)
.with_main_date(&["established"]);

static FIELDS: &[Field] = &[
    Field::new(
        "other_names",
        Kind::List(&Kind::Text(&text::SHORT)),
        "Other names that sources use.",
    )
    .name(),
    Field::new("given_by", Kind::Reference("organization"), "The body that gives it."),
    Field::new("established", Kind::Date, "When it was established."),
    Field::new("summary", Kind::Text(&text::LONG), "What it is for, in a few sentences."),
];
