//! What can go wrong with the store, told apart by what a caller can do about it.

use std::fmt;

use diesel::result::{DatabaseErrorKind as Kind, Error as DieselError};

use super::time_limit;

/// What went wrong with the store.
#[derive(Clone, Debug)]
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

impl StoreError {
    /// The word that metrics count it under.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Full => "full",
            Self::NotOurs(_) => "not_ours",
            Self::Internal(_) => "internal",
        }
    }

    /// The error where it comes from beginning or ending a transaction, which depend on nothing
    /// that a request says.
    #[must_use]
    pub fn of_surroundings(self) -> Self {
        match self {
            Self::Full => Self::Full,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::NotOurs(why) | Self::Internal(why) => out.write_str(why),
            Self::Full => out.write_str("the disk is full"),
        }
    }
}

impl std::error::Error for StoreError {}

/// How SQLite names the result codes that tell of its surroundings, not of the statement. Diesel
/// passes on this text and not the code; the text is that of the SQLite built in, and is all that
/// SQLite says in these cases.
const SQLITE_AWAY: [&str; 11] = [
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

/// How SQLite says that the file no longer holds our schema: it was damaged, or replaced by
/// another.
const SQLITE_LOST: [&str; 2] = ["no such table: ", "malformed database schema"];

/// How PostgreSQL begins what it says of its surroundings where diesel knows no kind for the code.
/// Our connections ask for English (`lc_messages`), where the server lets them.
const POSTGRES_AWAY: [&str; 15] = [
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
        let told = error.to_string();
        match error {
            DieselError::BrokenTransactionManager
            | DieselError::DatabaseError(
                Kind::ClosedConnection
                | Kind::UnableToSendCommand
                | Kind::SerializationFailure
                | Kind::ReadOnlyTransaction,
                _,
            ) => Self::Unavailable(told),
            DieselError::DatabaseError(Kind::Unknown, _) => of_words(told),
            DieselError::DeserializationError(error) if error.is::<time_limit::Exceeded>() => {
                Self::Unavailable(told)
            }
            _ => Self::Internal(told),
        }
    }
}

fn of_words(told: String) -> StoreError {
    let begins = |words: &[&str]| words.iter().any(|words| told.starts_with(words));
    let lost_relation = told.starts_with("relation \"") && told.ends_with("\" does not exist");
    if told == "database or disk is full" || told.contains("No space left on device") {
        StoreError::Full
    } else if SQLITE_AWAY.contains(&told.as_str())
        || begins(&SQLITE_LOST)
        || begins(&POSTGRES_AWAY)
        || lost_relation
    {
        StoreError::Unavailable(told)
    } else {
        StoreError::Internal(told)
    }
}

/// A value that cannot be written as JSON is a defect.
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

    fn kind(kind: Kind, words: &str) -> &'static str {
        StoreError::from(DieselError::DatabaseError(kind, Box::new(words.to_owned()))).kind()
    }

    #[test]
    fn surroundings_are_told_from_mistakes() {
        for words in [
            "database is locked",
            "file is not a database",
            "no such table: people",
            "canceling statement due to lock timeout",
        ] {
            assert_eq!(kind(Kind::Unknown, words), "unavailable", "{words}");
        }
        assert_eq!(kind(Kind::Unknown, "database or disk is full"), "full");
        assert_eq!(
            kind(Kind::Unknown, "could not extend file \"base/1\": No space left on device"),
            "full"
        );
        assert_eq!(kind(Kind::ClosedConnection, "FATAL: adieu"), "unavailable");
        // What a client wrote and an error quotes decides nothing.
        assert_eq!(
            kind(Kind::Unknown, "invalid input syntax for type bigint: \"database is locked\""),
            "internal"
        );
        assert_eq!(kind(Kind::UniqueViolation, "database is locked"), "internal");
    }
}
