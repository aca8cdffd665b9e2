//! Pending changes to the terms of SQLite's full-text index. FTS5 writes many entries in key order
//! much faster than single ones, so changes are collected for a whole transaction.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as MapEntry;

use crate::store::connection::AnyConnection;
use crate::store::error::StoreResult;

/// Maximum length of pending terms in bytes.
const MAX_PENDING_BYTES: usize = 8 << 20;

/// Pending changes to the terms of entries, by key.
#[derive(Debug, Default)]
pub struct Terms {
    changes: BTreeMap<i64, TermChange>,
    bytes: usize,
}

/// The terms of an entry before and after a change, separated by spaces.
#[derive(Debug, Default)]
struct TermChange {
    before: String,
    after: String,
}

/// The pending terms of a write, and those of earlier writes in the same transaction.
#[derive(Debug)]
pub struct PendingTerms<'t> {
    earlier: &'t Terms,
    earlier_written: bool,
    own: Terms,
}

impl Terms {
    /// Replaces the terms of an entry.
    fn replace(&mut self, key: i64, before: String, after: String) {
        self.bytes += before.len() + after.len();
        match self.changes.entry(key) {
            MapEntry::Vacant(entry) => drop(entry.insert(TermChange { before, after })),
            MapEntry::Occupied(mut entry) => entry.get_mut().after = after,
        }
    }

    /// Writes all changes to the index. Every changed entry is removed with all its terms and added
    /// again. Removing or adding single terms would leave too few or too many entries in the index
    /// of prefixes, which other terms of the entry may share.
    pub(in crate::store) fn write(&self, connection: &mut AnyConnection) -> StoreResult<()> {
        let changed = || self.changes.iter().filter(|(_, change)| change.before != change.after);
        connection.remove_terms(changed().map(|(key, change)| (*key, change.before.as_str())))?;
        connection.add_terms(changed().map(|(key, change)| (*key, change.after.as_str())))
    }

    /// Appends the changes of a successful write, as returned by [`PendingTerms::into_parts`].
    pub(in crate::store) fn append(&mut self, (earlier_written, own): (bool, Self)) {
        if earlier_written {
            *self = own;
            return;
        }
        for (key, TermChange { before, after }) in own.changes {
            self.replace(key, before, after);
        }
    }
}

impl<'t> PendingTerms<'t> {
    /// Starts a write after earlier ones.
    pub(in crate::store) fn after(earlier: &'t Terms) -> Self {
        Self { earlier, earlier_written: false, own: Terms::default() }
    }

    /// Replaces the terms of an entry on SQLite. On PostgreSQL, terms are a column of the entry.
    pub(super) fn replace(
        &mut self,
        connection: &AnyConnection,
        key: i64,
        before: String,
        after: String,
    ) {
        if !connection.is_postgres() {
            self.own.replace(key, before, after);
        }
    }

    /// Writes pending changes if they exceed the maximum.
    pub(super) fn write_if_full(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        if self.own.bytes > MAX_PENDING_BYTES { self.write_now(connection) } else { Ok(()) }
    }

    /// Writes pending changes. Changes of earlier writes come first. If this write fails, they are
    /// rolled back with it and remain pending.
    pub(super) fn write_now(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        if !self.earlier_written {
            self.earlier.write(connection)?;
            self.earlier_written = true;
        }
        std::mem::take(&mut self.own).write(connection)
    }

    /// Writes all changes at the end of a transaction without earlier writes.
    pub(super) fn write(self, connection: &mut AnyConnection) -> StoreResult<()> {
        self.own.write(connection)
    }

    /// Returns whether changes of earlier writes were written, and the pending ones of this write.
    pub(in crate::store) fn into_parts(self) -> (bool, Terms) {
        (self.earlier_written, self.own)
    }
}
