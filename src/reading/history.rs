//! The versions of a record and their differences.

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::formats::json::to_value;
use crate::model::RecordType;
use crate::store::{Operation, Snapshot, Statement, StoreResult};

/// A version of a record in its history.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The number of the revision.
    #[schema(minimum = 1)]
    pub revision: i64,
    /// The time of the revision.
    #[schema(format = DateTime, max_length = 27)]
    pub recorded_at: String,
    /// The author.
    pub actor: String,
    /// The reason that the author gave.
    #[schema(required)]
    pub reason: Option<String>,
    /// The kind of change.
    #[schema(value_type = Operation)]
    pub operation: String,
    /// JSON pointers to the members that differ from the previous version.
    pub changed: Vec<String>,
    /// The record as of this revision; null if it was deleted or merged.
    #[schema(required)]
    pub record: Option<Json>,
}

/// Returns the versions of a record, latest first, without `changed` and `record`.
pub fn versions(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> StoreResult<Vec<HistoryEntry>> {
    let mut select = Statement::new(
        r#"SELECT r."revision", r."recorded_at", r."actor", r."reason", c."operation"
            FROM "records" k JOIN "changes" c ON c."record_key" = k."key" JOIN "revisions" r
            ON r."revision" = c."revision" WHERE k."record_type" = "#,
    );
    select
        .bind(record_type.name)
        .push(r#" AND k."id" = "#)
        .bind(id)
        .push(r#" AND c."revision" <= "#)
        .bind(snapshot.revision);
    select.push(r#" ORDER BY c."revision" DESC, c."position" DESC"#);
    let rows = select.rows(snapshot.connection())?;
    rows.iter()
        .map(|row| {
            Ok(HistoryEntry {
                revision: row.required_integer(0)?,
                recorded_at: row.required_text(1)?.to_owned(),
                actor: row.required_text(2)?.to_owned(),
                reason: row.text(3).map(str::to_owned),
                operation: row.required_text(4)?.to_owned(),
                changed: Vec::new(),
                record: None,
            })
        })
        .collect()
}

/// Reads the record from this snapshot, if it is live there.
pub fn record_at(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> StoreResult<Option<Json>> {
    let document = snapshot.document(record_type, id)?;
    document.map(|document| to_value(&document.json)).transpose()
}
