//! Pending changes to the terms of SQLite's full-text index. FTS5 writes many entries in key order
//! much faster than single ones, so changes are collected for a whole transaction.

use std::borrow::Cow;
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

    /// Writes all changes to the index.
    pub(in crate::store) fn write(&self, connection: &mut AnyConnection) -> StoreResult<()> {
        let changes: Vec<(i64, Cow<'_, str>, Cow<'_, str>)> = self
            .changes
            .iter()
            .map(|(key, change)| {
                let (removed, added) = change.difference();
                (*key, removed, added)
            })
            .collect();
        connection.remove_terms(changes.iter().map(|(key, removed, _)| (*key, &**removed)))?;
        connection.add_terms(changes.iter().map(|(key, _, added)| (*key, &**added)))
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
    /// Returns the terms to remove and those to add. With a term, FTS5 also removes the entry from
    /// the index of its prefixes, although other terms of the entry may have the same prefix. So
    /// these are removed too, and added again.
    fn difference(&self) -> (Cow<'_, str>, Cow<'_, str>) {
        if self.before.is_empty() || self.after.is_empty() {
            return (Cow::from(&self.before), Cow::from(&self.after));
        }
        let [before, after] =
            [&self.before, &self.after].map(|terms| terms.split(' ').collect::<BTreeSet<&str>>());
        let prefixes: BTreeSet<&str> = before.difference(&after).map(|term| prefix(term)).collect();
        let again = || {
            let kept = before.intersection(&after);
            kept.filter(|term| prefixes.contains(prefix(term)))
        };
        let removed: Vec<&str> = before.difference(&after).chain(again()).copied().collect();
        let added: Vec<&str> = after.difference(&before).chain(again()).copied().collect();
        (Cow::from(removed.join(" ")), Cow::from(added.join(" ")))
    }
}

/// Returns the shortest prefix of a term that the index contains.
fn prefix(term: &str) -> &str {
    let end = term.char_indices().nth(2).map_or(term.len(), |(end, _)| end);
    &term[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Words = BTreeSet<String>;

    fn states() -> impl Strategy<Value = Vec<Words>> {
        prop::collection::vec(prop::collection::btree_set("[0-1][a-b][a-b]", 1..5), 2..6)
    }

    fn joined(words: &Words) -> String {
        words.iter().cloned().collect::<Vec<_>>().join(" ")
    }

    fn words(terms: &str) -> Words {
        terms.split_whitespace().map(str::to_owned).collect()
    }

    proptest! {
        #[test]
        fn consecutive_changes_combine_into_one(states in states()) {
            let mut terms = Terms::default();
            for pair in states.windows(2) {
                terms.replace(7, joined(&pair[0]), joined(&pair[1]));
            }
            let (removed, added) = terms.changes[&7].difference();
            let (removed, added) = (words(&removed), words(&added));
            let (first, last) = (&states[0], &states[states.len() - 1]);
            prop_assert!(removed.is_subset(first));
            let kept: Words = first.difference(&removed).cloned().collect();
            prop_assert_eq!(&kept.union(&added).cloned().collect::<Words>(), last);
            prop_assert!(kept.is_disjoint(&added));
            let prefixes: BTreeSet<&str> = removed.iter().map(|term| prefix(term)).collect();
            prop_assert!(kept.iter().all(|term| !prefixes.contains(prefix(term))));
            prop_assert_eq!(first == last, removed.is_empty() && added.is_empty());
        }
    }
}
