//! Everything that a database holds, copied row by row into another one of either kind: histories,
//! revisions, keys and all. What is copied follows from the schema itself, so that no table can be
//! forgotten.

use std::path::Path;

use tempfile::NamedTempFile;

use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::index::{self, Data, Indexes};
use super::insert::Insert;
use super::statement::{Row, SqlValue, Statement};
use super::{migrations, search, settings};
use crate::model::Catalogue;

/// Rows after which the number copied so far is told.
const PROGRESS_INTERVAL: u64 = 1_000;

/// Whether a table is left out of a copy: the journal of migrations, which the copy has of its own,
/// and what is derived from the documents and rebuilt when the copy is opened.
fn is_left_out(table: &str) -> bool {
    table == migrations::JOURNAL || !index::FIXED_TABLES.contains(&table)
}

/// Copies everything, as it is at one moment, into a new SQLite file.
pub(super) fn backup(
    from: &mut AnyConnection,
    file: &Path,
    told: &mut dyn FnMut(u64),
) -> StoreResult<()> {
    if file.exists() {
        return Err(StoreError::NotOurs(format!(
            "{} is there already; a backup overwrites nothing",
            file.display()
        )));
    }
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // What is not whole never has the name that was asked for.
    let unfinished = NamedTempFile::new_in(folder).map_err(|error| {
        StoreError::NotOurs(format!("cannot write into {}: {error}", folder.display()))
    })?;
    let mut into = location(unfinished.path())?.connect(Purpose::Build)?;
    migrations::migrate(&mut into)?;
    into.run("BEGIN")?;
    from.begin_read()?;
    let copied = copy(from, &mut into, told);
    from.run("ROLLBACK")?;
    copied?;
    search::forget(&mut into)?;
    index::forget(&mut into)?;
    into.run("COMMIT")?;
    drop(into);
    unfinished.as_file().sync_all()?;
    unfinished.persist_noclobber(file).map_err(|error| error.error)?;
    Ok(())
}

/// Copies a backup into an empty database, all or nothing. The database gets an identity of its
/// own, for its revisions may go on differently from here.
pub fn restore(
    location_of: &Location,
    catalogue: Catalogue,
    file: &Path,
    told: &mut dyn FnMut(u64),
) -> StoreResult<()> {
    if !file.is_file() {
        return Err(StoreError::NotOurs(format!("there is no file {}", file.display())));
    }
    let unusable = |error: StoreError| StoreError::NotOurs(format!("{}: {error}", file.display()));
    let mut from = location(file)?.connect(Purpose::Read).map_err(unusable)?;
    if !migrations::is_current(&mut from).map_err(unusable)? {
        return Err(StoreError::NotOurs(format!(
            "{} was made by another version of taskforce; restore it with that one, then upgrade",
            file.display()
        )));
    }
    let mut into = location_of.connect(Purpose::Write)?;
    migrations::migrate(&mut into)?;
    index::prepare(&mut into, &Indexes::new(catalogue))?;
    into.begin_upkeep()?;
    refuse_filled(&mut into)?;
    Statement::new("DELETE FROM settings").execute(&mut into)?;
    from.begin_read()?;
    copy(&mut from, &mut into, told)?;
    settings::renew(&mut into)?;
    // The search index is made when the database is opened.
    search::forget(&mut into)?;
    index::forget(&mut into)?;
    into.run("COMMIT")
}

fn location(file: &Path) -> StoreResult<Location> {
    let path = file
        .to_str()
        .ok_or_else(|| StoreError::NotOurs(format!("the path {} is no UTF-8", file.display())))?;
    Ok(Location::Sqlite(path.to_owned()))
}

/// Refuses a database that holds anything but its own settings.
fn refuse_filled(connection: &mut AnyConnection) -> StoreResult<()> {
    for table in
        connection.tables()?.iter().filter(|table| !is_left_out(table) && *table != "settings")
    {
        if Statement::new(format!(r#"SELECT 1 FROM "{table}" LIMIT 1"#))
            .first(connection)?
            .is_some()
        {
            return Err(StoreError::NotOurs(format!(
                "the database is not empty: the table {table} has rows; restore into a new one"
            )));
        }
    }
    Ok(())
}

/// A table, and its columns by name.
type Table = (String, Vec<(String, Data)>);

/// The tables that are copied.
fn copied_tables(connection: &mut AnyConnection) -> StoreResult<Vec<Table>> {
    let tables = connection.tables()?;
    tables
        .into_iter()
        .filter(|table| !is_left_out(table))
        .map(|table| {
            let columns = connection.typed_columns(&table)?;
            Ok((table, columns))
        })
        .collect()
}

fn copy(
    from: &mut AnyConnection,
    into: &mut AnyConnection,
    told: &mut dyn FnMut(u64),
) -> StoreResult<()> {
    let tables = copied_tables(from)?;
    if tables != copied_tables(into)? {
        return Err(StoreError::Internal(
            "the two databases do not have the same tables".to_owned(),
        ));
    }
    let mut rows = 0;
    for (table, columns) in &tables {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let mut insert = Insert::new(table, names.iter().copied());
        from.each_row(&format!(r#"SELECT "{}" FROM "{table}""#, names.join(r#"", ""#)), |row| {
            rows += 1;
            if rows % PROGRESS_INTERVAL == 0 {
                told(rows);
            }
            insert.row(into, values(&row, columns))
        })?;
        insert.finish(into)?;
    }
    told(rows);
    Ok(())
}

/// The values of a row, those that are null with their type too.
fn values(row: &Row, columns: &[(String, Data)]) -> impl Iterator<Item = SqlValue> {
    columns.iter().enumerate().map(|(index, (_, data))| match data {
        Data::Text => SqlValue::Text(row.text(index).map(str::to_owned)),
        Data::Integer => SqlValue::Integer(row.integer(index)),
        Data::Number => SqlValue::Number(row.number(index)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::CATALOGUE;

    #[test]
    fn every_table_is_copied_or_left_out_on_purpose() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = location(&folder.path().join("new.db"))
            .and_then(|new| new.connect(Purpose::Write))
            .expect("a database");
        migrations::migrate(&mut connection).expect("it is migrated");
        index::prepare(&mut connection, &Indexes::new(CATALOGUE)).expect("it is indexed");
        let copied: Vec<String> = copied_tables(&mut connection)
            .expect("types we know")
            .into_iter()
            .map(|(table, _)| table)
            .collect();
        assert_eq!(
            copied,
            [
                "changes",
                "idempotent_answers",
                "keys",
                "records",
                "revisions",
                "settings",
                "versions"
            ]
        );
    }
}
