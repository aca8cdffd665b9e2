//! The rows that a transaction inserts, and the live ones that it replaces.

use super::Transaction;
use crate::model::{Record, RecordType};
use crate::store::error::StoreResult;
use crate::store::index::{self, IndexRows, LIVE, RowHead, TypeIndex, rows_of};
use crate::store::insert::Insert;
use crate::store::links::find_targets;
use crate::store::pending_writes::PendingWrites;
use crate::store::records::{At, Version, names, versions};
use crate::store::sql_value::SqlValue;
use crate::store::statement::Statement;
use crate::store::version_key;

impl<'c> Transaction<'c> {
    /// Returns the head of a live row that this revision writes.
    pub(super) fn live(&self, key: i64) -> RowHead {
        RowHead { key, from: self.revision, until: LIVE }
    }

    /// Inserts a row with the other pending ones.
    pub(super) fn insert_later(&mut self, table: &'c str, row: Vec<SqlValue>) {
        self.pending.entry(table).or_default().push(row);
    }

    /// Ends the validity of a record's live rows in a table when the pending rows are inserted.
    /// Rows that this revision wrote are deleted, because they were never visible.
    pub(super) fn close(
        &mut self,
        table: &'c str,
        since: &str,
        owner: &'static str,
        key: i64,
    ) -> StoreResult<()> {
        if self.written.contains(&key) {
            self.flush()?;
            let mut delete = Statement::new(format!(r#"DELETE FROM "{table}" WHERE "{owner}" = "#));
            delete.bind(key).push(format!(r#" AND "{since}" = "#)).bind(self.revision);
            delete.execute(self.connection)?;
        }
        self.closing.entry((table, owner)).or_default().push(key);
        Ok(())
    }

    /// Ends the validity of all rows of a record.
    pub(super) fn remove(
        &mut self,
        record_type: &'static RecordType,
        version: &Version,
    ) -> StoreResult<()> {
        let (index, key) = (self.indexes.of(record_type), version.key);
        self.close("versions", "revision", "key", key)?;
        self.close("names", "valid_from", "record_key", key)?;
        self.close("links", "valid_from", "from_key", key)?;
        self.close(index.table(), "valid_from", "record_key", key)?;
        for list in &index.lists {
            if !version.record.value(record_type, list.field.name).is_empty() {
                self.close(&list.table, "valid_from", "record_key", key)?;
            }
        }
        self.names.remove(&key);
        self.names_changed = true;
        *self.growth.entry(record_type.name).or_default() -= 1;
        Ok(())
    }

    /// Recomputes names that contain a changed name.
    pub(super) fn relabel(&mut self) -> StoreResult<()> {
        let renamed = std::mem::take(&mut self.renamed);
        if renamed.is_empty() {
            return Ok(());
        }
        self.flush()?;
        for record_type in self.indexes.labeled() {
            let keys = index::labeled_by(self.connection, record_type, &renamed)?;
            for version in versions(self.connection, record_type, &keys, At::Present)? {
                find_targets(self.connection, record_type, &version.record, &mut self.keys)?;
                let Some(label) = self.label(record_type, &version.record)? else { continue };
                self.names.extend(names(self.connection, &[version.key], At::Present)?);
                if self.names.get(&version.key) == Some(&label) {
                    continue;
                }
                self.replace_name(version.key, &label, true)?;
                let index = self.indexes.of(record_type);
                let Version { metadata, record, .. } = &version;
                let rows = rows_of(index, record, metadata, Some(&label), &self.keys);
                self.close(index.table(), "valid_from", "record_key", version.key)?;
                self.insert_later(index.table(), self.live(version.key).row(rows.own));
            }
        }
        // A computed name is part of no other computed name.
        self.renamed.clear();
        Ok(())
    }

    /// Returns the computed name of a record, if its type has one.
    pub(super) fn label(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
    ) -> StoreResult<Option<String>> {
        let Some(parts) = record_type.label else { return Ok(None) };
        self.read_names(&index::label_keys(record_type, record, &self.keys))?;
        Ok(Some(index::label(record_type, parts, record, &self.keys, &self.names)))
    }

    /// Replaces the index row of a record, and its rows in the tables of entries that changed.
    pub(super) fn replace_rows(
        &mut self,
        index: &'c TypeIndex,
        key: i64,
        rows: IndexRows,
        before: Option<&Version>,
    ) -> StoreResult<()> {
        let old = before.map(|before| {
            rows_of(index, &before.record, &before.metadata, None, &self.keys).entries
        });
        if old.is_some() {
            self.close(index.table(), "valid_from", "record_key", key)?;
        }
        let head = self.live(key);
        self.insert_later(index.table(), head.row(rows.own));
        for (number, ((table, owner), entries)) in
            index.entry_tables().zip(rows.entries).enumerate()
        {
            if let Some(old) = old.as_ref().map(|tables| &tables[number]) {
                if *old == entries {
                    continue;
                }
                if !old.is_empty() {
                    self.close(table, "valid_from", owner, key)?;
                }
            }
            for (position, values) in (0..).zip(entries) {
                self.insert_later(table, head.entry(position, values));
            }
        }
        Ok(())
    }

    /// Replaces the name of a record if it changed.
    pub(super) fn replace_name(&mut self, key: i64, name: &str, existed: bool) -> StoreResult<()> {
        if existed {
            self.read_names(&[key])?;
            if self.names.get(&key).is_some_and(|known| known == name) {
                return Ok(());
            }
            self.close("names", "valid_from", "record_key", key)?;
            self.renamed.push(key);
            self.names_changed = true;
        }
        self.names.insert(key, name.to_owned());
        self.insert_later("names", self.live(key).row([SqlValue::from(name)]));
        Ok(())
    }

    /// Closes the rows that are to be closed, and inserts the pending rows.
    pub fn flush(&mut self) -> StoreResult<()> {
        let mut writes = PendingWrites::default();
        self.move_pending(&mut writes)?;
        writes.execute(self.connection)
    }

    pub(super) fn move_pending(&mut self, writes: &mut PendingWrites) -> StoreResult<()> {
        for ((table, owner), keys) in std::mem::take(&mut self.closing) {
            let mut revision = Statement::default();
            revision.bind(self.revision);
            let mut close = Statement::new(format!(r#"UPDATE "{table}" SET "superseded_at" = "#));
            close.append(revision.clone());
            if table == "versions" {
                close.push(r#", "key" = "#).append(version_key::past(r#""record_key""#, revision));
            }
            close.push_fmt(format_args!(r#" WHERE "superseded_at" = {LIVE} AND "{owner}" IN "#));
            close.append(self.connection.keys(&keys));
            writes.update(close);
        }
        for (table, rows) in std::mem::take(&mut self.pending) {
            let columns = self.indexes.iter().find_map(|index| index.columns_of(table));
            let columns = columns.ok_or_else(|| index::unknown_table(table))?;
            writes.insert(Insert::new(table, columns), rows);
        }
        Ok(())
    }
}
