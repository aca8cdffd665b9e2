//! The change feed: revisions in order, each with the records that it changed, as of that revision.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::envelope::List;
use crate::records::{AnyRecord, Id, RecordTypeName};
use crate::store::{Operation, Pin, Row, Snapshot, Statement, Store, StoreResult};

const CHANGES: &str = r#"SELECT c."record_key", k."record_type", k."id", c."operation", i."id",
    c."digest" FROM "changes" c JOIN "records" k ON k."key" = c."record_key"
    LEFT JOIN "records" i ON i."key" = c."into_key" WHERE c."revision" = "#;

/// Number of changes in a chunk.
const BATCH: usize = 256;

/// A page of the change feed.
pub type RevisionList = List<Revision>;

/// A revision and its changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Revision {
    /// The number of the revision.
    #[serde(rename = "revision")]
    #[schema(minimum = 1)]
    pub number: i64,
    /// The time of the revision.
    #[schema(format = DateTime, max_length = 27)]
    pub recorded_at: String,
    /// The author.
    pub actor: String,
    /// The reason that the author gave.
    #[schema(required)]
    pub reason: Option<String>,
    /// The kind of change: `entry`, `update`, `correction` or `redaction`.
    #[schema(required)]
    pub kind: Option<String>,
    /// The digest of the reason, which `digest` covers; it remains when the reason is redacted.
    #[schema(required, pattern = "^[0-9a-f]{64}$")]
    pub reason_digest: Option<String>,
    /// The digest over the changes, `reason_digest` and the digest of the previous revision.
    #[schema(required, pattern = "^[0-9a-f]{64}$")]
    pub digest: Option<String>,
    /// The changes.
    // `None` if they are written separately, without all of them in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Vec<Change>)]
    pub changes: Option<Vec<Change>>,
}

/// A change to a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Change {
    /// The key of the record.
    #[serde(skip)]
    pub key: i64,
    /// The type of the record.
    #[serde(rename = "type")]
    #[schema(value_type = RecordTypeName)]
    pub record_type: String,
    /// The id of the record.
    #[schema(value_type = Id)]
    pub id: String,
    /// The kind of change.
    #[schema(value_type = Operation)]
    pub operation: String,
    /// With `merge`, the id of the record that this one was merged into.
    #[schema(required)]
    pub into: Option<String>,
    /// The digest of the version that was written; null if the record was deleted or merged.
    #[schema(required, pattern = "^[0-9a-f]{64}$")]
    pub digest: Option<String>,
    /// The record as of the revision; null if it was deleted or merged.
    // `None` if it is written separately.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<AnyRecord>)]
    pub record: Option<Json>,
}

/// A range of revisions.
#[derive(Clone, Copy, Debug)]
pub struct RevisionRange {
    /// The revision before the range.
    pub after: i64,
    /// The revision after the range.
    pub before: i64,
    /// The maximum number of revisions.
    pub limit: i64,
    /// Whether the latest revision comes first.
    pub descending: bool,
}

/// Reads the revisions of a range, without their changes.
pub fn revisions(snapshot: &mut Snapshot<'_>, range: RevisionRange) -> StoreResult<Vec<Revision>> {
    let mut select = Statement::new(
        "SELECT revision, recorded_at, actor, reason, kind, reason_digest, digest FROM revisions \
        WHERE revision > ",
    );
    select.bind(range.after).push(" AND revision < ").bind(range.before);
    select
        .push(if range.descending { " ORDER BY revision DESC" } else { " ORDER BY revision" })
        .limit(range.limit);
    let rows = select.rows(snapshot.connection())?;
    let optional = |row: &Row, column: usize| row.text(column).map(str::to_owned);
    let revision = |row: &Row| {
        Ok(Revision {
            number: row.required_integer(0)?,
            recorded_at: row.required_text(1)?.to_owned(),
            actor: row.required_text(2)?.to_owned(),
            reason: optional(row, 3),
            kind: optional(row, 4),
            reason_digest: optional(row, 5),
            digest: optional(row, 6),
            changes: None,
        })
    };
    rows.iter().map(revision).collect()
}

