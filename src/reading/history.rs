//! The versions of a record, and what revisions changed: read from the history as the record stood at each.

use serde_json::{Value as Json, json};

use crate::formats::json::to_value;
use crate::model::{Record, RecordType, changed};
use crate::store::document::decode_json;
use crate::store::records::read_one;
use crate::store::{Snapshot, Statement, StoreResult};

/// A revision that changed a record.
#[derive(Clone, Debug)]
pub struct Version {
    /// The revision.
    pub revision: i64,
    /// When it was made.
    pub recorded_at: String,
    /// Who made it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// What was done to the record.
    pub operation: String,
}

/// The versions of a record up to the revision that is read, the newest first.
pub fn versions(snapshot: &mut Snapshot<'_>, record_type: &'static RecordType, id: &str, most: i64) -> StoreResult<Vec<Version>> {
    let mut select = Statement::new(
        r#"SELECT r."revision", r."recorded_at", r."actor", r."reason", c."operation" FROM "records" k JOIN "changes" c ON c."record_key" = k."key" JOIN "revisions" r ON r."revision" = c."revision" WHERE k."record_type" = "#,
    );
    select.bind(record_type.name).push(r#" AND k."id" = "#).bind(id).push(r#" AND c."revision" <= "#).bind(most);
    select.push(r#" ORDER BY c."revision" DESC, c."position" DESC"#);
    let rows = select.rows(snapshot.connection)?;
    Ok(rows
        .iter()
        .map(|row| Version {
            revision: row.integer(0).unwrap_or_default(),
            recorded_at: row.text(1).unwrap_or_default().to_owned(),
            actor: row.text(2).unwrap_or_default().to_owned(),
            reason: row.text(3).map(str::to_owned),
            operation: row.text(4).unwrap_or_default().to_owned(),
        })
        .collect())
}

/// The record as it stands in this snapshot, where there is one.
pub fn as_it_stood(snapshot: &mut Snapshot<'_>, record_type: &'static RecordType, id: &str) -> StoreResult<Option<Json>> {
    let document = read_one(snapshot.connection, record_type, id, snapshot.at(), &snapshot.today)?;
    document.as_ref().map(to_value).transpose()
}

/// A version as the history tells it, with what differs from the version before.
pub fn entry(record_type: &'static RecordType, version: &Version, record: Option<&Json>, before: Option<&Json>) -> Json {
    let parsed = |json: Option<&Json>| -> Option<Record> { decode_json(record_type, json?) };
    json!({
        "revision": version.revision,
        "recorded_at": version.recorded_at,
        "actor": version.actor,
        "reason": version.reason,
        "operation": version.operation,
        "changed": changed(record_type, parsed(before).as_ref(), parsed(record).as_ref()),
        "record": record,
    })
}
