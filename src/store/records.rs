//! Reads records: their documents, and the names that fill their holes.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use super::connection::AnyConnection;
use super::document::{self, JsonNames, Keys, Names, decode, encode, fill, shown_keys};
use super::error::{StoreError, StoreResult};
use super::index::LIVE;
use super::links::find_targets;
use super::name_cache::CachedNames;
use super::statement::{Row, Statement, any_of};
use crate::model::{Record, RecordType};

pub use super::at::At;
pub use super::record_keys::{BATCH, find_keys};

/// A stored version of a record.
#[derive(Clone, Debug)]
pub struct Version {
    /// The key of the record.
    pub key: i64,
    /// The revision that wrote the version.
    pub revision: i64,
    /// The revision that replaced the version, or [`LIVE`].
    pub superseded_at: i64,
    /// The time at which the record was created.
    pub created_at: String,
    /// The time at which the version was written.
    pub updated_at: String,
    /// The values.
    pub record: Record,
}

/// A record as JSON.
#[derive(Clone, Debug)]
pub struct Document {
    /// The key of the record.
    pub key: i64,
    /// The revision that last changed the record.
    pub revision: i64,
    /// The JSON text.
    pub json: Vec<u8>,
}

impl Document {
    /// Returns the JSON as text.
    pub fn text(&self) -> StoreResult<&str> {
        std::str::from_utf8(&self.json).map_err(|error| {
            StoreError::Internal(format!("the JSON of record {} is no text: {error}", self.key))
        })
    }
}

/// The document is first, because the first text of a [`Row`] determines its buffer.
const COLUMNS: &str = r#"v."document", v."record_key", v."revision", v."created_at", v."updated_at",
    v."shape", v."holes""#;

/// The positions of the [`COLUMNS`], and of one more column after them.
mod column {
    pub(super) const DOCUMENT: usize = 0;
    pub(super) const KEY: usize = 1;
    pub(super) const REVISION: usize = 2;
    pub(super) const CREATED_AT: usize = 3;
    pub(super) const UPDATED_AT: usize = 4;
    pub(super) const SHAPE: usize = 5;
    pub(super) const HOLES: usize = 6;
    pub(super) const EXTRA: usize = 7;
}

/// Reads the records of one type with these keys, in the order of the keys. Records without a valid
/// version are left out.
pub fn read(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
    at: At,
    today: &str,
    cached: Option<CachedNames<'_>>,
) -> StoreResult<Vec<Document>> {
    let rows = version_rows(connection, keys, at, "")?;
    complete(connection, record_type, &rows, at, today, cached)
}

/// Reads the record with this id.
pub fn read_one(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    id: &str,
    at: At,
    today: &str,
    cached: Option<CachedNames<'_>>,
) -> StoreResult<Option<Document>> {
    let mut select = Statement::new(format!(
        r#"SELECT {COLUMNS} FROM "records" r JOIN "versions" v ON v."record_key" = r."key"
            WHERE r."record_type" = "#
    ));
    select
        .bind(record_type.name)
        .push(r#" AND r."id" = "#)
        .bind(id)
        .push(" AND ")
        .append(at.valid_version("v"));
    let rows = select.rows(connection)?;
    Ok(complete(connection, record_type, &rows, at, today, cached)?.pop())
}

/// A live record that was read without its names, and the latest revision.
#[derive(Debug)]
pub struct UnfilledRecord {
    /// The latest revision.
    pub latest: i64,
    row: Option<Row>,
}

/// Reads a live record and the latest revision with one statement, which needs no transaction.
pub fn read_unfilled(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    id: &str,
) -> StoreResult<UnfilledRecord> {
    let mut select = Statement::new(format!(
        r#"SELECT {COLUMNS}, l."latest" FROM (SELECT max("revision") "latest" FROM "revisions") l
            LEFT JOIN "records" r ON r."record_type" = "#
    ));
    select.bind(record_type.name).push(r#" AND r."id" = "#).bind(id).push_fmt(format_args!(
        r#" LEFT JOIN "versions" v ON v."record_key" = r."key" AND v."superseded_at" = {LIVE}"#
    ));
    let row = select.first(connection)?.unwrap_or_default();
    // Without any revision, `max` is null.
    let latest = row.integer(column::EXTRA).unwrap_or(0);
    Ok(UnfilledRecord { latest, row: Some(row).filter(|row| !row.is_null(column::KEY)) })
}

