//! The test that a filter applies to the values of its fields.

use super::field_path::Operator;
use crate::model::PartialDate;

/// A test of a value. Its operands are valid for the type of the field.
#[derive(Clone, Debug)]
pub enum Test {
    /// The value equals a given one. A date matches if it is within a given one.
    Any(Vec<String>),
    /// The value equals no given one, or is null.
    NotAny(Vec<String>),
    /// The value refers to one of the records, or is a label with one of the names.
    AnyOf(Targets),
    /// The value refers to none of the records and is no label with one of the names, or is null.
    NoneOf(Targets),
    /// The value contains this text, ignoring case and accents.
    Contains(String),
    /// The value begins with this text, ignoring case and accents.
    StartsWith(String),
    /// The value compares to this one as the operator says.
    Compare(Operator, String),
    /// The value is not null, or is null.
    Exists(bool),
    /// The term that begins on this date may include the day.
    Term(PartialDate),
}

/// The targets of the ids in a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// The keys of records.
    pub keys: Vec<i64>,
    /// The names of labels.
    pub labels: Vec<String>,
}
