//! Pending changes to the terms of SQLite's full-text index. FTS5 writes many entries in key order
//! much faster than single ones, so changes are collected for a whole transaction.

use std::collections::BTreeMap;

use crate::store::connection::AnyConnection;
use crate::store::error::StoreResult;

/// Maximum length of pending terms in bytes.
const MAX_PENDING_BYTES: usize = 8 << 20;

/// Pending changes to the terms of entries, by key.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    changes: BTreeMap<i64, TermChange>,
    bytes: usize,
}

/// The terms of an entry before and after a change, separated by spaces.
#[derive(Clone, Debug)]
struct TermChange {
    before: String,
    after: String,
}

impl Terms {
    /// Replaces the terms of an entry on SQLite. On PostgreSQL, terms are a column of the entry.
    pub(super) fn replace(
        &mut self,
        connection: &AnyConnection,
        key: i64,
        before: String,
        after: String,
    ) {
        if connection.is_postgres() {
            return;
        }
        self.bytes += before.len() + after.len();
        let pending = self.changes.entry(key);
        pending.or_insert(TermChange { before, after: String::new() }).after = after;
    }

    /// Writes pending changes if they exceed the maximum.
    pub(super) fn write_if_full(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        if self.bytes > MAX_PENDING_BYTES { self.write(connection) } else { Ok(()) }
    }

    /// Writes pending changes to the index. Every changed entry is removed with all its terms and
    /// added again. Removing or adding single terms would leave too few or too many entries in the
    /// index of prefixes, which other terms of the entry may share.
    pub(in crate::store) fn write(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        let changes = std::mem::take(self).changes;
        let changed = || changes.iter().filter(|(_, change)| change.before != change.after);
        for (key, change) in changed() {
            connection.remove_terms(*key, &change.before)?;
        }
        for (key, change) in changed() {
            connection.add_terms(*key, &change.after)?;
        }
        Ok(())
    }
}
