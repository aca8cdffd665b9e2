//! Builds, checks and rebuilds the index tables from the versions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Indexes, LIVE, RowHead, TypeIndex, label, label_keys, name_of, rows_of, unknown_table,
};
use crate::model::RecordType;
use crate::store::connection::AnyConnection;
use crate::store::document::{Keys, Names};
use crate::store::error::StoreResult;
use crate::store::holes::{self, Mismatch};
use crate::store::insert::Insert;
use crate::store::links::find_targets;
use crate::store::name_cache::LAST_RENAME;
use crate::store::record_status::latest_revision;
use crate::store::records::{Version, versions_of};
use crate::store::row::Row;
use crate::store::settings;
use crate::store::sql_value::SqlValue;
use crate::store::statement::{Statement, any_of};

/// Number of records that are indexed with one statement for each table.
const BATCH: i64 = 256;

/// Maximum number of reported faults.
const MAX_FAULTS: usize = 100;

/// Rebuilds the holes of documents within a transaction that may write.
pub fn rebuild_holes(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<()> {
    for index in indexes.iter() {
        each_batch(connection, index.record_type, |connection, keys| {
            holes::rebuild(connection, index.record_type, keys)
        })?;
    }
    Ok(())
}

/// Builds all index tables within a transaction that may write.
pub fn rebuild(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<()> {
    for table in connection.index_tables(indexes)? {
        connection.run(&format!(r#"DROP TABLE "{table}""#))?;
    }
    connection.run(r#"DELETE FROM "names"; DELETE FROM "links""#)?;
    let latest = latest_revision(connection)?;
    settings::write(connection, LAST_RENAME, &latest.to_string())?;
    // Creating indexes after inserting rows is faster.
    let (tables, others): (Vec<String>, Vec<String>) = connection
        .index_ddl(indexes)
        .into_iter()
        .partition(|statement| statement.starts_with("CREATE TABLE"));
    tables.iter().try_for_each(|statement| connection.run(statement))?;
    for index in in_order(indexes) {
        each_batch(connection, index.record_type, |connection, keys| {
            let rows = expected(connection, index, keys)?;
            insert(connection, index, rows)
        })?;
    }
    others.iter().try_for_each(|statement| connection.run(statement))?;
    connection.run(r#"DELETE FROM "counts""#)?;
    for index in indexes.iter() {
        let name = index.record_type.name;
        connection.run(&format!(
            r#"INSERT INTO "counts" ("record_type", "live") SELECT '{name}', count(*) FROM "{}"
                WHERE "superseded_at" = {LIVE}"#,
            index.table()
        ))?;
    }
    Ok(())
}

/// Rebuilds the rows of these records.
pub fn rebuild_records(
    connection: &mut AnyConnection,
    index: &TypeIndex,
    keys: &[i64],
) -> StoreResult<()> {
    for keys in keys.chunks(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
        let rows = expected(connection, index, keys)?;
        for (table, owner) in tables(index) {
            let mut delete =
                Statement::new(format!(r#"DELETE FROM "{table}" WHERE "{owner}" IN "#));
            delete.append(any_of(keys));
            delete.execute(connection)?;
        }
        insert(connection, index, rows)?;
    }
    Ok(())
}

/// Returns the faults of the index, each as a sentence.
pub fn check(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<Vec<String>> {
    let mut faults = Vec::new();
    for index in in_order(indexes) {
        let name = index.record_type.name;
        each_batch(connection, index.record_type, |connection, keys| {
            let mismatches = holes::mismatches(connection, index.record_type, keys)?;
            for Mismatch { id, revision, holes, .. } in mismatches.iter().take(MAX_FAULTS) {
                faults.push(match holes {
                    Some(_) => format!(
                        "index: the {name} {id} has holes at revision {revision} that do not \
                        match its document"
                    ),
                    None => format!(
                        "{name} {id}: the version of revision {revision} does not match its \
                        checksum"
                    ),
                });
            }
            // The rows of a damaged document are unknown.
            if !mismatches.is_empty() {
                return Ok(());
            }
            let expected = expected(connection, index, keys)?;
            let stored = stored(connection, index, keys)?;
            for (table, _) in tables(index) {
                let (wanted, found) = (expected.get(table), stored.get(table));
                let wanted: BTreeSet<String> =
                    wanted.into_iter().flatten().map(|row| printed(row)).collect();
                let found: BTreeSet<String> =
                    found.into_iter().flatten().map(|row| printed(row)).collect();
                if wanted != found && faults.len() < MAX_FAULTS {
                    let (missing, extra) =
                        (wanted.difference(&found).count(), found.difference(&wanted).count());
                    faults.push(format!(
                        "index: {table} has {missing} missing and {extra} extra rows for the \
                        {name} documents with the keys {}–{}",
                        keys.first().copied().unwrap_or_default(),
                        keys.last().copied().unwrap_or_default()
                    ));
                }
            }
            Ok(())
        })?;
        faults.extend(check_count(connection, index)?);
        for (table, owner) in own_tables(index) {
            faults.extend(check_owners(connection, table, owner, Some(name))?);
        }
    }
    for (table, owner) in SHARED_TABLES {
        faults.extend(check_owners(connection, table, owner, None)?);
    }
    Ok(faults)
}

/// Returns the fault of rows of a table whose records do not exist or are of another type.
fn check_owners(
    connection: &mut AnyConnection,
    table: &str,
    owner: &str,
    record_type: Option<&str>,
) -> StoreResult<Option<String>> {
    let of_type =
        record_type.map_or_else(String::new, |name| format!(r#" AND r."record_type" = '{name}'"#));
    let orphans = Statement::new(format!(
        r#"SELECT count(*) FROM "{table}" t WHERE NOT EXISTS
            (SELECT 1 FROM "records" r WHERE r."key" = t."{owner}"{of_type})"#
    ))
    .number(connection)?;
    let of_what = record_type.unwrap_or("record");
    Ok((orphans > 0)
        .then(|| format!("index: {table} has {orphans} rows with keys that no {of_what} has")))
}

/// Returns the fault of the number of live records, which is the total of an unfiltered list.
fn check_count(connection: &mut AnyConnection, index: &TypeIndex) -> StoreResult<Option<String>> {
    let name = index.record_type.name;
    let select = Statement::new(format!(
        r#"SELECT (SELECT count(*) FROM "{}" WHERE "superseded_at" = {LIVE}),
            (SELECT "live" FROM "counts" WHERE "record_type" = '{name}')"#,
        index.table()
    ));
    let Some(row) = select.first(connection)? else { return Ok(None) };
    let (live, counted) = (row.required_integer(0)?, row.integer(1));
    Ok((counted != Some(live)).then(|| {
        let counted = counted.map_or("no number".to_owned(), |counted| counted.to_string());
        format!("index: counts has {counted} for {name}, but {live} are live")
    }))
}

/// Returns the types in the order of indexing. Types with computed names are last, because these
/// contain names of other types.
fn in_order(indexes: &Indexes) -> impl Iterator<Item = &TypeIndex> {
    let labeled = |index: &&TypeIndex| index.record_type.label.is_some();
    indexes.iter().filter(move |index| !labeled(index)).chain(indexes.iter().filter(labeled))
}

/// The tables with rows of all types, and the columns with the record's key.
const SHARED_TABLES: [(&str, &str); 2] = [("names", "record_key"), ("links", "from_key")];

/// Returns the tables with rows of a type's records, and the column with the record's key.
fn tables(index: &TypeIndex) -> impl Iterator<Item = (&str, &'static str)> {
    SHARED_TABLES.into_iter().chain(own_tables(index))
}

/// Returns the tables with rows of no other type, and the column with the record's key.
fn own_tables(index: &TypeIndex) -> impl Iterator<Item = (&str, &'static str)> {
    std::iter::once(index.table())
        .chain(index.lists.iter().map(|list| list.table.as_str()))
        .map(|table| (table, "record_key"))
}

fn each_batch(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    mut each: impl FnMut(&mut AnyConnection, &[i64]) -> StoreResult<()>,
) -> StoreResult<()> {
    let mut after = 0;
    loop {
        let mut select = Statement::new(r#"SELECT "key" FROM "records" WHERE "record_type" = "#);
        select.bind(record_type.name).push(r#" AND "key" > "#).bind(after);
        select.push_fmt(format_args!(r#" ORDER BY "key" LIMIT {BATCH}"#));
        let rows = select.rows(connection)?;
        let keys: Vec<i64> =
            rows.iter().map(|row| row.required_integer(0)).collect::<StoreResult<_>>()?;
        let Some(last) = keys.last() else { return Ok(()) };
        after = *last;
        each(connection, &keys)?;
    }
}

/// Rows by table.
type Rows<'i> = BTreeMap<&'i str, Vec<Vec<SqlValue>>>;

/// A value that is valid from one revision until before another.
struct Span<T> {
    from: i64,
    until: i64,
    value: T,
}

/// Adds a value. If it is equal to the last one and follows it immediately, the last one is
/// extended.
fn extend<T: PartialEq>(spans: &mut Vec<Span<T>>, from: i64, until: i64, value: T) {
    match spans.last_mut() {
        Some(last) if last.until == from && last.value == value => last.until = until,
        _ => spans.push(Span { from, until, value }),
    }
}

/// Computes the rows of these records from their versions.
fn expected<'i>(
    connection: &mut AnyConnection,
    index: &'i TypeIndex,
    records: &[i64],
) -> StoreResult<Rows<'i>> {
    let record_type = index.record_type;
    let mut rows = Rows::new();
    for key in records {
        let versions = versions_of(connection, record_type, &[*key])?;
        let mut keys = Keys::new();
        for version in &versions {
            find_targets(connection, record_type, &version.record, &mut keys)?;
        }
        let mut tables: BTreeMap<&str, Vec<Span<Vec<Vec<SqlValue>>>>> = BTreeMap::new();
        for Segment { version, from, until, label } in
            segments(connection, record_type, &versions, &keys)?
        {
            let rows = rows_of(index, &version.record, &version.metadata, label.as_deref(), &keys);
            let name = SqlValue::from(name_of(record_type, &version.record, label));
            let one = [(index.table(), vec![rows.own]), ("names", vec![vec![name]])];
            let entries = index.entry_tables().map(|(table, _)| table).zip(rows.entries);
            for (table, values) in one.into_iter().chain(entries) {
                extend(tables.entry(table).or_default(), from, until, values);
            }
        }
        let key = *key;
        for (table, spans) in tables {
            let has_positions = table != index.table() && table != "names";
            let rows = rows.entry(table).or_default();
            for Span { from, until, value } in spans {
                let head = RowHead { key, from, until };
                rows.extend((0..).zip(value).map(|(position, values)| {
                    if has_positions { head.entry(position, values) } else { head.row(values) }
                }));
            }
        }
    }
    Ok(rows)
}

/// The revisions from `from` to before `until`, during which a version had one computed name.
struct Segment<'v> {
    version: &'v Version,
    from: i64,
    until: i64,
    label: Option<String>,
}

/// Divides the validity of versions into segments with one computed name, or with none.
fn segments<'v>(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    versions: &'v [Version],
    keys: &Keys,
) -> StoreResult<Vec<Segment<'v>>> {
    // A version that was replaced within its own revision was never valid.
    let valid = versions.iter().filter(|version| version.metadata.revision < version.superseded_at);
    let mut segments = Vec::new();
    for version in valid {
        let revision = version.metadata.revision;
        let named = label_keys(record_type, &version.record, keys);
        let mut history: HashMap<i64, Vec<Span<String>>> = HashMap::new();
        if !named.is_empty() {
            let mut select = Statement::new(
                r#"SELECT "record_key", "valid_from", "superseded_at", "name" FROM "names"
                    WHERE "record_key" IN "#,
            );
            select.append(any_of(&named)).push(r#" ORDER BY "record_key", "valid_from""#);
            for row in select.rows(connection)? {
                let span = Span {
                    from: row.required_integer(1)?,
                    until: row.required_integer(2)?,
                    value: row.required_text(3)?.to_owned(),
                };
                history.entry(row.required_integer(0)?).or_default().push(span);
            }
        }
        let mut bounds: BTreeSet<i64> = BTreeSet::from([revision, version.superseded_at]);
        let inner = history.values().flatten().flat_map(|span| [span.from, span.until]);
        bounds.extend(inner.filter(|bound| (revision..version.superseded_at).contains(bound)));
        let bounds: Vec<i64> = bounds.into_iter().collect();
        for pair in bounds.windows(2) {
            let names: Names = history
                .iter()
                .filter_map(|(key, spans)| {
                    let span =
                        spans.iter().find(|span| span.from <= pair[0] && pair[0] < span.until)?;
                    Some((*key, span.value.clone()))
                })
                .collect();
            let label = record_type
                .label
                .map(|parts| label(record_type, parts, &version.record, keys, &names));
            segments.push(Segment { version, from: pair[0], until: pair[1], label });
        }
    }
    Ok(segments)
}

/// Reads the stored rows of these records.
fn stored<'i>(
    connection: &mut AnyConnection,
    index: &'i TypeIndex,
    keys: &[i64],
) -> StoreResult<Rows<'i>> {
    let mut rows = Rows::new();
    for (table, owner) in tables(index) {
        let columns = index
            .columns_of(table)
            .ok_or_else(|| unknown_table(table))?
            .iter()
            .map(|column| format!(r#""{column}""#))
            .collect::<Vec<_>>()
            .join(", ");
        let mut select =
            Statement::new(format!(r#"SELECT {columns} FROM "{table}" WHERE "{owner}" IN "#));
        select.append(any_of(keys));
        let found: Vec<Row> = select.rows(connection)?;
        rows.insert(table, found.iter().map(|row| row.values().collect()).collect());
    }
    Ok(rows)
}

fn insert(connection: &mut AnyConnection, index: &TypeIndex, rows: Rows<'_>) -> StoreResult<()> {
    for (table, rows) in rows {
        Insert::new(table, index.columns_of(table).ok_or_else(|| unknown_table(table))?)
            .all(connection, rows)?;
    }
    Ok(())
}

/// Returns a row as a text for comparison.
fn printed(row: &[SqlValue]) -> String {
    let value = |value: &SqlValue| match value {
        SqlValue::Text(Some(text)) => format!("{text:?}"),
        SqlValue::Integer(Some(number)) => number.to_string(),
        SqlValue::Number(Some(number)) => number.to_string(),
        SqlValue::Text(None) | SqlValue::Integer(None) | SqlValue::Number(None) => {
            "null".to_owned()
        }
    };
    row.iter().map(value).collect::<Vec<_>>().join(" ")
}
