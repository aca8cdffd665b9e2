//! Exports of the dataset at one revision as one file. The same revision produces the same bytes on
//! every database and at any time: a file depends only on the records, the settings and the
//! timestamps of the revisions.

mod bundle;
mod database;
mod frictionless;
mod package;

use std::fs::File;
use std::io::{self, Read as _, Seek as _};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::settings::Settings;
use crate::store::index::TypeIndex;
use crate::store::record_status::time_of;
use crate::store::{Document, Pin, Snapshot, Statement, Store, StoreError, StoreResult};

/// The number of records that are read together.
const BATCH: usize = 500;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object per line, type by type.
    Ndjson,
    /// A bundle that can be imported.
    Json,
    /// A ZIP file with one CSV file per type and a Frictionless data package that describes them.
    Csv,
    /// An SQLite database.
    Sqlite,
}

impl Format {
    /// All formats, the default first.
    pub const ALL: [Self; 4] = [Self::Ndjson, Self::Json, Self::Csv, Self::Sqlite];

    /// Returns the name in query strings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Sqlite => "sqlite",
        }
    }

    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Json => "application/json",
            Self::Csv => "application/zip",
            Self::Sqlite => "application/vnd.sqlite3",
        }
    }

    /// Returns the file name extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Csv => "csv.zip",
            Self::Sqlite => "sqlite",
        }
    }
}

/// The origin of an export.
#[derive(Clone, Debug)]
struct Origin<'s> {
    settings: &'s Settings,
    /// The revision and its timestamp. Revision 0 has none.
    revision: i64,
    recorded_at: Option<String>,
}

impl Origin<'_> {
    /// Returns the name and the URL of the license.
    fn license(&self) -> (&str, Option<&str>) {
        let license = &self.settings.license;
        (&license.name, license.url.as_deref())
    }
}

/// Writes the dataset at a revision into a file. Calls `on_progress` with the number of records
/// written so far.
pub fn export(
    store: &Store,
    settings: &Settings,
    revision: i64,
    format: Format,
    file: &mut NamedTempFile,
    on_progress: &mut dyn FnMut(u64),
) -> StoreResult<()> {
    store.read(&Pin::revision(revision), |snapshot| {
        let recorded_at = time_of(snapshot.connection(), revision)?.map(|time| time.to_string());
        let origin = Origin { settings, revision, recorded_at };
        let mut records = RecordReader { count: 0, on_progress };
        match format {
            Format::Ndjson => bundle::write_lines(snapshot, &mut records, file.as_file_mut()),
            Format::Json => bundle::write_bundle(snapshot, &mut records, file.as_file_mut()),
            Format::Csv => package::write(snapshot, &mut records, &origin, file.as_file_mut()),
            Format::Sqlite => database::write(snapshot, &mut records, &origin, file.path()),
        }
    })
}

/// Returns the number of records at a revision.
pub fn count(store: &Store, revision: i64) -> StoreResult<u64> {
    store.read(&Pin::revision(revision), |snapshot| {
        let mut count = 0;
        for index in snapshot.indexes.iter() {
            let mut select =
                Statement::new(format!(r#"SELECT count(*) FROM "{}" t WHERE "#, index.table()));
            select.append(snapshot.at().valid("t"));
            count += select.number(snapshot.connection())?;
        }
        u64::try_from(count).map_err(|_| StoreError::Internal(format!("there are {count} records")))
    })
}

/// Returns the length and the SHA-256 of a file, and rewinds it.
pub fn digest(file: &mut File) -> io::Result<(u64, [u8; 32])> {
    file.rewind()?;
    let (mut hash, mut length, mut buffer) = (Sha256::new(), 0, vec![0; 128 << 10]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        length += read as u64;
    }
    file.rewind()?;
    Ok((length, hash.finalize().into()))
}

/// Reads records and reports progress.
struct RecordReader<'t> {
    count: u64,
    on_progress: &'t mut dyn FnMut(u64),
}

impl RecordReader<'_> {
    /// Reads the records of one type in the order of their ids.
    fn each(
        &mut self,
        snapshot: &mut Snapshot<'_>,
        index: &TypeIndex,
        mut each: impl FnMut(&Document) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let mut after = String::new();
        loop {
            let mut select = Statement::new(format!(
                r#"SELECT t."record_key", t."id" FROM "{}" t WHERE "#,
                index.table()
            ));
            select.append(snapshot.at().valid("t")).push(r#" AND t."id" > "#).bind(after.as_str());
            select.push(r#" ORDER BY t."id""#).limit(BATCH);
            let rows = select.rows(snapshot.connection())?;
            let Some(last) = rows.last().and_then(|row| row.text(1)) else { return Ok(()) };
            after = last.to_owned();
            let keys: Vec<i64> = rows.iter().filter_map(|row| row.integer(0)).collect();
            let documents = snapshot.documents(index.record_type, &keys)?;
            documents.iter().try_for_each(&mut each)?;
            self.count += documents.len() as u64;
            (self.on_progress)(self.count);
            if keys.len() < BATCH {
                return Ok(());
            }
        }
    }
}
