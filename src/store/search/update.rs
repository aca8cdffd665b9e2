//! Updates the search index at the end of a transaction: the entries of changed records, and those
//! of records that refer to a renamed one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::entry::{Entry, OwnEntry};
use super::keys::{AREA_SIZE, area_of, area_of_key, first_key};
use super::sources::{BATCH, Names, read_names};
use super::terms::Terms;
use crate::store::change::{Change, Operation};
use crate::store::connection::AnyConnection;
use crate::store::document::Keys;
use crate::store::error::{StoreError, StoreResult};
use crate::store::index::{Indexes, LIVE, TypeIndex, of_type};
use crate::store::insert::Insert;
use crate::store::links::referrers;
use crate::store::pending_writes::PendingWrites;
use crate::store::records::{At, Version, versions};
use crate::store::sql_value::SqlValue;
use crate::store::statement::{Statement, any_of};

/// Updates the entries of the changed records of a revision. The caller must execute the remaining
/// changes and write the pending terms.
pub(in crate::store) fn update(mut index: Index<'_>, changes: &mut [Change]) -> StoreResult<()> {
    let indexes = index.indexes;
    let mut renamed = Vec::new();
    for types in indexes.iter() {
        // In the order of ids, so that the keys within a date are in that order too.
        let changed: BTreeMap<String, &mut Change> = changes
            .iter_mut()
            .filter(|change| std::ptr::eq(change.record_type, types.record_type))
            .map(|change| (change.id.clone(), change))
            .collect();
        let known = changed.values().any(|change| change.operation != Operation::Create);
        let mut changed: Vec<&mut Change> = changed.into_values().collect();
        for changed in changed.chunks_mut(BATCH) {
            let keys: Vec<i64> = changed.iter().map(|change| change.key).collect();
            let own: OwnEntries = changed
                .iter_mut()
                .filter_map(|change| {
                    let entry = change.derived.as_mut()?.entry.take()?;
                    Some((change.key, (change.id.clone(), entry)))
                })
                .collect();
            renamed.extend(index.refresh(types, &keys, known, own)?);
        }
    }
    if !renamed.is_empty() {
        index.writes.execute(index.connection)?;
        let mut followers: Vec<i64> = referrers(index.connection, &renamed, At::Present)?
            .into_iter()
            .map(|referrer| referrer.key)
            .collect();
        followers.sort_unstable();
        followers.dedup();
        for types in indexes.iter() {
            let keys = of_type(index.connection, types.record_type, &followers)?;
            for keys in keys.chunks(BATCH) {
                index.refresh(types, keys, true, OwnEntries::new())?;
            }
        }
    }
    index.write_areas();
    Ok(())
}

/// The ids of records, and their entries without the names of others, by key.
pub(super) type OwnEntries = HashMap<i64, (String, OwnEntry)>;

/// The search index during an update.
pub(in crate::store) struct Index<'i> {
    pub(super) connection: &'i mut AnyConnection,
    pub(super) indexes: &'i Indexes,
    revision: i64,
    keep_past: bool,
    /// The known keys of records.
    keys: &'i mut Keys,
    /// The changes that are not executed yet.
    pub(super) writes: &'i mut PendingWrites,
    terms: &'i mut Terms,
    names: Names,
    /// The areas in which keys were assigned.
    areas: BTreeMap<i64, Area>,
}

/// A stored live entry of a record.
pub(super) struct StoredEntry {
    pub(super) id: String,
    pub(super) key: i64,
    pub(super) revision: i64,
    pub(super) entry: Entry,
}

impl<'i> Index<'i> {
    /// Starts an update by a revision. With `keep_past`, the earlier entries remain for existing
    /// cursors.
    pub(in crate::store) fn new(
        connection: &'i mut AnyConnection,
        indexes: &'i Indexes,
        (revision, keep_past): (i64, bool),
        keys: &'i mut Keys,
        writes: &'i mut PendingWrites,
        terms: &'i mut Terms,
    ) -> Self {
        Self {
            connection,
            indexes,
            revision,
            keep_past,
            keys,
            writes,
            terms,
            names: Names::new(),
            areas: BTreeMap::new(),
        }
    }

