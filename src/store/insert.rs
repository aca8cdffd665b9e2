//! Inserts rows into a table in batches.

use std::fmt::Write as _;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::statement::{SqlValue, Statement};

/// Maximum number of rows that one statement inserts on SQLite.
const MAX_SQLITE_ROWS: usize = 64;
/// Maximum number of values that one statement binds. SQLite allows 32,766.
const MAX_SQLITE_VALUES: usize = 16_384;
/// Maximum number of rows that one statement inserts on PostgreSQL.
const MAX_POSTGRES_ROWS: usize = 512;

/// A batch of rows to insert into a table.
#[derive(Debug)]
pub struct Insert {
    /// The table and its columns.
    target: String,
    columns: usize,
    max_rows: usize,
    values: Vec<SqlValue>,
    /// The SQL before and after the last value of a row.
    last: (&'static str, &'static str),
}

/// Inserts these rows.
pub fn insert_all<'n>(
    connection: &mut AnyConnection,
    table: &str,
    columns: impl IntoIterator<Item = &'n str>,
    rows: impl IntoIterator<Item = Vec<SqlValue>>,
) -> StoreResult<()> {
    Insert::new(table, columns).all(connection, rows)
}

impl Insert {
    /// Creates an empty batch for these columns of a table.
    pub fn new<'n>(table: &str, columns: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<String> =
            columns.into_iter().map(|column| format!(r#""{column}""#)).collect();
        let columns = names.len().max(1);
        let max_rows = 1 << (MAX_SQLITE_VALUES / columns).clamp(1, MAX_SQLITE_ROWS).ilog2();
        Self {
            target: format!(r#""{table}" ({})"#, names.join(", ")),
            columns,
            max_rows,
            values: Vec::new(),
            last: ("", ""),
        }
    }

    /// Uses one statement for each row on SQLite.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.max_rows = 1;
        self
    }

    /// Wraps the last value of each row in an SQL expression on PostgreSQL.
    #[must_use]
    pub fn with_last(mut self, before: &'static str, after: &'static str) -> Self {
        self.last = (before, after);
        self
    }

    /// Inserts these rows.
    pub fn all(
        mut self,
        connection: &mut AnyConnection,
        rows: impl IntoIterator<Item = Vec<SqlValue>>,
    ) -> StoreResult<()> {
        for row in rows {
            self.row(connection, row)?;
        }
        self.finish(connection)
    }

    /// Adds a row, and inserts the batch if it is full.
    pub fn row(
        &mut self,
        connection: &mut AnyConnection,
        values: impl IntoIterator<Item = SqlValue>,
    ) -> StoreResult<()> {
        self.values.extend(values);
        let max_rows = if connection.is_postgres() { MAX_POSTGRES_ROWS } else { self.max_rows };
        if self.values.len() >= max_rows * self.columns {
            self.execute(connection, &self.values)?;
            self.values.clear();
        }
        Ok(())
    }

    /// Adds rows without inserting them yet.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = Vec<SqlValue>>) {
        self.values.extend(rows.into_iter().flatten());
    }

    /// Inserts the remaining rows.
    pub fn finish(self, connection: &mut AnyConnection) -> StoreResult<()> {
        let mut rest = self.values.as_slice();
        while !rest.is_empty() {
            let rows = rest.len() / self.columns;
            let rows = if connection.is_postgres() {
                rows.clamp(1, MAX_POSTGRES_ROWS)
            } else {
                // Powers of two, so that few distinct statements exist.
                1 << rows.clamp(1, self.max_rows).ilog2()
            };
            let (next, others) = rest.split_at((rows * self.columns).min(rest.len()));
            self.execute(connection, next)?;
            rest = others;
        }
        Ok(())
    }

    fn execute(&self, connection: &mut AnyConnection, values: &[SqlValue]) -> StoreResult<()> {
        match connection {
            AnyConnection::Postgres(_) => self.arrays(values).execute(connection)?,
            AnyConnection::Sqlite(sqlite) => Rows { insert: self, values }.execute(sqlite)?,
        };
        Ok(())
    }

    /// Returns PostgreSQL's statement for all rows, if there are any.
    pub(super) fn arrays_statement(&self) -> Option<Statement> {
        (!self.values.is_empty()).then(|| self.arrays(&self.values))
    }

    /// Returns a statement with an array for each column, which PostgreSQL plans much faster than
    /// thousands of values.
    fn arrays(&self, values: &[SqlValue]) -> Statement {
        let names: Vec<String> = (1..=self.columns).map(|column| format!("c{column}")).collect();
        let mut selected = names.clone();
        if let Some(last) = selected.last_mut() {
            *last = format!("{}{last}{}", self.last.0, self.last.1);
        }
        let mut insert = Statement::new(format!(
            "INSERT INTO {} SELECT {} FROM unnest(",
            self.target,
            selected.join(", ")
        ));
        for column in 0..self.columns {
            let values = values.iter().skip(column).step_by(self.columns);
            let data = element_type(values.clone());
            insert.push(if column > 0 { ", CAST(" } else { "CAST(" }).bind(array(values));
            insert.push_fmt(format_args!(" AS {data}[])"));
        }
        insert.push_fmt(format_args!(") r({})", names.join(", ")));
        insert
    }
}

/// Returns the PostgreSQL type of a column's values. A null that was read from SQLite may have
/// another type.
fn element_type<'v>(values: impl Iterator<Item = &'v SqlValue>) -> &'static str {
    let mut first = None;
    for value in values {
        let data = match value {
            SqlValue::Text(_) => "text",
            SqlValue::Number(_) => "double precision",
            SqlValue::Integer(_) => "bigint",
        };
        match value {
            SqlValue::Text(Some(_)) | SqlValue::Number(Some(_)) => return data,
            SqlValue::Integer(Some(_)) => first = Some(data),
            _ => drop(first.get_or_insert(data)),
        }
    }
    first.unwrap_or("text")
}

/// Returns PostgreSQL's text of an array.
pub(super) fn array<'v>(values: impl Iterator<Item = &'v SqlValue>) -> String {
    let mut array = "{".to_owned();
    for value in values {
        array.push_str(if array.len() > 1 { "," } else { "" });
        match value {
            SqlValue::Text(Some(text)) => {
                array.push('"');
                for character in text.chars() {
                    if matches!(character, '"' | '\\') {
                        array.push('\\');
                    }
                    array.push(character);
                }
                array.push('"');
            }
            SqlValue::Integer(Some(number)) => drop(write!(array, "{number}")),
            SqlValue::Number(Some(number)) => drop(write!(array, "{number}")),
            _ => array.push_str("NULL"),
        }
    }
    array.push('}');
    array
}

/// A statement that inserts rows into SQLite.
struct Rows<'i> {
    insert: &'i Insert,
    values: &'i [SqlValue],
}

impl QueryId for Rows<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Rows<'_> {}

impl QueryFragment<Sqlite> for Rows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Insert { target, columns, .. } = self.insert;
        // A failure rolls back the whole write. With `OR FAIL`, SQLite does not journal pages to
        // roll back a single statement.
        out.push_sql("INSERT OR FAIL INTO ");
        out.push_sql(target);
        out.push_sql(" VALUES ");
        for (index, row) in self.values.chunks(*columns).enumerate() {
            out.push_sql(if index > 0 { "), (" } else { "(" });
            for (index, value) in row.iter().enumerate() {
                out.push_sql(if index > 0 { ", " } else { "" });
                value.push_to(&mut out)?;
            }
        }
        out.push_sql(")");
        Ok(())
    }
}
