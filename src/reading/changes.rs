//! The feed of changes: revisions in order, each with the records that it changed as they stood then.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use crate::formats::json::{Shape, write_record};
use crate::store::dialect::any_of;
use crate::store::layout::Lists;
use crate::store::records::Records;
use crate::store::{Pin, Row, Snapshot, Statement, Store, StoreResult};

/// Records that are read, and handed on, together.
const BATCH: usize = 256;

/// A revision, as the feed tells it apart from the records.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Its number.
    pub number: i64,
    /// What else is told of it: its moment, who made it, why.
    pub json: Json,
}

/// What a revision did to a record.
#[derive(Clone, Debug)]
pub struct Change {
    /// The record's type.
    pub record_type: String,
    /// The record's id.
    pub id: String,
    /// What was done.
    pub operation: String,
    /// The record that it was merged into.
    pub into: Option<String>,
    /// The digest of the version that was written.
    pub digest: Option<String>,
}

/// Which revisions to tell.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Only those after this one.
    pub after: i64,
    /// Only those before this one.
    pub before: i64,
    /// As many at most.
    pub limit: i64,
    /// The newest first.
    pub newest_first: bool,
}

/// The revisions of a span, in its order.
pub fn revisions(snapshot: &mut Snapshot<'_>, span: Span) -> StoreResult<Vec<Revision>> {
    let mut select =
        Statement::new("SELECT revision, recorded_at, actor, reason, kind, reason_digest, digest FROM revisions WHERE revision > ");
    select.bind(span.after).push(" AND revision < ").bind(span.before);
    select.push(if span.newest_first { " ORDER BY revision DESC" } else { " ORDER BY revision" }).limit(span.limit);
    let rows = select.rows(snapshot.connection)?;
    Ok(rows
        .iter()
        .map(|row| {
            let number = row.integer(0).unwrap_or_default();
            let json = json!({
                "revision": number,
                "recorded_at": row.text(1),
                "actor": row.text(2),
                "reason": row.text(3),
                "kind": row.text(4),
                "reason_digest": row.text(5),
                "digest": row.text(6),
            });
            Revision { number, json }
        })
        .collect())
}

/// What a revision changed, in its order, from one position on; at most `limit`.
pub fn changes(snapshot: &mut Snapshot<'_>, revision: i64, from: usize, limit: usize) -> StoreResult<Vec<Change>> {
    let mut select = Statement::new("SELECT record_type, record_id, operation, into_id, digest FROM changes WHERE revision = ");
    select.bind(revision).push(" AND position >= ").bind(number(from)).push(" ORDER BY position").limit(limit);
    let rows = select.rows(snapshot.connection)?;
    Ok(rows.iter().map(change).collect())
}

/// How many records of each type a revision changed.
pub fn count_by_type(snapshot: &mut Snapshot<'_>, revision: i64) -> StoreResult<HashMap<String, usize>> {
    let mut count = Statement::new("SELECT record_type, count(*) FROM changes WHERE revision = ");
    count.bind(revision).push(" GROUP BY record_type");
    let of_type = |row: &Row| Some((row.text(0)?.to_owned(), usize::try_from(row.integer(1)?).ok()?));
    Ok(count.rows(snapshot.connection)?.iter().filter_map(of_type).collect())
}

/// What a revision changed in records of one type, in its order; at most `limit`.
pub fn changes_of_type(snapshot: &mut Snapshot<'_>, revision: i64, record_type: &str, limit: usize) -> StoreResult<Vec<Change>> {
    let mut select = Statement::new("SELECT record_type, record_id, operation, into_id, digest FROM changes WHERE revision = ");
    select.bind(revision).push(" AND record_type = ").bind(record_type).push(" ORDER BY position").limit(limit);
    Ok(select.rows(snapshot.connection)?.iter().map(change).collect())
}

fn change(row: &Row) -> Change {
    let text = |column: usize| row.text(column).unwrap_or_default().to_owned();
    let known = |column: usize| row.text(column).map(str::to_owned);
    Change { record_type: text(0), id: text(1), operation: text(2), into: known(3), digest: known(4) }
}

/// How many records a revision changed.
pub fn count_changes(snapshot: &mut Snapshot<'_>, revision: i64) -> StoreResult<i64> {
    let mut count = Statement::new("SELECT count(*) FROM changes WHERE revision = ");
    count.bind(revision);
    count.number(snapshot.connection)
}

/// A piece of a revision as JSON, from one of its changes on, and the change at which the next piece begins.
///
/// Each piece is read by itself, so that whoever sends it to a slow reader holds nothing meanwhile.
pub fn piece(store: &Store, revision: &Revision, from: usize) -> StoreResult<(Vec<u8>, Option<usize>)> {
    let mut out = Vec::with_capacity(4_096);
    if from == 0 {
        out.extend_from_slice(revision.json.to_string().strip_suffix('}').unwrap_or_default().as_bytes());
        out.extend_from_slice(b",\"changes\":[");
    }
    store.read(&Pin { revision: Some(revision.number), day: None }, |snapshot| {
        let changes = changes(snapshot, revision.number, from, BATCH)?;
        write_changes(snapshot, &changes, from == 0, &mut out)?;
        if changes.len() == BATCH {
            return Ok((out, Some(from + BATCH)));
        }
        out.extend_from_slice(b"]}");
        Ok((out, None))
    })
}

/// Writes changes with their records, each type's read at once.
fn write_changes(snapshot: &mut Snapshot<'_>, changes: &[Change], mut first: bool, out: &mut Vec<u8>) -> StoreResult<()> {
    let mut records: HashMap<(&str, String), Vec<u8>> = HashMap::with_capacity(changes.len());
    for layout in snapshot.layouts.iter() {
        let name = layout.record_type.name;
        let ids: Vec<String> = changes.iter().filter(|change| change.record_type == name).map(|change| change.id.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        let mut tail = Statement::new(r#" WHERE t."id" IN "#);
        tail.append(any_of(&ids));
        let found = Records::load(snapshot.connection, snapshot.layouts, layout, &snapshot.today, tail, Lists::ALL)?;
        for record in found.iter() {
            let mut json = Vec::with_capacity(2_048);
            write_record(&mut json, record, &Shape::default());
            records.insert((name, record.id().to_owned()), json);
        }
    }
    for change in changes {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let told = json!({ "type": change.record_type, "id": change.id, "operation": change.operation, "into": change.into, "digest": change.digest });
        out.extend_from_slice(told.to_string().strip_suffix('}').unwrap_or_default().as_bytes());
        out.extend_from_slice(b",\"record\":");
        out.extend_from_slice(records.get(&(change.record_type.as_str(), change.id.clone())).map_or(b"null", Vec::as_slice));
        out.push(b'}');
    }
    Ok(())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
