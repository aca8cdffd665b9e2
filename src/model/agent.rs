//! Whoever acts in a record: a person, an organization, or a name that the source gives and nothing
//! more.

/// A person or an organization by id, or the name that a source gives to whoever it does not
/// identify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// A person's id.
    Person(String),
    /// An organization's id.
    Organization(String),
    /// A name without a record.
    Label(String),
}

impl Agent {
    /// The record types that an agent can be, besides a label.
    pub const TARGETS: [&str; 2] = ["person", "organization"];
}
