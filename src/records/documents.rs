//! Documents: sources, and products of the task force's work.

use super::shared::{AGENT, linked};
use crate::model::{Backlink, Choice, Field, Kind, Publication, RecordType, Referrers, text};

pub(super) static DOCUMENT: RecordType = RecordType {
    name: "document",
    plural: "documents",
    path: "documents",
    schema: "Document",
    doc: "A document that is a source or a product of the task force's work.",
    fields: FIELDS,
    main_date: &["issued"],
    backlinks: &[Backlink {
        name: "cited_by",
        from: Referrers::Citations,
        doc: "the records that cite the document or refer to it",
    }],
    publication: Some(&Publication {
        state: "availability",
        announced: "announced",
        urls: &["url", "archived_url"],
    }),
    chains: &["copy_of", "supersedes"],
    ..linked()
};

static FIELDS: &[Field] = &[
    Field::new("kind", Kind::Enumeration(&KINDS), "The kind of document.").required(),
    Field::new(
        "number",
        Kind::Text(&text::SHORT),
        "The official number, such as `Pub. L. 106-386`.",
    )
    .name(),
    Field::new("publisher", AGENT, "The publisher."),
    Field::new("issued", Kind::Date, "The date of issue."),
    Field::new(
        "edition",
        Kind::Text(&text::SHORT),
        "The edition, such as the year of an annual report.",
    ),
    Field::new("language", Kind::Text(&text::LANGUAGE), "The language, as a BCP 47 tag."),
    Field::new("url", Kind::Text(&text::URL), "The URL of publication, current or former."),
    Field::new("archived_url", Kind::Text(&text::URL), "The URL of an archived copy."),
    Field::new(
        "availability",
        Kind::Enumeration(&AVAILABILITY),
        "Whether the document can be read at its URL.",
    )
    .default("unknown"),
    Field::new("copy_of", Kind::Reference("document"), "The document of which this one is a copy."),
    Field::new("supersedes", Kind::Reference("document"), "The document that this one replaces."),
    Field::new(
        "sha256",
        Kind::Text(&text::SHA256),
        "The SHA-256 of the file, in lowercase hexadecimal.",
    ),
    Field::new("license", Kind::Text(&text::SHORT), "The license."),
    Field::new("summary", Kind::Text(&text::LONG), "A summary of the content."),
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
    Choice::new("training", "training material"),
    Choice::new("pamphlet", "a pamphlet or brochure"),
    Choice::new("video", "a video"),
    Choice::new("news", "news coverage"),
    Choice::new("webpage", "a web page"),
    Choice::new("dataset", "a dataset"),
    Choice::new("other", "another kind of document"),
];

static AVAILABILITY: [Choice; 4] = [
    Choice::new("announced", "announced, but not published yet"),
    Choice::new("available", "available at its URL"),
    Choice::new("unavailable", "no longer available at its URL"),
    Choice::new("unknown", "not checked"),
];
