//! Changes to tables that are sent together. On PostgreSQL, each statement is a round trip, so a
//! few changes become one statement with a common table expression for each.

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::insert::Insert;
use super::sql_value::SqlValue;
use super::statement::Statement;

/// Maximum number of updates and of new rows that are sent together. More would make a statement
/// with too many values, and too many distinct statements.
const MAX_UPDATES: usize = 16;
const MAX_ROWS: usize = 64;

/// Changes to tables: first all updates, then all new rows. No two updates may concern the same
/// row, because PostgreSQL changes a row only once in a statement.
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

    /// Adds rows to insert.
    pub(super) fn insert(&mut self, mut insert: Insert, rows: Vec<Vec<SqlValue>>) {
        self.rows += rows.len();
        insert.extend(rows);
        self.inserts.push(insert);
    }

    /// Executes the changes if there are many.
    pub(super) fn execute_if_full(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        if self.is_full() { self.execute(connection) } else { Ok(()) }
    }

    fn is_full(&self) -> bool {
        self.updates.len() > MAX_UPDATES || self.rows > MAX_ROWS
    }

    /// Executes the changes.
    pub(super) fn execute(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        let is_full = self.is_full();
        let Self { updates, inserts, .. } = std::mem::take(self);
        if !connection.is_postgres() || is_full {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Location, Purpose};

    #[test]
    fn executes_many_updates_or_rows_at_once() {
        let mut connection =
            Location::Sqlite(":memory:".to_owned()).connect(Purpose::Write).expect("a database");
        connection.run("CREATE TABLE numbers (number INTEGER)").expect("a table");
        let row = |number: i64| vec![SqlValue::from(number)];
        let mut writes = PendingWrites::default();
        writes.insert(Insert::new("numbers", ["number"]), (0..100).map(row).collect());
        writes.execute_if_full(&mut connection).expect("rows are inserted");
        let count = |connection: &mut AnyConnection| {
            Statement::new("SELECT count(*) FROM numbers").number(connection).expect("a number")
        };
        assert_eq!(count(&mut connection), 100);
        for number in 0..100 {
            let mut delete = Statement::new("DELETE FROM numbers WHERE number = ");
            delete.bind(number);
            writes.update(delete);
            writes.execute_if_full(&mut connection).expect("rows are deleted");
            assert!(writes.updates.len() <= MAX_UPDATES, "{number}");
        }
        writes.execute(&mut connection).expect("rows are deleted");
        assert_eq!(count(&mut connection), 0);
    }
}
