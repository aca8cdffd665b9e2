//! The index follows what a transaction has done: entries of what it wrote, and of what refers to
//! somebody who is called otherwise since.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::entry::Entry;
use super::keys::{area_of, area_of_key, first_key};
use super::sources::{BATCH, Names, SearchSource, read_with};
use super::terms::PendingTerms;
use crate::store::change::{Change, Operation};
use crate::store::connection::AnyConnection;
use crate::store::error::StoreResult;
use crate::store::index::{Indexes, LIVE, TypeIndex, of_type};
use crate::store::insert::insert_all;
use crate::store::links::referrers;
use crate::store::records::At;
use crate::store::statement::{SqlValue, Statement, any_of};

/// Brings the entries of what was changed up to date. With `keep_past`, what they were stays for
/// walks that began before. The last of the terms are left to be written.
pub(in crate::store) fn update(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    revision: i64,
    changes: &[Change],
    keep_past: bool,
    terms: &mut PendingTerms<'_>,
) -> StoreResult<()> {
    let mut index = Index::new(connection, indexes, revision, keep_past, terms);
    let mut renamed = Vec::new();
    for types in indexes.iter() {
        // In the order of ids, so that the keys of a date are.
        let changed: BTreeMap<&str, &Change> = changes
            .iter()
            .filter(|change| std::ptr::eq(change.record_type, types.record_type))
            .map(|change| (change.id.as_str(), change))
            .collect();
        let known = changed.values().any(|change| change.operation != Operation::Create);
        let keys: Vec<i64> = changed.values().map(|change| change.key).collect();
        for keys in keys.chunks(BATCH) {
            renamed.extend(index.refresh(types, keys, known)?);
        }
    }
    if !renamed.is_empty() {
        let mut followers: Vec<i64> = referrers(index.connection, &renamed, At::Present)?
            .into_iter()
            .map(|referrer| referrer.key)
            .collect();
        followers.sort_unstable();
        followers.dedup();
        for types in indexes.iter() {
            let keys = of_type(index.connection, types.record_type, &followers)?;
            for keys in keys.chunks(BATCH) {
                index.refresh(types, keys, true)?;
            }
        }
    }
    index.write_areas()
}

/// The index while it is written.
pub(super) struct Index<'i, 't> {
    pub(super) connection: &'i mut AnyConnection,
    pub(super) indexes: &'i Indexes,
    pub(super) revision: i64,
    keep_past: bool,
    pub(super) names: Names,
    terms: &'i mut PendingTerms<'t>,
    /// The areas in which keys were given out since all was written.
    areas: BTreeMap<i64, Area>,
}

/// The newest entry of a record, as it is stored.
pub(super) struct StoredEntry {
    pub(super) id: String,
    pub(super) key: i64,
    pub(super) revision: i64,
    pub(super) entry: Entry,
}

impl<'i, 't> Index<'i, 't> {
    pub(super) fn new(
        connection: &'i mut AnyConnection,
        indexes: &'i Indexes,
        revision: i64,
        keep_past: bool,
        terms: &'i mut PendingTerms<'t>,
    ) -> Self {
        Self {
            connection,
            indexes,
            revision,
            keep_past,
            names: Names::new(),
            terms,
            areas: BTreeMap::new(),
        }
    }

