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
        let mut out = HashingWriter { inner: &mut zip, bytes: 0, hash: Sha256::new() };
        let mut table = Table::default();
        table.header(index.record_type, &[], false);
        let mut count = 0;
        records.each(snapshot, index, |document| {
            table.row(index.record_type, document.text()?, &[], None)?;
            count += 1;
            if count % ROWS_PER_CHUNK == 0 {
                out.write_all(&std::mem::take(&mut table).into_bytes())?;
            }
            Ok(())
        })?;
        out.write_all(&table.into_bytes())?;
        let sha256 = hex(&out.hash.finalize());
        let written = CsvFile { file: name, bytes: out.bytes, sha256 };
        resources.push(frictionless::resource(index.record_type, &written));
    }
    zip.start_file("datapackage.json", options()).map_err(zip_error)?;
    let package = frictionless::package(origin, resources);
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

/// Counts and hashes the bytes that are written.
struct HashingWriter<W> {
    inner: W,
    bytes: u64,
    hash: Sha256,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
