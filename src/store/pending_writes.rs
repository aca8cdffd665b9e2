//! Changes to tables that are sent together. On PostgreSQL, each statement is a round trip, so a
//! few changes become one statement with a common table expression for each.

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::insert::Insert;
use super::statement::{SqlValue, Statement};

/// Maximum number of rows that are inserted into several tables by one statement.
const MAX_ROWS: usize = 64;

/// Changes to tables: first all updates, then all new rows. No change depends on another one of its
/// kind.
#[derive(Default)]
pub(super) struct PendingWrites {
    updates: Vec<Statement>,
    inserts: Vec<Insert>,
    rows: usize,
}

impl PendingWrites {
    /// Adds a statement that updates or deletes rows.
    pub(super) fn update(&mut self, statement: Statement) {
        self.updates.push(statement);
    }

    /// Adds rows to insert into these columns of a table.
    pub(super) fn insert<'n>(
        &mut self,
        table: &str,
        columns: impl IntoIterator<Item = &'n str>,
        rows: Vec<Vec<SqlValue>>,
    ) {
        self.insert_with(Insert::new(table, columns), rows);
    }

    /// Adds rows to an insertion.
    pub(super) fn insert_with(&mut self, mut insert: Insert, rows: Vec<Vec<SqlValue>>) {
        self.rows += rows.len();
        insert.extend(rows);
        self.inserts.push(insert);
    }

    /// Executes the changes if there are many.
    pub(super) fn execute_if_full(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        if self.rows > MAX_ROWS { self.execute(connection) } else { Ok(()) }
    }

    /// Executes the changes.
    pub(super) fn execute(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        let Self { updates, inserts, rows } = std::mem::take(self);
        if !connection.is_postgres() || rows > MAX_ROWS {
            for update in updates {
                update.execute(connection)?;
            }
            return inserts.into_iter().try_for_each(|insert| insert.finish(connection));
        }
        together(connection, updates)?;
        together(connection, inserts.into_iter().filter_map(Insert::into_statement).collect())
    }
}

/// Executes statements as one. PostgreSQL does not determine their order.
fn together(connection: &mut AnyConnection, mut statements: Vec<Statement>) -> StoreResult<()> {
    let Some(last) = statements.pop() else { return Ok(()) };
    let mut all = Statement::default();
    for (index, statement) in statements.into_iter().enumerate() {
        all.push_fmt(format_args!("{} c{index} AS (", if index > 0 { "," } else { "WITH" }));
        all.append(statement).push(") ");
    }
    all.append(last);
    all.execute(connection).map(drop)
}
