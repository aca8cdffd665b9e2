//! The links from any record to documents.

use crate::model::{Choice, Field, Kind, ObjectType, text};

pub(super) static LINKS: [Field; 2] = [
    Field::new(
        "sources",
        Kind::List(&Kind::Object(&SOURCE_LINK)),
        "The documents that the facts come from, for the whole record or for one field.",
    )
    .in_shared_table("source_links"),
    Field::new(
        "documents",
        Kind::List(&Kind::Object(&DOCUMENT_LINK)),
        "Related documents other than sources.",
    )
    .in_shared_table("document_links"),
];

static SOURCE_LINK: ObjectType = ObjectType {
    name: "SourceLink",
    doc: "A document that a record, or one field of it, stands on; where sources disagree, what \
        this one says.",
    fields: &[
        Field::new("document", Kind::Reference("document"), "The source.").required(),
        Field::new(
            "field",
            Kind::Text(&text::POINTER),
            "A JSON pointer to the field of this record that the source speaks of; null: the \
            whole record.",
        ),
        Field::new(
            "says",
            Kind::Text(&text::SHORT),
            "The value in that source, where it differs from the record or from other sources.",
        ),
        Field::new(
            "locator",
            Kind::Text(&text::SHORT),
            "Where in the source: a page, a section, a minute.",
        ),
        Field::new("note", Kind::Text(&text::LONG), "A remark of the record keeper."),
    ],
    rule: None,
};

static DOCUMENT_LINK: ObjectType = ObjectType {
    name: "DocumentLink",
    doc: "A document that has to do with a record, and how.",
    fields: &[
        Field::new("rel", Kind::Enumeration(&RELATIONS), "How the document stands to the record.")
            .required(),
        Field::new("document", Kind::Reference("document"), "The document.").required(),
        Field::new("note", Kind::Text(&text::LONG), "A remark of the record keeper."),
    ],
    rule: None,
};

static RELATIONS: [Choice; 6] = [
    Choice::new("recording", "a recording of the event"),
    Choice::new("about", "tells of it"),
    Choice::new("advances", "is advanced by it"),
    Choice::new("implements", "carries it out"),
    Choice::new("product", "came out of it"),
    Choice::new("related", "has to do with it in another way"),
];
