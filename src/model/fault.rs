//! What is wrong with a request: each fault names its place, says what is wrong there and, where it can, what would be right.

use serde::Serialize;

use super::Pointer;

/// Where a fault lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A JSON pointer into the body.
    Pointer(String),
    /// The name of a query parameter.
    Parameter(String),
    /// The name of a header.
    Header(String),
}

impl Place {
    /// The pointer or the name.
    pub fn name(&self) -> &str {
        match self {
            Self::Pointer(name) | Self::Parameter(name) | Self::Header(name) => name,
        }
    }
}

/// One thing that is wrong, as problem bodies list it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where it lies.
    #[serde(flatten)]
    pub place: Place,
    /// A short code that programs can compare.
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// The faults found so far. At most [`Faults::MOST`] are kept; that there were more is remembered.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    count: usize,
}

impl Faults {
    /// As many faults as a problem lists.
    pub const MOST: usize = 100;

    /// Notes a fault in the body.
    pub fn at(&mut self, pointer: &Pointer<'_>, code: &'static str, message: impl Into<String>, hint: Option<String>) {
        self.push(Fault { place: Place::Pointer(pointer.to_string()), code, message: message.into(), hint });
    }

    /// Notes a fault in the query string.
    pub fn parameter(&mut self, name: &str, code: &'static str, message: impl Into<String>, hint: Option<String>) {
        self.push(Fault { place: Place::Parameter(name.to_owned()), code, message: message.into(), hint });
    }

    /// Notes a fault.
    pub fn push(&mut self, fault: Fault) {
        self.count += 1;
        if self.list.len() < Self::MOST {
            self.list.push(fault);
        }
    }

    /// Notes all of others.
    pub fn append(&mut self, others: Faults) {
        let untold = others.count - others.list.len();
        others.list.into_iter().for_each(|fault| self.push(fault));
        self.count += untold;
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many faults were noted so far.
    pub fn len(&self) -> usize {
        self.count
    }

    /// The faults, in the order they were found.
    pub fn into_list(self) -> Vec<Fault> {
        self.list
    }
}