    /// Updates the entries of these records. Returns the keys of records whose names changed.
    /// `known` is false if none of them has an entry. Entries missing from `own` are read.
    pub(super) fn refresh(
        &mut self,
        types: &TypeIndex,
        keys: &[i64],
        known: bool,
        own: OwnEntries,
    ) -> StoreResult<Vec<i64>> {
        let mut stored = if known { self.stored(keys)? } else { HashMap::new() };
        let mut entries = self.entries(types, keys, own)?;
        let mut renamed = Vec::new();
        let (mut fresh, mut past) = (Vec::new(), Vec::new());
        for key in keys {
            let before = stored.remove(key);
            let now = entries.remove(key);
            if before.as_ref().map(|before| &before.entry) == now.as_ref().map(|(_, entry)| entry) {
                continue;
            }
            if let Some(before) = before {
                if now.as_ref().is_some_and(|(_, now)| before.entry.names_differ(now)) {
                    renamed.push(*key);
                }
                let area =
                    |entry: &Entry| area_of(self.indexes, types, false, entry.date.as_deref());
                let replaced = match &now {
                    // With the same date, the entry retains its key, and the area its order.
                    Some((_, now)) if area(now) == area_of_key(before.key) => {
                        self.replace(&before, now);
                        true
                    }
                    _ => {
                        self.terms.replace(
                            self.connection,
                            before.key,
                            before.entry.terms(),
                            String::new(),
                        );
                        deletions(before.key)
                            .into_iter()
                            .for_each(|delete| self.writes.update(delete));
                        false
                    }
                };
                if self.keep_past {
                    past.push(NewEntry {
                        record: *key,
                        id: before.id,
                        revision: before.revision,
                        entry: before.entry,
                    });
                }
                if replaced {
                    continue;
                }
            }
            let revision = self.revision;
            fresh.extend(now.map(|(id, entry)| NewEntry { record: *key, id, revision, entry }));
        }
        self.insert(types, false, LIVE, &fresh)?;
        past.retain(|past| past.revision < self.revision);
        self.insert(types, true, self.revision, &past)?;
        self.writes.execute_if_full(self.connection)?;
        self.terms.write_if_full(self.connection)?;
        Ok(renamed)
    }

    /// Returns the ids and the entries of live records, by key.
    pub(super) fn entries(
        &mut self,
        types: &TypeIndex,
        keys: &[i64],
        mut own: OwnEntries,
    ) -> StoreResult<HashMap<i64, (String, Entry)>> {
        let unread: Vec<i64> = keys.iter().copied().filter(|key| !own.contains_key(key)).collect();
        for Version { key, record, .. } in
            versions(self.connection, types.record_type, &unread, At::Present)?
        {
            let entry = OwnEntry::new(self.indexes, types.record_type, &record);
            own.insert(key, (record.id, entry));
        }
        let referred = own.values().flat_map(|(_, own)| &own.referred);
        let (keys, names) = (&mut *self.keys, &mut self.names);
        read_names(self.connection, self.indexes, referred, At::Present, keys, names)?;
        let complete =
            |(key, (id, own)): (i64, (String, OwnEntry))| (key, (id, own.with_names(&self.names)));
        Ok(own.into_iter().map(complete).collect())
    }

    /// Reads the live entries of these records, by the keys of the records.
    pub(super) fn stored(&mut self, records: &[i64]) -> StoreResult<HashMap<i64, StoredEntry>> {
        let mut select = Statement::new(format!(
            r#"SELECT e."record_key", e."id", e."key", e."valid_from", e."date", w."wholes",
                w."names", w."named",
                w."texts" FROM "search_entries" e JOIN "search_words" w ON w."key" = e."key"
                WHERE e."superseded_at" = {LIVE} AND e."record_key" IN "#
        ));
        select.append(any_of(records));
        let rows = select.rows(self.connection)?;
        rows.iter()
            .map(|row| {
                let stored = StoredEntry {
                    id: row.required_text(1)?.to_owned(),
                    key: row.required_integer(2)?,
                    revision: row.required_integer(3)?,
                    entry: Entry::from_row(row, 4)?,
                };
                Ok((row.required_integer(0)?, stored))
            })
            .collect()
    }

