//! A parsed value of a field: only what may be stored can be held.

use super::{Agent, Moment, PartialDate};

/// A value as it is stored: cleaned, checked, references by id.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not known.
    Null,
    /// A text, an enumeration's value, an id or the id of a reference.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A date as precise as its source.
    Date(PartialDate),
    /// A moment of system time.
    Moment(Moment),
    /// Whoever acts.
    Agent(Agent),
    /// The members of an object, in the order of its type.
    Object(Vec<Value>),
    /// The entries of a list.
    List(Vec<Value>),
}

impl Value {
    /// Whether nothing is known: null, or an empty list.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::List(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// The text, where the value is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Date(date) => Some(date.as_str()),
            _ => None,
        }
    }
}
