//! The record as JSON: a line for each record, or a bundle as an import takes it.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use super::Continuation;
use crate::store::{Snapshot, StoreResult};

/// Writes a JSON object a line.
pub(super) fn write_lines(
    snapshot: &mut Snapshot<'_>,
    records: &mut Continuation<'_>,
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

/// Writes a bundle: an object with a list for each type, a record a line.
pub(super) fn write_bundle(
    snapshot: &mut Snapshot<'_>,
    records: &mut Continuation<'_>,
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
