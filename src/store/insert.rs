//! Inserts rows into a table in batches.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;

use super::connection::{AnyConnection, MultiBackend};
use super::error::StoreResult;
use super::statement::SqlValue;

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
        if self.values.len() >= self.max_rows * self.columns {
            self.execute(connection, &self.values)?;
            self.values.clear();
        }
        Ok(())
    }

    /// Inserts the remaining rows.
    pub fn finish(self, connection: &mut AnyConnection) -> StoreResult<()> {
        let mut rest = self.values.as_slice();
        while !rest.is_empty() {
            // Powers of two, so that few distinct statements exist.
            let rows = 1 << (rest.len() / self.columns).max(1).ilog2();
            let (next, others) = rest.split_at((rows * self.columns).min(rest.len()));
            self.execute(connection, next)?;
            rest = others;
        }
        Ok(())
    }

    fn execute(&self, connection: &mut AnyConnection, values: &[SqlValue]) -> StoreResult<()> {
        let verb = connection.insert();
        RunQueryDsl::execute(Rows { verb, insert: self, values }, connection)?;
        Ok(())
    }
}

/// A statement that inserts rows.
struct Rows<'i> {
    verb: &'static str,
    insert: &'i Insert,
    values: &'i [SqlValue],
}

impl QueryId for Rows<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for Rows<'_> {}

impl QueryFragment<MultiBackend> for Rows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let Insert { head, columns, last, .. } = self.insert;
        out.push_sql(self.verb);
        out.push_sql(head);
        for (index, row) in self.values.chunks(*columns).enumerate() {
            out.push_sql(if index > 0 { "), (" } else { "(" });
            let Some((final_value, others)) = row.split_last() else { continue };
            for value in others {
                value.push_to(&mut out)?;
                out.push_sql(", ");
            }
            out.push_sql(last.0);
            final_value.push_to(&mut out)?;
            out.push_sql(last.1);
        }
        out.push_sql(")");
        Ok(())
    }
}
