//! Whether a database is sound: the documents agree with the digests and the chain, the index with
//! the documents, and revisions have no gaps.

use std::collections::{BTreeMap, HashMap};

use super::chain::{Members, SealedChange, SealedRevision, members, reason_digest, version_digest};
use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::index::{self, Indexes, LIVE, TypeIndex};
use super::records::versions_written;
use super::statement::{Row, Statement};
use crate::model::Record;

/// The largest number of faults that are reported one by one.
pub const MAX_FAULTS: usize = 1_000;

/// Versions that are checked together.
const BATCH: usize = 512;

/// Every revision, in order.
const REVISIONS: &str = r#"SELECT "revision", "recorded_at", "actor", "reason", "kind", "digest",
    "reason_salt", "reason_digest" FROM "revisions" ORDER BY "revision""#;

/// The latest redaction of each record, by its key.
type Redactions = HashMap<i64, i64>;

/// What is wrong with the dataset in this database, each in a sentence.
pub fn verify(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    progress: &mut dyn FnMut(i64, i64),
) -> StoreResult<Vec<String>> {
    let mut faults = connection.damage()?;
    dangling(connection, &mut faults)?;
    chain(connection, indexes, progress, &mut faults)?;
    // What cannot be read is reported, and cannot be compared with its index.
    if faults.is_empty() {
        faults.extend(index::check(connection, indexes)?);
    }
    Ok(faults)
}

/// References to records that are not live.
fn dangling(connection: &mut AnyConnection, faults: &mut Vec<String>) -> StoreResult<()> {
    let select = Statement::new(format!(
        r#"SELECT DISTINCT f."record_type", f."id", l."field", t."record_type", t."id"
            FROM "links" l
           JOIN "records" f ON f."key" = l."from_key" JOIN "records" t ON t."key" = l."to_key"
           LEFT JOIN "versions" v ON v."record_key" = l."to_key" AND v."superseded_at" = {LIVE}
           WHERE l."superseded_at" = {LIVE} AND v."record_key" IS NULL ORDER BY 1, 2, 3
           LIMIT {MAX_FAULTS}"#
    ));
    for row in select.rows(connection)? {
        let text = |column| row.text(column).unwrap_or_default();
        faults.push(format!(
            "{} {}: /{} refers to the {} {}, which does not exist",
            text(0),
            text(1),
            text(2),
            text(3),
            text(4)
        ));
    }
    Ok(())
}

/// Follows the chain from the first revision to the last.
fn chain(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    progress: &mut dyn FnMut(i64, i64),
    faults: &mut Vec<String>,
) -> StoreResult<()> {
    let rows = Statement::new(REVISIONS).rows(connection)?;
    let last = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let redactions = redactions(connection)?;
    let mut previous: Option<&str> = None;
    for (row, expected) in rows.iter().zip(1..) {
        let revision = row.integer(0).unwrap_or_default();
        if revision != expected {
            faults.push(format!("revision {expected} is missing"));
            break;
        }
        let changes = changes(connection, revision)?;
        versions(connection, indexes, revision, &changes, &redactions, faults)?;
        if let Some(why) = fault_of_reason(row, &changes, &redactions) {
            faults.push(format!("revision {revision}: {why}"));
        }
        let digest = sealed(row, previous).digest(changes.iter().map(Change::sealed));
        if row.text(5) != Some(digest.as_str()) {
            faults.push(format!(
                "revision {revision}: its digest does not agree with what it did \
                and with the revision before"
            ));
        }
        previous = row.text(5);
        if faults.len() > MAX_FAULTS {
            break;
        }
        progress(revision, last);
    }
    orphans(connection, faults)
}

/// Versions that no revision claims.
fn orphans(connection: &mut AnyConnection, faults: &mut Vec<String>) -> StoreResult<()> {
    let select = Statement::new(format!(
        r#"SELECT r."record_type", r."id", v."revision" FROM "versions" v JOIN "records" r
            ON r."key" = v."record_key"
           WHERE NOT EXISTS (SELECT 1 FROM "changes" c WHERE c."record_key" = v."record_key"
           AND c."revision" = v."revision" AND c."digest" IS NOT NULL)
           ORDER BY 1, 2, 3 LIMIT {MAX_FAULTS}"#
    ));
    for row in select.rows(connection)? {
        let text = |column| row.text(column).unwrap_or_default();
        let revision = row.integer(2).unwrap_or_default();
        faults.push(format!(
            "{} {}: revision {revision} has no change for its version",
            text(0),
            text(1)
        ));
    }
    let ends = Statement::new(format!(
        r#"SELECT r."record_type", r."id", v."revision" FROM "versions" v JOIN "records" r
            ON r."key" = v."record_key"
           WHERE v."superseded_at" <> {LIVE} AND NOT EXISTS (SELECT 1 FROM "changes" c
           WHERE c."record_key" = v."record_key" AND c."revision" = v."superseded_at")
              OR v."superseded_at" = {LIVE} AND EXISTS (SELECT 1 FROM "changes" c
              WHERE c."record_key" = v."record_key" AND c."revision" > v."revision"
              AND (c."digest" IS NOT NULL OR c."operation" IN ('delete', 'merge')))
           ORDER BY 1, 2, 3 LIMIT {MAX_FAULTS}"#
    ));
    for row in ends.rows(connection)? {
        let text = |column| row.text(column).unwrap_or_default();
        let revision = row.integer(2).unwrap_or_default();
        faults.push(format!(
            "{} {}: the version of revision {revision} does not end where the next change was made",
            text(0),
            text(1)
        ));
    }
    Ok(())
}

