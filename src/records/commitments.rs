//! Commitments: what departments said they would do, part by part, and how it stands.

use super::shared::{AGENT, FIGURE, PLACE, STATES, record_type};
use crate::model::{
    Backlink, Choice, Counted, Field, Kind, RecordType, Referrers, Statistic, text,
};

pub(super) static COMMITMENT: RecordType = record_type(
    "commitment",
    "commitments",
    "commitments",
    "Commitment",
    "Something that departments said they would do.",
    FIELDS,
)
.with_main_date(&["made_on"])
.with_statistics(&[
    Statistic { name: "by_status", of: Counted::Field("status") },
    Statistic { name: "by_department", of: Counted::Field("departments") },
    Statistic { name: "by_pillar", of: Counted::Field("pillars") },
    Statistic { name: "by_topic", of: Counted::Field("topics") },
    Statistic { name: "by_year", of: Counted::Year },
])
.with_backlinks(&[
    Backlink {
        name: "progress_updates",
        from: Referrers::Field("progress_update", "commitment"),
        doc: "what was reported of it later",
    },
    Backlink {
        name: "parts",
        from: Referrers::Field("commitment", "parent"),
        doc: "the commitments that are parts of it",
    },
])
.with_chains(&["parent", "follows"]);

static FIELDS: &[Field] = &[
    Field::new(
        "text",
        Kind::Text(&text::LONG),
        "What is to be done, close to the words of the source.",
    ),
    Field::new("kind", Kind::Enumeration(&KINDS), "What sort of statement it is.")
        .default("commitment"),
    Field::new(
        "departments",
        Kind::List(&Kind::Reference("organization")),
        "The departments that are to do it, the lead first.",
    )
    .alias("department")
    .role("department"),
    Field::new("made_by", AGENT, "Who said it."),
    Field::new("meeting", Kind::Reference("meeting"), "The meeting at which it was made."),
    Field::new("made_on", Kind::Date, "When it was made."),
    Field::new(
        "position",
        Kind::Integer(-1_000_000_000, 1_000_000_000),
        "Its place in the order of the source.",
    ),
    Field::new("parent", Kind::Reference("commitment"), "The commitment that it is a part of."),
    Field::new(
        "follows",
        Kind::Reference("commitment"),
        "The earlier commitment that it continues.",
    ),
    Field::new(
        "pillars",
        Kind::List(&Kind::Enumeration(&PILLARS)),
        "The pillars of the work that it serves.",
    ),
    Field::new("topics", Kind::List(&Kind::Text(&text::SLUG)), "What it is about."),
    Field::new("programs", Kind::List(&Kind::Text(&text::SHORT)), "The programs that it names.")
        .name(),
    Field::new("partners", Kind::List(&AGENT), "Who is to take part, besides the departments.")
        .role("partner"),
    Field::new("audiences", Kind::List(&Kind::Text(&text::SHORT)), "Whom it is to reach."),
    Field::new("places", Kind::List(&Kind::Object(&PLACE)), "Where it is to be done."),
    Field::new("figures", Kind::List(&Kind::Object(&FIGURE)), "The numbers that it names."),
    Field::new("due", Kind::Date, "By when it is to be done."),
    Field::new("status", Kind::Enumeration(&STATES), "How it stands: recorded, never inferred.")
        .default("announced"),
    Field::new("status_date", Kind::Date, "When it came to stand so."),
    Field::new(
        "overdue",
        Kind::PastDue { date: "due", state: "status", ended: &["completed", "discontinued"] },
        "Whether `due` has certainly passed (today, UTC; in a pinned read, on the day of its \
         revision) while `status` is neither `completed` nor `discontinued`.",
    )
    .read_only(),
];

static KINDS: [Choice; 6] = [
    Choice::new("commitment", "a promise to act"),
    Choice::new("announcement", "an action announced as begun or decided"),
    Choice::new("recommendation", "advice to others"),
    Choice::new("direction", "an order to act"),
    Choice::new("decision", "a decision of the body"),
    Choice::new("discussion", "a matter that was discussed"),
];

static PILLARS: [Choice; 5] = [
    Choice::new("prevention", "so that it does not happen"),
    Choice::new("protection", "help for victims and survivors"),
    Choice::new("prosecution", "enforcement of the law"),
    Choice::new("partnership", "work with others"),
    Choice::new("cross_cutting", "what serves all of these"),
];
