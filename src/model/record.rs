//! A record as it is written, and what links it to the documents that it stands on.

use super::{Choice, Field, Kind, ObjectType, RecordType, Value, text};

/// A record's values, parsed and checked, ready to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// The values of the fields that are written, in the order of [`RecordType::written`].
    pub values: Vec<Value>,
}

impl Record {
    /// The value of a written field.
    pub fn value(&self, record_type: &'static RecordType, name: &str) -> &Value {
        record_type.written().zip(&self.values).find(|(field, _)| field.name == name).map_or(&Value::Null, |(_, value)| value)
    }

    /// Sets the value of a written field.
    pub fn set(&mut self, record_type: &'static RecordType, name: &str, value: Value) {
        if let Some(index) = record_type.written().position(|field| field.name == name) {
            self.values[index] = value;
        }
    }
}

/// The pointers of what differs between two versions of a record: members of objects each, lists as a whole.
pub fn changed(record_type: &'static RecordType, before: Option<&Record>, after: Option<&Record>) -> Vec<String> {
    let mut pointers = Vec::new();
    for (index, field) in record_type.written().enumerate() {
        compare(&format!("/{}", field.name), field.kind, value_at(before, index), value_at(after, index), &mut pointers);
    }
    pointers
}

fn value_at(record: Option<&Record>, index: usize) -> &Value {
    record.map_or(&Value::Null, |record| &record.values[index])
}

fn compare(pointer: &str, kind: Kind, before: &Value, after: &Value, pointers: &mut Vec<String>) {
    match (kind, before, after) {
        (Kind::Object(object), Value::Object(old), Value::Object(new)) => {
            for (index, member) in object.fields.iter().enumerate() {
                compare(&format!("{pointer}/{}", member.name), member.kind, &old[index], &new[index], pointers);
            }
        }
        _ if before == after || (before.is_empty() && after.is_empty()) => {}
        _ => pointers.push(pointer.to_owned()),
    }
}

pub(super) static SOURCES: Field =
    Field::new("sources", Kind::List(&Kind::Object(&SOURCE_LINK)), "Where the facts come from, for the whole record or field by field.");
pub(super) static DOCUMENTS: Field =
    Field::new("documents", Kind::List(&Kind::Object(&DOCUMENT_LINK)), "Related documents, other than sources.");

static SOURCE_LINK: ObjectType = ObjectType {
    name: "SourceLink",
    doc: "A document that a record, or one field of it, stands on; where sources disagree, what this one says.",
    fields: &[
        Field::new("document", Kind::Reference("document"), "The source.").required(),
        Field::new(
            "field",
            Kind::Text(&text::POINTER),
            "A JSON pointer to the field of this record that the source speaks of; null: the whole record.",
        ),
        Field::new("says", Kind::Text(&text::SHORT), "The value in that source, where it differs from the record or from other sources."),
        Field::new("locator", Kind::Text(&text::SHORT), "Where in the source: a page, a section, a minute."),
        Field::new("note", Kind::Text(&text::LONG), "A remark of the record keeper."),
    ],
    rule: None,
};

static DOCUMENT_LINK: ObjectType = ObjectType {
    name: "DocumentLink",
    doc: "A document that has to do with a record, and how.",
    fields: &[
        Field::new("rel", Kind::Enumeration(&RELATIONS), "How the document stands to the record.").required(),
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
