//! Award recipients: one record for one recipient of one award.

use super::shared::{AGENT, PLACE, one_is_known, record_type};
use crate::model::LabelPart::{NameOf, Text, With};
use crate::model::{Counted, Field, Kind, ObjectType, RecordType, Statistic, text};

pub(super) static AWARD_RECIPIENT: RecordType = record_type(
    "award_recipient",
    "award_recipients",
    "award-recipients",
    "AwardRecipient",
    "One recipient of one award.",
    FIELDS,
)
.with_label(&[NameOf("recipient"), Text(", "), NameOf("award"), With(" ", "year")])
.with_main_date(&["presented_on", "year"])
.with_statistics(&[
    Statistic { name: "by_year", of: Counted::Field("year") },
    Statistic { name: "by_kind", of: Counted::AgentType("recipient") },
])
.with_aliases(&[
    ("person", &["recipient", "affiliation.organization", "presented_by", "accepted_by"]),
    ("organization", &["recipient", "affiliation.organization", "presented_by", "accepted_by"]),
]);

static FIELDS: &[Field] = &[
    Field::new("award", Kind::Reference("award"), "The award.").required(),
    Field::new("year", Kind::Integer(1700, 2200), "The year of the award, not of the ceremony."),
    Field::new("recipient", AGENT, "Who received it.").required().credited_as("credited_as"),
    Field::new("credited_as", Kind::Text(&text::SHORT), "As the source styles the recipient.")
        .name(),
    Field::new(
        "affiliation",
        Kind::Object(&AFFILIATION),
        "Where the recipient worked at the time, and as what.",
    ),
    Field::new("citation", Kind::Text(&text::LONG), "What it was given for."),
    Field::new(
        "presented_at",
        Kind::Reference("meeting"),
        "The meeting at which it was presented.",
    ),
    Field::new("presented_on", Kind::Date, "When it was presented."),
    Field::new("occasion", Kind::Text(&text::SHORT), "The occasion, where it was not a meeting."),
    Field::new("presented_by", AGENT, "Who presented it."),
    Field::new("accepted_by", Kind::List(&AGENT), "Who accepted it for the recipient."),
    Field::new(
        "joint_award",
        Kind::Text(&text::SLUG),
        "Recipients with the same value share one award.",
    ),
    Field::new("location", Kind::Object(&PLACE), "Where the recipient is at work."),
];

static AFFILIATION: ObjectType = ObjectType {
    name: "Affiliation",
    doc: "Where somebody worked, and as what. At least one member is known.",
    fields: &[
        Field::new("organization", Kind::Reference("organization"), "The organization.")
            .role("affiliation"),
        Field::new("title", Kind::Text(&text::SHORT), "What the position was called."),
    ],
    rule: Some(one_is_known),
};