fn sealed<'r>(row: &'r Row, previous: Option<&'r str>) -> SealedRevision<'r> {
    SealedRevision {
        revision: row.integer(0).unwrap_or_default(),
        recorded_at: row.text(1).unwrap_or_default(),
        actor: row.text(2).unwrap_or_default(),
        reason: row.text(7),
        kind: row.text(4),
        previous,
    }
}

/// What is wrong with the reason of a revision, by its digest.
fn fault_of_reason(row: &Row, changes: &[Change], redactions: &Redactions) -> Option<&'static str> {
    match (row.text(3), row.text(6), row.text(7)) {
        (Some(reason), salt, digest) => {
            let sealed = digest == Some(reason_digest(salt.unwrap_or_default(), reason).as_str());
            (!sealed).then_some("its reason does not match its digest")
        }
        (None, _, Some(_)) => {
            let revision = row.integer(0).unwrap_or_default();
            let later = |change: &Change| {
                redactions.get(&change.key()).is_some_and(|redaction| *redaction > revision)
            };
            (!changes.iter().any(later)).then_some("its reason was redacted by no revision")
        }
        (None, _, None) => None,
    }
}

/// A change as it is stored.
struct Change {
    row: Row,
}

impl Change {
    fn text(&self, column: usize) -> &str {
        self.row.text(column).unwrap_or_default()
    }

    fn key(&self) -> i64 {
        self.row.integer(7).unwrap_or_default()
    }

    fn sealed(&self) -> SealedChange<'_> {
        SealedChange {
            digest: self.row.text(4),
            id: self.text(1),
            into: self.row.text(3),
            operation: self.text(2),
            record_type: self.text(0),
        }
    }

    /// What is stored of the members of the version to prove them.
    fn kept(&self, index: &TypeIndex, record: &Record) -> StoreResult<Members> {
        match (self.row.text(6), self.row.text(5)) {
            (Some(kept), _) => {
                serde_json::from_str(kept).map_err(|error| StoreError::Internal(error.to_string()))
            }
            (None, salt) => Ok(members(index.record_type, record, salt.unwrap_or_default())),
        }
    }
}

fn changes(connection: &mut AnyConnection, revision: i64) -> StoreResult<Vec<Change>> {
    let mut select = Statement::new(
        r#"SELECT r."record_type", r."id", c."operation", i."id", c."digest", c."salt",
            c."members", c."record_key" FROM "changes" c JOIN "records" r ON r."key" = c."record_key"
            LEFT JOIN "records" i ON i."key" = c."into_key" WHERE c."revision" = "#,
    );
    select.bind(revision).push(r#" ORDER BY c."position""#);
    Ok(select.rows(connection)?.into_iter().map(|row| Change { row }).collect())
}

fn redactions(connection: &mut AnyConnection) -> StoreResult<Redactions> {
    let select = r#"SELECT "record_key", max("revision") FROM "changes"
        WHERE "operation" = 'redact' GROUP BY "record_key""#;
    let rows = Statement::new(select).rows(connection)?;
    Ok(rows
        .iter()
        .map(|row| (row.integer(0).unwrap_or_default(), row.integer(1).unwrap_or_default()))
        .collect())
}

/// Compares the versions that a revision wrote with the digests that it gave them.
fn versions(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    revision: i64,
    changes: &[Change],
    redactions: &Redactions,
    faults: &mut Vec<String>,
) -> StoreResult<()> {
    let mut by_type: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.row.text(4).is_some()) {
        by_type.entry(change.text(0)).or_default().push(change);
    }
    for (record_type, changes) in by_type {
        let Some(index) = indexes.named(record_type) else { continue };
        for changes in changes.chunks(BATCH) {
            let keys: Vec<i64> = changes.iter().map(|change| change.key()).collect();
            let stored = match versions_written(connection, index.record_type, &keys, revision) {
                Ok(stored) => stored,
                Err(StoreError::Unavailable(why)) => {
                    faults.push(format!("revision {revision}: {why}"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let stored: HashMap<i64, &Record> =
                stored.iter().map(|version| (version.key, &version.record)).collect();
            for change in changes {
                let Some(record) = stored.get(&change.key()) else {
                    faults.push(format!(
                        "{record_type} {}: the version of revision {revision} is missing",
                        change.text(1)
                    ));
                    continue;
                };
                let kept = change.kept(index, record)?;
                if record.id != change.text(1)
                    || version_digest(&kept, index.record_type, record).as_deref()
                        != change.row.text(4)
                {
                    faults.push(format!(
                        "{record_type} {}: the version of revision {revision} \
                        does not match its digest",
                        change.text(1)
                    ));
                }
                let redaction = redactions.get(&change.key());
                if change.row.text(6).is_some()
                    && redaction.is_none_or(|redaction| *redaction <= revision)
                {
                    faults.push(format!(
                        "{record_type} {}: the version of revision {revision} was \
                            redacted by no revision",
                        change.text(1)
                    ));
                }
            }
        }
    }
    Ok(())
}
