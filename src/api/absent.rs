//! What a request for a record that does not exist gets.

use crate::model::RecordType;
use crate::reading::Item;
use crate::web::problem::{GONE, NOT_FOUND, Problem};

/// The problem of a record that was not found.
pub(crate) fn absent(record_type: &RecordType, item: &Item) -> Problem {
    match item {
        Item::Merged(into) => Problem::merged(into),
        Item::Gone(revision) => Problem::new(
            &GONE,
            format!("The {} was deleted by revision {revision}.", record_type.name),
        ),
        _ => Problem::new(&NOT_FOUND, format!("There is no such {}.", record_type.name)),
    }
}
