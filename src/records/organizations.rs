//! Organizations: the task force, its departments and other participants.

use super::shared::{PLACE, linked};
use crate::model::{Backlink, Choice, Field, Kind, RecordType, Referrers, text};

pub(super) static ORGANIZATION: RecordType = RecordType {
    name: "organization",
    plural: "organizations",
    path: "organizations",
    schema: "Organization",
    doc: "An organization that takes part in the task force's work, or the task force itself.",
    fields: FIELDS,
    main_date: &["established"],
    intervals: &[("established", "dissolved"), ("task_force_since", "task_force_until")],
    is_agent: true,
    backlinks: &ROLES,
    short_name: Some("short_name"),
    has_unique_names: true,
    chains: &["parent"],
    ..linked()
};

/// The backlink from an agent to its roles.
pub(super) static ROLES: [Backlink; 1] = [Backlink {
    name: "roles",
    from: Referrers::Roles,
    doc: "its roles in other records, latest first",
}];

static FIELDS: &[Field] = &[
    Field::new("short_name", Kind::Text(&text::SHORT), "The abbreviation, such as `DOJ`.")
        .name()
        .indexed(),
    Field::new(
        "other_names",
        Kind::List(&Kind::Text(&text::SHORT)),
        "Other names used in sources.",
    )
    .name(),
    Field::new("kind", Kind::Enumeration(&KINDS), "The kind of organization."),
    Field::new(
        "parent",
        Kind::Reference("organization"),
        "The organization that this one is part of.",
    ),
    Field::new(
        "task_force_role",
        Kind::Enumeration(&TASK_FORCE_ROLES),
        "The role in the task force.",
    ),
    Field::new(
        "task_force_since",
        Kind::Date,
        "The date since which the organization has had this role.",
    ),
    Field::new(
        "task_force_until",
        Kind::Date,
        "The date until which the organization had this role.",
    ),
    Field::new("established", Kind::Date, "The date on which the organization was established."),
    Field::new("dissolved", Kind::Date, "The date on which the organization was dissolved."),
    Field::new("location", Kind::Object(&PLACE), "The place of the headquarters."),
    Field::new("website", Kind::Text(&text::URL), "The website."),
    Field::new("summary", Kind::Text(&text::LONG), "A description, in a few sentences."),
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
    Choice::new("intergovernmental", "an intergovernmental organization"),
    Choice::new("company", "a company"),
    Choice::new("tribal_nation", "a tribal nation"),
    Choice::new("government", "a government"),
    Choice::new("other", "another kind of organization"),
];

static TASK_FORCE_ROLES: [Choice; 3] = [
    Choice::new("chair", "chairs the task force"),
    Choice::new("member", "is a member of the task force"),
    Choice::new("participant", "takes part without being a member"),
];