    /// Replaces an entry with another one that has the same key.
    fn replace(&mut self, before: &StoredEntry, now: &Entry) {
        let mut update = Statement::new(r#"UPDATE "search_entries" SET "date" = "#);
        update
            .bind(SqlValue::Text(now.date.clone()))
            .push(r#", "valid_from" = "#)
            .bind(self.revision);
        if self.connection.is_postgres() {
            update
                .push(r#", "terms" = array_to_tsvector(string_to_array("#)
                .bind(now.terms())
                .push(", ' '))");
        }
        update.push(r#" WHERE "key" = "#).bind(before.key);
        self.writes.update(update);
        let mut words = Statement::new(r#"UPDATE "search_words" SET "#);
        for (index, (column, value)) in
            ["wholes", "names", "named", "texts"].into_iter().zip(now.words()).enumerate()
        {
            words
                .push(if index > 0 { ", " } else { "" })
                .push_fmt(format_args!(r#""{column}" = "#))
                .bind(value);
        }
        words.push(r#" WHERE "key" = "#).bind(before.key);
        self.writes.update(words);
        self.terms.replace(self.connection, before.key, before.entry.terms(), now.terms());
    }

    fn insert(
        &mut self,
        types: &TypeIndex,
        past: bool,
        until: i64,
        entries: &[NewEntry],
    ) -> StoreResult<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let keys = self.keys(types, past, entries)?;
        let (mut rows, mut words) = (Vec::new(), Vec::new());
        for (key, NewEntry { record, id, revision, entry }) in keys.into_iter().zip(entries) {
            let joined = entry.terms();
            let mut row = vec![
                SqlValue::from(key),
                SqlValue::from(*record),
                SqlValue::from(id.as_str()),
                SqlValue::Text(entry.date.clone()),
                SqlValue::from(*revision),
                SqlValue::from(until),
            ];
            if self.connection.is_postgres() {
                row.push(SqlValue::from(joined.as_str()));
            }
            rows.push(row);
            words.push(std::iter::once(SqlValue::from(key)).chain(entry.words()).collect());
            self.terms.replace(self.connection, key, String::new(), joined);
        }
        self.writes.insert(self.connection.insert_entries(), rows);
        let columns = ["key", "wholes", "names", "named", "texts"];
        self.writes.insert(Insert::new("search_words", columns), words);
        Ok(())
    }

    /// Assigns a new key to each entry.
    fn keys(
        &mut self,
        types: &TypeIndex,
        past: bool,
        entries: &[NewEntry],
    ) -> StoreResult<Vec<i64>> {
        let areas: Vec<i64> = entries
            .iter()
            .map(|one| area_of(self.indexes, types, past, one.entry.date.as_deref()))
            .collect();
        let unknown: BTreeSet<i64> =
            areas.iter().copied().filter(|area| !self.areas.contains_key(area)).collect();
        if !unknown.is_empty() {
            let mut select = Statement::new(
                r#"SELECT "area", "last_number", "last_id", "in_order" FROM "search_areas"
                    WHERE "area" IN "#,
            );
            select.append(any_of(&unknown.into_iter().collect::<Vec<_>>()));
            for row in select.rows(self.connection)? {
                let area = Area {
                    last_number: row.required_integer(1)?,
                    last_id: row.required_text(2)?.to_owned(),
                    in_order: row.required_integer(3)? == 1,
                };
                self.areas.insert(row.required_integer(0)?, area);
            }
        }
        let mut keys = Vec::with_capacity(entries.len());
        for (area, NewEntry { id, .. }) in areas.into_iter().zip(entries) {
            let known = self.areas.entry(area).or_default();
            known.last_number += 1;
            if known.last_number >= AREA_SIZE {
                return Err(StoreError::Unusable(
                    "the search index has no free key for this record; run `taskforce verify \
                    --repair` to renumber its entries"
                        .to_owned(),
                ));
            }
            known.in_order &= known.last_id < *id;
            known.last_id.clone_from(id);
            keys.push(first_key(area) + known.last_number);
        }
        Ok(keys)
    }

    /// Writes the areas in which keys were assigned.
    pub(super) fn write_areas(&mut self) {
        let changed: Vec<(i64, Area)> = std::mem::take(&mut self.areas).into_iter().collect();
        for changed in changed.chunks(BATCH) {
            let mut delete = Statement::new(r#"DELETE FROM "search_areas" WHERE "area" IN "#);
            delete.append(any_of(&changed.iter().map(|(area, _)| *area).collect::<Vec<_>>()));
            self.writes.update(delete);
            let rows = changed.iter().map(|(area, known)| {
                let in_order = SqlValue::from(i64::from(known.in_order));
                vec![
                    SqlValue::from(*area),
                    SqlValue::from(known.last_number),
                    SqlValue::from(known.last_id.as_str()),
                    in_order,
                ]
            });
            let columns = ["area", "last_number", "last_id", "in_order"];
            self.writes.insert(Insert::new("search_areas", columns), rows.collect());
        }
    }
}

/// An entry to insert.
struct NewEntry {
    /// The key of the record.
    record: i64,
    id: String,
    revision: i64,
    entry: Entry,
}

/// The keys that were assigned in an area.
struct Area {
    last_number: i64,
    last_id: String,
    /// Whether the keys are in the order of ids.
    in_order: bool,
}

impl Default for Area {
    fn default() -> Self {
        Self { last_number: -1, last_id: String::new(), in_order: true }
    }
}

/// Returns the statements that delete an entry, except its terms.
fn deletions(key: i64) -> [Statement; 2] {
    ["search_entries", "search_words"].map(|table| {
        let mut delete = Statement::new(format!(r#"DELETE FROM "{table}" WHERE "key" = "#));
        delete.bind(key);
        delete
    })
}
