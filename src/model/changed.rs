//! The differences between two versions of a record.

use super::kind::{Field, Kind};
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
        let (before, after) = (value_at(before, index), value_at(after, index));
        compare("", field, before, after, &mut pointers);
    }
    pointers
}

fn value_at(record: Option<&Record>, index: usize) -> &Value {
    record.map_or(&Value::Null, |record| &record.values[index])
}

fn compare(parent: &str, field: &Field, before: &Value, after: &Value, pointers: &mut Vec<String>) {
    if before == after || (before.is_empty() && after.is_empty()) {
        return;
    }
    let pointer = format!("{parent}/{}", field.name);
    match (field.kind, before, after) {
        (Kind::Object(object), Value::Object(old), Value::Object(new)) => {
            for ((member, old), new) in object.fields.iter().zip(old.iter()).zip(new.iter()) {
                compare(&pointer, member, old, new, pointers);
            }
        }
        _ => pointers.push(pointer),
    }
}
