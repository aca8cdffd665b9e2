//! Meetings, with their participants and remarks.

use super::shared::{AGENT, PLACE, linked};
use crate::model::{
    Alias, Backlink, Choice, Counted, Field, Kind, ObjectType, RecordType, Referrers, Statistic,
    text,
};

pub(super) static MEETING: RecordType = RecordType {
    name: "meeting",
    plural: "meetings",
    path: "meetings",
    schema: "Meeting",
    doc: "A meeting of the task force or of a related body.",
    fields: FIELDS,
    main_date: &["date"],
    intervals: &[("date", "end_date")],
    statistics: &[Statistic { name: "by_year", of: Counted::Year }],
    backlinks: &[
        Backlink {
            name: "council_members",
            from: Referrers::Field("council_member", "announced_at"),
            doc: "the appointments announced at the meeting",
        },
        Backlink {
            name: "award_recipients",
            from: Referrers::Field("award_recipient", "presented_at"),
            doc: "the awards presented at the meeting",
        },
        Backlink {
            name: "commitments",
            from: Referrers::Field("commitment", "meeting"),
            doc: "the commitments made at the meeting",
        },
        Backlink {
            name: "progress_updates",
            from: Referrers::Field("progress_update", "meeting"),
            doc: "the progress reported at the meeting",
        },
    ],
    own_recordings: true,
    aliases: &[Alias {
        name: "participant",
        fields: &["participants.agent", "participants.on_behalf_of"],
        agents: &[],
    }],
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new("organization", Kind::Reference("organization"), "The organization that met.")
        .required(),
    Field::new("date", Kind::Date, "The date of the meeting, or its first day."),
    Field::new("date_note", Kind::Text(&text::SHORT), "A note on uncertainty about the date."),
    Field::new("end_date", Kind::Date, "The last day of a meeting that took several days."),
    Field::new(
        "start_time",
        Kind::Text(&text::TIME),
        "The local time at which the meeting began, such as `14:30`.",
    ),
    Field::new("status", Kind::Enumeration(&STATUSES), "Whether the meeting took place.")
        .default("held"),
    Field::new("mode", Kind::Enumeration(&MODES), "Whether people met in person or remotely."),
    Field::new("location", Kind::Object(&PLACE), "The place of the meeting."),
    Field::new("summary", Kind::Text(&text::LONG), "A summary of the meeting."),
    Field::new("topics", Kind::List(&Kind::Text(&text::SLUG)), "Topics, as keywords."),
    Field::new(
        "participants",
        Kind::List(&Kind::Object(&PARTICIPANT)),
        "The participants, in the order of the source.",
    ),
];

static STATUSES: [Choice; 4] = [
    Choice::new("announced", "announced; not known whether it took place"),
    Choice::new("held", "took place"),
    Choice::new("postponed", "was postponed"),
    Choice::new("cancelled", "did not take place"),
];

static MODES: [Choice; 3] = [
    Choice::new("in_person", "all in one place"),
    Choice::new("virtual", "by video or telephone"),
    Choice::new("hybrid", "some in person, some by video or telephone"),
];

static PARTICIPANT: ObjectType = ObjectType {
    name: "Participant",
    doc: "A participant in a meeting, with a summary of their remarks.",
    fields: &[
        Field::new("agent", AGENT, "The participant.").required().credited_as("credited_as"),
        Field::new("role", Kind::Enumeration(&ROLES), "The role in the meeting.").required(),
        Field::new(
            "credited_as",
            Kind::Text(&text::SHORT),
            "The name and title in the source, such as `Secretary of State Antony Blinken`.",
        )
        .name(),
        Field::new(
            "on_behalf_of",
            Kind::Reference("organization"),
            "The organization that the participant represented.",
        ),
        Field::new(
            "stands_in_for",
            Kind::Text(&text::SHORT),
            "The person that the participant represented.",
        )
        .name(),
        Field::new(
            "attendance",
            Kind::Enumeration(&ATTENDANCE),
            "Whether the participant attended.",
        )
        .default("unknown"),
        Field::new("remarks", Kind::Text(&text::LONG), "A summary of the remarks."),
        Field::new(
            "topics",
            Kind::List(&Kind::Text(&text::SLUG)),
            "Topics of the remarks, as keywords.",
        ),
        Field::new("document", Kind::Reference("document"), "The document that was presented."),
        Field::new("note", Kind::Text(&text::LONG), "A note by the record keeper."),
    ],
    rule: None,
};

static ROLES: [Choice; 8] = [
    Choice::new("chair", "chaired the meeting"),
    Choice::new("co_chair", "chaired the meeting together with others"),
    Choice::new("host", "hosted the meeting"),
    Choice::new("speaker", "spoke"),
    Choice::new("presenter", "gave a presentation"),
    Choice::new("honoree", "was honored"),
    Choice::new("attendee", "attended"),
    Choice::new("observer", "attended as an observer"),
];

static ATTENDANCE: [Choice; 5] = [
    Choice::new("attended", "attended, according to the source"),
    Choice::new("expected", "was expected to attend"),
    Choice::new("absent", "did not attend"),
    Choice::new("statement_only", "sent a statement"),
    Choice::new("unknown", "not stated in the source"),
];
