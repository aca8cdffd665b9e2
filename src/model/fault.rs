//! Faults of a request. Each has a place, a message and, if possible, a hint.

use std::fmt;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::Pointer;

/// The place of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A JSON pointer into the body.
    Pointer(String),
    /// The name of a query parameter.
    Parameter(String),
    /// The name of a header.
    Header(String),
    /// A cell of a table, or a whole row: the number of the row, and the name of the column.
    Cell(usize, Option<String>),
}

impl Place {
    /// Returns the pointer or the name.
    pub fn name(&self) -> &str {
        match self {
            Self::Pointer(name) | Self::Parameter(name) | Self::Header(name) => name,
            Self::Cell(_, column) => column.as_deref().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(row, None) => write!(out, "Row {row}"),
            Self::Cell(row, Some(column)) => write!(out, "Row {row}, column {column}"),
            named => out.write_str(named.name()),
        }
    }
}

/// One fault of a request, as listed in a problem response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place of the fault.
    pub place: Place,
    /// A short code for programs.
    pub code: &'static str,
    /// A sentence that says what is wrong.
    pub message: String,
    /// A suggestion for a valid value.
    pub hint: Option<String>,
}

/// A fault in a response. It has one of `pointer`, `parameter` and `header`; in a table, `row` and
/// usually `column`.
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
    /// The row of the table; the header is row 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    row: Option<usize>,
    /// The name of the column of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    column: Option<&'f str>,
    /// A short code for programs.
    code: &'f str,
    /// A sentence that says what is wrong.
    message: &'f str,
    /// A suggestion for a valid value. For an unknown name, the most similar known name.
    #[schema(required)]
    hint: Option<&'f str>,
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.place.name();
        let (code, message, hint) = (self.code, self.message.as_str(), self.hint.as_deref());
        let body = FaultBody {
            pointer: None,
            parameter: None,
            header: None,
            row: None,
            column: None,
            code,
            message,
            hint,
        };
        let body = match &self.place {
            Place::Pointer(_) => FaultBody { pointer: Some(name), ..body },
            Place::Parameter(_) => FaultBody { parameter: Some(name), ..body },
            Place::Header(_) => FaultBody { header: Some(name), ..body },
            Place::Cell(row, column) => {
                FaultBody { row: Some(*row), column: column.as_deref(), ..body }
            }
        };
        body.serialize(serializer)
    }
}

/// The faults found so far. Lists at most [`Faults::MAX`] and counts all.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    count: usize,
}

impl Faults {
    /// The maximum number of faults in a problem response.
    pub const MAX: usize = 100;

    /// Adds a fault in the body.
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

    /// Adds a fault in the query string.
    pub fn parameter(
        &mut self,
        name: &str,
        code: &'static str,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let place = Place::Parameter(name.to_owned());
        // An empty value has no other faults.
        if !self.list.iter().any(|fault| fault.place == place && fault.code == "empty") {
            self.push(Fault { place, code, message: message.into(), hint });
        }
    }

    /// Adds a fault.
    pub fn push(&mut self, fault: Fault) {
        self.count += 1;
        if self.list.len() < Self::MAX {
            self.list.push(fault);
        }
    }

    /// Adds the faults of another collection.
    pub fn append(&mut self, others: Faults) {
        let unlisted = others.count - others.list.len();
        others.list.into_iter().for_each(|fault| self.push(fault));
        self.count += unlisted;
    }

    /// Returns whether there are no faults.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the number of faults, including unlisted ones.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Returns the faults in the order in which they were found.
    pub fn into_list(self) -> Vec<Fault> {
        self.list
    }
}
