//! Inserts rows into a table in batches.

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::sql_value::{SqlArray, SqlValue};
use super::statement::Statement;

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
        if self.values.len() >= max_rows * self.columns { self.execute(connection) } else { Ok(()) }
    }

    /// Adds rows without inserting them yet.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = Vec<SqlValue>>) {
        self.values.extend(rows.into_iter().flatten());
    }

    /// Inserts the remaining rows.
    pub fn finish(mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        self.execute(connection)
    }

    /// Inserts the rows of the batch.
    fn execute(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        let mut values = std::mem::take(&mut self.values).into_iter();
        while values.len() > 0 {
            let is_postgres = connection.is_postgres();
            let rows = if is_postgres {
                MAX_POSTGRES_ROWS
            } else {
                // Powers of two, so that few distinct statements exist.
                1 << (values.len() / self.columns).clamp(1, self.max_rows).ilog2()
            };
            let batch: Vec<SqlValue> = values.by_ref().take(rows * self.columns).collect();
            let insert = if is_postgres { self.arrays(batch) } else { self.rows(batch) };
            insert.execute(connection)?;
        }
        Ok(())
    }

    /// Returns SQLite's statement for these rows.
    fn rows(&self, values: Vec<SqlValue>) -> Statement {
        // A failure rolls back the whole write. With `OR FAIL`, SQLite does not journal pages to
        // roll back a single statement.
        let mut insert = Statement::new(format!("INSERT OR FAIL INTO {} VALUES ", self.target));
        let rows = values.len() / self.columns;
        let mut values = values.into_iter();
        for row in 0..rows {
            insert.push(if row > 0 { ", (" } else { "(" });
            insert.bind_all(values.by_ref().take(self.columns)).push(")");
        }
        insert
    }

    /// Returns PostgreSQL's statement for all rows of the batch, if there are any.
    pub(super) fn into_statement(mut self) -> Option<Statement> {
        let values = std::mem::take(&mut self.values);
        (!values.is_empty()).then(|| self.arrays(values))
    }

    /// Returns a statement with an array for each column, which PostgreSQL plans much faster than
    /// thousands of values.
    fn arrays(&self, values: Vec<SqlValue>) -> Statement {
        let names: Vec<String> = (1..=self.columns).map(|column| format!("c{column}")).collect();
        let mut selected = names.clone();
        if let Some(last) = selected.last_mut() {
            *last = format!("{}{last}{}", self.last.0, self.last.1);
        }
        let (selected, rows) = (selected.join(", "), values.len() / self.columns);
        let mut columns: Vec<Vec<SqlValue>> =
            (0..self.columns).map(|_| Vec::with_capacity(rows)).collect();
        for (place, value) in values.into_iter().enumerate() {
            columns[place % self.columns].push(value);
        }
        let mut insert =
            Statement::new(format!("INSERT INTO {} SELECT {selected} FROM unnest(", self.target));
        for (index, column) in columns.into_iter().enumerate() {
            insert.push(if index > 0 { ", " } else { "" }).bind_array(SqlArray::from(column));
        }
        insert.push_fmt(format_args!(") r({})", names.join(", ")));
        insert
    }
}
