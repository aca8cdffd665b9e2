//! The latest revision, and the status of ids: live, deleted, merged or unknown.

use std::collections::HashMap;

use super::connection::AnyConnection;
use super::dialect::any_of;
use super::error::StoreResult;
use super::records::{At, BATCH};
use super::statement::Statement;
use crate::model::RecordType;

/// The status of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No record ever had it.
    Unknown,
    /// A record has it, last changed by this revision.
    Live(i64),
    /// The record was deleted by this revision.
    Deleted(i64),
    /// The record was merged into the one with this id.
    Merged(String),
}

/// The latest revision.
#[derive(Clone, Debug)]
pub struct LastRevision {
    /// Its number.
    pub revision: i64,
    /// When it was made.
    pub recorded_at: String,
    /// Its digest.
    pub digest: Option<String>,
}

/// The latest revision, where there is one.
pub fn last_revision(connection: &mut AnyConnection) -> StoreResult<Option<LastRevision>> {
    let select = r#"SELECT "revision", "recorded_at", "digest" FROM "revisions" ORDER BY "revision" DESC LIMIT 1"#;
    let row = Statement::new(select).first(connection)?;
    Ok(row.map(|row| LastRevision {
        revision: row.integer(0).unwrap_or_default(),
        recorded_at: row.text(1).unwrap_or_default().to_owned(),
        digest: row.text(2).map(str::to_owned),
    }))
}

/// The status of these ids; ids that no record had until then are missing.
pub fn standings(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    ids: &[String],
    at: At,
) -> StoreResult<HashMap<String, Standing>> {
    let mut known = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let mut live = Statement::new(
            r#"SELECT r."id", v."revision", r."key" FROM "records" r LEFT JOIN "versions" v ON v."record_key" = r."key" AND "#,
        );
        live.append(at.valid_version("v")).push(r#" WHERE r."record_type" = "#).bind(record_type.name);
        live.push(r#" AND r."id" IN "#).append(any_of(ids));
        let mut gone = Vec::new();
        for row in live.rows(connection)? {
            let id = row.text(0).unwrap_or_default().to_owned();
            match row.integer(1) {
                Some(revision) => drop(known.insert(id, Standing::Live(revision))),
                None => gone.push(row.integer(2).unwrap_or_default()),
            }
        }
        if gone.is_empty() {
            continue;
        }
        let mut ended = Statement::new(
            r#"SELECT r."id", c."revision", i."id" FROM "changes" c JOIN "records" r ON r."key" = c."record_key" LEFT JOIN "records" i ON i."key" = c."into_key" WHERE c."operation" IN ('delete', 'merge') AND c."record_key" IN "#,
        );
        ended.append(any_of(&gone));
        if let At::Revision(revision) = at {
            ended.push(r#" AND c."revision" <= "#).bind(revision);
        }
        ended.push(r#" ORDER BY c."revision""#);
        for row in ended.rows(connection)? {
            let standing = match row.text(2) {
                Some(into) => Standing::Merged(into.to_owned()),
                None => Standing::Deleted(row.integer(1).unwrap_or_default()),
            };
            known.insert(row.text(0).unwrap_or_default().to_owned(), standing);
        }
    }
    Ok(known)
}
