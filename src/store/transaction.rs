//! The one way to change the record: a transaction that writes records, their history and the revision that tells of it.

use std::collections::{BTreeMap, HashMap};

use super::chain::{Seal, SealedChange, SealedRevision, Why, reason_digest};
use super::connection::AnyConnection;
use super::dialect::any_of;
use super::error::StoreResult;
use super::history::LIVE;
use super::insert::insert_all;
use super::layout::{Layout, Layouts, Lists, cells_of};
use super::prepared;
use super::records::Records;
use super::search;
use super::standing::{Merged, Standing, last_revision, standings};
use super::statement::{Cell, Statement};
use crate::digest::random_hex;
use crate::model::{Kind, Moment, Record, RecordType, Value};

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
    /// It turned out to be another one, and goes.
    Merge,
    /// Values of it are taken out of every version.
    Redact,
}

impl Operation {
    const ALL: [Self; 6] = [Self::Create, Self::Update, Self::Delete, Self::Restore, Self::Merge, Self::Redact];

    /// The operation that a word in the change feed names.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == word)
    }

    /// The word in the change feed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Merge => "merge",
            Self::Redact => "redact",
        }
    }
}

/// What is done to one record.
pub(super) struct Change {
    pub(super) record_type: &'static RecordType,
    pub(super) id: String,
    pub(super) operation: Operation,
    /// The lists in which the version that was written has entries.
    pub(super) lists: Lists,
    into: Option<String>,
    seal: Option<Seal>,
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
    /// Whether values were taken out for good, so that the files must not hold them either.
    pub(super) erased: bool,
    previous: Option<String>,
    changes: Vec<Change>,
    waiting: BTreeMap<String, Vec<Vec<Cell>>>,
}

/// Records whose rows one statement copies into a history.
const COPIED: usize = 256;

impl<'c> Transaction<'c> {
    /// A transaction on a connection that has begun one under the writers' lock.
    pub fn new(connection: &'c mut AnyConnection, layouts: &'c Layouts) -> StoreResult<Self> {
        let now = Moment::now();
        let last = last_revision(connection)?;
        let revision = last.as_ref().map_or(1, |last| last.revision + 1);
        let before = last.as_ref().and_then(|last| last.recorded_at.parse::<Moment>().ok());
        let moment = before.map_or(now, |before| now.max(before.after()));
        let previous = last.and_then(|last| last.digest);
        Ok(Self { connection, layouts, revision, moment, erased: false, previous, changes: Vec::new(), waiting: BTreeMap::new() })
    }

    /// The day (UTC) of the transaction, as dates are compared with it.
    pub fn today(&self) -> String {
        self.moment.day().to_string()
    }

