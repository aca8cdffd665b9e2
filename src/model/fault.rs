//! What is wrong with a request: each fault names its place, says what is wrong there and, where it
//! can, what would be right.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::Pointer;

/// Where a fault lies.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it lies.
    pub place: Place,
    /// A short code that programs can compare.
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// A fault as it is sent. It has one of `pointer`, `parameter` and `header`.
#[derive(Serialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultBody<'f> {
    /// A JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<&'f str>,
    /// The parameter of the query string.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parameter: Option<&'f str>,
    /// The header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    header: Option<&'f str>,
    /// The kind of fault, for programs.
    code: &'f str,
    /// What is wrong.
    message: &'f str,
    /// What would be right; for an unknown name, the nearest known one.
    #[schema(required)]
    hint: Option<&'f str>,
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.place.name();
        let (code, message, hint) = (self.code, self.message.as_str(), self.hint.as_deref());
        let body = FaultBody { pointer: None, parameter: None, header: None, code, message, hint };
        let body = match self.place {
            Place::Pointer(_) => FaultBody { pointer: Some(name), ..body },
            Place::Parameter(_) => FaultBody { parameter: Some(name), ..body },
            Place::Header(_) => FaultBody { header: Some(name), ..body },
        };
        body.serialize(serializer)
    }
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
    pub fn at(
        &mut self,
        pointer: &Pointer<'_>,
        code: &'static str,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Fault {
            place: Place::Pointer(pointer.to_string()),
            code,
            message: message.into(),
            hint,
        });
    }

    /// Notes a fault in the query string.
    pub fn parameter(
        &mut self,
        name: &str,
        code: &'static str,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Fault {
            place: Place::Parameter(name.to_owned()),
            code,
            message: message.into(),
            hint,
        });
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
