//! Progress updates: later reports on commitments.

use super::shared::{AGENT, FIGURE, PLACE, STATES, linked};
use crate::model::{Field, Kind, RecordType, text};

pub(super) static PROGRESS_UPDATE: RecordType = RecordType {
    name: "progress_update",
    plural: "progress_updates",
    path: "progress-updates",
    schema: "ProgressUpdate",
    doc: "A report on the progress of a commitment or of other work.",
    fields: FIELDS,
    main_date: &["date"],
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new(
        "commitment",
        Kind::Reference("commitment"),
        "The commitment that the report is about, if it is in the dataset.",
    ),
    Field::new(
        "departments",
        Kind::List(&Kind::Reference("organization")),
        "The reporting departments, the lead department first.",
    )
    .alias("department")
    .role("department"),
    Field::new(
        "meeting",
        Kind::Reference("meeting"),
        "The meeting at which the progress was reported.",
    ),
    Field::new("date", Kind::Date, "The date of the report."),
    Field::new("status", Kind::Enumeration(&STATES), "The status according to the report."),
    Field::new("text", Kind::Text(&text::LONG), "The report, close to the words of the source.")
        .required(),
    Field::new("topics", Kind::List(&Kind::Text(&text::SLUG)), "Topics, as keywords."),
    Field::new("programs", Kind::List(&Kind::Text(&text::SHORT)), "Programs named in the report.")
        .name(),
    Field::new("partners", Kind::List(&AGENT), "Partners other than the departments.")
        .role("partner"),
    Field::new("places", Kind::List(&Kind::Object(&PLACE)), "The places where the work is done."),
    Field::new("figures", Kind::List(&Kind::Object(&FIGURE)), "Numbers in the report."),
];
