//! Errors of the store, classified by how a caller can react.

use std::fmt;

use diesel::result::{DatabaseErrorKind as Kind, Error as DieselError};

use super::time_limit;

/// An error of the store.
#[derive(Clone, Debug)]
pub enum StoreError {
    /// The database is unreachable, locked, read-only or damaged. The request may succeed later.
    Unavailable(String),
    /// The disk is full.
    Full,
    /// The database or file cannot be used: it is missing, or belongs to another program or
    /// version.
    Unusable(String),
    /// A defect of the program.
    Internal(String),
}

/// The result of an operation of the store.
pub type StoreResult<T> = Result<T, StoreError>;

impl StoreError {
    /// Returns the label of the error in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Full => "full",
            Self::Unusable(_) => "unusable",
            Self::Internal(_) => "internal",
        }
    }

    /// Reclassifies an error from beginning or ending a transaction. No request can cause one, so
    /// it is never a defect in handling the request.
    #[must_use]
    pub fn into_unavailable(self) -> Self {
        match self {
            Self::Full => Self::Full,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(message) | Self::Unusable(message) | Self::Internal(message) => {
                out.write_str(message)
            }
            Self::Full => out.write_str("the disk is full"),
        }
    }
}

impl std::error::Error for StoreError {}

/// SQLite's complete messages for result codes that are caused by the environment, not by the
/// statement. Diesel reports the message without the code. The bundled SQLite determines the text.
const SQLITE_UNAVAILABLE: [&str; 11] = [
    "database is locked",
    "database table is locked",
    "attempt to write a readonly database",
    "disk I/O error",
    "database disk image is malformed",
    "unable to open database file",
    "file is not a database",
    "locking protocol",
    "database schema has changed",
    "interrupted",
    "out of memory",
];

/// The beginnings of SQLite's messages when the file no longer contains the schema, because it was
/// damaged or replaced.
const SQLITE_LOST: [&str; 2] = ["no such table: ", "malformed database schema"];

/// The beginnings of PostgreSQL's messages that are caused by the environment and have no kind in
/// Diesel. Connections set `lc_messages` to get English messages, if the server permits it.
const POSTGRES_UNAVAILABLE: [&str; 15] = [
    "canceling statement due to",
    "terminating connection due to",
    "deadlock detected",
    "could not ",
    "out of memory",
    "out of shared memory",
    "invalid page in block",
    "sorry, too many clients already",
    "remaining connection slots are reserved",
    "too many connections for",
    "the database system is",
    "cannot execute ",
    "cached plan must not change result type",
    "server closed the connection",
    "no connection to the server",
];

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        let message = error.to_string();
        match error {
            DieselError::BrokenTransactionManager
            | DieselError::DatabaseError(
                Kind::ClosedConnection
                | Kind::UnableToSendCommand
                | Kind::SerializationFailure
                | Kind::ReadOnlyTransaction,
                _,
            ) => Self::Unavailable(message),
            DieselError::DatabaseError(Kind::Unknown, _) => from_message(message),
            DieselError::DeserializationError(error) if error.is::<time_limit::Exceeded>() => {
                Self::Unavailable(message)
            }
            _ => Self::Internal(message),
        }
    }
}

fn from_message(message: String) -> StoreError {
    let begins_with_any = |prefixes: &[&str]| prefixes.iter().any(|text| message.starts_with(text));
    let lost_relation =
        message.starts_with("relation \"") && message.ends_with("\" does not exist");
    if message == "database or disk is full" || message.contains("No space left on device") {
        StoreError::Full
    } else if SQLITE_UNAVAILABLE.contains(&message.as_str())
        || begins_with_any(&SQLITE_LOST)
        || begins_with_any(&POSTGRES_UNAVAILABLE)
        || lost_relation
    {
        StoreError::Unavailable(message)
    } else {
        StoreError::Internal(message)
    }
}

/// JSON that cannot be read or written is a defect.
impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            Self::Full
        } else {
            Self::Unavailable(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(kind: Kind, message: &str) -> &'static str {
        StoreError::from(DieselError::DatabaseError(kind, Box::new(message.to_owned()))).kind()
    }

    #[test]
    fn distinguishes_unavailability_from_defects() {
        for message in [
            "database is locked",
            "file is not a database",
            "no such table: people",
            "canceling statement due to lock timeout",
        ] {
            assert_eq!(kind(Kind::Unknown, message), "unavailable", "{message}");
        }
        assert_eq!(kind(Kind::Unknown, "database or disk is full"), "full");
        assert_eq!(
            kind(Kind::Unknown, "could not extend file \"base/1\": No space left on device"),
            "full"
        );
        assert_eq!(kind(Kind::ClosedConnection, "FATAL: adieu"), "unavailable");
        // Client input that a message quotes does not affect the kind.
        assert_eq!(
            kind(Kind::Unknown, "invalid input syntax for type bigint: \"database is locked\""),
            "internal"
        );
        assert_eq!(kind(Kind::UniqueViolation, "database is locked"), "internal");
    }
}
