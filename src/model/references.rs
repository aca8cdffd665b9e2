//! The references in a record.

use super::{Agent, Kind, Pointer, Record, RecordType, Value};

/// A reference to another record.
pub struct Reference<'r> {
    /// The field of the record that contains the reference.
    pub field: &'static str,
    /// The type of the referenced record.
    pub target: &'static str,
    /// The id of the referenced record.
    pub id: &'r str,
    /// The place of the reference.
    pub at: &'r Pointer<'r>,
}

/// Calls `visit` for each reference in a record, in the order of the declaration.
pub fn each_reference(
    record_type: &'static RecordType,
    record: &Record,
    at: &Pointer<'_>,
    visit: &mut dyn FnMut(Reference<'_>),
) {
    for (field, value) in record_type.written().zip(&record.values) {
        walk(field.name, field.kind, value, &at.member(field.name), visit);
    }
}

fn walk(
    field: &'static str,
    kind: Kind,
    value: &Value,
    at: &Pointer<'_>,
    visit: &mut dyn FnMut(Reference<'_>),
) {
    match (kind, value) {
        (Kind::Reference(target), Value::Text(id)) => visit(Reference { field, target, id, at }),
        (Kind::Agent(_), Value::Agent(Agent::Record { record_type, id })) => {
            visit(Reference { field, target: record_type, id, at });
        }
        (Kind::Object(object), Value::Object(members)) => {
            for (member, value) in object.fields.iter().zip(members) {
                walk(field, member.kind, value, &at.member(member.name), visit);
            }
        }
        (Kind::List(element), Value::List(entries)) => {
            for (index, entry) in entries.iter().enumerate() {
                walk(field, *element, entry, &at.entry(index), visit);
            }
        }
        _ => {}
    }
}
