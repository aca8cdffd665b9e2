//! A record as it is written.

use super::value::Value;

/// A record's values, parsed and checked, ready to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// The values of the fields that are written, in the order in which the type declares them.
    pub values: Vec<Value>,
}