    /// Whether anything was changed so far.
    pub fn has_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The records of one type with these ids, as they are now within the transaction; only those lists of them that may have
    /// entries are read.
    pub fn load(&mut self, layout: &'c Layout, ids: &[String], lists: Lists) -> StoreResult<Records<'c>> {
        self.flush()?;
        let mut tail = Statement::new(r#" WHERE t."id" IN "#);
        tail.append(any_of(ids));
        let today = self.today();
        Records::load(self.connection, self.layouts, layout, &today, tail, lists)
    }

    /// What is known of an id.
    pub fn standing(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<Standing> {
        self.flush()?;
        Ok(standings(self.connection, record_type, &[id.to_owned()], self.revision)?.remove(id).unwrap_or(Standing::Unknown))
    }

    /// What is known of these ids; those that no record ever had are missing.
    pub fn standings(&mut self, record_type: &'static RecordType, ids: &[String]) -> StoreResult<HashMap<String, Standing>> {
        self.flush()?;
        standings(self.connection, record_type, ids, self.revision)
    }

    /// Where those of these ids lead that were merged, in earlier revisions or in this one.
    pub fn merged(&mut self, ids: Vec<String>) -> StoreResult<Merged> {
        Merged::load(self.connection, ids, self.revision)
    }

    /// Writes a record; `created_at` is that of the record as it was.
    pub fn write(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
        operation: Operation,
        created_at: Option<&str>,
    ) -> StoreResult<()> {
        self.write_sealed(record_type, record, Seal::new(record_type, record), operation, created_at)
    }

    /// Writes a record that was sealed before.
    pub fn write_sealed(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
        seal: Seal,
        operation: Operation,
        created_at: Option<&str>,
    ) -> StoreResult<()> {
        let layout = self.layouts.of(record_type);
        if operation != Operation::Create {
            self.close(layout, &record.id)?;
        }
        let updated_at = self.moment.to_string();
        let written = Written { revision: self.revision, created_at: created_at.unwrap_or(&updated_at), updated_at: &updated_at };
        for (table, row) in rows_of(layout, record, &written) {
            self.waiting.entry(table.to_owned()).or_default().push(row);
        }
        self.changes.push(Change {
            record_type,
            id: record.id.clone(),
            operation,
            lists: Lists::of(layout, record),
            into: None,
            seal: Some(seal),
        });
        Ok(())
    }

    /// Deletes a record.
    pub fn delete(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<()> {
        self.close(self.layouts.of(record_type), id)?;
        self.note(record_type, id, Operation::Delete, None);
        Ok(())
    }

    /// Takes a record away that is another one, to which its id leads from now on.
    pub fn merge(&mut self, record_type: &'static RecordType, id: &str, into: &str) -> StoreResult<()> {
        self.close(self.layouts.of(record_type), id)?;
        self.note(record_type, id, Operation::Merge, Some(into.to_owned()));
        Ok(())
    }

    /// Notes what is done to a record that leaves no version.
    pub(super) fn note(&mut self, record_type: &'static RecordType, id: &str, operation: Operation, into: Option<String>) {
        self.changes.push(Change { record_type, id: id.to_owned(), operation, lists: Lists::default(), into, seal: None });
    }

    /// Ends the transaction's work: the number of the revision, or None where nothing was changed. The commit is the caller's,
    /// and the terms are, which the search index is to have before it.
    pub(super) fn finish(mut self, reason: &Reason, terms: &mut search::Waiting<'_>) -> StoreResult<Option<i64>> {
        self.flush()?;
        if self.changes.is_empty() {
            return Ok(None);
        }
        search::update(self.connection, self.layouts, self.revision, &self.changes, !self.erased, terms)?;
        if self.erased {
            search::forget_past(self.connection, self.revision, terms)?;
            let changed = self.changes.iter().map(|change| (change.record_type.name, change.id.as_str()));
            prepared::erase(self.connection, self.layouts, changed)?;
        }
        let moment = self.moment.to_string();
        let reason_salt = reason.reason.as_ref().map(|_| random_hex(16));
        let reason_digest = reason_salt.as_deref().zip(reason.reason.as_deref()).map(|(salt, reason)| reason_digest(salt, reason));
        let digest = SealedRevision {
            revision: self.revision,
            recorded_at: &moment,
            actor: &reason.actor,
            reason: reason_digest.as_deref().map_or(Why::Plain(None), Why::Digest),
            kind: reason.kind.as_deref(),
            previous: self.previous.as_deref(),
        }
        .digest(self.changes.iter().map(Change::sealed));
        let mut insert = Statement::new(
            "INSERT INTO revisions (revision, recorded_at, actor, reason, reason_salt, reason_digest, kind, digest) VALUES (",
        );
        insert.bind_all([
            Cell::from(self.revision),
            Cell::from(moment),
            Cell::from(reason.actor.as_str()),
            Cell::Text(reason.reason.clone()),
            Cell::Text(reason_salt),
            Cell::Text(reason_digest),
            Cell::Text(reason.kind.clone()),
            Cell::from(digest),
        ]);
        insert.push(")");
        insert.execute(self.connection)?;
        let revision = self.revision;
        let rows = std::mem::take(&mut self.changes).into_iter().zip(0_i64..).map(|(change, position)| {
            let (salt, digest) = change.seal.map_or((None, None), |seal| (Some(seal.salt), Some(seal.digest)));
            vec![
                Cell::from(revision),
                Cell::from(position),
                Cell::from(change.record_type.name),
                Cell::from(change.id),
                Cell::from(change.operation.as_str()),
                Cell::Text(change.into),
                Cell::Text(digest),
                Cell::Text(salt),
            ]
        });
        let columns = ["revision", "position", "record_type", "record_id", "operation", "into_id", "digest", "salt"];
        insert_all(self.connection, "changes", columns, rows)?;
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

    /// Inserts the rows that wait, into the live tables, and copies them into the histories there and then.
    pub fn flush(&mut self) -> StoreResult<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        for (table, columns) in self.layouts.tables() {
            let Some(rows) = waiting.remove(&table) else { continue };
            let shared = columns.first().is_some_and(|column| column.name == "record_type");
            let owner = usize::from(shared);
            // The type of each record, where several share the table, and its id.
            let mut owners: Vec<(Option<String>, String)> = rows
                .iter()
                .map(|row| (row[0].as_text().filter(|_| shared).map(str::to_owned), row[owner].as_text().unwrap_or_default().to_owned()))
                .collect();
            owners.dedup();
            let names = columns.iter().map(|column| column.name.as_str());
            insert_all(self.connection, &table, names.clone(), rows)?;
            let names = names.map(|name| format!(r#""{name}""#)).collect::<Vec<_>>().join(", ");
            for owners in owners.chunk_by(|one, next| one.0 == next.0).flat_map(|owners| owners.chunks(COPIED)) {
                let mut copy = Statement::new(self.connection.insert());
                copy.push_fmt(format_args!(
                    r#" INTO "{table}_history" ({names}, "superseded_at") SELECT {names}, {LIVE} FROM "{table}" WHERE "{}" IN "#,
                    columns[owner].name
                ));
                copy.append(any_of(&owners.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>()));
                if let Some((Some(record_type), _)) = owners.first() {
                    copy.push(r#" AND "record_type" = "#).bind(record_type.as_str());
                }
                copy.execute(self.connection)?;
            }
        }
        Ok(())
    }
}

impl Change {
    fn sealed(&self) -> SealedChange<'_> {
        SealedChange {
            digest: self.seal.as_ref().map(|seal| seal.digest.as_str()),
            id: &self.id,
            into: self.into.as_deref(),
            operation: self.operation.as_str(),
            record_type: self.record_type.name,
        }
    }
}

/// What only the program writes of a version.
pub(super) struct Written<'w> {
    pub(super) revision: i64,
    pub(super) created_at: &'w str,
    pub(super) updated_at: &'w str,
}

/// The rows in which a version of a record is stored, each with its table.
pub(super) fn rows_of<'l>(layout: &'l Layout, record: &Record, written: &Written<'_>) -> Vec<(&'l str, Vec<Cell>)> {
    let record_type = layout.record_type;
    let mut row = vec![Cell::from(record.id.as_str())];
    for (field, value) in record_type.written().zip(&record.values) {
        if !matches!(field.kind, Kind::List(_)) {
            cells_of(field.kind, value, &mut row);
        }
    }
    row.extend([Cell::from(written.revision), Cell::from(written.created_at), Cell::from(written.updated_at)]);
    let mut rows = vec![(layout.table(), row)];
    for part in &layout.parts {
        let Value::List(entries) = record.value(record_type, part.field.name) else { continue };
        for (position, entry) in entries.iter().enumerate() {
            let mut row: Vec<Cell> = part.shared.map(Cell::from).into_iter().collect();
            row.extend([Cell::from(record.id.as_str()), Cell::from(position as i64), Cell::from(written.revision)]);
            cells_of(part.element, entry, &mut row);
            rows.push((&part.table, row));
        }
    }
    rows
}
