//! One record.

use super::include::shape;
use super::memory::Memory;
use crate::formats::json::write_record;
use crate::model::RecordType;
use crate::store::layout::Lists;
use crate::store::records::Records;
use crate::store::standing::standings;
use crate::store::{Snapshot, Standing, Statement, StoreResult};

/// What was found of a record.
#[derive(Debug)]
pub enum Item {
    /// The record as JSON, and the revision that last changed it.
    Found(Vec<u8>, i64),
    /// It was deleted by this revision.
    Gone(i64),
    /// It was merged into the record with this id.
    Merged(String),
    /// There never was one.
    Unknown,
}

/// The record with this id, with what is asked for of it.
pub fn find(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    id: &str,
    fields: &[&'static str],
    include: &[&'static str],
    memory: &Memory,
) -> StoreResult<Item> {
    let layouts = snapshot.layouts;
    let layout = layouts.of(record_type);
    if fields.is_empty() && include.is_empty() {
        return match memory.records(snapshot, layout, &[id])?.first() {
            Some(finished) => Ok(Item::Found(finished.json.to_vec(), finished.revision)),
            None => gone(snapshot, record_type, id),
        };
    }
    let mut tail = Statement::new(r#" WHERE t."id" = "#);
    tail.bind(id);
    let records = Records::load(snapshot.connection, layouts, layout, &snapshot.today, tail, Lists::ALL)?;
    let Some(record) = records.iter().next() else {
        return gone(snapshot, record_type, id);
    };
    let shape = shape(snapshot, &records, fields, include)?;
    let mut body = Vec::with_capacity(4_096);
    write_record(&mut body, record, &shape);
    Ok(Item::Found(body, record.row.integer(record.column("revision")).unwrap_or_default()))
}

fn gone(snapshot: &mut Snapshot<'_>, record_type: &'static RecordType, id: &str) -> StoreResult<Item> {
    let known = standings(snapshot.connection, record_type, &[id.to_owned()], snapshot.revision)?.remove(id);
    Ok(match known {
        Some(Standing::Deleted(revision)) => Item::Gone(revision),
        Some(Standing::Merged(into)) => Item::Merged(into),
        _ => Item::Unknown,
    })
}
