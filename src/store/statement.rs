//! SQL text with bound values. The text comes only from code. Values from clients
//! are always bound.
//!
//! Diesel prepares its own `sql_query` again at each run. A [`Statement`] stays in the connection's
//! cache of prepared statements, under its text.

use std::fmt::Write as _;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::connection::DefaultLoadingMode;
use diesel::pg::{Pg, PgRowByRowLoadingMode};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text, Untyped};
use diesel::sqlite::Sqlite;

use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::row::Row;
use super::sql_value::{SqlArray, SqlValue};

#[derive(Clone, Debug)]
enum Bound {
    Value(SqlValue),
    Array(SqlArray),
}

/// A builder of SQL statements.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    sql: String,
    /// The bound values, each with its offset in the text.
    binds: Vec<(usize, Bound)>,
}

impl Statement {
    /// Creates a statement that begins with this text.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), binds: Vec::new() }
    }

    /// Adds text.
    pub fn push(&mut self, sql: impl AsRef<str>) -> &mut Self {
        self.sql.push_str(sql.as_ref());
        self
    }

    /// Adds formatted text.
    pub fn push_fmt(&mut self, text: std::fmt::Arguments<'_>) -> &mut Self {
        let _ = self.sql.write_fmt(text);
        self
    }

    /// Adds a bound value.
    pub fn bind(&mut self, value: impl Into<SqlValue>) -> &mut Self {
        self.binds.push((self.sql.len(), Bound::Value(value.into())));
        self
    }

    /// Adds a bound array, on PostgreSQL.
    pub(super) fn bind_array(&mut self, array: SqlArray) -> &mut Self {
        self.binds.push((self.sql.len(), Bound::Array(array)));
        self
    }

    /// Adds bound values, separated by commas.
    pub fn bind_all(&mut self, values: impl IntoIterator<Item = SqlValue>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.sql.push_str(", ");
            }
            self.bind(value);
        }
        self
    }

    /// Adds a `LIMIT`. Without the cast, SQLite would plan the statement for the number, and
    /// prepare it again for each other number.
    pub fn limit(&mut self, rows: impl TryInto<i64>) -> &mut Self {
        self.push(" LIMIT CAST(").bind(rows.try_into().unwrap_or(i64::MAX)).push(" AS BIGINT)")
    }

    /// Adds an `OFFSET`, cast for the same reason.
    pub fn offset(&mut self, rows: impl TryInto<i64>) -> &mut Self {
        self.push(" OFFSET CAST(").bind(rows.try_into().unwrap_or(i64::MAX)).push(" AS BIGINT)")
    }

    /// Adds another statement.
    pub fn append(&mut self, other: Statement) -> &mut Self {
        let start = self.sql.len();
        self.sql.push_str(&other.sql);
        self.binds.extend(other.binds.into_iter().map(|(offset, value)| (start + offset, value)));
        self
    }

    /// Returns whether the statement has no text yet.
    pub fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    /// Runs the statement. Returns the number of rows that it changed.
    pub fn execute(self, connection: &mut AnyConnection) -> StoreResult<usize> {
        Ok(match connection {
            AnyConnection::Sqlite(sqlite) => RunQueryDsl::execute(self, sqlite)?,
            AnyConnection::Postgres(postgres) => RunQueryDsl::execute(self, postgres)?,
        })
    }

    /// Runs the statement. Returns its rows.
    pub fn rows(self, connection: &mut AnyConnection) -> StoreResult<Vec<Row>> {
        let mut rows = Vec::new();
        self.each(connection, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs the statement, and passes each row on before it reads the next.
    pub(super) fn each(
        self,
        connection: &mut AnyConnection,
        mut each: impl FnMut(Row) -> StoreResult<()>,
    ) -> StoreResult<()> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                RunQueryDsl::load_iter::<Row, DefaultLoadingMode>(self, sqlite)?
                    .try_for_each(|row| each(row?))
            }
            // The program reads rows while PostgreSQL sends more.
            AnyConnection::Postgres(postgres) => {
                RunQueryDsl::load_iter::<Row, PgRowByRowLoadingMode>(self, postgres)?
                    .try_for_each(|row| each(row?))
            }
        }
    }

    /// Runs the statement. Returns its first row.
    pub fn first(self, connection: &mut AnyConnection) -> StoreResult<Option<Row>> {
        Ok(self.rows(connection)?.into_iter().next())
    }

    /// Runs the statement. Returns the integer in the first column of its first row.
    pub fn number(self, connection: &mut AnyConnection) -> StoreResult<i64> {
        let row = self.first(connection)?.ok_or_else(|| {
            StoreError::Internal("a statement that computes a number returned no row".to_owned())
        })?;
        row.required_integer(0)
    }
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Statement {}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Statement {
    fn walk<'b, DB: Backend>(
        &'b self,
        mut out: AstPass<'_, 'b, DB>,
        bind: impl Fn(&'b Bound, &mut AstPass<'_, 'b, DB>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        let mut done = 0;
        for (offset, bound) in &self.binds {
            out.push_sql(&self.sql[done..*offset]);
            done = *offset;
            bind(bound, &mut out)?;
        }
        out.push_sql(&self.sql[done..]);
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Statement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(out, |bound, out| match bound {
            Bound::Value(value) => value.push_to(out),
            Bound::Array(_) => {
                Err(diesel::result::Error::QueryBuilderError("SQLite has no arrays".into()))
            }
        })
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(out, |bound, out| match bound {
            Bound::Value(value) => value.push_to(out),
            Bound::Array(SqlArray::Texts(texts)) => {
                out.push_bind_param::<Array<Nullable<Text>>, _>(texts)
            }
            Bound::Array(SqlArray::Integers(numbers)) => {
                out.push_bind_param::<Array<Nullable<BigInt>>, _>(numbers)
            }
            Bound::Array(SqlArray::Numbers(numbers)) => {
                out.push_bind_param::<Array<Nullable<Double>>, _>(numbers)
            }
        })
    }
}

/// Returns the condition that a column begins with a text, as a range that can use an index.
pub fn begins_with(column: &str, text: &str) -> Statement {
    let mut condition = Statement::new(format!("({column} >= "));
    condition
        .bind(text)
        .push(format!(" AND {column} < "))
        .bind(format!("{text}\u{10FFFF}"))
        .push(")");
    condition
}

/// Returns a list of values in parentheses. It repeats the last value until its length is a power
/// of two, so that few distinct statements exist.
pub fn any_of<T: Clone + Default + Into<SqlValue>>(values: &[T]) -> Statement {
    let mut list = Statement::new("(");
    let last = values.last().cloned().unwrap_or_default();
    let length = values.len().max(1).next_power_of_two();
    list.bind_all(
        values.iter().cloned().chain(std::iter::repeat(last)).take(length).map(Into::into),
    )
    .push(")");
    list
}
