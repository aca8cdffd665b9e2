//! Pending changes to the terms of SQLite's full-text index. FTS5 writes many entries in key order
//! much faster than single ones, so changes are collected for a whole transaction.

use std::collections::btree_map::Entry as MapEntry;
use std::collections::{BTreeMap, BTreeSet};

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

/// A change to the terms of an entry. Terms are separated by spaces.
#[derive(Debug, Default)]
struct TermChange {
    removed: String,
    added: String,
}

/// The pending terms of a write, and those of earlier writes in the same transaction.
#[derive(Debug)]
pub struct PendingTerms<'t> {
    earlier: &'t Terms,
    earlier_written: bool,
    own: Terms,
}

impl Terms {
    /// Replaces terms of an entry. It must have the removed ones and lack the added ones.
    fn replace(&mut self, key: i64, removed: String, added: String) {
        self.bytes += removed.len() + added.len();
        let later = TermChange { removed, added };
        match self.changes.entry(key) {
            MapEntry::Vacant(entry) => drop(entry.insert(later)),
            MapEntry::Occupied(mut entry) => {
                let both = entry.get().followed_by(&later);
                entry.insert(both);
            }
        }
    }

    /// Writes all changes to the index.
    pub(in crate::store) fn write(&self, connection: &mut AnyConnection) -> StoreResult<()> {
        connection.remove_terms(
            self.changes.iter().map(|(key, change)| (*key, change.removed.as_str())),
        )?;
        connection.add_terms(self.changes.iter().map(|(key, change)| (*key, change.added.as_str())))
    }

    /// Appends the changes of a successful write, as returned by [`PendingTerms::into_parts`].
    pub(in crate::store) fn append(&mut self, (earlier_written, own): (bool, Self)) {
        if earlier_written {
            *self = own;
            return;
        }
        for (key, TermChange { removed, added }) in own.changes {
            self.replace(key, removed, added);
        }
    }
}

impl<'t> PendingTerms<'t> {
    /// Starts a write after earlier ones.
    pub(in crate::store) fn after(earlier: &'t Terms) -> Self {
        Self { earlier, earlier_written: false, own: Terms::default() }
    }

    /// Replaces terms of an entry on SQLite. On PostgreSQL, terms are a column of the entry.
    pub(super) fn replace(
        &mut self,
        connection: &AnyConnection,
        key: i64,
        removed: String,
        added: String,
    ) {
        if !connection.is_postgres() {
            self.own.replace(key, removed, added);
        }
    }

    /// Writes pending changes if they exceed the maximum. Changes of earlier writes come first. If
    /// this write fails, they are rolled back with it and remain pending.
    pub(super) fn write_if_full(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        if self.own.bytes <= MAX_PENDING_BYTES {
            return Ok(());
        }
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

impl TermChange {
    /// Combines this change and a later one to the same entry.
    fn followed_by(&self, later: &Self) -> Self {
        let [removed, added, removed_later, added_later] =
            [&self.removed, &self.added, &later.removed, &later.added]
                .map(|terms| terms.split_whitespace().collect::<BTreeSet<&str>>());
        let combined = |early: &BTreeSet<&str>,
                        undone_later: &BTreeSet<&str>,
                        late: &BTreeSet<&str>,
                        undoes_earlier: &BTreeSet<&str>| {
            early
                .difference(undone_later)
                .chain(late.difference(undoes_earlier))
                .copied()
                .collect::<Vec<_>>()
                .join(" ")
        };
        Self {
            removed: combined(&removed, &added_later, &removed_later, &added),
            added: combined(&added, &removed_later, &added_later, &removed),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Words = BTreeSet<String>;

    fn states() -> impl Strategy<Value = Vec<Words>> {
        prop::collection::vec(prop::collection::btree_set("[a-e]", 0..5), 2..6)
    }

    fn joined(one: &Words, other: &Words) -> String {
        one.difference(other).cloned().collect::<Vec<_>>().join(" ")
    }

    fn words(terms: &str) -> Words {
        terms.split_whitespace().map(str::to_owned).collect()
    }

    proptest! {
        #[test]
        fn consecutive_changes_combine_into_one(states in states()) {
            let mut terms = Terms::default();
            for pair in states.windows(2) {
                terms.replace(7, joined(&pair[0], &pair[1]), joined(&pair[1], &pair[0]));
            }
            let change = &terms.changes[&7];
            let (first, last) = (&states[0], &states[states.len() - 1]);
            prop_assert_eq!(words(&change.removed), first.difference(last).cloned().collect());
            prop_assert_eq!(words(&change.added), last.difference(first).cloned().collect());
        }
    }
}
