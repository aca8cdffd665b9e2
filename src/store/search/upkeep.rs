//! The index as a whole: made anew, compared with the records, rid of what is past.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::entry::Entry;
use super::keys::{areas, keys_of};
use super::sources::{BATCH, read_with};
use super::terms::{PendingTerms, Terms};
use super::update::{Index, StoredEntry, delete};
use crate::digest::sha256;
use crate::store::connection::AnyConnection;
use crate::store::document::declared;
use crate::store::error::StoreResult;
use crate::store::index::{Indexes, LIVE, TypeIndex};
use crate::store::record_status::last_revision;
use crate::store::records::At;
use crate::store::statement::Statement;
use crate::store::{settings, snapshot};

/// Counts up when words, terms or keys are made otherwise than before.
const VERSION: &str = "4";

/// The setting that tells how the index was made, and the one that tells since when it knows the
/// past.
const DESIGN: &str = "search_design";
const SINCE: &str = "search_since";

/// As many faults as are told.
const MAX_FAULTS: usize = 100;

/// Makes the index anew where it is not as this program makes it: after a migration or an upgrade.
pub fn prepare(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<()> {
    let shapes: Vec<String> = indexes.iter().map(|index| declared(index.record_type)).collect();
    let wanted = &sha256(format!("{VERSION} {shapes:?}"))[..16];
    if is_made(connection, wanted)? {
        return Ok(());
    }
    connection.begin_upkeep()?;
    let made = make(connection, indexes, wanted);
    let ended = connection.run(if made.is_ok() { "COMMIT" } else { "ROLLBACK" });
    // Its own failure tells more than that of cleaning up.
    made.and(ended)
}

/// Whether the index is made so.
fn is_made(connection: &mut AnyConnection, wanted: &str) -> StoreResult<bool> {
    Ok(settings::read(connection, DESIGN)?.as_deref() == Some(wanted))
}

fn make(connection: &mut AnyConnection, indexes: &Indexes, wanted: &str) -> StoreResult<()> {
    // Another server may have made it while this one waited.
    if is_made(connection, wanted)? {
        return Ok(());
    }
    connection.drop_term_indexes()?;
    rebuild(connection, indexes)?;
    settings::write(connection, DESIGN, wanted)
}

/// Lets the index be made anew when the database is opened next: it was left out of a copy.
pub fn forget(connection: &mut AnyConnection) -> StoreResult<()> {
    settings::remove(connection, DESIGN)
}

/// Makes the index anew, within a transaction that may write. Walks through hits that began before
/// end.
pub fn rebuild(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<()> {
    for table in ["search_entries", "search_words", "search_areas"] {
        connection.run(&format!(r#"DELETE FROM "{table}""#))?;
    }
    connection.forget_terms()?;
    let revision = last_revision(connection)?.map_or(0, |last| last.revision);
    settings::write(connection, SINCE, &revision.to_string())?;
    let none = Terms::default();
    let mut terms = PendingTerms::after(&none);
    let mut index = Index::new(connection, indexes, revision, false, &mut terms);
    for types in indexes.iter() {
        let mut after = String::new();
        loop {
            let (keys, last) = next(index.connection, types, &after)?;
            index.refresh(types, &keys, false)?;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    index.write_areas()?;
    terms.write(connection)?;
    // Now that the entries are there, which is much faster than before.
    connection.index_terms(&ranges(indexes))
}

/// The keys that the entries of each type have, and those that all past ones have.
fn ranges(indexes: &Indexes) -> Vec<(&'static str, RangeInclusive<i64>)> {
    let keys = |types: &TypeIndex, past| keys_of(&areas(indexes, types, past));
    let mut ranges: Vec<(&str, RangeInclusive<i64>)> =
        indexes.iter().map(|types| (types.record_type.name, keys(types, false))).collect();
    let past: Vec<RangeInclusive<i64>> = indexes.iter().map(|types| keys(types, true)).collect();
    if let (Some(first), Some(last)) = (past.first(), past.last()) {
        ranges.push(("past", *first.start()..=*last.end()));
    }
    ranges
}

/// What is wrong with the index, in words; at most a hundred faults. The inner order of SQLite's
/// index is a part of what [`AnyConnection::damage`] looks at.
pub fn check(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<Vec<String>> {
    let mut faults: Vec<String> = Vec::new();
    for key in connection.stray_terms()? {
        faults.push(format!("search: the entry {key} and its terms are not both there"));
    }
    let none = Terms::default();
    let mut terms = PendingTerms::after(&none);
    let mut index = Index::new(connection, indexes, 0, false, &mut terms);
    for types in indexes.iter() {
        let name = types.record_type.name;
        let mut after = String::new();
        loop {
            let (keys, last) = next(index.connection, types, &after)?;
            let Some(last) = last else { break };
            after = last;
            let mut stored: HashMap<i64, StoredEntry> = index.stored(&keys)?;
            let told = read_with(
                index.connection,
                indexes,
                types.record_type,
                &keys,
                At::Present,
                &mut index.names,
            )?;
            for told in told {
                match stored.remove(&told.key) {
                    None => faults.push(format!("search: the {name} {} is missing", told.id)),
                    Some(stored) if stored.entry != Entry::of(&told) => {
                        faults.push(format!(
                            "search: the entry of the {name} {} differs from its record",
                            told.id
                        ));
                    }
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
            EXISTS (SELECT 1 FROM "versions" v WHERE v."record_key" = e."record_key"
            AND v."superseded_at" = {LIVE}) ORDER BY 1 LIMIT {MAX_FAULTS}"#
    ));
    for row in stray.rows(index.connection)? {
        faults.push(format!(
            "search: an entry for {} exists, but no such record",
            row.text(0).unwrap_or_default()
        ));
    }
    faults.truncate(MAX_FAULTS);
    Ok(faults)
}

/// Takes every entry that is past out of the index; walks through hits that began before this
/// revision end.
pub fn forget_past(
    connection: &mut AnyConnection,
    revision: i64,
    terms: &mut PendingTerms<'_>,
) -> StoreResult<()> {
    loop {
        let select = Statement::new(format!(
            r#"SELECT e."key", e."date", w."wholes", w."names", w."named", w."texts"
                FROM "search_entries" e JOIN "search_words" w ON w."key" = e."key"
                WHERE e."superseded_at" < {LIVE} ORDER BY e."key" LIMIT {BATCH}"#,
        ));
        let rows = select.rows(connection)?;
        for row in &rows {
            let key = row.integer(0).unwrap_or_default();
            terms.exchange(connection, key, Entry::from_row(row, 1).terms(), String::new());
            delete(connection, key)?;
        }
        terms.write_many(connection)?;
        if rows.len() < BATCH {
            break;
        }
    }
    settings::write(connection, SINCE, &revision.to_string())
}

/// Whether the index knows what there was at this revision.
pub fn reaches(snapshot: &mut snapshot::Snapshot<'_>, revision: i64) -> StoreResult<bool> {
    let since = settings::read(snapshot.connection, SINCE)?;
    Ok(since.and_then(|since| since.parse::<i64>().ok()).is_none_or(|since| since <= revision))
}

/// The keys of the next live records of a type, by id, and the last of the ids.
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
    let last = rows.last().and_then(|row| row.text(1).map(str::to_owned));
    Ok((rows.iter().filter_map(|row| row.integer(0)).collect(), last))
}
