//! Council members: one record for each appointment of a person.

use super::shared::{AGENT, PLACE, linked};
use crate::model::LabelPart::{NameOf, Text};
use crate::model::{Choice, Counted, Field, Kind, RecordType, Statistic, text};

pub(super) static COUNCIL_MEMBER: RecordType = RecordType {
    name: "council_member",
    plural: "council_members",
    path: "council-members",
    schema: "CouncilMember",
    doc: "The appointment of a person to an advisory council.",
    fields: FIELDS,
    label: Some(&[NameOf("person"), Text(", "), NameOf("council")]),
    main_date: &["announced_on", "term_start"],
    statistics: &[
        Statistic { name: "by_cohort", of: Counted::Field("cohort") },
        Statistic { name: "by_state", of: Counted::Field("home_state.region") },
    ],
    term: Some(("term_start", "term_end")),
    intervals: &[("term_start", "term_end")],
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new("person", Kind::Reference("person"), "The appointed person.")
        .required()
        .credited_as("credited_as"),
    Field::new("council", Kind::Reference("organization"), "The council.")
        .required()
        .role("council"),
    Field::new("role", Kind::Enumeration(&ROLES), "The role in the council.").default("member"),
    Field::new("status", Kind::Enumeration(&STATUSES), "The status of the appointment.")
        .default("unknown"),
    Field::new(
        "credited_as",
        Kind::Text(&text::SHORT),
        "The name and title of the person in the source.",
    )
    .name(),
    Field::new(
        "home_state",
        Kind::Object(&PLACE),
        "The home of the person according to the announcement.",
    ),
    Field::new("appointed_by", AGENT, "The person or organization that made the appointment.")
        .role("appointed_by"),
    Field::new("announced_on", Kind::Date, "The date of the announcement."),
    Field::new(
        "announced_at",
        Kind::Reference("meeting"),
        "The meeting at which the appointment was announced.",
    ),
    Field::new("term_start", Kind::Date, "The first day of the term."),
    Field::new("term_end", Kind::Date, "The last day of the term, in the past or future."),
    Field::new(
        "cohort",
        Kind::Text(&text::SHORT),
        "The name of the group that was appointed together.",
    )
    .indexed(),
];

static ROLES: [Choice; 4] = [
    Choice::new("member", "a member"),
    Choice::new("chair", "the chair"),
    Choice::new("co_chair", "one of several chairs"),
    Choice::new("vice_chair", "the deputy chair"),
];

static STATUSES: [Choice; 4] = [
    Choice::new("announced", "announced; the term has not begun"),
    Choice::new("serving", "in office"),
    Choice::new("ended", "no longer in office"),
    Choice::new("unknown", "not stated in the sources"),
];
