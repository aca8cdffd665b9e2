//! The differences between SQLite and PostgreSQL in SQL and in administration.

mod search;

use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::{InstrumentationEvent, SimpleConnection};

use super::connection::{AnyConnection, BUSY_TIMEOUT, READ_CACHE, WRITE_CACHE};
use super::error::{StoreError, StoreResult};
use super::index::{Data, Indexes};
use super::row::Row;
use super::sql_value::SqlArray;
use super::statement::Statement;
use super::time_limit;

pub use search::SearchSyntax;

/// The size of the largest SQLite file that is rewritten after a redaction. It takes a few seconds.
const MAX_REWRITTEN_BYTES: i64 = 1 << 29;

impl AnyConnection {
    /// Counts statements. On SQLite, it also limits the time of each.
    pub(super) fn observe_statements(&mut self, limit: Option<Duration>) {
        let limit = limit.filter(|_| !self.is_postgres());
        self.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                super::count_statement();
                time_limit::start(limit);
            }
        });
    }

    /// Returns a condition that fails once the time limit is exceeded, for statements that may scan
    /// many rows. It begins with `AND`. `key` is an integer column. The time is checked at rows
    /// whose key is a multiple of 256.
    pub fn within_time_limit(&self, key: &str) -> String {
        if self.is_postgres() {
            String::new()
        } else {
            format!(" AND ({key} & 255 OR within_time_limit())")
        }
    }

    /// Returns `FROM` for the rows of a table that belong to the records with these keys, in the
    /// order of the keys. Conditions that join the rows and the keys `k."value"` follow, then
    /// [`order_of_keys`](Self::order_of_keys).
    /// The keys are one bound value, so that there is one statement for any number of them.
    pub(super) fn rows_by_keys(&self, keys: &[i64], table: &str, alias: &str) -> Statement {
        let mut from = Statement::new(" FROM ");
        from.append(self.unnested(keys));
        from.push(if self.is_postgres() {
            r#" WITH ORDINALITY k("value", "key") JOIN "#
        } else {
            " k CROSS JOIN "
        });
        from.push_fmt(format_args!(r#""{table}" {alias} ON "#));
        from
    }

    /// Returns the keys in parentheses, to the right of `IN`. They are one bound value.
    pub fn keys(&self, keys: &[i64]) -> Statement {
        let mut select = Statement::new(r#"(SELECT k."value" FROM "#);
        select.append(self.unnested(keys)).push(if self.is_postgres() {
            r#" k("value"))"#
        } else {
            " k)"
        });
        select
    }

    /// Returns the keys as the rows of a table function.
    fn unnested(&self, keys: &[i64]) -> Statement {
        let mut rows = Statement::default();
        if self.is_postgres() {
            let keys = keys.iter().copied().map(Some).collect();
            rows.push("unnest(").bind_array(SqlArray::Integers(keys)).push(")");
        } else {
            let list: Vec<String> = keys.iter().map(i64::to_string).collect();
            rows.push("json_each(").bind(format!("[{}]", list.join(","))).push(")");
        }
        rows
    }

    /// Returns the types and ids of records as a table with the columns `number` (from 0),
    /// `record_type` and `id`. The ids are bound values, so that there is one statement for any
    /// number of them.
    pub(super) fn ids(&self, ids: &[(&'static str, String)]) -> StoreResult<Statement> {
        let mut table = Statement::default();
        if self.is_postgres() {
            let (record_types, ids): (Vec<_>, Vec<_>) = ids
                .iter()
                .map(|(record_type, id)| {
                    (Some((*record_type).to_owned()), Some(known_to_postgres(id)))
                })
                .unzip();
            table.push(r#"(SELECT u."place" - 1 "number", u."record_type", u."id" FROM unnest("#);
            table.bind_array(SqlArray::Texts(record_types)).push(", ");
            table.bind_array(SqlArray::Texts(ids));
            table.push(r#") WITH ORDINALITY u("record_type", "id", "place"))"#);
        } else {
            table.push(
                r#"(SELECT "key" "number", json_extract("value", '$[0]') "record_type",
                    json_extract("value", '$[1]') "id" FROM json_each("#,
            );
            table.bind(serde_json::to_string(ids)?).push("))");
        }
        Ok(table)
    }

    /// Returns a query with a `LIMIT` as a table. On SQLite, its rows keep their order if it is
    /// first in a join (it would drop an `ORDER BY` without `LIMIT`). On PostgreSQL, each row has a
    /// [`number`](Self::number), by which the caller sorts. PostgreSQL would copy whole documents.
    pub(super) fn numbered(&self, query: Statement) -> Statement {
        let mut table = Statement::new("(");
        if self.is_postgres() {
            table.push(r#"SELECT s.*, row_number() OVER () "number" FROM ("#).append(query);
            table.push(") s)");
        } else {
            table.append(query).push(")");
        }
        table
    }

    /// Returns the SQL expression of the number of a row. SQLite needs none, because its rows are
    /// in order.
    pub(super) fn number(&self, alias: &str) -> Option<String> {
        self.is_postgres().then(|| format!(r#"{alias}."number""#))
    }

    /// Returns the condition of the first rows of a numbered table, beginning with `AND`. On
    /// SQLite, its query selects no other rows.
    pub(super) fn first_numbers(&self, alias: &str, wanted: usize) -> Statement {
        let mut first = Statement::default();
        if self.is_postgres() {
            first.push_fmt(format_args!(r#" AND {alias}."number" <= "#));
            first.bind(i64::try_from(wanted).unwrap_or(i64::MAX));
        }
        first
    }

    /// Returns `ORDER BY` for the order of the keys. SQLite's `CROSS JOIN` has it anyway.
    pub(super) fn order_of_keys(&self) -> &'static str {
        if self.is_postgres() { r#" ORDER BY k."key""# } else { "" }
    }

    /// Adds a `LIMIT` of at least this number of rows. PostgreSQL would plan a statement with a
    /// bound one for each run. Powers of two make few distinct statements.
    pub fn limit_at_least(&self, statement: &mut Statement, rows: usize) {
        if self.is_postgres() {
            statement.push_fmt(format_args!(" LIMIT {}", rows.min(1 << 62).next_power_of_two()));
        } else {
            statement.limit(rows);
        }
    }

    /// Returns whether the database is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Returns whether the connection to PostgreSQL was lost.
    pub(super) fn is_lost(&mut self) -> bool {
        self.is_postgres() && self.run("SELECT 1").is_err()
    }

    /// Returns an error if a PostgreSQL database has an encoding that cannot store every text.
    pub fn require_utf8(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        let row = Statement::new("SELECT current_setting('server_encoding')").first(self)?;
        match row.as_ref().and_then(|row| row.text(0)) {
            Some("UTF8") => Ok(()),
            other => Err(StoreError::Unusable(format!(
                "the database has the encoding {}; create a database with the encoding UTF8",
                other.unwrap_or("unknown")
            ))),
        }
    }

    /// Runs statements without bound values.
    pub fn run(&mut self, sql: &str) -> StoreResult<()> {
        Ok(self.batch_execute(sql)?)
    }

    /// Begins a transaction that may write. It waits for every other writer, so no other write
    /// changes the rows that it reads.
    pub fn begin_write(&mut self) -> StoreResult<()> {
        // With READ COMMITTED, each statement gets its snapshot after the lock is acquired. A write
        // reads a few rows by key, so one plan serves all values. It must use indexes: a plan for
        // empty tables, which scans them, would stay while an import fills them.
        self.run(if self.is_postgres() {
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7001); SET LOCAL \
            plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL \
            enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
        } else {
            "BEGIN IMMEDIATE"
        })
    }

    /// Begins a transaction for maintenance of the whole database, without time limits. It waits up
    /// to 10 minutes for another one.
    pub fn begin_maintenance(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return self.begin_write();
        }
        self.run(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '10min'; SET LOCAL \
            statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT \
            pg_advisory_xact_lock(7001)",
        )
    }

    /// Begins a read-only transaction in which every read sees the same state.
    pub fn begin_read(&mut self) -> StoreResult<()> {
        self.run_prepared(if self.is_postgres() {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN DEFERRED"
        })
    }

    /// Ends a read-only transaction.
    pub fn end_read(&mut self) -> StoreResult<()> {
        self.run_prepared("ROLLBACK")
    }

    /// Runs a frequent statement from the cache of prepared statements.
    fn run_prepared(&mut self, sql: &'static str) -> StoreResult<()> {
        Statement::new(sql).execute(self).map(drop)
    }

    /// Returns the names of all tables, except internal ones of the database.
    pub fn tables(&mut self) -> StoreResult<Vec<String>> {
        let statement = Statement::new(if self.is_postgres() {
            "SELECT CAST(table_name AS text) FROM information_schema.tables WHERE table_schema = \
            current_schema() AND table_type = 'BASE TABLE' ORDER BY 1"
        } else {
            "SELECT name FROM main.sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> \
            'sqlite_' ORDER BY 1"
        });
        texts(&statement.rows(self)?, 0)
    }

    /// Returns the columns of a table, sorted by name, with their types.
    pub fn typed_columns(&mut self, table: &str) -> StoreResult<Vec<(String, Data)>> {
        let mut statement = Statement::new(if self.is_postgres() {
            "SELECT CAST(column_name AS text), CAST(data_type AS text) FROM \
            information_schema.columns WHERE table_schema = current_schema() AND table_name = "
        } else {
            "SELECT name, type FROM pragma_table_info("
        });
        statement.bind(table).push(if self.is_postgres() {
            " ORDER BY 1"
        } else {
            ", 'main') ORDER BY 1"
        });
        let rows = statement.rows(self)?;
        rows.iter()
            .map(|row| {
                let (name, sql_type) = (row.required_text(0)?, row.required_text(1)?);
                // SQLite renames the types of a table that is created from a query.
                let data = match sql_type.to_ascii_lowercase().as_str() {
                    "text" => Data::Text,
                    "bigint" | "integer" | "int" => Data::Integer,
                    "double precision" | "real" => Data::Number,
                    _ => {
                        return Err(StoreError::Internal(format!(
                            "the column {table}.{name} has the unsupported type {sql_type:?}"
                        )));
                    }
                };
                Ok((name.to_owned(), data))
            })
            .collect()
    }

    /// Returns the statements that create the index tables. Texts are compared byte by byte,
    /// regardless of the server's locale.
    pub(super) fn index_ddl(&self, indexes: &Indexes) -> Vec<String> {
        if self.is_postgres() {
            indexes.ddl(r#" COLLATE "C""#, "")
        } else {
            indexes.ddl("", " WITHOUT ROWID")
        }
    }

    /// Returns the names of existing index tables, including those of earlier declarations.
    pub(super) fn index_tables(&mut self, indexes: &Indexes) -> StoreResult<Vec<String>> {
        let plurals: Vec<&str> = indexes.iter().map(|index| index.table()).collect();
        let is_index = |table: &String| {
            plurals.iter().any(|plural| {
                table == plural
                    || table.strip_prefix(plural).is_some_and(|rest| rest.starts_with('_'))
            })
        };
        Ok(self.tables()?.into_iter().filter(is_index).collect())
    }

    /// Removes the time limits of statements, for work on the whole database.
    pub fn lift_time_limits(&mut self) -> StoreResult<()> {
        if self.is_postgres() {
            self.run("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        } else {
            self.observe_statements(None);
            Ok(())
        }
    }

    /// Returns the faults that SQLite finds in its file. PostgreSQL has no such check.
    pub fn file_faults(&mut self) -> StoreResult<Vec<String>> {
        if self.is_postgres() {
            return Ok(Vec::new());
        }
        let rows = Statement::new(
            "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        )
        .rows(self)?;
        rows.iter()
            .map(|row| Ok(format!("the file is damaged: {}", row.required_text(0)?)))
            .collect()
    }

    /// Rewrites SQLite's file, outside of a transaction. `secure_delete` overwrites deleted values,
    /// but not the copies that remain in unused parts of pages when SQLite moves rows. Returns the
    /// reason if the file is too large, because writes wait.
    pub fn erase_unused_space(&mut self) -> StoreResult<Option<String>> {
        if self.is_postgres() {
            return Ok(None);
        }
        let size = Statement::new(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        );
        let size = size.first(self)?.and_then(|row| row.integer(0)).unwrap_or_default();
        if size > MAX_REWRITTEN_BYTES {
            return Ok(Some(format!("it has more than {} MiB", MAX_REWRITTEN_BYTES >> 20)));
        }
        // The temporary copy of the file can be large, and both have a cache.
        self.run(&format!("PRAGMA temp_store = FILE; PRAGMA cache_size = {READ_CACHE}"))?;
        let erased = self.run("VACUUM");
        self.run(&format!("PRAGMA temp_store = MEMORY; PRAGMA cache_size = {WRITE_CACHE}"))?;
        erased.map(|()| None)
    }

    /// Truncates SQLite's write-ahead log, which still contains erased values. Waits for readers of
    /// the log up to the timeout. Returns whether the log is empty.
    pub fn truncate_wal(&mut self, timeout: Duration) -> StoreResult<bool> {
        if self.is_postgres() {
            return Ok(true);
        }
        self.run(&format!("PRAGMA busy_timeout = {}", timeout.as_millis()))?;
        let result = Statement::new("PRAGMA wal_checkpoint(TRUNCATE)").first(self);
        self.run(&format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis()))?;
        // A busy log is not an error. The first column reports it.
        Ok(result?.is_some_and(|row| row.integer(0) == Some(0)))
    }

    /// Returns the lines of the database's plan for a statement.
    pub fn explain(&mut self, statement: Statement) -> StoreResult<Vec<String>> {
        let mut explain =
            Statement::new(if self.is_postgres() { "EXPLAIN " } else { "EXPLAIN QUERY PLAN " });
        explain.append(statement);
        let column = if self.is_postgres() { 0 } else { 3 };
        texts(&explain.rows(self)?, column)
    }

    /// Makes PostgreSQL plan each statement of this transaction for its values. A plan that was
    /// cached for frequent values or terms reads too much for rare ones. Starting parallel workers
    /// takes longer than most reads.
    pub fn plan_for_values(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        self.run(
            "SET LOCAL plan_cache_mode = force_custom_plan; \
            SET LOCAL max_parallel_workers_per_gather = 0",
        )
    }

    /// Returns the condition that a column contains a text.
    pub fn contains(&self, column: &str, text: &str) -> Statement {
        let mut condition = Statement::new(if self.is_postgres() { "strpos(" } else { "instr(" });
        condition.push(column).push(", ").bind(text).push(") > 0");
        condition
    }
}

fn texts(rows: &[Row], column: usize) -> StoreResult<Vec<String>> {
    rows.iter().map(|row| row.required_text(column).map(str::to_owned)).collect()
}

/// Returns an id, or an empty one, which no record has, for one that PostgreSQL cannot store.
fn known_to_postgres(id: &str) -> String {
    if id.contains('\0') { String::new() } else { id.to_owned() }
}
