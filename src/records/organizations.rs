//! Organizations: the task force itself, the departments in it, and whoever else takes part.

use super::shared::{PLACE, record_type};
use crate::model::{Backlink, Choice, Field, Kind, RecordType, Referrers, text};

pub(super) static ORGANIZATION: RecordType = record_type(
    "organization",
    "organizations",
    "organizations",
    "Organization",
    "A body that takes part in the task force's work, or the task force itself.",
    FIELDS,
)
.with_main_date(&["established"])
.with_intervals(&[("established", "dissolved"), ("task_force_since", "task_force_until")])
.as_agent()
.with_backlinks(&ROLES)
.with_short_name("short_name")
.with_own_names()
.with_chains(&["parent"]);

/// Everything that a person or an organization took part in.
pub(super) static ROLES: [Backlink; 1] = [Backlink {
    name: "roles",
    from: Referrers::Roles,
    doc: "everything it took part in, newest first",
}];

static FIELDS: &[Field] = &[
    Field::new("short_name", Kind::Text(&text::SHORT), "Its abbreviation: `DOJ`.").name().indexed(),
    Field::new(
        "other_names",
        Kind::List(&Kind::Text(&text::SHORT)),
        "Other names that sources use.",
    )
    .name(),
    Field::new("kind", Kind::Enumeration(&KINDS), "What sort of body it is."),
    Field::new("parent", Kind::Reference("organization"), "The body that it is a part of."),
    Field::new(
        "task_force_role",
        Kind::Enumeration(&TASK_FORCE_ROLES),
        "Its part in the task force.",
    ),
    Field::new("task_force_since", Kind::Date, "Since when it has had that part."),
    Field::new("task_force_until", Kind::Date, "Until when it had that part."),
    Field::new("established", Kind::Date, "When it was established."),
    Field::new("dissolved", Kind::Date, "When it was dissolved."),
    Field::new("location", Kind::Object(&PLACE), "Where it has its seat."),
    Field::new("website", Kind::Text(&text::URL), "Its website."),
    Field::new("summary", Kind::Text(&text::LONG), "What it is, in a few sentences."),
];

static KINDS: [Choice; 14] = [
    Choice::new("task_force", "a task force"),
    Choice::new("advisory_council", "a council that advises a task force or a government"),
    Choice::new("committee", "a committee or working group"),
    Choice::new("department", "a department of a government"),
    Choice::new("agency", "an agency of a government"),
    Choice::new("office", "an office within a department or agency"),
    Choice::new("program", "a program"),
    Choice::new("network", "a network of organizations"),
    Choice::new("nongovernmental", "a nongovernmental organization"),
    Choice::new("intergovernmental", "an organization of states"),
    Choice::new("company", "a company"),
    Choice::new("tribal_nation", "a tribal nation"),
    Choice::new("government", "a government"),
    Choice::new("other", "another kind of body"),
];

static TASK_FORCE_ROLES: [Choice; 3] = [
    Choice::new("chair", "chairs the task force"),
    Choice::new("member", "is a member of it"),
    Choice::new("participant", "takes part without being a member"),
];