impl UnfilledRecord {
    /// Returns the record with cached names, or `None` if it is not live, was written under another
    /// declaration, or shows a name that is not cached.
    pub fn document(
        &self,
        record_type: &'static RecordType,
        names: CachedNames<'_>,
        today: &str,
    ) -> StoreResult<Option<Document>> {
        let shape = document::shape(record_type);
        let Some(row) = &self.row else { return Ok(None) };
        if row.text(column::SHAPE) != Some(shape.as_str()) {
            return Ok(None);
        }
        let (text, holes) =
            (row.required_text(column::DOCUMENT)?, row.required_text(column::HOLES)?);
        let shown = shown_keys(holes).map(|key| Some((key, names.get(key)?)));
        let Some(shown) = shown.collect::<Option<JsonNames>>() else { return Ok(None) };
        filled(record_type, row, text, holes, &shown, today).map(Some)
    }
}

/// Reads the valid versions of records, in the order of the keys.
pub fn versions(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
    at: At,
) -> StoreResult<Vec<Version>> {
    let rows = version_rows(connection, keys, at, r#", v."superseded_at""#)?;
    rows.iter().map(|row| version(record_type, row)).collect()
}

/// Reads all versions of a record, oldest first.
pub fn versions_of(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    key: i64,
) -> StoreResult<Vec<Version>> {
    versions_of_all(connection, record_type, &[key])
}

/// Reads all versions of records, those of a record oldest first.
pub fn versions_of_all(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<Vec<Version>> {
    let mut select = Statement::new(format!(
        r#"SELECT {COLUMNS}, v."superseded_at" FROM "versions" v WHERE v."record_key" IN "#
    ));
    select.append(connection.keys(keys)).push(r#" ORDER BY v."record_key", v."revision""#);
    select.rows(connection)?.iter().map(|row| version(record_type, row)).collect()
}

/// Reads the versions that a revision wrote, without later defaults, which their digests do not
/// cover.
pub fn versions_written(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
    revision: i64,
) -> StoreResult<Vec<Version>> {
    let mut select = Statement::new(format!(
        r#"SELECT {COLUMNS}, v."superseded_at" FROM "versions" v WHERE v."revision" = "#
    ));
    select.bind(revision).push(r#" AND v."record_key" IN "#).append(any_of(keys));
    select.rows(connection)?.iter().map(|row| written_version(record_type, row)).collect()
}

fn version_rows(
    connection: &mut AnyConnection,
    keys: &[i64],
    at: At,
    extra: &str,
) -> StoreResult<Vec<Row>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Statement::new(format!("SELECT {COLUMNS}{extra}"));
    select
        .append(connection.rows_by_keys(keys, "versions", "v"))
        .append(at.valid_version("v"))
        .push(connection.order_of_keys());
    select.rows(connection)
}

/// Parses a version, with defaults for fields that were declared after it was written.
fn version(record_type: &'static RecordType, row: &Row) -> StoreResult<Version> {
    let mut version = written_version(record_type, row)?;
    document::complete(record_type, &mut version.record);
    Ok(version)
}

fn written_version(record_type: &'static RecordType, row: &Row) -> StoreResult<Version> {
    Ok(Version {
        key: row.required_integer(column::KEY)?,
        revision: row.required_integer(column::REVISION)?,
        superseded_at: row.required_integer(column::EXTRA)?,
        created_at: row.required_text(column::CREATED_AT)?.to_owned(),
        updated_at: row.required_text(column::UPDATED_AT)?.to_owned(),
        record: decode(record_type, row.required_text(column::DOCUMENT)?)?,
    })
}

/// Fills the holes of stored documents.
fn complete(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    rows: &[Row],
    at: At,
    today: &str,
    cached: Option<CachedNames<'_>>,
) -> StoreResult<Vec<Document>> {
    let shape = document::shape(record_type);
    let mut rewritten: HashMap<usize, document::Encoded> = HashMap::new();
    for (index, row) in
        rows.iter().enumerate().filter(|(_, row)| row.text(column::SHAPE) != Some(shape.as_str()))
    {
        rewritten.insert(index, reshaped(connection, record_type, row)?);
    }
    let parts: Vec<(&str, &str)> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| match rewritten.get(&index) {
            Some(encoded) => Ok((encoded.document.as_str(), encoded.holes.as_str())),
            None => Ok((row.required_text(column::DOCUMENT)?, row.required_text(column::HOLES)?)),
        })
        .collect::<StoreResult<_>>()?;
    let mut wanted: Vec<i64> = parts.iter().flat_map(|(_, holes)| shown_keys(holes)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let names = json_names(connection, &wanted, at, cached)?;
    rows.iter()
        .zip(parts)
        .map(|(row, (text, holes))| filled(record_type, row, text, holes, &names, today))
        .collect()
}

/// Returns the document of a row with its holes filled.
fn filled(
    record_type: &'static RecordType,
    row: &Row,
    text: &str,
    holes: &str,
    names: &JsonNames,
    today: &str,
) -> StoreResult<Document> {
    let key = row.required_integer(column::KEY)?;
    let revision = row.required_integer(column::REVISION)?;
    let mut json = Vec::with_capacity(text.len() + 8 * holes.len() + 128);
    fill(&mut json, text, holes, names, today).ok_or_else(|| {
        StoreError::Unavailable(format!(
            "the document of the {} with the key {key} is damaged",
            record_type.name
        ))
    })?;
    let _ = write!(
        json,
        r#","revision":{revision},"created_at":"{}","updated_at":"{}"}}"#,
        row.required_text(column::CREATED_AT)?,
        row.required_text(column::UPDATED_AT)?
    );
    Ok(Document { key, revision, json })
}

/// Encodes a document of another declaration under the current one.
fn reshaped(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    row: &Row,
) -> StoreResult<document::Encoded> {
    let mut record = decode(record_type, row.required_text(column::DOCUMENT)?)?;
    document::complete(record_type, &mut record);
    let mut keys = Keys::new();
    find_targets(connection, record_type, &record, &mut keys)?;
    encode(record_type, &record, row.required_integer(column::KEY)?, &keys)
}

/// Returns the names of records as JSON, cached ones or read.
fn json_names(
    connection: &mut AnyConnection,
    keys: &[i64],
    at: At,
    cached: Option<CachedNames<'_>>,
) -> StoreResult<JsonNames> {
    let (mut names, mut missing) = (Vec::with_capacity(keys.len()), Vec::new());
    for key in keys {
        match cached.and_then(|cached| cached.get(*key)) {
            Some(name) => names.push((*key, name)),
            None => missing.push(*key),
        }
    }
    for row in name_rows(connection, &missing, at)? {
        let key = row.required_integer(0)?;
        let name: Arc<str> = serde_json::to_string(row.required_text(1)?)?.into();
        if let Some(cached) = cached {
            cached.insert(key, Arc::clone(&name));
        }
        names.push((key, name));
    }
    Ok(names.into_iter().collect())
}

/// Reads the names of records by key.
pub fn names(connection: &mut AnyConnection, keys: &[i64], at: At) -> StoreResult<Names> {
    let named = |row: &Row| Ok((row.required_integer(0)?, row.required_text(1)?.to_owned()));
    name_rows(connection, keys, at)?.iter().map(named).collect()
}

/// Reads the keys and the names of records, in the order of the keys.
fn name_rows(connection: &mut AnyConnection, keys: &[i64], at: At) -> StoreResult<Vec<Row>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Statement::new(r#"SELECT n."record_key", n."name""#);
    select
        .append(connection.rows_by_keys(keys, "names", "n"))
        .append(at.valid("n"))
        .push(connection.order_of_keys());
    select.rows(connection)
}
