//! Agents: people, organizations and others who act in a record.

/// A record by its type and id, or a name in a source without a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// A record, of one of the types that [`super::Kind::Agent`] lists.
    Record {
        /// The type of the record.
        record_type: &'static str,
        /// The id of the record.
        id: String,
    },
    /// A name without a record.
    Label(String),
}

/// The `type` of an agent that is a name without a record.
pub const LABEL: &str = "label";
