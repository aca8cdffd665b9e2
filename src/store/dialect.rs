//! What SQLite and PostgreSQL say differently.

use std::ops::RangeInclusive;
use std::time::Duration;

use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::query_dsl::RunQueryDsl;

use super::connection::{AnyConnection, BUSY_TIMEOUT};
use super::error::{StoreError, StoreResult};
use super::index::{Data, Indexes};
use super::insert::{Insert, insert_all};
use super::statement::{Row, SqlValue, Statement};

/// Rows that a cursor fetches at once.
const FETCHED: usize = 500;

impl AnyConnection {
    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Refuses a PostgreSQL database that cannot store every text.
    pub fn refuse_other_encodings(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        let row = Statement::new("SELECT current_setting('server_encoding')").first(self)?;
        match row.as_ref().and_then(|row| row.text(0)) {
            Some("UTF8") => Ok(()),
            other => Err(StoreError::NotOurs(format!(
                "the database has the encoding {}, which cannot store every text; create one with \
                the encoding UTF8",
                other.unwrap_or("unknown")
            ))),
        }
    }

    /// Whether the database has any tables.
    pub fn has_tables(&mut self) -> StoreResult<bool> {
        Ok(!self.tables()?.is_empty())
    }

    /// Runs statements without values.
    pub fn run(&mut self, sql: &str) -> StoreResult<()> {
        Ok(self.batch_execute(sql)?)
    }

