//! The index follows what a transaction has done: entries of what it wrote, and of what refers to somebody who is called
//! otherwise since.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::entry::Entry;
use super::keys::{area_of, area_of_key, first_key};
use super::sources::{BATCH, Names, Told, read_with};
use super::terms::Waiting;
use crate::store::connection::AnyConnection;
use crate::store::dialect::any_of;
use crate::store::error::StoreResult;
use crate::store::history::LIVE;
use crate::store::insert::insert_all;
use crate::store::layout::{Layout, Layouts, Lists};
use crate::store::statement::{Cell, Statement};
use crate::store::transaction::{Change, Operation};

/// Brings the entries of what was changed up to date. With `keep_past`, what they were stays for walks that began before.
/// The last of the terms are left to be written.
pub(in crate::store) fn update(
    connection: &mut AnyConnection,
    layouts: &Layouts,
    revision: i64,
    changes: &[Change],
    keep_past: bool,
    terms: &mut Waiting<'_>,
) -> StoreResult<()> {
    let mut index = Index::new(connection, layouts, revision, keep_past, terms);
    let mut followers: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for layout in layouts.iter() {
        // In the order of ids, so that the keys of a date are.
        let changed: BTreeMap<&str, &Change> = changes
            .iter()
            .filter(|change| std::ptr::eq(change.record_type, layout.record_type))
            .map(|change| (change.id.as_str(), change))
            .collect();
        let known = changed.values().any(|change| change.operation != Operation::Create);
        let changed: Vec<(&str, &Change)> = changed.into_iter().collect();
        for changed in changed.chunks(BATCH) {
            let ids: Vec<String> = changed.iter().map(|(id, _)| (*id).to_owned()).collect();
            let lists = changed.iter().fold(Lists::default(), |lists, (_, change)| lists.or(change.lists));
            for renamed in index.refresh(layout, &ids, known, lists)? {
                index.add_followers(layout.record_type.name, &renamed, &mut followers)?;
            }
        }
    }
    for (name, ids) in followers {
        let Some(layout) = layouts.named(name) else { continue };
        let ids: Vec<String> = ids.into_iter().collect();
        for ids in ids.chunks(BATCH) {
            index.refresh(layout, ids, true, Lists::ALL)?;
        }
    }
    index.write_areas()
}

/// The index while it is written.
pub(super) struct Index<'i, 't> {
    pub(super) connection: &'i mut AnyConnection,
    pub(super) layouts: &'i Layouts,
    pub(super) revision: i64,
    keep_past: bool,
    pub(super) names: Names,
    terms: &'i mut Waiting<'t>,
    /// The areas in which keys were given out since all was written.
    areas: BTreeMap<i64, Area>,
}

/// The newest entry of a record, as it is stored.
pub(super) struct Stored {
    pub(super) key: i64,
    pub(super) revision: i64,
    pub(super) entry: Entry,
}

impl<'i, 't> Index<'i, 't> {
    pub(super) fn new(
        connection: &'i mut AnyConnection,
        layouts: &'i Layouts,
        revision: i64,
        keep_past: bool,
        terms: &'i mut Waiting<'t>,
    ) -> Self {
        Self { connection, layouts, revision, keep_past, names: Names::new(), terms, areas: BTreeMap::new() }
    }

    /// Makes the entries of these records those that they should be. Gives the ids of those that are named otherwise than before.
    /// `known`: whether any of them may have an entry; `lists`: those of their lists that may have entries.
    pub(super) fn refresh(&mut self, layout: &Layout, ids: &[String], known: bool, lists: Lists) -> StoreResult<Vec<String>> {
        let mut stored = if known { self.stored(layout, ids)? } else { HashMap::new() };
        let told = read_with(self.connection, self.layouts, layout, ids, lists, &mut self.names)?;
        let mut told: HashMap<String, Told> = told.into_iter().map(|told| (told.id.clone(), told)).collect();
        let mut renamed = Vec::new();
        let (mut fresh, mut past) = (Vec::new(), Vec::new());
        for id in ids {
            let before = stored.remove(id);
            let now = told.remove(id).map(|told| Entry::of(&told));
            if before.as_ref().map(|before| &before.entry) == now.as_ref() {
                continue;
            }
            if let (Some(before), Some(now)) = (&before, &now)
                && before.entry.names_differ(now)
            {
                renamed.push(id.clone());
            }
            if let Some(before) = &before {
                let area = |entry: &Entry| area_of(self.layouts, layout, false, entry.date.as_deref());
                match &now {
                    // Where the date is the same, the key is kept, and with it the order of the area.
                    Some(now) if area(now) == area_of_key(before.key) => {
                        self.replace(before, now)?;
                        if self.keep_past {
                            past.push((id.clone(), before.revision, before.entry.clone()));
                        }
                        continue;
                    }
                    _ => {
                        self.terms.exchange(self.connection, before.key, before.entry.terms(), String::new());
                        delete(self.connection, before.key)?;
                    }
                }
                if self.keep_past {
                    past.push((id.clone(), before.revision, before.entry.clone()));
                }
            }
            fresh.extend(now.map(|now| (id.clone(), self.revision, now)));
        }
        self.insert(layout, false, LIVE, &fresh)?;
        past.retain(|(_, revision, _)| *revision < self.revision);
        self.insert(layout, true, self.revision, &past)?;
        self.terms.write_many(self.connection)?;
        Ok(renamed)
    }

