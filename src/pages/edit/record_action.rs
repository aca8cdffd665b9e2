//! The operations on a record besides editing it.

use crate::keys::Scope;
use crate::model::RecordType;
use crate::web::session::Session;

/// An operation on a record besides editing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordAction {
    /// Deletes it.
    Delete,
    /// Restores an earlier version.
    Restore,
    /// Merges it into another record of its type.
    Merge,
    /// Removes values from every version.
    Redact,
}

impl RecordAction {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::Delete, Self::Restore, Self::Merge, Self::Redact];

    /// Returns the last part of its path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Merge => "merge",
            Self::Redact => "redact",
        }
    }

    /// Returns the word on its button.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Restore => "Restore",
            Self::Merge => "Merge",
            Self::Redact => "Redact",
        }
    }

    /// Returns the scope of a key that it needs.
    pub fn scope(self) -> Scope {
        if matches!(self, Self::Merge | Self::Redact) { Scope::Admin } else { Scope::Write }
    }

    /// Returns whether it applies to records of a type.
    pub fn applies_to(self, record_type: &RecordType) -> bool {
        self != Self::Merge || record_type.is_agent
    }

    /// Returns whether a page of such a record leads to it. Versions are restored from the history.
    pub fn is_offered(self, session: &Session, record_type: &RecordType) -> bool {
        self != Self::Restore && self.applies_to(record_type) && session.key.scope >= self.scope()
    }

    /// Returns whether the page of a deleted or merged record leads to it.
    pub fn is_offered_when_gone(self) -> bool {
        self == Self::Redact
    }

    /// Returns a description of the consequences.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::Delete => {
                "The record disappears from lists and from search. Its history stays, earlier \
                revisions still show it, and it can be restored from its history."
            }
            Self::Restore => {
                "The record is restored to its state at that revision. Later versions stay in its \
                history."
            }
            Self::Merge => {
                "Every reference to this record moves to the other one, and its address leads \
                there. A merge cannot be undone."
            }
            Self::Redact => {
                "The values are removed from the record, from every version of it, from search and \
                from exports of any revision. A redaction cannot be undone. Everyone can read its \
                reason, which must not contain the removed values."
            }
        }
    }
}
