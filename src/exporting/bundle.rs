//! The record as JSON: a line for each record, or a bundle as an import takes it.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use super::Walk;
use crate::formats::json::{Shape, write_record};
use crate::store::{Snapshot, StoreResult};

/// Writes a JSON object a line.
pub(super) fn write_lines(snapshot: &mut Snapshot<'_>, records: &mut Walk<'_>, file: &mut File) -> StoreResult<()> {
    let mut out = BufWriter::new(file);
    let (shape, mut line) = (Shape::default(), Vec::new());
    let layouts = snapshot.layouts;
    for layout in layouts.iter() {
        records.each(snapshot, layout, |record| {
            line.clear();
            write_record(&mut line, record, &shape);
            line.push(b'\n');
            Ok(out.write_all(&line)?)
        })?;
    }
    Ok(out.flush()?)
}

/// Writes a bundle: an object with a list for each type, a record a line.
pub(super) fn write_bundle(snapshot: &mut Snapshot<'_>, records: &mut Walk<'_>, file: &mut File) -> StoreResult<()> {
    let mut out = BufWriter::new(file);
    let (shape, mut line) = (Shape::default(), Vec::new());
    let layouts = snapshot.layouts;
    for (index, layout) in layouts.iter().enumerate() {
        write!(out, "{}\n\"{}\":[", if index == 0 { "{" } else { "," }, layout.table())?;
        let mut first = true;
        records.each(snapshot, layout, |record| {
            line.clear();
            line.extend_from_slice(if std::mem::take(&mut first) { b"\n" } else { b",\n" });
            write_record(&mut line, record, &shape);
            Ok(out.write_all(&line)?)
        })?;
        out.write_all(b"]")?;
    }
    out.write_all(b"}\n")?;
    Ok(out.flush()?)
}
