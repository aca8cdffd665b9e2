//! Meetings: when and where the task force met, who took part and what they said.

use super::shared::{AGENT, PLACE, record_type};
use crate::model::{
    Backlink, Choice, Counted, Field, Kind, ObjectType, RecordType, Referrers, Statistic, text,
};

pub(super) static MEETING: RecordType = record_type(
    "meeting",
    "meetings",
    "meetings",
    "Meeting",
    "A meeting of the task force or of another body whose record is kept.",
    FIELDS,
)
.with_main_date(&["date"])
.with_intervals(&[("date", "end_date")])
.with_statistics(&[Statistic { name: "by_year", of: Counted::Year }])
.with_backlinks(&[
    Backlink {
        name: "council_members",
        from: Referrers::Field("council_member", "announced_at"),
        doc: "the appointments announced there",
    },
    Backlink {
        name: "award_recipients",
        from: Referrers::Field("award_recipient", "presented_at"),
        doc: "the awards presented there",
    },
    Backlink {
        name: "commitments",
        from: Referrers::Field("commitment", "meeting"),
        doc: "the commitments made there",
    },
    Backlink {
        name: "progress_updates",
        from: Referrers::Field("progress_update", "meeting"),
        doc: "the progress reported there",
    },
])
.with_own_recordings()
.with_aliases(&[("participant", &["participants.agent", "participants.on_behalf_of"])]);

static FIELDS: &[Field] = &[
    Field::new("organization", Kind::Reference("organization"), "The body that met.").required(),
    Field::new("date", Kind::Date, "The day of the meeting, or its first day."),
    Field::new(
        "date_note",
        Kind::Text(&text::SHORT),
        "What the sources leave open about the date.",
    ),
    Field::new("end_date", Kind::Date, "The last day, where the meeting had several."),
    Field::new("start_time", Kind::Text(&text::TIME), "When it began, in local time: `14:30`."),
    Field::new("status", Kind::Enumeration(&STATUSES), "Whether it took place.").default("held"),
    Field::new("mode", Kind::Enumeration(&MODES), "How people met."),
    Field::new("location", Kind::Object(&PLACE), "Where it took place."),
    Field::new("summary", Kind::Text(&text::LONG), "What happened, in a few sentences."),
    Field::new("topics", Kind::List(&Kind::Text(&text::SLUG)), "What it was about."),
    Field::new(
        "participants",
        Kind::List(&Kind::Object(&PARTICIPANT)),
        "Who took part, in the order of the source.",
    ),
];

static STATUSES: [Choice; 4] = [
    Choice::new("announced", "announced; whether it took place is not known"),
    Choice::new("held", "took place"),
    Choice::new("postponed", "was put off"),
    Choice::new("cancelled", "did not take place"),
];

static MODES: [Choice; 3] = [
    Choice::new("in_person", "in one room"),
    Choice::new("virtual", "by video or telephone"),
    Choice::new("hybrid", "some in the room, some by video or telephone"),
];

static PARTICIPANT: ObjectType = ObjectType {
    name: "Participant",
    doc: "Somebody who took part in a meeting, and what they said there.",
    fields: &[
        Field::new("agent", AGENT, "Who took part.").required().credited_as("credited_as"),
        Field::new("role", Kind::Enumeration(&ROLES), "In what role.").required(),
        Field::new(
            "credited_as",
            Kind::Text(&text::SHORT),
            "As the source styles them: `Secretary of State Antony Blinken`.",
        )
        .name(),
        Field::new("on_behalf_of", Kind::Reference("organization"), "The body they spoke for."),
        Field::new("stands_in_for", Kind::Text(&text::SHORT), "Whom they stood in for.").name(),
        Field::new("attendance", Kind::Enumeration(&ATTENDANCE), "Whether they were there.")
            .default("unknown"),
        Field::new("remarks", Kind::Text(&text::LONG), "What they said, in summary."),
        Field::new("topics", Kind::List(&Kind::Text(&text::SLUG)), "What they spoke about."),
        Field::new(
            "document",
            Kind::Reference("document"),
            "The document that their remarks presented.",
        ),
        Field::new("note", Kind::Text(&text::LONG), "A remark of the record keeper."),
    ],
    rule: None,
};

static ROLES: [Choice; 8] = [
    Choice::new("chair", "chaired the meeting"),
    Choice::new("co_chair", "chaired it together with others"),
    Choice::new("host", "was its host"),
    Choice::new("speaker", "spoke"),
    Choice::new("presenter", "presented something"),
    Choice::new("honoree", "was honoured"),
    Choice::new("attendee", "attended"),
    Choice::new("observer", "attended as an observer"),
];

static ATTENDANCE: [Choice; 5] = [
    Choice::new("attended", "was there, by the source"),
    Choice::new("expected", "was announced to come"),
    Choice::new("absent", "was not there"),
    Choice::new("statement_only", "sent a statement"),
    Choice::new("unknown", "the source does not tell"),
];
