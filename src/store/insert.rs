//! Many rows into one table, as many as make sense with one statement.

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::statement::{SqlValue, Statement};

/// Rows that one statement inserts at most, and values that it binds at most (PostgreSQL allows
/// 65,535, SQLite 32,766).
const ROWS: usize = 64;
const VALUES: usize = 16_384;

/// Rows on their way into a table.
#[derive(Debug)]
pub struct Insert {
    head: String,
    columns: usize,
    most: usize,
    values: Vec<SqlValue>,
    /// What stands before and after the last value of a row.
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
    /// Into these columns of a table.
    pub fn new<'n>(table: &str, columns: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<String> =
            columns.into_iter().map(|column| format!(r#""{column}""#)).collect();
        let columns = names.len().max(1);
        let most = 1 << (VALUES / columns).clamp(1, ROWS).ilog2();
        Self {
            head: format!(r#" INTO "{table}" ({}) VALUES "#, names.join(", ")),
            columns,
            most,
            values: Vec::new(),
            last: ("", ""),
        }
    }

    /// The same, each row with a statement of its own.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.most = 1;
        self
    }

    /// The same, the last value of each row being what an expression makes of it.
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

    /// Adds a row; it is written with those that follow.
    pub fn row(
        &mut self,
        connection: &mut AnyConnection,
        values: impl IntoIterator<Item = SqlValue>,
    ) -> StoreResult<()> {
        self.values.extend(values);
        if self.values.len() >= self.most * self.columns {
            let values =
                std::mem::replace(&mut self.values, Vec::with_capacity(self.most * self.columns));
            self.statement(connection, values).execute(connection)?;
        }
        Ok(())
    }

    /// Writes what waits.
    pub fn finish(mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        while !self.values.is_empty() {
            // Powers of two, so that few texts of statements exist.
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
