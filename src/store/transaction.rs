//! The one way to change the record: a transaction that writes records, their history and the revision that tells of it.

use std::collections::{BTreeMap, HashMap};

use super::connection::AnyConnection;
use super::dialect::any_of;
use super::error::StoreResult;
use super::history::LIVE;
use super::layout::{Layout, Layouts, cells_of};
use super::records::Records;
use super::statement::{Cell, Statement};
use crate::model::{Kind, Moment, Record, RecordType};

/// Who changes the record, and why.
#[derive(Clone, Debug, Default)]
pub struct Reason {
    /// Who: the name of a key, or a part of the program.
    pub actor: String,
    /// Why, in words.
    pub reason: Option<String>,
    /// What kind of change it is: `entry`, `update`, `correction` or `redaction`.
    pub kind: Option<String>,
}

/// What is done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is written for the first time.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
    /// It is brought back, or back to an earlier version.
    Restore,
}

impl Operation {
    /// The word in the change feed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

/// What is known of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No record ever had it.
    Unknown,
    /// A record has it, last changed by this revision.
    Live(i64),
    /// A record had it until this revision deleted it.
    Deleted(i64),
}

/// A transaction that may write. What it does is one revision, or none where it changes nothing.
pub struct Transaction<'c> {
    /// The connection, for reading within the transaction.
    pub connection: &'c mut AnyConnection,
    /// Where values stand.
    pub layouts: &'c Layouts,
    /// The number that the revision gets, if there is one.
    pub revision: i64,
    /// The moment of the revision: later than that of every revision before.
    pub moment: Moment,
    changes: Vec<(&'static RecordType, String, Operation)>,
    waiting: BTreeMap<String, Vec<Vec<Cell>>>,
}

/// Rows that one statement inserts at most.
const BATCH: usize = 64;

impl<'c> Transaction<'c> {
    /// A transaction on a connection that has begun one under the writers' lock.
    pub fn new(connection: &'c mut AnyConnection, layouts: &'c Layouts) -> StoreResult<Self> {
        let last = last_revision(connection)?;
        let now = Moment::now();
        let (revision, moment) = match last {
            Some((revision, recorded_at)) => (revision + 1, recorded_at.parse::<Moment>().map_or(now, |before| now.max(before.after()))),
            None => (1, now),
        };
        Ok(Self { connection, layouts, revision, moment, changes: Vec::new(), waiting: BTreeMap::new() })
    }

    /// The day (UTC) of the transaction, as dates are compared with it.
    pub fn today(&self) -> String {
        self.moment.day().to_string()
    }

