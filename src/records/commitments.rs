//! Commitments that departments made, and their status.

use super::shared::{AGENT, FIGURE, PLACE, STATES, linked};
use crate::model::{
    Backlink, Choice, Counted, Field, Kind, RecordType, Referrers, Statistic, text,
};

pub(super) static COMMITMENT: RecordType = RecordType {
    name: "commitment",
    plural: "commitments",
    path: "commitments",
    schema: "Commitment",
    doc: "An action that departments committed to.",
    fields: FIELDS,
    main_date: &["made_on"],
    statistics: &[
        Statistic { name: "by_status", of: Counted::Field("status") },
        Statistic { name: "by_department", of: Counted::Field("departments") },
        Statistic { name: "by_pillar", of: Counted::Field("pillars") },
        Statistic { name: "by_topic", of: Counted::Field("topics") },
        Statistic { name: "by_year", of: Counted::Year },
    ],
    backlinks: &[
        Backlink {
            name: "progress_updates",
            from: Referrers::Field("progress_update", "commitment"),
            doc: "later reports on the commitment",
        },
        Backlink {
            name: "parts",
            from: Referrers::Field("commitment", "parent"),
            doc: "the commitments that are part of this one",
        },
    ],
    chains: &["parent", "follows"],
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new(
        "text",
        Kind::Text(&text::LONG),
        "The commitment, close to the words of the source.",
    ),
    Field::new("kind", Kind::Enumeration(&KINDS), "The kind of statement.").default("commitment"),
    Field::new(
        "departments",
        Kind::List(&Kind::Reference("organization")),
        "The responsible departments, the lead department first.",
    )
    .alias("department")
    .role("department"),
    Field::new("made_by", AGENT, "The person or organization that made the commitment."),
    Field::new(
        "meeting",
        Kind::Reference("meeting"),
        "The meeting at which the commitment was \
        made.",
    ),
    Field::new("made_on", Kind::Date, "The date on which the commitment was made."),
    Field::new(
        "position",
        Kind::Integer(-1_000_000_000, 1_000_000_000),
        "The position in the order of the source.",
    ),
    Field::new("parent", Kind::Reference("commitment"), "The commitment that this one is part of."),
    Field::new(
        "follows",
        Kind::Reference("commitment"),
        "The earlier commitment that this one continues.",
    ),
    Field::new(
        "pillars",
        Kind::List(&Kind::Enumeration(&PILLARS)),
        "The pillars of the task force's work that the commitment belongs to.",
    ),
    Field::new("topics", Kind::List(&Kind::Text(&text::SLUG)), "Topics, as keywords."),
    Field::new(
        "programs",
        Kind::List(&Kind::Text(&text::SHORT)),
        "Programs named in the \
        commitment.",
    )
    .name(),
    Field::new("partners", Kind::List(&AGENT), "Partners other than the departments.")
        .role("partner"),
    Field::new("audiences", Kind::List(&Kind::Text(&text::SHORT)), "The intended audiences."),
    Field::new(
        "places",
        Kind::List(&Kind::Object(&PLACE)),
        "The places where the commitment \
        applies.",
    ),
    Field::new("figures", Kind::List(&Kind::Object(&FIGURE)), "Numbers in the commitment."),
    Field::new("due", Kind::Date, "The date by which the commitment is due."),
    Field::new(
        "status",
        Kind::Enumeration(&STATES),
        "The status according to a source. It is \
        never inferred.",
    )
    .default("unknown"),
    Field::new("status_date", Kind::Date, "The date of the status."),
    Field::new(
        "overdue",
        Kind::PastDue { date: "due", state: "status", ended: &["completed", "discontinued"] },
        "Whether `due` has certainly passed while `status` is neither `completed` nor \
        `discontinued`. The day is today in UTC, or the day of the revision that is read.",
    )
    .read_only(),
];

static KINDS: [Choice; 6] = [
    Choice::new("commitment", "a promise to act"),
    Choice::new("announcement", "an announced action that has begun or been decided"),
    Choice::new("recommendation", "advice to others"),
    Choice::new("direction", "an order to act"),
    Choice::new("decision", "a decision by the body"),
    Choice::new("discussion", "a topic of discussion"),
];

static PILLARS: [Choice; 5] = [
    Choice::new("prevention", "prevention of the crime"),
    Choice::new("protection", "help for victims and survivors"),
    Choice::new("prosecution", "law enforcement"),
    Choice::new("partnership", "cooperation with other organizations"),
    Choice::new("cross_cutting", "work across all pillars"),
];
