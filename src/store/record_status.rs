//! The latest revision, and the status of ids: live, deleted, merged or unknown.

use std::collections::HashMap;

use diesel::dsl::max;
use diesel::prelude::*;

use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::record_keys::numbered;
use super::records::At;
use super::schema::revisions;
use super::statement::{Statement, any_of};
use crate::model::Moment;

/// The status of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordStatus {
    /// No record ever had the id.
    Unknown,
    /// The record is live, and was last changed by this revision.
    Live(i64),
    /// The record was deleted by this revision.
    Deleted(i64),
    /// The record was merged into the one with this id.
    Merged(String),
}

/// The latest revision.
#[derive(Clone, Debug)]
pub struct LastRevision {
    /// The number of the revision.
    pub revision: i64,
    /// The time of the revision.
    pub recorded_at: String,
    /// The digest of the revision.
    pub digest: String,
}

impl LastRevision {
    /// Returns the parsed time of the revision.
    pub fn time(&self) -> StoreResult<Moment> {
        parse_time(self.revision, &self.recorded_at)
    }
}

/// Parses the stored time of a revision.
pub fn parse_time(revision: i64, recorded_at: &str) -> StoreResult<Moment> {
    recorded_at.parse().map_err(|_| {
        StoreError::Internal(format!("revision {revision} has the invalid time {recorded_at:?}"))
    })
}

/// Reads the latest revision, or 0 in an empty database.
pub fn latest_revision(connection: &mut AnyConnection) -> StoreResult<i64> {
    let latest = revisions::table.select(max(revisions::revision));
    Ok(latest.get_result::<Option<i64>>(connection)?.unwrap_or(0))
}

/// Reads the time of a revision, or `None` if it does not exist.
pub fn time_of(connection: &mut AnyConnection, revision: i64) -> StoreResult<Option<Moment>> {
    let recorded_at = revisions::table.find(revision).select(revisions::recorded_at);
    let recorded_at: Option<String> = recorded_at.get_result(connection).optional()?;
    recorded_at.map(|recorded_at| parse_time(revision, &recorded_at)).transpose()
}

/// Reads the revision that was the latest at a time, or 0 before the first.
pub fn revision_at(connection: &mut AnyConnection, time: Moment) -> StoreResult<i64> {
    let earlier = revisions::table.filter(revisions::recorded_at.le(time.to_string()));
    let latest = earlier.select(max(revisions::revision));
    Ok(latest.get_result::<Option<i64>>(connection)?.unwrap_or(0))
}

/// Returns the status of these ids, by type and id. Ids that no record had at that time are left
/// out.
pub fn record_statuses(
    connection: &mut AnyConnection,
    ids: &[(&'static str, String)],
    at: At,
) -> StoreResult<HashMap<(&'static str, String), RecordStatus>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut live = Statement::new(r#"SELECT w."number", v."revision", r."key" FROM "#);
    live.append(connection.ids(ids)?)
        .push(r#" w CROSS JOIN "records" r LEFT JOIN "versions" v ON "#);
    live.append(at.version_of(r#"r."key""#, "v"))
        .push(r#" WHERE r."record_type" = w."record_type" AND r."id" = w."id""#);
    let (mut statuses, mut gone) = (HashMap::new(), HashMap::new());
    for row in live.rows(connection)? {
        let id = numbered(ids, &row)?.clone();
        match row.integer(1) {
            Some(revision) => drop(statuses.insert(id, RecordStatus::Live(revision))),
            None => drop(gone.insert(row.required_integer(2)?, id)),
        }
    }
    if gone.is_empty() {
        return Ok(statuses);
    }
    let mut ended = Statement::new(
        r#"SELECT c."record_key", c."revision", i."id" FROM "changes" c
            LEFT JOIN "records" i ON i."key" = c."into_key"
            WHERE c."operation" IN ('delete', 'merge') AND c."record_key" IN "#,
    );
    ended.append(connection.keys(&gone.keys().copied().collect::<Vec<_>>()));
    if let At::Revision(revision) = at {
        ended.push(r#" AND c."revision" <= "#).bind(revision);
    }
    ended.push(r#" ORDER BY c."revision""#);
    for row in ended.rows(connection)? {
        let Some(id) = gone.get(&row.required_integer(0)?) else { continue };
        let record_status = match row.text(2) {
            Some(into) => RecordStatus::Merged(into.to_owned()),
            None => RecordStatus::Deleted(row.required_integer(1)?),
        };
        statuses.insert(id.clone(), record_status);
    }
    Ok(statuses)
}

/// Maximum number of ids that one statement compares.
const MAX_IDS: usize = 512;

/// The merges up to a revision, by type and id.
#[derive(Clone, Debug, Default)]
pub struct Merged(HashMap<String, HashMap<String, String>>);

impl Merged {
    /// Adds a merge. Returns whether it is new.
    pub(super) fn add(&mut self, record_type: &str, id: &str, into: &str) -> bool {
        self.0
            .entry(record_type.to_owned())
            .or_default()
            .insert(id.to_owned(), into.to_owned())
            .is_none()
    }

    /// Reads the merges of these ids and of their targets, for records of any of these types.
    pub fn load(
        connection: &mut AnyConnection,
        record_types: &[String],
        mut ids: Vec<String>,
        at: i64,
    ) -> StoreResult<Self> {
        let mut merged = Self::default();
        while !ids.is_empty() {
            let mut next = Vec::new();
            for ids in ids.chunks(MAX_IDS) {
                let mut select = Statement::new(
                    r#"SELECT r."record_type", r."id", i."id" FROM "records" r JOIN "changes" c
                        ON c."record_key" = r."key" AND c."into_key" IS NOT NULL JOIN "records" i
                        ON i."key" = c."into_key" WHERE r."record_type" IN "#,
                );
                select.append(any_of(record_types)).push(r#" AND r."id" IN "#).append(any_of(ids));
                select.push(r#" AND c."revision" <= "#).bind(at);
                for row in select.rows(connection)? {
                    let into = row.required_text(2)?;
                    if merged.add(row.required_text(0)?, row.required_text(1)?, into) {
                        next.push(into.to_owned());
                    }
                }
            }
            ids = next;
        }
        Ok(merged)
    }

    /// Returns the id of the record that this one was finally merged into, if it was merged.
    pub fn target(&self, record_type: &str, id: &str) -> Option<&str> {
        let into = self.0.get(record_type)?;
        let mut target = into.get(id)?;
        // A merged id is never reused, so a chain of merges has no cycles.
        while let Some(next) = into.get(target) {
            target = next;
        }
        Some(target)
    }

    /// Returns whether none of the ids was merged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
