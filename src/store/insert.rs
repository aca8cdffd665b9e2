//! Inserts rows into a table in batches.

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::statement::{SqlValue, Statement};

/// Maximum number of rows that one statement inserts.
const MAX_ROWS: usize = 64;
/// Maximum number of values that one statement binds. PostgreSQL allows 65,535, SQLite 32,766.
const MAX_VALUES: usize = 16_384;

/// A batch of rows to insert into a table.
#[derive(Debug)]
pub struct Insert {
    head: String,
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
        let max_rows = 1 << (MAX_VALUES / columns).clamp(1, MAX_ROWS).ilog2();
        Self {
            head: format!(r#" INTO "{table}" ({}) VALUES "#, names.join(", ")),
            columns,
            max_rows,
            values: Vec::new(),
            last: ("", ""),
        }
    }

    /// Uses one statement for each row.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.max_rows = 1;
        self
    }

    /// Wraps the last value of each row in an SQL expression.
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
        let full = self.max_rows * self.columns;
        if self.values.len() >= full {
            let values = std::mem::replace(&mut self.values, Vec::with_capacity(full));
            self.statement(connection, values).execute(connection)?;
        }
        Ok(())
    }

    /// Inserts the remaining rows.
    pub fn finish(mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        while !self.values.is_empty() {
            // Powers of two, so that few distinct statements exist.
            let rows = 1 << (self.values.len() / self.columns).max(1).ilog2();
            let rest = self.values.split_off((rows * self.columns).min(self.values.len()));
            let values = std::mem::replace(&mut self.values, rest);
            self.statement(connection, values).execute(connection)?;
        }
        Ok(())
    }

    fn statement(&self, connection: &AnyConnection, values: Vec<SqlValue>) -> Statement {
        let mut insert = Statement::new(connection.insert());
        insert.push(&self.head);
        for (index, value) in values.into_iter().enumerate() {
            insert.push(match (index, index % self.columns) {
                (0, _) => "(",
                (_, 0) => "), (",
                _ => ", ",
            });
            if (index + 1) % self.columns == 0 {
                insert.push(self.last.0).bind(value).push(self.last.1);
            } else {
                insert.bind(value);
            }
        }
        insert.push(")");
        insert
    }
}
