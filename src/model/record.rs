//! Parsed records.

use super::value::Value;

/// The values of a record, parsed and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The id.
    pub id: String,
    /// The values of the writable fields, in the order of the declaration.
    pub values: Vec<Value>,
}
