//! The latest revision, and the status of ids: live, deleted, merged or unknown.

use std::collections::HashMap;

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::records::{At, BATCH};
use super::schema::revisions;
use super::statement::{Statement, any_of};
use crate::model::RecordType;

/// The status of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordStatus {
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
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = revisions)]
pub struct LastRevision {
    /// Its number.
    pub revision: i64,
    /// When it was made.
    pub recorded_at: String,
    /// Its digest.
    pub digest: String,
}

/// The latest revision, where there is one.
pub fn last_revision(connection: &mut AnyConnection) -> StoreResult<Option<LastRevision>> {
    let latest = revisions::table.order(revisions::revision.desc());
    Ok(latest.select(LastRevision::as_select()).first(connection).optional()?)
}

/// The status of these ids; ids that no record had until then are missing.
pub fn record_statuses(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    ids: &[String],
    at: At,
) -> StoreResult<HashMap<String, RecordStatus>> {
    let mut known = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let mut live = Statement::new(
            r#"SELECT r."id", v."revision", r."key" FROM "records" r LEFT JOIN "versions" v
                ON v."record_key" = r."key" AND "#,
        );
        live.append(at.valid_version("v"))
            .push(r#" WHERE r."record_type" = "#)
            .bind(record_type.name);
        live.push(r#" AND r."id" IN "#).append(any_of(ids));
        let mut gone = Vec::new();
        for row in live.rows(connection)? {
            let id = row.text(0).unwrap_or_default().to_owned();
            match row.integer(1) {
                Some(revision) => drop(known.insert(id, RecordStatus::Live(revision))),
                None => gone.push(row.integer(2).unwrap_or_default()),
            }
        }
        if gone.is_empty() {
            continue;
        }
        let mut ended = Statement::new(
            r#"SELECT r."id", c."revision", i."id" FROM "changes" c JOIN "records" r
                ON r."key" = c."record_key" LEFT JOIN "records" i ON i."key" = c."into_key"
                WHERE c."operation" IN ('delete', 'merge') AND c."record_key" IN "#,
        );
        ended.append(any_of(&gone));
        if let At::Revision(revision) = at {
            ended.push(r#" AND c."revision" <= "#).bind(revision);
        }
        ended.push(r#" ORDER BY c."revision""#);
        for row in ended.rows(connection)? {
            let record_status = match row.text(2) {
                Some(into) => RecordStatus::Merged(into.to_owned()),
                None => RecordStatus::Deleted(row.integer(1).unwrap_or_default()),
            };
            known.insert(row.text(0).unwrap_or_default().to_owned(), record_status);
        }
    }
    Ok(known)
}

/// Where the ids of merged records lead at a revision, by type and id: to the end of each chain of
/// merges.
#[derive(Clone, Debug, Default)]
pub struct Merged(HashMap<String, HashMap<String, String>>);

impl Merged {
    /// Adds a merge; returns whether it was unknown.
    pub(super) fn add(&mut self, record_type: &str, id: &str, into: &str) -> bool {
        self.0
            .entry(record_type.to_owned())
            .or_default()
            .insert(id.to_owned(), into.to_owned())
            .is_none()
    }

    /// Reads the targets of these ids, for records of any of these types.
    pub fn load(
        connection: &mut AnyConnection,
        record_types: &[String],
        mut ids: Vec<String>,
        at: i64,
    ) -> StoreResult<Self> {
        let mut merged = Self::default();
        while !ids.is_empty() {
            let mut next = Vec::new();
            for ids in ids.chunks(BATCH) {
                let mut select = Statement::new(
                    r#"SELECT r."record_type", r."id", i."id" FROM "records" r JOIN "changes" c
                        ON c."record_key" = r."key" AND c."into_key" IS NOT NULL JOIN "records" i
                        ON i."key" = c."into_key" WHERE r."record_type" IN "#,
                );
                select.append(any_of(record_types)).push(r#" AND r."id" IN "#).append(any_of(ids));
                select.push(r#" AND c."revision" <= "#).bind(at);
                for row in select.rows(connection)? {
                    let (Some(record_type), Some(id), Some(into)) =
                        (row.text(0), row.text(1), row.text(2))
                    else {
                        continue;
                    };
                    if merged.add(record_type, id, into) {
                        next.push(into.to_owned());
                    }
                }
            }
            ids = next;
        }
        Ok(merged)
    }

    /// The id of the record that this one was merged into, if it was.
    pub fn target(&self, record_type: &str, id: &str) -> Option<&str> {
        let into = self.0.get(record_type)?;
        let mut target = into.get(id)?;
        // A merged id is never used again, so that no chain leads back.
        while let Some(next) = into.get(target) {
            target = next;
        }
        Some(target)
    }

    /// Whether none of the ids was merged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
