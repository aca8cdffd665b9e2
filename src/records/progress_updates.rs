//! Progress updates: what departments later reported of what they do.

use super::shared::{AGENT, FIGURE, PLACE, STATES, record_type};
use crate::model::{Field, Kind, RecordType, text};

pub(super) static PROGRESS_UPDATE: RecordType = record_type(
    "progress_update",
    "progress_updates",
    "progress-updates",
    "ProgressUpdate",
    "What was reported of a commitment, or of work under way.",
    FIELDS,
)
.with_main_date(&["date"]);

static FIELDS: &[Field] = &[
    Field::new(
        "commitment",
        Kind::Reference("commitment"),
        "The commitment that it reports on, where it is one of the record.",
    ),
    Field::new(
        "departments",
        Kind::List(&Kind::Reference("organization")),
        "The departments that report, the lead first.",
    )
    .alias("department")
    .role("department"),
    Field::new("meeting", Kind::Reference("meeting"), "The meeting at which it was reported."),
    Field::new("date", Kind::Date, "When it was reported."),
    Field::new("status", Kind::Enumeration(&STATES), "How the work stands, by the report."),
    Field::new(
        "text",
        Kind::Text(&text::LONG),
        "What was reported, close to the words of the source.",
    )
    .required(),
    Field::new("topics", Kind::List(&Kind::Text(&text::SLUG)), "What it is about."),
    Field::new("programs", Kind::List(&Kind::Text(&text::SHORT)), "The programs that it names.")
        .name(),
    Field::new("partners", Kind::List(&AGENT), "Who takes part, besides the departments.")
        .role("partner"),
    Field::new("places", Kind::List(&Kind::Object(&PLACE)), "Where the work is done."),
    Field::new("figures", Kind::List(&Kind::Object(&FIGURE)), "The numbers that it tells."),
];
