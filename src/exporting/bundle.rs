//! JSON exports: one record per line, or a bundle that can be imported.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use super::RecordReader;
use crate::store::{Snapshot, StoreResult};

/// Writes one record per line.
pub(super) fn write_lines(
    snapshot: &mut Snapshot<'_>,
    records: &mut RecordReader<'_>,
    file: &mut File,
) -> StoreResult<()> {
    let mut out = BufWriter::new(file);
    for index in snapshot.indexes.iter() {
        records.each(snapshot, index, |document| {
            out.write_all(&document.json)?;
            Ok(out.write_all(b"\n")?)
        })?;
    }
    Ok(out.flush()?)
}

/// Writes a bundle: an object with a list for each type, one record per line.
pub(super) fn write_bundle(
    snapshot: &mut Snapshot<'_>,
    records: &mut RecordReader<'_>,
    file: &mut File,
) -> StoreResult<()> {
    let mut out = BufWriter::new(file);
    for (place, index) in snapshot.indexes.iter().enumerate() {
        write!(out, "{}\n\"{}\":[", if place == 0 { "{" } else { "," }, index.table())?;
        let mut first = true;
        records.each(snapshot, index, |document| {
            out.write_all(if std::mem::take(&mut first) { b"\n" } else { b",\n" })?;
            Ok(out.write_all(&document.json)?)
        })?;
        out.write_all(b"]")?;
    }
    out.write_all(b"}\n")?;
    Ok(out.flush()?)
}
