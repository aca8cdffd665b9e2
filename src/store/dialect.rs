//! What SQLite and PostgreSQL say differently.

use diesel::connection::SimpleConnection;

use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::statement::{Cell, Statement};

impl AnyConnection {
    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Refuses an SQLite that was built without query planner stability: it would prepare every page's query anew.
    pub fn check_build(&mut self) -> StoreResult<()> {
        if self.is_postgres() {
            return Ok(());
        }
        let options =
            Statement::new("SELECT compile_options FROM pragma_compile_options WHERE compile_options = 'ENABLE_QPSG'").rows(self)?;
        if options.is_empty() {
            Err(StoreError::Internal(
                "SQLite was built without ENABLE_QPSG; build within the repository, whose .cargo/config.toml sets it".to_owned(),
            ))
        } else {
            Ok(())
        }
    }

    /// Runs statements without values.
    pub fn run(&mut self, sql: &str) -> StoreResult<()> {
        Ok(self.batch_execute(sql)?)
    }

    /// Begins a transaction that may write. It waits for every other writer: what it reads, nobody changes.
    pub fn begin_write(&mut self) -> StoreResult<()> {
        // PostgreSQL takes its snapshots per statement here, so that they follow the lock.
        self.run(if self.is_postgres() {
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7001)"
        } else {
            "BEGIN IMMEDIATE"
        })
    }

    /// Begins a transaction in which every read sees the same state.
    pub fn begin_read(&mut self) -> StoreResult<()> {
        self.run(if self.is_postgres() { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN DEFERRED" })
    }

    /// The names of the columns of a table, in their order; none where there is no such table.
    pub fn columns(&mut self, table: &str) -> StoreResult<Vec<String>> {
        let mut statement = if self.is_postgres() {
            Statement::new(
                "SELECT CAST(column_name AS text) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ",
            )
        } else {
            Statement::new("SELECT name FROM pragma_table_info(")
        };
        statement.bind(table);
        statement.push(if self.is_postgres() { " ORDER BY ordinal_position" } else { ", 'main') ORDER BY cid" });
        let rows = statement.rows(self)?;
        Ok(rows.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect())
    }

    /// The columns of each index of a table that is not its primary key.
    pub fn indexes(&mut self, table: &str) -> StoreResult<Vec<(String, String)>> {
        let mut statement = if self.is_postgres() {
            Statement::new(
                "SELECT CAST(indexname AS text), substring(indexdef from '\\((.*)\\)') FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey' AND tablename = ",
            )
        } else {
            Statement::new(
                "SELECT name, substr(sql, instr(sql, '(') + 1, length(sql) - instr(sql, '(') - 1) FROM main.sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ",
            )
        };
        statement.bind(table).push(" ORDER BY 1");
        let rows = statement.rows(self)?;
        Ok(rows.iter().filter_map(|row| Some((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect())
    }

    /// Lifts the limit on how long a statement may take, for work that goes over everything.
    pub fn take_your_time(&mut self) -> StoreResult<()> {
        if self.is_postgres() { self.run("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0") } else { Ok(()) }
    }

    /// What SQLite finds damaged in its file; PostgreSQL minds its own.
    pub fn damage(&mut self) -> StoreResult<Vec<String>> {
        if self.is_postgres() {
            return Ok(Vec::new());
        }
        let rows = Statement::new("SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'").rows(self)?;
        Ok(rows.iter().filter_map(|row| row.text(0)).map(|fault| format!("the file is damaged: {fault}")).collect())
    }

    /// Lets SQLite's log go, which still holds what was erased: the file itself is overwritten there (secure delete). It waits
    /// for readers a while; where one stays, the log goes with the next checkpoint.
    pub fn forget_erased(&mut self) {
        if !self.is_postgres()
            && let Err(error) = self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        {
            tracing::warn!(%error, "the write-ahead log could not be emptied yet; it still holds what was redacted");
        }
    }

    /// How the database would run a statement, in its own words.
    pub fn explain(&mut self, statement: Statement) -> StoreResult<Vec<String>> {
        let mut explain = Statement::new(if self.is_postgres() { "EXPLAIN " } else { "EXPLAIN QUERY PLAN " });
        explain.append(statement);
        let column = if self.is_postgres() { 0 } else { 3 };
        Ok(explain.rows(self)?.iter().filter_map(|row| row.text(column).map(str::to_owned)).collect())
    }

    /// The condition that a text holds another one.
    pub fn holds(&self, column: &str, text: &str) -> Statement {
        let mut condition = Statement::new(if self.is_postgres() { "strpos(" } else { "instr(" });
        condition.push(column).push(", ").bind(text).push(") > 0");
        condition
    }
}

/// The condition that a text begins with another one, by a range that an index can serve.
pub fn begins_with(column: &str, text: &str) -> Statement {
    let mut condition = Statement::new(format!("({column} >= "));
    condition.bind(text).push(format!(" AND {column} < ")).bind(format!("{text}\u{10FFFF}")).push(")");
    condition
}

/// A list of values in brackets. Its length is rounded up, repeating the last, so that few texts of statements exist.
pub fn any_of(values: &[String]) -> Statement {
    let mut list = Statement::new("(");
    let last = values.last().cloned().unwrap_or_default();
    let length = values.len().max(1).next_power_of_two();
    list.bind_all(values.iter().cloned().chain(std::iter::repeat(last)).take(length).map(Cell::from)).push(")");
    list
}
