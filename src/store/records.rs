//! Reads records: their documents, and the names that fill their holes.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::connection::AnyConnection;
use super::document::{
    self, Hole, JsonNames, Keys, Metadata, Names, decode, encode, fill, has_shape, is_intact,
    parse_holes,
};
use super::error::{StoreError, StoreResult};
use super::index::LIVE;
use super::links::find_targets;
use super::name_cache::CachedNames;
use super::record_status::latest_revision;
use super::row::Row;
use super::sql_value::SqlValue;
use super::statement::{Statement, any_of};
use super::version_key;
use crate::model::{Record, RecordType};

pub use super::at::At;
pub use super::record_keys::find_keys;

/// A stored version of a record.
#[derive(Clone, Debug)]
pub struct Version {
    /// The key of the record.
    pub key: i64,
    /// The revision that replaced the version, or [`LIVE`].
    pub superseded_at: i64,
    /// The revision that wrote the version, and its times.
    pub metadata: Metadata,
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
    /// The JSON text. Documents that were read together share one buffer.
    pub json: Bytes,
}

impl Document {
    /// Returns the JSON as text.
    pub fn text(&self) -> StoreResult<&str> {
        std::str::from_utf8(&self.json).map_err(|error| {
            StoreError::Internal(format!("the JSON of record {} is no text: {error}", self.key))
        })
    }
}