    /// Whether anything was changed so far.
    pub fn has_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The records of one type with these ids, as they are now within the transaction.
    pub fn load(&mut self, layout: &'c Layout, ids: &[String]) -> StoreResult<Records<'c>> {
        self.flush()?;
        let mut tail = Statement::new(r#" WHERE t."id" IN "#);
        tail.append(any_of(ids));
        let today = self.today();
        Records::load(self.connection, self.layouts, layout, &today, tail, |_| true)
    }

    /// What is known of an id.
    pub fn standing(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<Standing> {
        self.flush()?;
        Ok(standings(self.connection, record_type, &[id.to_owned()])?.remove(id).unwrap_or(Standing::Unknown))
    }

    /// What is known of these ids; those that no record ever had are missing.
    pub fn standings(&mut self, record_type: &'static RecordType, ids: &[String]) -> StoreResult<HashMap<String, Standing>> {
        self.flush()?;
        standings(self.connection, record_type, ids)
    }

    /// Writes a record; `created_at` is that of the record as it was.
    pub fn write(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
        operation: Operation,
        created_at: Option<&str>,
    ) -> StoreResult<()> {
        let layout = self.layouts.of(record_type);
        if operation != Operation::Create {
            self.close(layout, &record.id)?;
        }
        let updated_at = self.moment.to_string();
        let mut row = vec![Cell::from(record.id.as_str())];
        for (field, value) in record_type.written().zip(&record.values) {
            if !matches!(field.kind, Kind::List(_)) {
                cells_of(field.kind, value, &mut row);
            }
        }
        row.extend([Cell::from(self.revision), Cell::from(created_at.unwrap_or(&updated_at)), Cell::from(updated_at.as_str())]);
        self.waiting.entry(layout.table().to_owned()).or_default().push(row);
        for part in &layout.parts {
            let crate::model::Value::List(entries) = record.value(record_type, part.field.name) else { continue };
            for (position, entry) in entries.iter().enumerate() {
                let mut row: Vec<Cell> = part.shared.map(Cell::from).into_iter().collect();
                row.extend([Cell::from(record.id.as_str()), Cell::from(position as i64), Cell::from(self.revision)]);
                cells_of(part.element, entry, &mut row);
                self.waiting.entry(part.table.clone()).or_default().push(row);
            }
        }
        self.changes.push((record_type, record.id.clone(), operation));
        Ok(())
    }

    /// Deletes a record.
    pub fn delete(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<()> {
        self.close(self.layouts.of(record_type), id)?;
        self.changes.push((record_type, id.to_owned(), Operation::Delete));
        Ok(())
    }

    /// Ends the transaction's work: the number of the revision, or None where nothing was changed. The commit is the caller's.
    pub fn finish(mut self, reason: &Reason) -> StoreResult<Option<i64>> {
        self.flush()?;
        if self.changes.is_empty() {
            return Ok(None);
        }
        let mut insert = Statement::new("INSERT INTO revisions (revision, recorded_at, actor, reason, kind) VALUES (");
        insert.bind_all([
            Cell::from(self.revision),
            Cell::from(self.moment.to_string()),
            Cell::from(reason.actor.as_str()),
            Cell::Text(reason.reason.clone()),
            Cell::Text(reason.kind.clone()),
        ]);
        insert.push(")").clone().execute(self.connection)?;
        let revision = self.revision;
        let rows: Vec<Vec<Cell>> = std::mem::take(&mut self.changes)
            .into_iter()
            .enumerate()
            .map(|(position, (record_type, id, operation))| {
                vec![
                    Cell::from(revision),
                    Cell::from(position as i64),
                    Cell::from(record_type.name),
                    Cell::from(id),
                    Cell::from(operation.as_str()),
                ]
            })
            .collect();
        insert_rows(self.connection, "changes", r#""revision", "position", "record_type", "record_id", "operation""#, &rows, None)?;
        Ok(Some(self.revision))
    }

    /// Takes a record out of the live tables and ends its version in the history.
    fn close(&mut self, layout: &Layout, id: &str) -> StoreResult<()> {
        self.flush()?;
        let tables = std::iter::once((layout.table(), "id", None))
            .chain(layout.parts.iter().map(|part| (part.table.as_str(), part.owner.as_str(), part.shared)));
        for (table, owner, shared) in tables {
            let mut condition = Statement::new(format!(r#""{owner}" = "#));
            condition.bind(id);
            if let Some(record_type) = shared {
                condition.push(format!(r#" AND "record_type" = '{record_type}'"#));
            }
            let mut delete = Statement::new(format!(r#"DELETE FROM "{table}" WHERE "#));
            delete.append(condition.clone());
            delete.execute(self.connection)?;
            let mut end = Statement::new(format!(r#"UPDATE "{table}_history" SET "superseded_at" = "#));
            end.bind(self.revision).push(format!(r#" WHERE "superseded_at" = {LIVE} AND "#)).append(condition);
            end.execute(self.connection)?;
        }
        Ok(())
    }

    /// Inserts the rows that wait, into the live tables and their histories alike.
    pub fn flush(&mut self) -> StoreResult<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        for (table, columns) in self.layouts.tables() {
            let Some(rows) = waiting.remove(&table) else { continue };
            let columns = columns.iter().map(|column| format!(r#""{}""#, column.name)).collect::<Vec<_>>().join(", ");
            insert_rows(self.connection, &table, &columns, &rows, None)?;
            insert_rows(self.connection, &format!("{table}_history"), &format!(r#"{columns}, "superseded_at""#), &rows, Some(LIVE))?;
        }
        Ok(())
    }
}

fn insert_rows(connection: &mut AnyConnection, table: &str, columns: &str, rows: &[Vec<Cell>], last: Option<i64>) -> StoreResult<()> {
    let mut rest = rows;
    while !rest.is_empty() {
        // Powers of two, so that few texts of statements exist.
        let size = 1 << rest.len().min(BATCH).ilog2();
        let (batch, after) = rest.split_at(size);
        let mut insert = Statement::new(format!(r#"INSERT INTO "{table}" ({columns}) VALUES "#));
        for (index, row) in batch.iter().enumerate() {
            insert.push(if index == 0 { "(" } else { ", (" }).bind_all(row.iter().cloned());
            if let Some(last) = last {
                insert.push(format!(", {last}"));
            }
            insert.push(")");
        }
        insert.execute(connection)?;
        rest = after;
    }
    Ok(())
}

/// The number and the moment of the last revision, where there is one.
pub fn last_revision(connection: &mut AnyConnection) -> StoreResult<Option<(i64, String)>> {
    let row = Statement::new("SELECT revision, recorded_at FROM revisions ORDER BY revision DESC LIMIT 1").first(connection)?;
    Ok(row.and_then(|row| Some((row.integer(0)?, row.text(1)?.to_owned()))))
}

/// What is known of these ids; those that no record ever had are missing.
pub fn standings(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    ids: &[String],
) -> StoreResult<HashMap<String, Standing>> {
    let mut known = HashMap::new();
    for ids in ids.chunks(512) {
        let mut live = Statement::new(format!(r#"SELECT "id", "revision" FROM "{}" WHERE "id" IN "#, record_type.plural));
        live.append(any_of(ids));
        for row in live.rows(connection)? {
            known.insert(row.text(0).unwrap_or_default().to_owned(), Standing::Live(row.integer(1).unwrap_or_default()));
        }
        let missing: Vec<String> = ids.iter().filter(|id| !known.contains_key(*id)).cloned().collect();
        if missing.is_empty() {
            continue;
        }
        let mut gone = Statement::new("SELECT record_id, max(revision) FROM changes WHERE record_type = ");
        gone.bind(record_type.name).push(" AND record_id IN ").append(any_of(&missing)).push(" GROUP BY record_id");
        for row in gone.rows(connection)? {
            known.insert(row.text(0).unwrap_or_default().to_owned(), Standing::Deleted(row.integer(1).unwrap_or_default()));
        }
    }
    Ok(known)
}
