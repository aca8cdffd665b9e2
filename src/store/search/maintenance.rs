//! Rebuilds and checks the search index, and deletes past entries.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::entry::Entry;
use super::keys::{AREA_SIZE, areas, keys_of};
use super::sources::BATCH;
use super::terms::Terms;
use super::update::{Index, OwnEntries, StoredEntry};
use crate::store::connection::AnyConnection;
use crate::store::document::Keys;
use crate::store::error::StoreResult;
use crate::store::index::{Indexes, LIVE, TypeIndex};
use crate::store::pending_writes::PendingWrites;
use crate::store::record_status::latest_revision;
use crate::store::row::Row;
use crate::store::statement::Statement;
use crate::store::{settings, snapshot};

/// The setting with the first revision of which the index has past entries.
const SINCE: &str = "search_since";

/// Maximum number of reported faults.
const MAX_FAULTS: usize = 100;

/// Rebuilds the index within a transaction that may write. Cursors of earlier searches expire.
pub fn rebuild(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<()> {
    connection.drop_term_indexes()?;
    for table in ["search_entries", "search_words", "search_areas"] {
        connection.run(&format!(r#"DELETE FROM "{table}""#))?;
    }
    connection.delete_terms()?;
    let revision = latest_revision(connection)?;
    settings::write(connection, SINCE, &revision.to_string())?;
    let mut terms = Terms::default();
    let (keys, writes) = (&mut Keys::new(), &mut PendingWrites::default());
    let mut index = Index::new(connection, indexes, (revision, false), keys, writes, &mut terms);
    for types in indexes.iter() {
        let mut after = String::new();
        loop {
            let (keys, last) = next(index.connection, types, &after)?;
            index.refresh(types, &keys, false, OwnEntries::new())?;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    index.write_areas();
    index.writes.execute(index.connection)?;
    terms.write(connection)?;
    // Indexing existing entries is much faster than inserting into an index.
    connection.index_terms(&ranges(indexes))
}

/// Returns the range of keys of the live entries of each type, and that of all past entries.
fn ranges(indexes: &Indexes) -> Vec<(&'static str, RangeInclusive<i64>)> {
    let mut ranges: Vec<(&str, RangeInclusive<i64>)> =
        indexes.iter().map(|types| (types.record_type.name, keys(indexes, types, false))).collect();
    ranges.extend(past_keys(indexes).map(|keys| ("past", keys)));
    ranges
}

/// Returns the range of keys of all past entries.
fn past_keys(indexes: &Indexes) -> Option<RangeInclusive<i64>> {
    let mut past = indexes.iter().map(|types| keys(indexes, types, true));
    let first = past.next()?;
    let last = past.last().unwrap_or_else(|| first.clone());
    Some(*first.start()..=*last.end())
}

fn keys(indexes: &Indexes, types: &TypeIndex, past: bool) -> RangeInclusive<i64> {
    keys_of(&areas(indexes, types, past))
}

/// Returns the faults of the index, each as a sentence. [`AnyConnection::file_faults`] checks the
/// internal structure of SQLite's full-text index.
pub fn check(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<Vec<String>> {
    let mut faults: Vec<String> = Vec::new();
    for key in connection.stray_terms()? {
        faults
            .push(format!("search: the entry {key} lacks its terms, or its terms lack the entry"));
    }
    let mut terms = Terms::default();
    let (keys, writes) = (&mut Keys::new(), &mut PendingWrites::default());
    let mut index = Index::new(connection, indexes, (0, false), keys, writes, &mut terms);
    for types in indexes.iter() {
        let name = types.record_type.name;
        let mut after = String::new();
        loop {
            let (keys, last) = next(index.connection, types, &after)?;
            let Some(last) = last else { break };
            after = last;
            let mut stored: HashMap<i64, StoredEntry> = index.stored(&keys)?;
            let mut entries = index.entries(types, &keys, OwnEntries::new())?;
            for key in &keys {
                let Some((id, entry)) = entries.remove(key) else { continue };
                match stored.remove(key) {
                    None => faults.push(format!("search: the {name} {id} is missing")),
                    Some(stored) if stored.entry != entry => faults.push(format!(
                        "search: the entry of the {name} {id} differs from its record"
                    )),
                    Some(_) => {}
                }
            }
            if faults.len() >= MAX_FAULTS {
                break;
            }
        }
    }
    let stray = Statement::new(format!(
        r#"SELECT e."id" FROM "search_entries" e WHERE e."superseded_at" = {LIVE} AND NOT
            EXISTS (SELECT 1 FROM "versions" v WHERE v."key" = e."record_key") ORDER BY 1
            LIMIT {MAX_FAULTS}"#
    ));
    for row in stray.rows(index.connection)? {
        faults.push(format!(
            "search: an entry exists for {}, which is not a record",
            row.required_text(0)?
        ));
    }
    faults.extend(check_areas(index.connection)?);
    faults.truncate(MAX_FAULTS);
    Ok(faults)
}

/// Returns the faults of the areas: new entries would get keys that exist, or hits would be in
/// another order.
fn check_areas(connection: &mut AnyConnection) -> StoreResult<Vec<String>> {
    let select = Statement::new(format!(
        r#"SELECT e."area"
            FROM (SELECT "key", "id", "key" / {size} "area",
                    lag("id") OVER (PARTITION BY "key" / {size} ORDER BY "key") "before"
                FROM "search_entries") e
            LEFT JOIN "search_areas" a ON a."area" = e."area" GROUP BY e."area"
            HAVING max(a."area") IS NULL OR max(e."key") - e."area" * {size} > max(a."last_number")
                OR max(a."in_order") = 1
                    AND max(CASE WHEN e."id" <= e."before" THEN 1 ELSE 0 END) = 1
            ORDER BY 1 LIMIT {MAX_FAULTS}"#,
        size = AREA_SIZE
    ));
    let rows = select.rows(connection)?;
    let fault = |row: &Row| {
        let area = row.required_integer(0)?;
        Ok(format!("search: the area {area} does not match the entries with its keys"))
    };
    rows.iter().map(fault).collect()
}

/// Deletes all past entries, and erases removed terms. Cursors of searches before this revision
/// expire.
pub fn delete_past(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    revision: i64,
    terms: &mut Terms,
) -> StoreResult<()> {
    let first = past_keys(indexes).map_or(i64::MAX, |keys| *keys.start());
    loop {
        let select = Statement::new(format!(
            r#"SELECT e."key", e."date", w."wholes", w."names", w."named", w."texts"
                FROM "search_entries" e JOIN "search_words" w ON w."key" = e."key"
                WHERE e."key" >= {first} ORDER BY e."key" LIMIT {BATCH}"#,
        ));
        let rows = select.rows(connection)?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            let key = row.required_integer(0)?;
            terms.replace(connection, key, Entry::from_row(row, 1)?.terms(), String::new());
            keys.push(key);
        }
        for table in ["search_entries", "search_words"] {
            let mut delete = Statement::new(format!(r#"DELETE FROM "{table}" WHERE "key" IN "#));
            delete.append(connection.keys(&keys));
            delete.execute(connection)?;
        }
        terms.write_if_full(connection)?;
        if rows.len() < BATCH {
            break;
        }
    }
    terms.write(connection)?;
    connection.erase_removed_terms()?;
    settings::write(connection, SINCE, &revision.to_string())
}

/// Returns whether the index has the entries of this revision.
pub fn covers(snapshot: &mut snapshot::Snapshot<'_>, revision: i64) -> StoreResult<bool> {
    let since = settings::read_revision(snapshot.connection(), SINCE)?;
    Ok(since.is_none_or(|since| since <= revision))
}

/// Returns the keys of the next live records of a type in the order of ids, and the last id.
fn next(
    connection: &mut AnyConnection,
    types: &TypeIndex,
    after: &str,
) -> StoreResult<(Vec<i64>, Option<String>)> {
    let mut select = Statement::new(format!(
        r#"SELECT "record_key", "id" FROM "{}" WHERE "superseded_at" = {LIVE} AND "id" > "#,
        types.table()
    ));
    select.bind(after).push_fmt(format_args!(r#" ORDER BY "id" LIMIT {BATCH}"#));
    let rows = select.rows(connection)?;
    let last = rows.last().map(|row| row.required_text(1).map(str::to_owned)).transpose()?;
    let keys = rows.iter().map(|row| row.required_integer(0)).collect::<StoreResult<_>>()?;
    Ok((keys, last))
}
