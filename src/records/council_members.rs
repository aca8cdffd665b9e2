//! Council members: one record for one appointment of one person.

use super::shared::{AGENT, PLACE, record_type};
use crate::model::LabelPart::{NameOf, Text};
use crate::model::{Choice, Counted, Field, Kind, RecordType, Statistic, text};

pub(super) static COUNCIL_MEMBER: RecordType = record_type(
    "council_member",
    "council_members",
    "council-members",
    "CouncilMember",
    "One appointment of one person to an advisory council.",
    FIELDS,
)
.with_label(&[NameOf("person"), Text(", "), NameOf("council")])
.with_main_date(&["announced_on", "term_start"])
.with_statistics(&[
    Statistic { name: "by_cohort", of: Counted::Field("cohort") },
    Statistic { name: "by_state", of: Counted::Field("home_state.region") },
])
.with_term("term_start", "term_end")
.with_intervals(&[("term_start", "term_end")]);

static FIELDS: &[Field] = &[
    Field::new("person", Kind::Reference("person"), "Who was appointed.")
        .required()
        .credited_as("credited_as"),
    Field::new("council", Kind::Reference("organization"), "The council.").required(),
    Field::new("role", Kind::Enumeration(&ROLES), "The part in the council.").default("member"),
    Field::new("status", Kind::Enumeration(&STATUSES), "How the appointment stands.")
        .default("unknown"),
    Field::new("credited_as", Kind::Text(&text::SHORT), "As the source styles the person.").name(),
    Field::new(
        "home_state",
        Kind::Object(&PLACE),
        "Where the person is from, by the announcement.",
    ),
    Field::new("appointed_by", AGENT, "Who made the appointment."),
    Field::new("announced_on", Kind::Date, "When it was announced."),
    Field::new(
        "announced_at",
        Kind::Reference("meeting"),
        "The meeting at which it was announced.",
    ),
    Field::new("term_start", Kind::Date, "When the term began."),
    Field::new("term_end", Kind::Date, "When the term ended, or is to end."),
    Field::new(
        "cohort",
        Kind::Text(&text::SHORT),
        "What the members appointed together are called.",
    )
    .indexed(),
];

static ROLES: [Choice; 4] = [
    Choice::new("member", "a member"),
    Choice::new("chair", "the chair"),
    Choice::new("co_chair", "one of several chairs"),
    Choice::new("vice_chair", "the deputy of the chair"),
];

static STATUSES: [Choice; 4] = [
    Choice::new("announced", "announced; the term has not begun"),
    Choice::new("serving", "in office"),
    Choice::new("ended", "no longer in office"),
    Choice::new("unknown", "the sources do not tell"),
];
