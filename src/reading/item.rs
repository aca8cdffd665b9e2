//! Reads one record.

use bytes::Bytes;

use super::include::{Include, shape};
use crate::formats::json::write_record;
use crate::model::RecordType;
use crate::store::record_status::record_statuses;
use crate::store::{RecordStatus, Snapshot, Statement, StoreResult};

/// The result of reading a record.
#[derive(Debug)]
pub enum Item {
    /// The record as JSON, and the revision that last changed it.
    Found(Bytes, i64),
    /// The status of an id that no live record has.
    Missing(RecordStatus),
}

/// Reads the record with this id, with the requested fields and included records.
pub fn find(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    id: &str,
    fields: &[&'static str],
    include: &[Include],
) -> StoreResult<Item> {
    let Some(document) = snapshot.document(record_type, id)? else {
        return Ok(Item::Missing(status_of(snapshot, record_type, id)?));
    };
    if fields.is_empty() && include.is_empty() {
        return Ok(Item::Found(document.json, document.revision));
    }
    let shape = shape(snapshot, record_type, std::slice::from_ref(&document), fields, include)?;
    let mut body = Vec::with_capacity(4_096);
    write_record(&mut body, &document, &shape)?;
    Ok(Item::Found(body.into(), document.revision))
}

/// Returns the key of the record with this id, if it is live.
pub fn key_of(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> StoreResult<Option<i64>> {
    let mut select =
        Statement::new(format!(r#"SELECT t."record_key" FROM "{}" t WHERE "#, record_type.plural));
    select.append(snapshot.at().valid("t")).push(r#" AND t."id" = "#).bind(id);
    Ok(select.first(snapshot.connection())?.and_then(|row| row.integer(0)))
}

/// Returns the status of an id.
pub fn status_of(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> StoreResult<RecordStatus> {
    let (at, id) = (snapshot.at(), (record_type.name, id.to_owned()));
    let mut found = record_statuses(snapshot.connection(), std::slice::from_ref(&id), at)?;
    Ok(found.remove(&id).unwrap_or(RecordStatus::Unknown))
}
