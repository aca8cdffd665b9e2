//! Documents: releases, reports, recordings and laws, as sources and as products of the task
//! force's work.

use super::shared::{AGENT, record_type};
use crate::model::{Backlink, Choice, Field, Kind, Publication, RecordType, Referrers, text};

pub(super) static DOCUMENT: RecordType = record_type(
    "document",
    "documents",
    "documents",
    "Document",
    "A document that the record stands on or that came out of the task force's work.",
    FIELDS,
)
.with_main_date(&["issued"])
.with_backlinks(&[Backlink {
    name: "cited_by",
    from: Referrers::Citations,
    doc: "the records that have it as a source or refer to it",
}])
.with_publication(&Publication {
    state: "availability",
    announced: "announced",
    urls: &["url", "archived_url"],
})
.with_chains(&["copy_of", "supersedes"]);

static FIELDS: &[Field] = &[
    Field::new("kind", Kind::Enumeration(&KINDS), "What sort of document it is.").required(),
    Field::new("number", Kind::Text(&text::SHORT), "Its official number: `Pub. L. 106-386`.")
        .name(),
    Field::new("publisher", AGENT, "Who published it."),
    Field::new("issued", Kind::Date, "When it was issued."),
    Field::new("edition", Kind::Text(&text::SHORT), "The edition: the year that a report is for."),
    Field::new("language", Kind::Text(&text::LANGUAGE), "Its language, as a BCP 47 tag."),
    Field::new("url", Kind::Text(&text::URL), "Where it is, or was, published."),
    Field::new("archived_url", Kind::Text(&text::URL), "Where a copy is archived."),
    Field::new("availability", Kind::Enumeration(&AVAILABILITY), "Whether it can be read.")
        .default("unknown"),
    Field::new("copy_of", Kind::Reference("document"), "The document that it is a copy of."),
    Field::new(
        "supersedes",
        Kind::Reference("document"),
        "The document that it takes the place of.",
    ),
    Field::new(
        "sha256",
        Kind::Text(&text::SHA256),
        "The SHA-256 of the file, in lower-case hexadecimal.",
    ),
    Field::new("license", Kind::Text(&text::SHORT), "The licence that it is under."),
    Field::new("summary", Kind::Text(&text::LONG), "What it says, in a few sentences."),
];

static KINDS: [Choice; 16] = [
    Choice::new("press_release", "a press release"),
    Choice::new("fact_sheet", "a fact sheet"),
    Choice::new("remarks", "remarks as published"),
    Choice::new("transcript", "a transcript"),
    Choice::new("report", "a report"),
    Choice::new("action_plan", "an action plan or strategy"),
    Choice::new("memorandum", "a memorandum"),
    Choice::new("executive_order", "an executive order"),
    Choice::new("statute", "a law"),
    Choice::new("training", "a training"),
    Choice::new("pamphlet", "a pamphlet or brochure"),
    Choice::new("video", "a video"),
    Choice::new("news", "news by others"),
    Choice::new("webpage", "a page of a website"),
    Choice::new("dataset", "a data set"),
    Choice::new("other", "another kind of document"),
];

static AVAILABILITY: [Choice; 4] = [
    Choice::new("announced", "announced, not seen yet"),
    Choice::new("available", "can be read at its address"),
    Choice::new("unavailable", "can no longer be read at its address"),
    Choice::new("unknown", "not looked after"),
];
