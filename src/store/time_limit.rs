//! A time limit for statements on SQLite, which has none of its own.
//!
//! The time is checked before each row that a statement returns and, in statements that contain
//! [`AnyConnection::within_time_limit`], at some of the rows that they scan.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

use diesel::connection::InstrumentationEvent;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use diesel::{Connection as _, SqliteConnection};

use super::connection::AnyConnection;
use super::error::StoreResult;

/// The text of PostgreSQL, so that both are recognized alike.
const EXCEEDED: &str = "canceling statement due to statement timeout";

thread_local! {
    /// When the statement that runs on this thread is to end.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A statement has taken too long.
#[derive(Debug)]
pub(super) struct Exceeded;

impl fmt::Display for Exceeded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(EXCEEDED)
    }
}

impl std::error::Error for Exceeded {}

/// Fails once the statement that runs on this thread has taken too long.
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
        /// Is true, or fails once the statement has taken too long.
        fn within_time_limit() -> diesel::sql_types::Bool;
    }
}

/// Makes the SQL function known to a connection.
pub(super) fn prepare(connection: &mut SqliteConnection) -> StoreResult<()> {
    // Not declared as deterministic: it is called again for each row.
    functions::within_time_limit_utils::register_nondeterministic_impl(connection, || {
        WithinTimeLimit
    })?;
    Ok(())
}

impl AnyConnection {
    /// Counts statements, and limits the time of each where the database does not.
    pub(super) fn observe_statements(&mut self, limit: Option<Duration>) {
        let limit = limit.filter(|_| !self.is_postgres());
        self.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                super::count_statement();
                DEADLINE.set(limit.map(|limit| Instant::now() + limit));
            }
        });
    }

    /// A condition that ends a statement which has taken too long, for statements that may scan
    /// many rows. It begins with `AND`. `key` is an integer column, whose values select the rows at
    /// which the time is checked: about one of 256.
    pub fn within_time_limit(&self, key: &str) -> String {
        if self.is_postgres() {
            String::new()
        } else {
            format!(" AND ({key} & 255 OR within_time_limit())")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Location, Purpose, Statement, StoreError};

    fn limited(folder: &tempfile::TempDir, limit: Duration) -> AnyConnection {
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
            matches!(&ended, Err(StoreError::Unavailable(why)) if why == EXCEEDED),
            "{ended:?}"
        );
        let next = Statement::new("SELECT 1").number(&mut connection);
        assert!(matches!(next, Ok(1)), "the connection is of further use: {next:?}");
    }

    #[test]
    fn ends_a_statement_that_returns_rows_for_too_long() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = limited(&folder, Duration::from_millis(10));
        let ended = Statement::new(format!("{NUMBERS} SELECT i FROM n")).rows(&mut connection);
        assert!(matches!(&ended, Err(StoreError::Unavailable(why)) if why == EXCEEDED));
    }

    #[test]
    fn sets_no_limit_for_work_on_everything() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = limited(&folder, Duration::ZERO);
        assert!(Statement::new("SELECT 1").number(&mut connection).is_err());
        connection.take_your_time().expect("it is lifted");
        assert!(matches!(Statement::new("SELECT 1").number(&mut connection), Ok(1)));
    }
}
