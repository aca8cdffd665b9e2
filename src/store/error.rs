//! What can go wrong with the store, told apart by what a caller can do about it.

use std::fmt;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// What went wrong with the store.
#[derive(Debug)]
pub enum StoreError {
    /// It cannot be reached, is locked, read-only or damaged: the same request may succeed later.
    Unavailable(String),
    /// The disk is full.
    Full,
    /// The database is not one of this program, or one of a newer program.
    NotOurs(String),
    /// A mistake of the program's.
    Internal(String),
}

/// The result of what the store does.
pub type StoreResult<T> = Result<T, StoreError>;

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::NotOurs(why) | Self::Internal(why) => out.write_str(why),
            Self::Full => out.write_str("the disk is full"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Words by which SQLite and PostgreSQL tell that they cannot be used now. Neither gives diesel a code for it.
const AWAY: [&str; 17] = [
    "database is locked",
    "database table is locked",
    "readonly database",
    "read-only",
    "disk I/O error",
    "malformed",
    "file is not a database",
    "unable to open database",
    "canceling statement",
    "connection",
    "server closed",
    "terminating",
    "shutting down",
    "starting up",
    "recovery",
    "could not",
    "no such table",
];

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        let told = error.to_string();
        if told.contains("disk is full") || told.contains("No space left") {
            return Self::Full;
        }
        let closed = matches!(
            error,
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ReadOnlyTransaction,
                _
            )
        );
        if closed || matches!(error, DieselError::BrokenTransactionManager) || AWAY.iter().any(|words| told.contains(words)) {
            return Self::Unavailable(told);
        }
        Self::Internal(told)
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull { Self::Full } else { Self::Unavailable(error.to_string()) }
    }
}
