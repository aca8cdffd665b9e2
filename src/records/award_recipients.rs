//! Award recipients: one record for each recipient of an award.

use super::shared::{AGENT, PLACE, linked, one_is_known};
use crate::model::LabelPart::{NameOf, Text, With};
use crate::model::{Alias, Counted, Field, Kind, ObjectType, RecordType, Statistic, text};

pub(super) static AWARD_RECIPIENT: RecordType = RecordType {
    name: "award_recipient",
    plural: "award_recipients",
    path: "award-recipients",
    schema: "AwardRecipient",
    doc: "A recipient of an award.",
    fields: FIELDS,
    label: Some(&[NameOf("recipient"), Text(", "), NameOf("award"), With(" ", "year")]),
    main_date: &["presented_on", "year"],
    statistics: &[
        Statistic { name: "by_year", of: Counted::Field("year") },
        Statistic { name: "by_kind", of: Counted::AgentType("recipient") },
    ],
    aliases: &[
        Alias {
            name: "person",
            fields: &["recipient", "presented_by", "accepted_by"],
            agents: &["person"],
        },
        Alias {
            name: "organization",
            fields: &["recipient", "affiliation.organization", "presented_by", "accepted_by"],
            agents: &["organization"],
        },
    ],
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new("award", Kind::Reference("award"), "The award.").required(),
    Field::new("year", Kind::Integer(1700, 2200), "The year of the award, not of the ceremony."),
    Field::new("recipient", AGENT, "The recipient.").required().credited_as("credited_as"),
    Field::new(
        "credited_as",
        Kind::Text(&text::SHORT),
        "The name and title of the recipient in the source.",
    )
    .name(),
    Field::new(
        "affiliation",
        Kind::Object(&AFFILIATION),
        "The recipient's organization and position at the time.",
    ),
    Field::new(
        "citation",
        Kind::Text(&text::LONG),
        "The reason for the award, as stated in the source.",
    ),
    Field::new(
        "presented_at",
        Kind::Reference("meeting"),
        "The meeting at which the award was presented.",
    ),
    Field::new("presented_on", Kind::Date, "The date of the presentation."),
    Field::new("occasion", Kind::Text(&text::SHORT), "The occasion, if it was not a meeting."),
    Field::new("presented_by", AGENT, "The presenter."),
    Field::new(
        "accepted_by",
        Kind::List(&AGENT),
        "The people or organizations that accepted the award on behalf of the recipient.",
    ),
    Field::new(
        "joint_award",
        Kind::Text(&text::SLUG),
        "A key shared by the recipients of a joint award.",
    ),
    Field::new("location", Kind::Object(&PLACE), "The place where the recipient works."),
];

static AFFILIATION: ObjectType = ObjectType {
    name: "Affiliation",
    doc: "The organization and position of a recipient. At least one member is required.",
    fields: &[
        Field::new("organization", Kind::Reference("organization"), "The organization.")
            .role("affiliation"),
        Field::new("title", Kind::Text(&text::SHORT), "The title of the position."),
    ],
    rule: Some(one_is_known),
};