    /// Begins a transaction that may write. It waits for every other writer: what it reads, nobody
    /// changes.
    pub fn begin_write(&mut self) -> StoreResult<()> {
        // PostgreSQL takes its snapshots per statement here, so that they follow the lock.
        self.run(if self.is_postgres() {
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7001)"
        } else {
            "BEGIN IMMEDIATE"
        })
    }

    /// Begins one that goes over everything: it may take its time, and waits for another that does.
    pub fn begin_upkeep(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return self.begin_write();
        }
        self.run(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '10min'; SET LOCAL \
            statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT \
            pg_advisory_xact_lock(7001)",
        )
    }

    /// Begins a transaction in which every read sees the same state.
    pub fn begin_read(&mut self) -> StoreResult<()> {
        self.run_prepared(if self.is_postgres() {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN DEFERRED"
        })
    }

    /// Ends one that only read.
    pub fn end_read(&mut self) -> StoreResult<()> {
        self.run_prepared("ROLLBACK")
    }

    /// Runs a statement that is run often, and is no part of what a read costs.
    fn run_prepared(&mut self, sql: &'static str) -> StoreResult<()> {
        Ok(RunQueryDsl::execute(Statement::new(sql), self).map(drop)?)
    }

    /// The names of the columns of a table, in their order; none where there is no such table.
    pub fn columns(&mut self, table: &str) -> StoreResult<Vec<String>> {
        let mut statement = if self.is_postgres() {
            Statement::new(
                "SELECT CAST(column_name AS text) FROM information_schema.columns WHERE \
                table_schema = current_schema() AND table_name = ",
            )
        } else {
            Statement::new("SELECT name FROM pragma_table_info(")
        };
        statement.bind(table);
        statement.push(if self.is_postgres() {
            " ORDER BY ordinal_position"
        } else {
            ", 'main') ORDER BY cid"
        });
        let rows = statement.rows(self)?;
        Ok(rows.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect())
    }

    /// The names of all tables, but those that the database keeps for itself.
    pub fn tables(&mut self) -> StoreResult<Vec<String>> {
        let statement = Statement::new(if self.is_postgres() {
            "SELECT CAST(table_name AS text) FROM information_schema.tables WHERE table_schema = \
            current_schema() AND table_type = 'BASE TABLE' ORDER BY 1"
        } else {
            "SELECT name FROM main.sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> \
            'sqlite_' ORDER BY 1"
        });
        Ok(statement.rows(self)?.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect())
    }

    /// The columns of a table by name, each with what it holds.
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
                let (name, held) = (
                    row.text(0).unwrap_or_default(),
                    row.text(1).unwrap_or_default().to_ascii_lowercase(),
                );
                // A table that is made from another one has SQLite's own words for the types.
                let data = match held.as_str() {
                    "text" => Data::Text,
                    "bigint" | "integer" | "int" => Data::Integer,
                    "double precision" | "real" => Data::Number,
                    _ => {
                        return Err(StoreError::Internal(format!(
                            "the column {table}.{name} has the type {held:?}, which no table of \
                            ours has"
                        )));
                    }
                };
                Ok((name.to_owned(), data))
            })
            .collect()
    }

    /// Runs a query within a transaction and hands on its rows one after the other, however many
    /// there are.
    pub fn each_row(
        &mut self,
        query: &str,
        mut each: impl FnMut(Row) -> StoreResult<()>,
    ) -> StoreResult<()> {
        if !self.is_postgres() {
            return RunQueryDsl::load_iter::<Row, DefaultLoadingMode>(Statement::new(query), self)?
                .try_for_each(|row| each(row?));
        }
        // Without a cursor, PostgreSQL's client library holds the whole answer.
        self.run(&format!("DECLARE rows NO SCROLL CURSOR FOR {query}"))?;
        loop {
            let rows = Statement::new(format!("FETCH {FETCHED} FROM rows")).rows(self)?;
            let more = !rows.is_empty();
            rows.into_iter().try_for_each(&mut each)?;
            if !more {
                return self.run("CLOSE rows");
            }
        }
    }

    /// The columns of each index of a table that is not its primary key.
    pub fn indexes(&mut self, table: &str) -> StoreResult<Vec<(String, String)>> {
        let mut statement = if self.is_postgres() {
            Statement::new(
                "SELECT CAST(indexname AS text), substring(indexdef from '\\((.*)\\)') FROM \
                pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey' \
                AND tablename = ",
            )
        } else {
            Statement::new(
                "SELECT name, substr(sql, instr(sql, '(') + 1, length(sql) - instr(sql, '(') - 1) \
                FROM main.sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ",
            )
        };
        statement.bind(table).push(" ORDER BY 1");
        let rows = statement.rows(self)?;
        Ok(rows
            .iter()
            .filter_map(|row| Some((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
            .collect())
    }

    /// The statements that create the index tables. Texts are compared byte by byte, whatever the
    /// server's locale.
    pub(super) fn index_ddl(&self, indexes: &Indexes) -> Vec<String> {
        if self.is_postgres() {
            indexes.ddl(r#" COLLATE "C""#, "")
        } else {
            indexes.ddl("", " WITHOUT ROWID")
        }
    }

    /// The index tables that exist, those of an earlier design too.
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

    /// Lifts the limit on how long a statement may take, for work that goes over everything.
    pub fn take_your_time(&mut self) -> StoreResult<()> {
        if self.is_postgres() {
            self.run("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        } else {
            self.observe_statements(None);
            Ok(())
        }
    }

    /// What SQLite finds damaged in its file; PostgreSQL minds its own.
    pub fn damage(&mut self) -> StoreResult<Vec<String>> {
        if self.is_postgres() {
            return Ok(Vec::new());
        }
        let rows = Statement::new(
            "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        )
        .rows(self)?;
        Ok(rows
            .iter()
            .filter_map(|row| row.text(0))
            .map(|fault| format!("the file is damaged: {fault}"))
            .collect())
    }

    /// Empties SQLite's log, which still holds what was erased: the file itself is overwritten
    /// there (secure delete). Waits so long for readers of what the log holds, and tells whether it
    /// is empty.
    pub fn empty_log(&mut self, patience: Duration) -> StoreResult<bool> {
        if self.is_postgres() {
            return Ok(true);
        }
        self.run(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
        let told = Statement::new("PRAGMA wal_checkpoint(TRUNCATE)").first(self);
        self.run(&format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis()))?;
        // Where a reader is in the way, that is no error: it is said in the first column.
        Ok(told?.is_some_and(|row| row.integer(0) == Some(0)))
    }

    /// How the database would run a statement, in its own words.
    pub fn explain(&mut self, statement: Statement) -> StoreResult<Vec<String>> {
        let mut explain =
            Statement::new(if self.is_postgres() { "EXPLAIN " } else { "EXPLAIN QUERY PLAN " });
        explain.append(statement);
        let column = if self.is_postgres() { 0 } else { 3 };
        Ok(explain
            .rows(self)?
            .iter()
            .filter_map(|row| row.text(column).map(str::to_owned))
            .collect())
    }

    /// How the search index is asked.
    pub fn search_syntax(&self) -> &'static SearchSyntax {
        if self.is_postgres() { &SearchSyntax::POSTGRES } else { &SearchSyntax::SQLITE }
    }

    /// Has searches of this transaction planned by what they ask for: a rare word and a frequent
    /// one are found in different ways. To look at the terms of an entry, which stand apart from
    /// its row, costs much more than PostgreSQL takes it to; other processes take longer to begin
    /// than a search takes.
    pub fn plan_by_words(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        self.run(
            "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL cpu_operator_cost = 0.25; \
            SET LOCAL max_parallel_workers_per_gather = 0",
        )
    }

    /// How a statement that inserts many rows begins. What fails is taken back with all that its
    /// write did; so SQLite need not keep, for each statement, copies of the pages that it changes,
    /// to take it back by itself.
    pub(super) fn insert(&self) -> &'static str {
        if self.is_postgres() { "INSERT" } else { "INSERT OR FAIL" }
    }

    /// Inserts entries of the search index: key, type, id, date, the revisions from which and until
    /// which they hold, and on PostgreSQL their terms.
    pub(super) fn insert_entries(&mut self, entries: Vec<Vec<SqlValue>>) -> StoreResult<()> {
        const COLUMNS: [&str; 7] =
            ["key", "record_key", "id", "date", "valid_from", "superseded_at", "terms"];
        if self.is_postgres() {
            let insert = Insert::new("search_entries", COLUMNS)
                .with_last("array_to_tsvector(string_to_array(", ", ' '))");
            return insert.all(self, entries);
        }
        insert_all(self, "search_entries", COLUMNS.into_iter().take(6), entries)
    }

    /// Adds terms to entries, where these have a table of their own.
    pub(super) fn add_terms<'t>(
        &mut self,
        entries: impl Iterator<Item = (i64, &'t str)>,
    ) -> StoreResult<()> {
        if self.is_postgres() {
            return Ok(());
        }
        let rows = entries
            .filter(|(_, terms)| !terms.is_empty())
            .map(|(key, terms)| vec![SqlValue::from(key), SqlValue::from(terms)]);
        // A statement of many rows would have the index write out what it holds, to be able to take
        // that statement back.
        Insert::new("search_index", ["rowid", "terms"]).one_by_one().all(self, rows)
    }

    /// Takes terms out of entries, where these have a table of their own.
    pub(super) fn take_terms<'t>(
        &mut self,
        entries: impl Iterator<Item = (i64, &'t str)>,
    ) -> StoreResult<()> {
        if self.is_postgres() {
            return Ok(());
        }
        for (key, terms) in entries.filter(|(_, terms)| !terms.is_empty()) {
            let mut delete = Statement::new(
                r#"INSERT INTO "search_index" ("search_index", "rowid", "terms")
                    VALUES ('delete', "#,
            );
            delete.bind(key).push(", ").bind(terms).push(")");
            delete.execute(self)?;
        }
        Ok(())
    }

    /// Creates the indexes of terms that are missing: one for the entries with keys in each of
    /// these ranges. SQLite has one index, in which keys are in order.
    pub(super) fn index_terms(
        &mut self,
        ranges: &[(&str, RangeInclusive<i64>)],
    ) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        for (name, keys) in ranges {
            self.run(&format!(
                r#"CREATE INDEX IF NOT EXISTS "search_terms_{name}"
                    ON "search_entries" USING gin ("terms") WITH (gin_pending_list_limit = 256)
                    WHERE "key" >= {} AND "key" <= {}"#,
                keys.start(),
                keys.end()
            ))?;
        }
        Ok(())
    }

    /// Drops the indexes of terms: others are needed, or many entries are to come.
    pub(super) fn drop_term_indexes(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        for (name, _) in self
            .indexes("search_entries")?
            .iter()
            .filter(|(name, _)| name.starts_with("search_terms_"))
        {
            self.run(&format!(r#"DROP INDEX "{name}""#))?;
        }
        Ok(())
    }

    /// Empties the search index's own table, where there is one.
    pub(super) fn forget_terms(&mut self) -> StoreResult<()> {
        if self.is_postgres() {
            Ok(())
        } else {
            self.run(r#"INSERT INTO "search_index" ("search_index") VALUES ('delete-all')"#)
        }
    }

    /// The keys of entries whose terms are not in the search index, or that the search index alone
    /// has.
    pub(super) fn stray_terms(&mut self) -> StoreResult<Vec<i64>> {
        let sql = if self.is_postgres() {
            r#"SELECT "key" FROM "search_entries" WHERE NOT "terms" @@ 'a'::tsquery LIMIT 100"#
        } else {
            r#"SELECT "key" FROM (SELECT "key" FROM "search_entries" EXCEPT SELECT rowid
                FROM "search_index" WHERE "search_index" MATCH 'a')
               UNION ALL SELECT "rowid" FROM (SELECT rowid FROM "search_index"
               WHERE "search_index" MATCH 'a' EXCEPT SELECT "key" FROM "search_entries") LIMIT 100"#
        };
        Ok(Statement::new(sql).rows(self)?.iter().filter_map(|row| row.integer(0)).collect())
    }

    /// The condition that a text holds another one.
    pub fn holds(&self, column: &str, text: &str) -> Statement {
        let mut condition = Statement::new(if self.is_postgres() { "strpos(" } else { "instr(" });
        condition.push(column).push(", ").bind(text).push(") > 0");
        condition
    }
}

/// How a database's search index is asked.
#[derive(Debug)]
pub struct SearchSyntax {
    /// The tables of the index, the entries among them as `e`, to be read in the order of their
    /// keys.
    pub from: &'static str,
    /// The table that alone tells what matches, where no more is asked of hits than their number.
    pub bare: &'static str,
    /// Whether hits come in the order of their keys only if they are sorted, or looked for along
    /// all keys: which of the two is better depends on their number.
    pub unordered: bool,
    /// The key of a hit.
    pub key: &'static str,
    /// What joins one more table, the tables before it being read first.
    pub join: &'static str,
    /// The beginning and the end of the condition that an entry meets an expression.
    pub matches: (&'static str, &'static str),
    /// Both of two expressions.
    pub and: &'static str,
    /// Either of two.
    pub or: &'static str,
    /// The first and not the second.
    pub and_not: &'static str,
    /// What encloses a term.
    pub quote: char,
    /// What follows a term that words begin with.
    pub prefix: &'static str,
}

impl SearchSyntax {
    const SQLITE: Self = Self {
        from: r#""search_index" x CROSS JOIN "search_entries" e ON e."key" = x.rowid"#,
        bare: r#""search_index" x"#,
        unordered: false,
        key: "x.rowid",
        join: "CROSS JOIN",
        matches: ("x.\"search_index\" MATCH ", ""),
        and: " AND ",
        or: " OR ",
        and_not: " NOT ",
        quote: '"',
        prefix: " *",
    };

    const POSTGRES: Self = Self {
        from: r#""search_entries" e"#,
        bare: r#""search_entries" e"#,
        unordered: true,
        key: r#"e."key""#,
        join: "JOIN",
        matches: ("e.\"terms\" @@ CAST(", " AS tsquery)"),
        and: " & ",
        or: " | ",
        and_not: " & !",
        quote: '\'',
        prefix: ":*",
    };
}
