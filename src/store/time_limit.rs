//! A time limit for statements on SQLite, which has none built in.
//!
//! The time is checked before each row that a statement returns and, in statements that contain
//! `within_time_limit`, at some of the rows that they scan.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};

/// PostgreSQL's message, so that both databases report the same error.
const EXCEEDED: &str = "canceling statement due to statement timeout";

thread_local! {
    /// The deadline of the statement that runs on this thread.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The error of a statement that has exceeded its time limit.
#[derive(Debug)]
pub(super) struct Exceeded;

impl fmt::Display for Exceeded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(EXCEEDED)
    }
}

impl std::error::Error for Exceeded {}

/// Returns an error once the statement that runs on this thread has exceeded its time limit.
pub(super) fn check() -> Result<(), Exceeded> {
    match DEADLINE.get() {
        Some(deadline) if Instant::now() >= deadline => Err(Exceeded),
        _ => Ok(()),
    }
}

/// The result of the SQL function.
#[derive(Debug)]
struct WithinTimeLimit;

impl ToSql<Bool, Sqlite> for WithinTimeLimit {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        check()?;
        <bool as ToSql<Bool, Sqlite>>::to_sql(&true, out)
    }
}

mod functions {
    #[diesel::declare_sql_function]
    extern "SQL" {
        /// Returns true, or fails once the statement has exceeded its time limit.
        fn within_time_limit() -> diesel::sql_types::Bool;
    }
}

/// Registers the SQL function with a connection.
pub(super) fn prepare(connection: &mut SqliteConnection) -> QueryResult<()> {
    // SQLite would call a deterministic function once, not for each row.
    functions::within_time_limit_utils::register_nondeterministic_impl(connection, || {
        WithinTimeLimit
    })
}

/// Starts the timer of a statement on this thread.
pub(super) fn start(limit: Option<Duration>) {
    DEADLINE.set(limit.map(|limit| Instant::now() + limit));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Location, Purpose, Statement, StoreError};

    fn limited(
        folder: &tempfile::TempDir,
        limit: Duration,
    ) -> crate::store::connection::AnyConnection {
        let file = folder.path().join("record.db").display().to_string();
        let mut connection = Location::Sqlite(file).connect(Purpose::Build).expect("a file");
        connection.observe_statements(Some(limit));
        connection
    }

    const NUMBERS: &str = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) ";

    #[test]
    fn ends_a_statement_that_scans_for_too_long() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = limited(&folder, Duration::from_millis(10));
        let guard = connection.within_time_limit("i");
        let count = format!("{NUMBERS} SELECT count(*) FROM n WHERE 1{guard}");
        let ended = Statement::new(count).number(&mut connection);
        assert!(
            matches!(&ended, Err(StoreError::Unavailable(reason)) if reason == EXCEEDED),
            "{ended:?}"
        );
        let next = Statement::new("SELECT 1").number(&mut connection);
        assert!(matches!(next, Ok(1)), "the connection still works: {next:?}");
    }

    #[test]
    fn ends_a_statement_that_returns_rows_for_too_long() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = limited(&folder, Duration::from_millis(10));
        let ended = Statement::new(format!("{NUMBERS} SELECT i FROM n")).rows(&mut connection);
        assert!(matches!(&ended, Err(StoreError::Unavailable(reason)) if reason == EXCEEDED));
    }

    #[test]
    fn maintenance_has_no_time_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = limited(&folder, Duration::ZERO);
        assert!(Statement::new("SELECT 1").number(&mut connection).is_err());
        connection.lift_time_limits().expect("limits can be lifted");
        assert!(matches!(Statement::new("SELECT 1").number(&mut connection), Ok(1)));
    }
}