/// Leaves out the revisions after the one with which the number of changes exceeds `maximum`.
pub fn limit_changes(
    snapshot: &mut Snapshot<'_>,
    revisions: &mut Vec<Revision>,
    maximum: i64,
) -> StoreResult<()> {
    let (Some(first), Some(last)) = (revisions.first(), revisions.last()) else { return Ok(()) };
    let mut select = Statement::new(r#"SELECT count(*) FROM "changes" WHERE "revision" BETWEEN "#);
    select.bind(first.number).push(" AND ").bind(last.number);
    select.push(r#" GROUP BY "revision" ORDER BY "revision""#);
    let (mut changes, mut kept) = (0, 0);
    for row in select.rows(snapshot.connection())? {
        if changes > maximum {
            break;
        }
        changes += row.required_integer(0)?;
        kept += 1;
    }
    revisions.truncate(kept);
    Ok(())
}

/// Reads at most `limit` changes of a revision, in order, starting at a position.
pub fn changes(
    snapshot: &mut Snapshot<'_>,
    revision: i64,
    from: usize,
    limit: usize,
) -> StoreResult<Vec<Change>> {
    let mut condition = Statement::new(r#"c."position" >= "#);
    condition.bind(number(from));
    select_changes(snapshot, revision, condition, limit)
}

fn select_changes(
    snapshot: &mut Snapshot<'_>,
    revision: i64,
    condition: Statement,
    limit: usize,
) -> StoreResult<Vec<Change>> {
    let mut select = Statement::new(CHANGES);
    select.bind(revision).push(" AND ").append(condition);
    select.push(r#" ORDER BY c."position""#).limit(limit);
    select.rows(snapshot.connection())?.iter().map(change).collect()
}

/// Counts the changes of a revision by record type.
pub fn count_by_type(
    snapshot: &mut Snapshot<'_>,
    revision: i64,
) -> StoreResult<HashMap<String, usize>> {
    let mut count = Statement::new(
        r#"SELECT k."record_type", count(*) FROM "changes" c JOIN "records" k
            ON k."key" = c."record_key" WHERE c."revision" = "#,
    );
    count.bind(revision).push(r#" GROUP BY k."record_type""#);
    let of_type = |row: &Row| {
        let count = usize::try_from(row.required_integer(1)?).unwrap_or_default();
        Ok((row.required_text(0)?.to_owned(), count))
    };
    count.rows(snapshot.connection())?.iter().map(of_type).collect()
}

/// Reads at most `limit` changes of a revision to records of one type, in order.
pub fn changes_of_type(
    snapshot: &mut Snapshot<'_>,
    revision: i64,
    record_type: &str,
    limit: usize,
) -> StoreResult<Vec<Change>> {
    let mut condition = Statement::new(r#"k."record_type" = "#);
    condition.bind(record_type);
    select_changes(snapshot, revision, condition, limit)
}

fn change(row: &Row) -> StoreResult<Change> {
    let text = |column: usize| row.required_text(column).map(str::to_owned);
    let optional = |column: usize| row.text(column).map(str::to_owned);
    Ok(Change {
        key: row.required_integer(0)?,
        record_type: text(1)?,
        id: text(2)?,
        operation: text(3)?,
        into: optional(4),
        digest: optional(5),
        record: None,
    })
}

/// Reads a chunk of a revision as JSON, starting at one of its changes. Returns it with the start
/// of the next chunk.
///
/// Each chunk has its own snapshot, so a slow client does not block a connection.
pub fn revision_chunk(
    store: &Store,
    revision: &Revision,
    from: usize,
) -> StoreResult<(Vec<u8>, Option<usize>)> {
    let mut out = Vec::with_capacity(4_096);
    if from == 0 {
        open_object(&mut out, revision)?;
        out.extend_from_slice(b",\"changes\":[");
    }
    store.read(&Pin::revision(revision.number), |snapshot| {
        let changes = changes(snapshot, revision.number, from, BATCH)?;
        write_changes(snapshot, &changes, from == 0, &mut out)?;
        if changes.len() == BATCH {
            return Ok((out, Some(from + BATCH)));
        }
        out.extend_from_slice(b"]}");
        Ok((out, None))
    })
}

/// Writes changes with their records, which are read in one batch for each type.
fn write_changes(
    snapshot: &mut Snapshot<'_>,
    changes: &[Change],
    mut first: bool,
    out: &mut Vec<u8>,
) -> StoreResult<()> {
    let mut records: HashMap<i64, Bytes> = HashMap::with_capacity(changes.len());
    for index in snapshot.indexes.iter() {
        let of_type = changes.iter().filter(|change| change.record_type == index.record_type.name);
        let keys: Vec<i64> = of_type.map(|change| change.key).collect();
        let found = snapshot.documents(index.record_type, &keys)?;
        records.extend(found.into_iter().map(|document| (document.key, document.json)));
    }
    for change in changes {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        open_object(out, change)?;
        out.extend_from_slice(b",\"record\":");
        out.extend_from_slice(records.get(&change.key).map_or(b"null", AsRef::as_ref));
        out.push(b'}');
    }
    Ok(())
}

/// Writes an object without its closing brace, so that more members can follow.
fn open_object(out: &mut Vec<u8>, value: &impl Serialize) -> StoreResult<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.pop();
    Ok(())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editing;
    use crate::records::CATALOGUE;
    use crate::store::{Location, Reason, StoreError};

    #[test]
    fn a_page_ends_after_the_revision_that_exceeds_the_number_of_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let location = Location::Sqlite(folder.path().join("test.db").display().to_string());
        let store = Store::open(&location, CATALOGUE).expect("a new database");
        for number in 0..4 {
            let person = |id: usize| format!(r#"{{"id":"p-{number}-{id}","name":"P"}}"#);
            let people: Vec<String> = (0..2).map(person).collect();
            let bundle = format!(r#"{{"people":[{}]}}"#, people.join(","));
            let bundle = editing::Bundle::new(bundle).expect("the bundle is JSON");
            let write = store.write(Reason::default(), false, move |transaction| {
                editing::import(transaction, CATALOGUE, &bundle, &mut |_| {})
            });
            write.blocking_recv().expect("the writer responds").expect("the bundle is valid");
        }
        let kept = |after: i64, maximum: i64| {
            let range = RevisionRange { after, before: i64::MAX, limit: 3, descending: false };
            let read = |snapshot: &mut Snapshot<'_>| {
                let mut revisions = revisions(snapshot, range)?;
                limit_changes(snapshot, &mut revisions, maximum)?;
                Ok::<_, StoreError>(revisions.len())
            };
            store.read(&Pin::default(), read).expect("it is read")
        };
        assert_eq!([1, 2, 3, 4, 100].map(|maximum| kept(0, maximum)), [1, 2, 2, 3, 3]);
        assert_eq!((kept(3, 1), kept(4, 1)), (1, 0));
    }
}
