//! Links from records of all types to documents.

use crate::model::{Choice, Field, Kind, ObjectType, text};

pub(super) static LINKS: [Field; 2] = [
    Field::new(
        "sources",
        Kind::List(&Kind::Object(&SOURCE_LINK)),
        "The sources of the whole record or of single fields.",
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
    doc: "A source of a record or of one of its fields.",
    fields: &[
        Field::new("document", Kind::Reference("document"), "The source.").required(),
        Field::new(
            "field",
            Kind::Text(&text::POINTER),
            "A JSON pointer to the field of this record that the source supports. Null means the \
            whole record.",
        ),
        Field::new(
            "says",
            Kind::Text(&text::SHORT),
            "The value in this source, if it differs from the record or from other sources.",
        ),
        Field::new(
            "locator",
            Kind::Text(&text::SHORT),
            "The place in the source, such as a page, a section or a minute.",
        ),
        Field::new("note", Kind::Text(&text::LONG), "A note by the record keeper."),
    ],
    rule: None,
};

static DOCUMENT_LINK: ObjectType = ObjectType {
    name: "DocumentLink",
    doc: "A document related to a record.",
    fields: &[
        Field::new(
            "rel",
            Kind::Enumeration(&RELATIONS),
            "The relation of the document to the record.",
        )
        .required(),
        Field::new("document", Kind::Reference("document"), "The document.").required(),
        Field::new("note", Kind::Text(&text::LONG), "A note by the record keeper."),
    ],
    rule: None,
};

static RELATIONS: [Choice; 6] = [
    Choice::new("recording", "a recording of the event"),
    Choice::new("about", "describes it"),
    Choice::new("advances", "is advanced by it"),
    Choice::new("implements", "implements it"),
    Choice::new("product", "is a product of it"),
    Choice::new("related", "is related in another way"),
];
