//! Copies a database row by row into another one of either kind, with histories, revisions and
//! keys. Derived tables are not copied, but rebuilt when the copy is opened.

use std::path::Path;

use tempfile::NamedTempFile;

use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::index::Data;
use super::insert::Insert;
use super::row::Row;
use super::sql_value::SqlValue;
use super::statement::Statement;
use super::{derived, migrations, settings};

/// The tables that are not derived from others.
const COPIED_TABLES: [&str; 8] = [
    "changes",
    "ended_sessions",
    "idempotent_answers",
    "keys",
    "records",
    "revisions",
    "settings",
    "versions",
];

/// Number of rows between reports of progress.
const PROGRESS_INTERVAL: u64 = 1_000;

/// Copies one state of the database into a new SQLite file.
pub(super) fn backup(
    from: &mut AnyConnection,
    file: &Path,
    progress: &mut dyn FnMut(u64),
) -> StoreResult<()> {
    if file.exists() {
        return Err(StoreError::Unusable(format!(
            "{} already exists; choose another file name for the backup",
            file.display()
        )));
    }
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // An incomplete backup never has the requested name.
    let unfinished = NamedTempFile::new_in(folder).map_err(|error| {
        StoreError::Unusable(format!("cannot write into {}: {error}", folder.display()))
    })?;
    let mut into = location(unfinished.path())?.connect(Purpose::Build)?;
    migrations::migrate(&mut into)?;
    into.run("BEGIN")?;
    from.begin_read()?;
    let copied = copy(from, &mut into, progress);
    // The first error is the cause.
    let ended = from.run("ROLLBACK");
    copied.and(ended)?;
    derived::invalidate(&mut into)?;
    into.run("COMMIT")?;
    drop(into);
    unfinished.as_file().sync_all()?;
    unfinished.persist_noclobber(file).map_err(|error| error.error)?;
    Ok(())
}

/// Copies a backup into an empty database in one transaction. The database gets a new identity,
/// because its later revisions may differ from those of the original.
pub fn restore(target: &Location, file: &Path, progress: &mut dyn FnMut(u64)) -> StoreResult<()> {
    if !file.is_file() {
        return Err(StoreError::Unusable(format!("the file {} does not exist", file.display())));
    }
    let unusable = |error: StoreError| StoreError::Unusable(format!("{}: {error}", file.display()));
    let mut from = location(file)?.connect(Purpose::Read).map_err(unusable)?;
    if !migrations::is_current(&mut from).map_err(unusable)? {
        return Err(StoreError::Unusable(format!(
            "{} was created by an earlier version of taskforce; restore it with that version, then \
            upgrade",
            file.display()
        )));
    }
    let mut into = target.connect(Purpose::Write)?;
    migrations::migrate(&mut into)?;
    into.begin_maintenance()?;
    require_empty(&mut into)?;
    Statement::new("DELETE FROM settings").execute(&mut into)?;
    from.begin_read()?;
    copy(&mut from, &mut into, progress)?;
    settings::renew(&mut into)?;
    // Derived tables are rebuilt when the database is opened.
    derived::invalidate(&mut into)?;
    into.run("COMMIT")
}

fn location(file: &Path) -> StoreResult<Location> {
    let path = file.to_str().ok_or_else(|| {
        StoreError::Unusable(format!("the path {} is not valid UTF-8", file.display()))
    })?;
    Ok(Location::Sqlite(path.to_owned()))
}

/// Returns an error if a database has rows in any table except its settings.
fn require_empty(connection: &mut AnyConnection) -> StoreResult<()> {
    for table in COPIED_TABLES.into_iter().filter(|table| *table != "settings") {
        if Statement::new(format!(r#"SELECT 1 FROM "{table}" LIMIT 1"#))
            .first(connection)?
            .is_some()
        {
            return Err(StoreError::Unusable(format!(
                "the database is not empty: the table {table} has rows; restore into a new database"
            )));
        }
    }
    Ok(())
}

/// A table, and its columns by name.
type Table = (&'static str, Vec<(String, Data)>);

/// Returns the tables to copy.
fn copied_tables(connection: &mut AnyConnection) -> StoreResult<Vec<Table>> {
    COPIED_TABLES.into_iter().map(|table| Ok((table, connection.typed_columns(table)?))).collect()
}

fn copy(
    from: &mut AnyConnection,
    into: &mut AnyConnection,
    progress: &mut dyn FnMut(u64),
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
        let select =
            Statement::new(format!(r#"SELECT "{}" FROM "{table}""#, names.join(r#"", ""#)));
        select.each(from, |row| {
            rows += 1;
            if rows % PROGRESS_INTERVAL == 0 {
                progress(rows);
            }
            insert.row(into, values(&row, columns))
        })?;
        insert.finish(into)?;
    }
    progress(rows);
    Ok(())
}

/// Returns the values of a row. Null values have the type of their column.
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

    #[test]
    fn copies_every_table_that_is_not_derived() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = location(&folder.path().join("new.db"))
            .and_then(|new| new.connect(Purpose::Write))
            .expect("a database");
        migrations::migrate(&mut connection).expect("it is migrated");
        let is_derived = |table: &str| {
            table == migrations::JOURNAL
                || ["counts", "links", "names"].contains(&table)
                || table.starts_with("search_")
        };
        let mut tables = connection.tables().expect("the tables");
        tables.retain(|table| !is_derived(table));
        assert_eq!(tables, COPIED_TABLES);
        let copied = copied_tables(&mut connection).expect("types we know");
        assert!(copied.iter().all(|(_, columns)| !columns.is_empty()));
    }
}
