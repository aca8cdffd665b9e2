//! Ids of new records.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::EditError;
use crate::model::{Fault, LabelPart, Place, RecordType, text};
use crate::store::{RecordStatus, Transaction};

/// Returns the id for a new record: the given one if it is unused, or one made from its name. Ids
/// in `taken` are in use.
pub fn new_id(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    body: &Map<String, Json>,
    taken: &HashSet<String>,
) -> Result<String, EditError> {
    let Some(id) = body.get("id").and_then(Json::as_str) else {
        return free_id(transaction, record_type, body, taken);
    };
    check_unused(transaction, record_type, id)?;
    Ok(id.to_owned())
}

/// Returns an error if a record has, or had, this id.
pub(super) fn check_unused(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<(), EditError> {
    let name = record_type.name;
    Err(id_taken(match transaction.record_status(record_type, id)? {
        RecordStatus::Unknown => return Ok(()),
        RecordStatus::Live(_) => format!("the {name} {id} exists already"),
        RecordStatus::Deleted(revision) => {
            format!("the {name} {id} was deleted by revision {revision}, and ids are never reused")
        }
        RecordStatus::Merged(into) => format!("the {name} {id} was merged into {into}"),
    }))
}

fn id_taken(why: String) -> EditError {
    let fault = Fault {
        place: Place::Pointer("/id".to_owned()),
        code: "taken",
        message: why.clone(),
        hint: None,
    };
    EditError::Conflict(why, vec![fault])
}

/// Makes an unused id from the name of a record, or from the parts of its computed name. Ids in
/// `taken` are in use.
pub(super) fn free_id(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    members: &Map<String, Json>,
    taken: &HashSet<String>,
) -> Result<String, EditError> {
    let text_of = |name: &str| match members.get(name) {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Number(number)) => Some(number.to_string()),
        Some(Json::Object(object)) => ["id", "name"]
            .iter()
            .find_map(|member| object.get(*member).and_then(Json::as_str))
            .map(str::to_owned),
        _ => None,
    };
    let name = match record_type.label {
        None => text_of("name"),
        Some(parts) => {
            let fields = parts.iter().filter_map(|part| match part {
                LabelPart::NameOf(field) | LabelPart::With(_, field) => text_of(field),
                LabelPart::Text(_) => None,
            });
            Some(fields.collect::<Vec<_>>().join(" "))
        }
    };
    let base = text::slug_of(name.as_deref().unwrap_or(record_type.name));
    let mut id = base.clone();
    let mut number = 1;
    while taken.contains(&id)
        || transaction.record_status(record_type, &id)? != RecordStatus::Unknown
    {
        number += 1;
        id = format!("{base}-{number}");
    }
    Ok(id)
}
