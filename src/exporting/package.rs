//! A CSV export: a ZIP file with one CSV file per type, and `datapackage.json`, which describes
//! them.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::frictionless::{self, CsvFile};
use super::{Origin, RecordReader};
use crate::digest::hex;
use crate::formats::csv::Table;
use crate::store::{Snapshot, StoreError, StoreResult};

/// The number of rows that are compressed together.
const ROWS_PER_CHUNK: usize = 100;

/// Writes the ZIP file.
pub(super) fn write(
    snapshot: &mut Snapshot<'_>,
    records: &mut RecordReader<'_>,
    origin: &Origin<'_>,
    file: &mut File,
) -> StoreResult<()> {
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let mut resources = Vec::new();
    for index in snapshot.indexes.iter() {
        let name = format!("{}.csv", index.table());
        zip.start_file(name.as_str(), options()).map_err(zip_error)?;
        let (mut bytes, mut hash) = (0, Sha256::new());
        let mut write = |rows: Vec<u8>| {
            bytes += rows.len() as u64;
            hash.update(&rows);
            zip.write_all(&rows)
        };
        let mut table = Table::default();
        table.header(index.record_type, &[], false);
        let mut count = 0;
        records.each(snapshot, index, |document| {
            table.row(index.record_type, document.text()?, &[], None)?;
            count += 1;
            if count % ROWS_PER_CHUNK == 0 {
                write(std::mem::take(&mut table).into_bytes())?;
            }
            Ok(())
        })?;
        write(table.into_bytes())?;
        let written = CsvFile { file: name, bytes, sha256: hex(&hash.finalize()) };
        resources.push(frictionless::resource(index.record_type, &written));
    }
    zip.start_file("datapackage.json", options()).map_err(zip_error)?;
    let package = frictionless::package(origin, &resources);
    let text = serde_json::to_vec_pretty(&package)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    zip.write_all(&text)?;
    zip.finish().map_err(zip_error)?.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(())
}

/// Files have a fixed timestamp, so that the bytes depend on the content only.
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644)
        .large_file(true)
}

fn zip_error(error: zip::result::ZipError) -> StoreError {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        other => StoreError::Internal(format!("the package cannot be written: {other}")),
    }
}