    /// Brings the entries of these records up to date. Returns the keys of those whose names differ
    /// from before. `known` says whether any of them may have an entry.
    pub(super) fn refresh(
        &mut self,
        types: &TypeIndex,
        keys: &[i64],
        known: bool,
    ) -> StoreResult<Vec<i64>> {
        let mut stored = if known { self.stored(keys)? } else { HashMap::new() };
        let told = read_with(
            self.connection,
            self.indexes,
            types.record_type,
            keys,
            At::Present,
            &mut self.names,
        )?;
        let mut told: HashMap<i64, SearchSource> =
            told.into_iter().map(|told| (told.key, told)).collect();
        let mut renamed = Vec::new();
        let (mut fresh, mut past) = (Vec::new(), Vec::new());
        for key in keys {
            let before = stored.remove(key);
            let now = told.remove(key).map(|told| (told.id.clone(), Entry::of(&told)));
            if before.as_ref().map(|before| &before.entry) == now.as_ref().map(|(_, entry)| entry) {
                continue;
            }
            if let Some(before) = before {
                if now.as_ref().is_some_and(|(_, now)| before.entry.names_differ(now)) {
                    renamed.push(*key);
                }
                let area =
                    |entry: &Entry| area_of(self.indexes, types, false, entry.date.as_deref());
                let kept = match &now {
                    // Where the date is the same, the key stays, and with it the order of the area.
                    Some((_, now)) if area(now) == area_of_key(before.key) => {
                        self.replace(&before, now)?;
                        true
                    }
                    _ => {
                        self.terms.exchange(
                            self.connection,
                            before.key,
                            before.entry.terms(),
                            String::new(),
                        );
                        delete(self.connection, before.key)?;
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
                if kept {
                    continue;
                }
            }
            let revision = self.revision;
            fresh.extend(now.map(|(id, entry)| NewEntry { record: *key, id, revision, entry }));
        }
        self.insert(types, false, LIVE, &fresh)?;
        past.retain(|past| past.revision < self.revision);
        self.insert(types, true, self.revision, &past)?;
        self.terms.write_many(self.connection)?;
        Ok(renamed)
    }

    /// The live entries of these records, by their keys.
    pub(super) fn stored(&mut self, records: &[i64]) -> StoreResult<HashMap<i64, StoredEntry>> {
        let mut select = Statement::new(format!(
            r#"SELECT e."record_key", e."id", e."key", e."valid_from", e."date", w."wholes",
                w."names", w."named",
                w."texts" FROM "search_entries" e JOIN "search_words" w ON w."key" = e."key"
                WHERE e."superseded_at" = {LIVE} AND e."record_key" IN "#
        ));
        select.append(any_of(records));
        let rows = select.rows(self.connection)?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let id = row.text(1)?.to_owned();
                let stored = StoredEntry {
                    id,
                    key: row.integer(2)?,
                    revision: row.integer(3)?,
                    entry: Entry::from_row(row, 4),
                };
                Some((row.integer(0)?, stored))
            })
            .collect())
    }

    /// Puts an entry in the place of another with the same key.
    fn replace(&mut self, before: &StoredEntry, now: &Entry) -> StoreResult<()> {
        let mut update = Statement::new(r#"UPDATE "search_entries" SET "date" = "#);
        update
            .bind(SqlValue::Text(now.date.clone()))
            .push(r#", "valid_from" = "#)
            .bind(self.revision);
        if self.connection.is_postgres() {
            // With a new filler, so that the terms are moved out of the row.
            update
                .push(r#", "filler" = DEFAULT, "terms" = array_to_tsvector(string_to_array("#)
                .bind(now.terms())
                .push(", ' '))");
        }
        update.push(r#" WHERE "key" = "#).bind(before.key);
        update.execute(self.connection)?;
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
        words.execute(self.connection)?;
        let (old, new) = (before.entry.terms(), now.terms());
        let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
            (old.split(' ').collect(), new.split(' ').collect());
        self.terms.exchange(
            self.connection,
            before.key,
            joined(old.difference(&new)),
            joined(new.difference(&old)),
        );
        Ok(())
    }

    /// Inserts entries.
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
            self.terms.exchange(self.connection, key, String::new(), joined);
        }
        self.connection.insert_entries(rows)?;
        insert_all(
            self.connection,
            "search_words",
            ["key", "wholes", "names", "named", "texts"],
            words,
        )
    }

    /// A new key for each entry.
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
                let number = |column| row.integer(column).unwrap_or_default();
                let last_id = row.text(2).unwrap_or_default().to_owned();
                self.areas.insert(
                    number(0),
                    Area {
                        last_number: number(1),
                        last_id,
                        in_order: number(3) == 1,
                        written: true,
                    },
                );
            }
        }
        let mut keys = Vec::with_capacity(entries.len());
        for (area, NewEntry { id, .. }) in areas.into_iter().zip(entries) {
            let known = self.areas.entry(area).or_default();
            known.last_number += 1;
            known.in_order &= known.last_id < *id;
            known.last_id.clone_from(id);
            known.written = false;
            keys.push(first_key(area) + known.last_number);
        }
        Ok(keys)
    }

    /// Writes down which keys were given out.
    pub(super) fn write_areas(&mut self) -> StoreResult<()> {
        let given: Vec<(i64, Area)> =
            std::mem::take(&mut self.areas).into_iter().filter(|(_, area)| !area.written).collect();
        for given in given.chunks(BATCH) {
            let mut delete = Statement::new(r#"DELETE FROM "search_areas" WHERE "area" IN "#);
            delete.append(any_of(&given.iter().map(|(area, _)| *area).collect::<Vec<_>>()));
            delete.execute(self.connection)?;
            let rows = given.iter().map(|(area, known)| {
                let in_order = SqlValue::from(i64::from(known.in_order));
                vec![
                    SqlValue::from(*area),
                    SqlValue::from(known.last_number),
                    SqlValue::from(known.last_id.as_str()),
                    in_order,
                ]
            });
            insert_all(
                self.connection,
                "search_areas",
                ["area", "last_number", "last_id", "in_order"],
                rows,
            )?;
        }
        Ok(())
    }
}

/// An entry that is to be inserted.
struct NewEntry {
    /// The key of the record.
    record: i64,
    id: String,
    revision: i64,
    entry: Entry,
}

/// The keys that were given out in an area.
struct Area {
    last_number: i64,
    last_id: String,
    /// Whether they are in the order of ids.
    in_order: bool,
    /// Whether all this is written down.
    written: bool,
}

impl Default for Area {
    fn default() -> Self {
        Self { last_number: -1, last_id: String::new(), in_order: true, written: false }
    }
}

/// Takes an entry out of the index, but for its terms.
pub(super) fn delete(connection: &mut AnyConnection, key: i64) -> StoreResult<()> {
    for table in ["search_entries", "search_words"] {
        let mut delete = Statement::new(format!(r#"DELETE FROM "{table}" WHERE "key" = "#));
        delete.bind(key);
        delete.execute(connection)?;
    }
    Ok(())
}

fn joined<'t>(terms: impl Iterator<Item = &'t &'t str>) -> String {
    terms.copied().collect::<Vec<_>>().join(" ")
}