    /// The newest entries of these records, by id.
    pub(super) fn stored(&mut self, layout: &Layout, ids: &[String]) -> StoreResult<HashMap<String, Stored>> {
        let mut select = Statement::new(format!(
            r#"SELECT e."record_id", e."key", e."revision", e."date", w."wholes", w."names", w."named", w."texts" FROM "search_entries" e JOIN "search_words" w ON w."key" = e."key" WHERE e."record_type" = '{}' AND e."superseded_at" = {LIVE} AND e."record_id" IN "#,
            layout.record_type.name
        ));
        select.append(any_of(ids));
        let rows = select.rows(self.connection)?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let stored = Stored { key: row.integer(1)?, revision: row.integer(2)?, entry: Entry::from_row(row, 3) };
                Some((row.text(0)?.to_owned(), stored))
            })
            .collect())
    }

    /// Adds the records that refer to one.
    fn add_followers(&mut self, name: &str, id: &str, followers: &mut BTreeMap<&'static str, BTreeSet<String>>) -> StoreResult<()> {
        for (layout, part, column) in self.layouts.references_to(name) {
            let (table, owner) = part.map_or((layout.table(), "id"), |part| (part.table.as_str(), part.owner.as_str()));
            let mut select = Statement::new(format!(r#"SELECT DISTINCT "{owner}" FROM "{table}" WHERE "{}" = "#, column.name));
            select.bind(id);
            let rows = select.rows(self.connection)?;
            followers.entry(layout.record_type.name).or_default().extend(rows.iter().filter_map(|row| row.text(0).map(str::to_owned)));
        }
        Ok(())
    }

    /// Puts an entry in the place of another with the same key.
    fn replace(&mut self, before: &Stored, now: &Entry) -> StoreResult<()> {
        let mut update = Statement::new(r#"UPDATE "search_entries" SET "date" = "#);
        update.bind(Cell::Text(now.date.clone())).push(r#", "revision" = "#).bind(self.revision);
        if self.connection.is_postgres() {
            // With a new filler, so that the terms are moved out of the row.
            update.push(r#", "filler" = DEFAULT, "terms" = array_to_tsvector(string_to_array("#).bind(now.terms()).push(", ' '))");
        }
        update.push(r#" WHERE "key" = "#).bind(before.key);
        update.execute(self.connection)?;
        let mut words = Statement::new(r#"UPDATE "search_words" SET "#);
        for (index, (column, cell)) in ["wholes", "names", "named", "texts"].into_iter().zip(now.words()).enumerate() {
            words.push(if index > 0 { ", " } else { "" }).push_fmt(format_args!(r#""{column}" = "#)).bind(cell);
        }
        words.push(r#" WHERE "key" = "#).bind(before.key);
        words.execute(self.connection)?;
        let (old, new) = (before.entry.terms(), now.terms());
        let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (old.split(' ').collect(), new.split(' ').collect());
        self.terms.exchange(self.connection, before.key, joined(old.difference(&new)), joined(new.difference(&old)));
        Ok(())
    }

    /// Inserts entries with their ids and revisions.
    pub(super) fn insert(&mut self, layout: &Layout, past: bool, until: i64, entries: &[(String, i64, Entry)]) -> StoreResult<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let keys = self.keys(layout, past, entries)?;
        let (mut rows, mut words) = (Vec::new(), Vec::new());
        for (key, (id, revision, entry)) in keys.into_iter().zip(entries) {
            let joined = entry.terms();
            let mut row = vec![
                Cell::from(key),
                Cell::from(layout.record_type.name),
                Cell::from(id.as_str()),
                Cell::Text(entry.date.clone()),
                Cell::from(*revision),
                Cell::from(until),
            ];
            if self.connection.is_postgres() {
                row.push(Cell::from(joined.as_str()));
            }
            rows.push(row);
            words.push(std::iter::once(Cell::from(key)).chain(entry.words()).collect());
            self.terms.exchange(self.connection, key, String::new(), joined);
        }
        self.connection.insert_entries(rows)?;
        insert_all(self.connection, "search_words", ["key", "wholes", "names", "named", "texts"], words)
    }

    /// A new key for each entry.
    fn keys(&mut self, layout: &Layout, past: bool, entries: &[(String, i64, Entry)]) -> StoreResult<Vec<i64>> {
        let areas: Vec<i64> = entries.iter().map(|(_, _, entry)| area_of(self.layouts, layout, past, entry.date.as_deref())).collect();
        let unknown: BTreeSet<i64> = areas.iter().copied().filter(|area| !self.areas.contains_key(area)).collect();
        if !unknown.is_empty() {
            let mut select = Statement::new(r#"SELECT "area", "last_number", "last_id", "in_order" FROM "search_areas" WHERE "area" IN "#);
            select.append(any_of(&unknown.into_iter().collect::<Vec<_>>()));
            for row in select.rows(self.connection)? {
                let number = |column| row.integer(column).unwrap_or_default();
                let last_id = row.text(2).unwrap_or_default().to_owned();
                self.areas.insert(number(0), Area { last_number: number(1), last_id, in_order: number(3) == 1, written: true });
            }
        }
        let mut keys = Vec::with_capacity(entries.len());
        for (area, (id, _, _)) in areas.into_iter().zip(entries) {
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
        let given: Vec<(i64, Area)> = std::mem::take(&mut self.areas).into_iter().filter(|(_, area)| !area.written).collect();
        for given in given.chunks(BATCH) {
            let mut delete = Statement::new(r#"DELETE FROM "search_areas" WHERE "area" IN "#);
            delete.append(any_of(&given.iter().map(|(area, _)| *area).collect::<Vec<_>>()));
            delete.execute(self.connection)?;
            let rows = given.iter().map(|(area, known)| {
                let in_order = Cell::from(i64::from(known.in_order));
                vec![Cell::from(*area), Cell::from(known.last_number), Cell::from(known.last_id.as_str()), in_order]
            });
            insert_all(self.connection, "search_areas", ["area", "last_number", "last_id", "in_order"], rows)?;
        }
        Ok(())
    }
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