/// Returns the condition that this revision is still the latest, beginning with `AND`. A statement
/// outside of a transaction then finds nothing in another state.
pub(super) fn if_latest(required: Option<i64>) -> Statement {
    let mut condition = Statement::default();
    if let Some(revision) = required {
        condition
            .push(r#" AND coalesce((SELECT max("revision") FROM "revisions"), 0) = "#)
            .bind(revision);
    }
    condition
}

/// The positions of the columns of a version, and of the columns after them. The document is first,
/// because the first text of a [`Row`] determines its buffer.
mod column {
    pub(super) const DOCUMENT: usize = 0;
    pub(super) const HOLES: usize = 1;
    pub(super) const REVISION: usize = 2;
    pub(super) const KEY: usize = 3;
    /// After the columns of a version.
    pub(super) const SUPERSEDED_AT: usize = 4;
    /// After the columns of a match: the values of its sort keys.
    pub(super) const SORT_KEYS: usize = 4;
}

/// Returns `SELECT` with the columns of the version `v`, before the key of the record.
fn select_version(connection: &AnyConnection) -> Statement {
    // Diesel would check twice whether a text of SQLite is UTF-8, but not a blob.
    Statement::new(if connection.is_postgres() {
        r#"SELECT v."document", v."holes", v."revision""#
    } else {
        r#"SELECT CAST(v."document" AS BLOB), CAST(v."holes" AS BLOB), v."revision""#
    })
}

/// The query for the first records of a list, in order.
#[derive(Debug)]
pub struct Matches {
    /// Selects the key of the record as `record_key`, and the values of its sort keys as `k1`,
    /// `k2`, …. PostgreSQL may select more records than wanted.
    pub select: Statement,
    /// The number of sort keys.
    pub sort_keys: usize,
    /// The number of records.
    pub wanted: usize,
}

/// Documents as stored, without the names in their holes.
#[derive(Debug)]
pub struct StoredDocuments {
    rows: Vec<Row>,
    /// The number of sort keys of a match.
    sort_keys: usize,
    /// The revision that was required to be the latest.
    required_latest: Option<i64>,
}

/// Documents with the names in their holes.
#[derive(Debug, Default)]
pub(super) struct FilledDocuments {
    pub(super) documents: Vec<Document>,
    /// Names that were not cached, by key.
    pub(super) new_names: Vec<(i64, Arc<str>)>,
    /// Whether the last statement found rows and required the latest revision.
    pub(super) is_confirmed: bool,
}

impl StoredDocuments {
    /// Reads the documents of records with these keys, in the order of the keys, while the
    /// required revision is the latest. Records without a valid version are left out.
    pub(super) fn of_keys(
        connection: &mut AnyConnection,
        keys: &[i64],
        at: At,
        required_latest: Option<i64>,
    ) -> StoreResult<Self> {
        let rows = version_rows(connection, keys, at, "", required_latest)?;
        Ok(Self { rows, sort_keys: 0, required_latest })
    }

    /// Reads the document of the record with this id, while the required revision is the latest.
    pub(super) fn of_id(
        connection: &mut AnyConnection,
        record_type: &'static RecordType,
        id: &str,
        at: At,
        required_latest: Option<i64>,
    ) -> StoreResult<Self> {
        let mut select = select_version(connection);
        select.push(r#", v."record_key" FROM "records" r JOIN "versions" v ON "#);
        select.append(at.version_of(r#"r."key""#, "v")).push(r#" WHERE r."record_type" = "#);
        select.bind(record_type.name).push(r#" AND r."id" = "#).bind(id);
        select.append(if_latest(required_latest));
        Ok(Self { rows: select.rows(connection)?, sort_keys: 0, required_latest })
    }

    /// Reads the documents of matches, in order, while the required revision is the latest.
    pub(super) fn of_matches(
        connection: &mut AnyConnection,
        record_type: &'static RecordType,
        matches: Matches,
        at: At,
        required_latest: Option<i64>,
    ) -> StoreResult<Self> {
        let Matches { select: found, sort_keys, wanted } = matches;
        let mut select = select_version(connection);
        select.push(r#", m."record_key""#);
        for key in 1..=sort_keys {
            select.push_fmt(format_args!(r#", m."k{key}""#));
        }
        let number = connection.number("m");
        if let Some(number) = &number {
            select.push_fmt(format_args!(", {number}"));
        }
        select.push(" FROM ").append(connection.numbered(found));
        select.push(r#" m LEFT JOIN "versions" v ON "#);
        select
            .append(at.version_of(r#"m."record_key""#, "v"))
            .push(" WHERE 1 = 1")
            .append(connection.first_numbers("m", wanted))
            .append(if_latest(required_latest));
        let mut rows = select.rows(connection)?;
        if number.is_some() {
            rows.sort_by_key(|row| row.integer(column::SORT_KEYS + sort_keys));
        }
        if let Some(row) = rows.iter().find(|row| row.is_null(column::DOCUMENT)) {
            return Err(damaged(record_type, row.required_integer(column::KEY)?));
        }
        Ok(Self { rows, sort_keys, required_latest })
    }

    /// Returns the first document as a version, if it is live.
    pub(super) fn version(&self, record_type: &'static RecordType) -> StoreResult<Option<Version>> {
        self.rows.first().map(|row| version(record_type, row, LIVE)).transpose()
    }

    /// Returns the values of the sort keys of a match.
    pub fn position(&self, index: usize) -> Option<Vec<SqlValue>> {
        let row = self.rows.get(index)?;
        let columns = column::SORT_KEYS..column::SORT_KEYS + self.sort_keys;
        Some(columns.map(|column| row.value(column)).collect())
    }

    /// Returns whether the required revision is no longer the latest. The read is then repeated.
    fn is_outdated(&self, connection: &mut AnyConnection) -> StoreResult<bool> {
        match self.required_latest {
            Some(required) => Ok(latest_revision(connection)? != required),
            None => Ok(false),
        }
    }

    /// Fills the holes.
    pub(super) fn fill(
        &self,
        connection: &mut AnyConnection,
        record_type: &'static RecordType,
        at: At,
        today: &str,
        cached: Option<CachedNames<'_>>,
    ) -> StoreResult<FilledDocuments> {
        let rows = &self.rows;
        let shape = document::shape(record_type);
        let mut rewritten: HashMap<usize, document::Encoded> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            if !has_shape(row.required_bytes(column::HOLES)?, &shape) {
                rewritten.insert(index, reshaped(connection, record_type, row)?);
            }
        }
        let (mut documents, mut holes) = (Vec::with_capacity(rows.len()), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            let (text, encoded_holes) = match rewritten.get(&index) {
                Some(encoded) => (encoded.document.as_bytes(), encoded.holes.as_bytes()),
                None => (row.required_bytes(column::DOCUMENT)?, row.required_bytes(column::HOLES)?),
            };
            let (key, first_hole) = (row.required_integer(column::KEY)?, holes.len());
            parse_holes(text, encoded_holes, &mut holes)
                .ok_or_else(|| damaged(record_type, key))?;
            let revision = row.required_integer(column::REVISION)?;
            documents.push((key, revision, text, first_hole..holes.len()));
        }
        let mut wanted: Vec<i64> = holes.iter().filter_map(Hole::shown_key).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let (mut names, mut missing) = (Vec::with_capacity(wanted.len()), Vec::new());
        for key in wanted {
            match cached.and_then(|cached| cached.get(key)) {
                Some(name) => names.push((key, name)),
                None => missing.push(key),
            }
        }
        let rows_of_names = name_rows(connection, &missing, at, self.required_latest)?;
        if rows_of_names.is_empty() && !missing.is_empty() && self.is_outdated(connection)? {
            return Ok(FilledDocuments::default());
        }
        let new_names = rows_of_names
            .iter()
            .map(|row| {
                let name = serde_json::to_string(row.required_text(NAME)?)?;
                Ok((row.required_integer(NAME_KEY)?, name.into()))
            })
            .collect::<StoreResult<Vec<_>>>()?;
        names.extend(new_names.iter().cloned());
        let names: JsonNames = names.into_iter().collect();
        let length: usize = documents.iter().map(|(_, _, text, _)| text.len()).sum();
        let mut buffer = BytesMut::with_capacity(length + 64 * holes.len());
        let documents = documents
            .into_iter()
            .map(|(key, revision, text, range)| {
                fill(text, &holes[range], &names, today, &mut buffer)
                    .ok_or_else(|| damaged(record_type, key))?;
                Ok(Document { key, revision, json: buffer.split().freeze() })
            })
            .collect::<StoreResult<_>>()?;
        let is_confirmed = if missing.is_empty() {
            rewritten.is_empty() && !rows.is_empty()
        } else {
            !rows_of_names.is_empty()
        };
        Ok(FilledDocuments { documents, new_names, is_confirmed })
    }
}

/// Reads the records of one type with these keys, in the order of the keys. Records without a valid
/// version are left out.
pub fn read(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
    at: At,
    today: &str,
) -> StoreResult<Vec<Document>> {
    let stored = StoredDocuments::of_keys(connection, keys, at, None)?;
    Ok(stored.fill(connection, record_type, at, today, None)?.documents)
}

/// Reads the valid versions of records, in the order of the keys.
pub fn versions(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
    at: At,
) -> StoreResult<Vec<Version>> {
    let rows = version_rows(connection, keys, at, r#", v."superseded_at""#, None)?;
    rows.iter().map(|row| version(record_type, row, superseded_at(row)?)).collect()
}

/// Reads all versions of records, those of a record oldest first.
pub fn versions_of(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<Vec<Version>> {
    let mut select = select_version(connection);
    select
        .push(r#", v."record_key", v."superseded_at""#)
        .append(connection.rows_by_keys(keys, "versions", "v"))
        .append(version_key::of_record(r#"k."value""#, "v"))
        .push(r#" ORDER BY v."record_key", v."revision""#);
    let rows = select.rows(connection)?;
    rows.iter().map(|row| version(record_type, row, superseded_at(row)?)).collect()
}

/// Reads the versions that a revision wrote, without later defaults, which their digests do not
/// cover.
pub fn versions_written(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
    revision: i64,
) -> StoreResult<Vec<Version>> {
    let mut select = select_version(connection);
    select.push(r#", v."record_key", v."superseded_at" FROM "versions" v WHERE v."revision" = "#);
    select.bind(revision).push(r#" AND v."record_key" IN "#).append(any_of(keys));
    let rows = select.rows(connection)?;
    rows.iter().map(|row| written_version(record_type, row, superseded_at(row)?)).collect()
}

fn version_rows(
    connection: &mut AnyConnection,
    keys: &[i64],
    at: At,
    extra: &str,
    required_latest: Option<i64>,
) -> StoreResult<Vec<Row>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = select_version(connection);
    select
        .push(r#", v."record_key""#)
        .push(extra)
        .append(connection.rows_by_keys(keys, "versions", "v"))
        .append(at.version_of(r#"k."value""#, "v"))
        .append(if_latest(required_latest))
        .push(connection.order_of_keys());
    select.rows(connection)
}

fn superseded_at(row: &Row) -> StoreResult<i64> {
    row.required_integer(column::SUPERSEDED_AT)
}

/// Parses a version, with defaults for fields that were declared after it was written.
fn version(
    record_type: &'static RecordType,
    row: &Row,
    superseded_at: i64,
) -> StoreResult<Version> {
    check_intact(record_type, row)?;
    let mut version = written_version(record_type, row, superseded_at)?;
    document::complete(record_type, &mut version.record);
    Ok(version)
}

fn written_version(
    record_type: &'static RecordType,
    row: &Row,
    superseded_at: i64,
) -> StoreResult<Version> {
    let key = row.required_integer(column::KEY)?;
    let (metadata, record) = decode(record_type, row.required_bytes(column::DOCUMENT)?)?;
    if metadata.revision != row.required_integer(column::REVISION)? {
        return Err(damaged(record_type, key));
    }
    Ok(Version { key, superseded_at, metadata, record })
}

/// Returns an error if the document of a row does not match its checksum.
fn check_intact(record_type: &'static RecordType, row: &Row) -> StoreResult<()> {
    let (text, holes) = (row.required_bytes(column::DOCUMENT)?, row.required_bytes(column::HOLES)?);
    if is_intact(text, holes) {
        return Ok(());
    }
    Err(damaged(record_type, row.required_integer(column::KEY)?))
}

/// Returns the error for a damaged document.
pub(super) fn damaged(record_type: &'static RecordType, key: i64) -> StoreError {
    let name = record_type.name;
    StoreError::Unavailable(format!("the document of the {name} with the key {key} is damaged"))
}

/// Encodes a document of another declaration under the current one.
fn reshaped(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    row: &Row,
) -> StoreResult<document::Encoded> {
    check_intact(record_type, row)?;
    let (metadata, mut record) = decode(record_type, row.required_bytes(column::DOCUMENT)?)?;
    document::complete(record_type, &mut record);
    let mut keys = Keys::new();
    find_targets(connection, record_type, &record, &mut keys)?;
    encode(record_type, &record, &metadata, row.required_integer(column::KEY)?, &keys)
}

/// Reads the names of records by key.
pub fn names(connection: &mut AnyConnection, keys: &[i64], at: At) -> StoreResult<Names> {
    let named =
        |row: &Row| Ok((row.required_integer(NAME_KEY)?, row.required_text(NAME)?.to_owned()));
    name_rows(connection, keys, at, None)?.iter().map(named).collect()
}

/// The positions of the columns of a row with a name.
const NAME_KEY: usize = 0;
const NAME: usize = 1;

/// Reads the keys and the names of records, in the order of the keys, while the required revision
/// is the latest.
fn name_rows(
    connection: &mut AnyConnection,
    keys: &[i64],
    at: At,
    required_latest: Option<i64>,
) -> StoreResult<Vec<Row>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Statement::new(r#"SELECT n."record_key", n."name""#);
    select
        .append(connection.rows_by_keys(keys, "names", "n"))
        .push(r#"n."record_key" = k."value" AND "#)
        .append(at.valid("n"))
        .append(if_latest(required_latest))
        .push(connection.order_of_keys());
    select.rows(connection)
}
