//! The differences between two versions of a record.

use super::kind::Kind;
use super::record::Record;
use super::record_type::RecordType;
use super::value::Value;

/// Returns pointers to the values that differ between two versions of a record. Objects are
/// compared member by member, lists in one piece.
pub fn changed(
    record_type: &'static RecordType,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Vec<String> {
    let mut pointers = Vec::new();
    for (index, field) in record_type.written().enumerate() {
        compare(
            &format!("/{}", field.name),
            field.kind,
            value_at(before, index),
            value_at(after, index),
            &mut pointers,
        );
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
                compare(
                    &format!("{pointer}/{}", member.name),
                    member.kind,
                    &old[index],
                    &new[index],
                    pointers,
                );
            }
        }
        _ if before == after || (before.is_empty() && after.is_empty()) => {}
        _ => pointers.push(pointer.to_owned()),
    }
}
