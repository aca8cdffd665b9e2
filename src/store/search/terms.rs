//! Terms on their way into the index. SQLite's own writes many at once, in the order of keys, much
//! faster than each by itself; so they wait until the writes that share a transaction are done.

use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};

use crate::store::connection::AnyConnection;
use crate::store::error::StoreResult;

/// As many bytes of terms as wait at most.
const WAITING: usize = 8 << 20;

/// What is to be taken out of entries and to be added to them, by key.
#[derive(Debug, Default)]
pub struct Terms {
    exchanges: BTreeMap<i64, TermChange>,
    bytes: usize,
}

/// What becomes of an entry: terms with spaces between.
#[derive(Debug, Default)]
struct TermChange {
    taken: String,
    added: String,
}

/// The terms of a write, after those of the writes before it that share its transaction.
#[derive(Debug)]
pub struct PendingTerms<'t> {
    earlier: &'t Terms,
    earlier_are_written: bool,
    own: Terms,
}

impl Terms {
    /// Has terms taken out of an entry that has them, and others added that it has not.
    fn exchange(&mut self, key: i64, taken: String, added: String) {
        self.bytes += taken.len() + added.len();
        let later = TermChange { taken, added };
        match self.exchanges.entry(key) {
            Place::Vacant(place) => drop(place.insert(later)),
            Place::Occupied(mut place) => {
                let both = place.get().followed_by(&later);
                place.insert(both);
            }
        }
    }

    /// Writes all.
    pub(in crate::store) fn write(&self, connection: &mut AnyConnection) -> StoreResult<()> {
        connection.take_terms(
            self.exchanges.iter().map(|(key, exchange)| (*key, exchange.taken.as_str())),
        )?;
        connection
            .add_terms(self.exchanges.iter().map(|(key, exchange)| (*key, exchange.added.as_str())))
    }

    /// Adds what a write did that is kept.
    pub(in crate::store) fn append(&mut self, (earlier_are_written, own): (bool, Self)) {
        if earlier_are_written {
            *self = own;
            return;
        }
        for (key, TermChange { taken, added }) in own.exchanges {
            self.exchange(key, taken, added);
        }
    }
}

impl<'t> PendingTerms<'t> {
    /// None yet, after these.
    pub(in crate::store) fn after(earlier: &'t Terms) -> Self {
        Self { earlier, earlier_are_written: false, own: Terms::default() }
    }

    /// Has terms taken out of an entry that has them, and others added that it has not; where they
    /// have a table of their own.
    pub(super) fn exchange(
        &mut self,
        connection: &AnyConnection,
        key: i64,
        taken: String,
        added: String,
    ) {
        if !connection.is_postgres() {
            self.own.exchange(key, taken, added);
        }
    }

    /// Writes those that wait, where they are many: the earlier ones first, which is taken back
    /// with this write.
    pub(super) fn write_many(&mut self, connection: &mut AnyConnection) -> StoreResult<()> {
        if self.own.bytes <= WAITING {
            return Ok(());
        }
        if !self.earlier_are_written {
            self.earlier.write(connection)?;
            self.earlier_are_written = true;
        }
        std::mem::take(&mut self.own).write(connection)
    }

    /// Writes all, at the end of a transaction.
    pub(super) fn write(self, connection: &mut AnyConnection) -> StoreResult<()> {
        self.own.write(connection)
    }

    /// Whether the earlier ones are written, and those of this write that wait.
    pub(in crate::store) fn rest(self) -> (bool, Terms) {
        (self.earlier_are_written, self.own)
    }
}

impl TermChange {
    /// What this and then another one do to an entry.
    fn followed_by(&self, later: &Self) -> Self {
        let [taken, added, taken_later, added_later] =
            [&self.taken, &self.added, &later.taken, &later.added]
                .map(|terms| terms.split_whitespace().collect::<BTreeSet<&str>>());
        let all = |one: &BTreeSet<&str>,
                   but: &BTreeSet<&str>,
                   other: &BTreeSet<&str>,
                   but_of_other: &BTreeSet<&str>| {
            one.difference(but)
                .chain(other.difference(but_of_other))
                .copied()
                .collect::<Vec<_>>()
                .join(" ")
        };
        Self {
            taken: all(&taken, &added_later, &taken_later, &added),
            added: all(&added, &taken_later, &added_later, &taken),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn exchanges_in_a_row_are_one_exchange(states in prop::collection::vec(prop::collection::btree_set("[a-e]", 0..5), 2..6)) {
            let joined = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>().join(" ");
            let mut terms = Terms::default();
            for pair in states.windows(2) {
                terms.exchange(7, joined(&pair[0], &pair[1]), joined(&pair[1], &pair[0]));
            }
            let exchange = &terms.exchanges[&7];
            let sorted = |terms: &str| terms.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
            let (first, last) = (&states[0], &states[states.len() - 1]);
            prop_assert_eq!(sorted(&exchange.taken), first.difference(last).cloned().collect());
            prop_assert_eq!(sorted(&exchange.added), last.difference(first).cloned().collect());
        }
    }
}
