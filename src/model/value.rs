//! Parsed values.

use super::{Agent, Moment, PartialDate};

/// A value that can be stored: normalized and checked, with references as ids.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A text, a value of an enumeration, an id, or the id of a reference.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A date as precise as its source.
    Date(PartialDate),
    /// A timestamp.
    Moment(Moment),
    /// An agent.
    Agent(Agent),
    /// The members of an object, in the order of its declaration.
    Object(Vec<Value>),
    /// The entries of a list.
    List(Vec<Value>),
}

impl Value {
    /// Returns whether the value is null or an empty list.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::List(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// Returns the text of a text or date.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Date(date) => Some(date.as_str()),
            _ => None,
        }
    }
}
