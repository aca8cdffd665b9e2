//! Checks a database: documents against digests, digests against the chain, index tables against
//! documents, and revisions for gaps.

use std::collections::{BTreeMap, HashMap};

use super::chain::{Members, SealedChange, SealedRevision, members, reason_digest, version_digest};
use super::connection::AnyConnection;
use super::document::Metadata;
use super::error::{StoreError, StoreResult};
use super::index::{self, Indexes, LIVE, TypeIndex};
use super::records::{Version, versions_written};
use super::row::Row;
use super::statement::Statement;
use crate::model::Record;

/// Number of faults after which a check stops.
pub const MAX_FAULTS: usize = 1_000;

/// Number of versions that are checked with one statement.
const BATCH: usize = 512;

const REVISIONS: &str = r#"SELECT "revision", "recorded_at", "actor", "reason", "kind", "digest",
    "reason_salt", "reason_digest" FROM "revisions" ORDER BY "revision""#;

/// The revision of the latest redaction of each record, by key.
type Redactions = HashMap<i64, i64>;

/// Returns the faults of this database, each as a sentence.
pub fn verify(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    progress: &mut dyn FnMut(i64, i64),
) -> StoreResult<Vec<String>> {
    let mut faults = connection.file_faults()?;
    check_links(connection, &mut faults)?;
    faults.extend(verify_documents(connection, indexes, progress)?);
    // Damaged documents cannot be compared with their index rows.
    if faults.is_empty() {
        faults.extend(index::check(connection, indexes)?);
    }
    Ok(faults)
}

/// Reports references to records that are not live.
fn check_links(connection: &mut AnyConnection, faults: &mut Vec<String>) -> StoreResult<()> {
    let select = Statement::new(format!(
        r#"SELECT DISTINCT f."record_type", f."id", l."field", t."record_type", t."id"
            FROM "links" l
           JOIN "records" f ON f."key" = l."from_key" JOIN "records" t ON t."key" = l."to_key"
           LEFT JOIN "versions" v ON v."key" = l."to_key"
           WHERE l."superseded_at" = {LIVE} AND v."key" IS NULL ORDER BY 1, 2, 3
           LIMIT {MAX_FAULTS}"#
    ));
    for row in select.rows(connection)? {
        faults.push(format!(
            "{} {}: /{} refers to the {} {}, which does not exist",
            row.required_text(0)?,
            row.required_text(1)?,
            row.required_text(2)?,
            row.required_text(3)?,
            row.required_text(4)?
        ));
    }
    Ok(())
}

/// Checks the chain from the first revision to the last, and the documents that it covers.
pub fn verify_documents(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    progress: &mut dyn FnMut(i64, i64),
) -> StoreResult<Vec<String>> {
    let mut faults = Vec::new();
    let rows = Statement::new(REVISIONS).rows(connection)?;
    let last = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let redactions = redactions(connection)?;
    let mut created = HashMap::new();
    let mut previous: Option<&str> = None;
    for (row, expected) in rows.iter().zip(1..) {
        let revision = row.required_integer(0)?;
        if revision != expected {
            faults.push(format!("revision {expected} is missing"));
            break;
        }
        let changes = changes(connection, revision)?;
        let recorded_at = row.required_text(1)?;
        for change in changes.iter().filter(|change| change.digest.is_some()) {
            created.entry(change.key).or_insert(recorded_at);
        }
        let written = Written { revision, recorded_at, created: &created };
        check_versions(connection, indexes, &written, &changes, &redactions, &mut faults)?;
        if let Some(fault) = fault_of_reason(row, revision, &changes, &redactions) {
            faults.push(format!("revision {revision}: {fault}"));
        }
        let sealed = SealedRevision {
            actor: row.required_text(2)?,
            changes: changes.iter().map(Change::sealed).collect(),
            kind: row.text(4),
            previous,
            reason_digest: row.text(7),
            recorded_at,
            revision,
        };
        let digest = sealed.digest();
        if row.text(5) != Some(digest.as_str()) {
            faults.push(format!(
                "revision {revision}: its digest does not match its changes and the previous \
                revision"
            ));
        }
        previous = row.text(5);
        if faults.len() > MAX_FAULTS {
            break;
        }
        progress(revision, last);
    }
    check_validity(connection, &mut faults)?;
    Ok(faults)
}

/// The metadata of the versions that a revision wrote.
struct Written<'w> {
    revision: i64,
    recorded_at: &'w str,
    /// The times at which records were created, by key.
    created: &'w HashMap<i64, &'w str>,
}

impl Written<'_> {
    /// Returns the fault of the times of a version.
    fn fault(&self, key: i64, metadata: &Metadata) -> Option<String> {
        let created_at = self.created.get(&key).copied().unwrap_or_default();
        let (name, found, expected) = if metadata.updated_at != self.recorded_at {
            ("updated_at", &metadata.updated_at, self.recorded_at)
        } else if metadata.created_at != created_at {
            ("created_at", &metadata.created_at, created_at)
        } else {
            return None;
        };
        Some(format!("has the `{name}` {found} instead of {expected}"))
    }
}

/// Reports versions whose first or last revision has no matching change.
fn check_validity(connection: &mut AnyConnection, faults: &mut Vec<String>) -> StoreResult<()> {
    let without_change = r#"NOT EXISTS (SELECT 1 FROM "changes" c
        WHERE c."record_key" = v."record_key" AND c."revision" = v."revision"
        AND c."digest" IS NOT NULL)"#;
    let wrong_end = format!(
        r#"v."superseded_at" <> {LIVE} AND NOT EXISTS (SELECT 1 FROM "changes" c
           WHERE c."record_key" = v."record_key" AND c."revision" = v."superseded_at")
           OR v."superseded_at" = {LIVE} AND EXISTS (SELECT 1 FROM "changes" c
           WHERE c."record_key" = v."record_key" AND c."revision" > v."revision"
           AND (c."digest" IS NOT NULL OR c."operation" IN ('delete', 'merge')))"#
    );
    for (condition, fault) in
        [(without_change, "has no change"), (&wrong_end, "does not end at the next change")]
    {
        let select = Statement::new(format!(
            r#"SELECT r."record_type", r."id", v."revision" FROM "versions" v JOIN "records" r
                ON r."key" = v."record_key" WHERE {condition} ORDER BY 1, 2, 3 LIMIT {MAX_FAULTS}"#
        ));
        for row in select.rows(connection)? {
            let (name, id) = (row.required_text(0)?, row.required_text(1)?);
            let revision = row.required_integer(2)?;
            faults.push(format!("{name} {id}: the version of revision {revision} {fault}"));
        }
    }
    Ok(())
}

/// Compares the reason of a revision with its digest.
fn fault_of_reason(
    row: &Row,
    revision: i64,
    changes: &[Change],
    redactions: &Redactions,
) -> Option<&'static str> {
    match (row.text(3), row.text(6), row.text(7)) {
        (Some(reason), salt, digest) => {
            let sealed = digest == Some(reason_digest(salt.unwrap_or_default(), reason).as_str());
            (!sealed).then_some("its reason does not match its digest")
        }
        (None, _, Some(_)) => {
            let later = |change: &Change| {
                redactions.get(&change.key).is_some_and(|redaction| *redaction > revision)
            };
            (!changes.iter().any(later))
                .then_some("its reason is missing, but no revision redacted it")
        }
        (None, _, None) => None,
    }
}

/// A stored change.
struct Change {
    record_type: String,
    id: String,
    key: i64,
    operation: String,
    into: Option<String>,
    digest: Option<String>,
    salt: Option<String>,
    /// The proofs of the members of a redacted version, as JSON.
    members: Option<String>,
}

impl Change {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let optional = |column| row.text(column).map(str::to_owned);
        Ok(Self {
            record_type: row.required_text(0)?.to_owned(),
            id: row.required_text(1)?.to_owned(),
            key: row.required_integer(7)?,
            operation: row.required_text(2)?.to_owned(),
            into: optional(3),
            digest: optional(4),
            salt: optional(5),
            members: optional(6),
        })
    }

    fn sealed(&self) -> SealedChange<'_> {
        SealedChange {
            digest: self.digest.as_deref(),
            id: &self.id,
            into: self.into.as_deref(),
            operation: &self.operation,
            record_type: &self.record_type,
        }
    }

    /// Returns the proofs of the version's members.
    fn proofs(&self, index: &TypeIndex, record: &Record) -> StoreResult<Members> {
        match (&self.members, &self.salt) {
            (Some(proofs), _) => Ok(serde_json::from_str(proofs)?),
            // Without a salt, the digests do not match, and the version is reported.
            (None, salt) => {
                Ok(members(index.record_type, record, salt.as_deref().unwrap_or_default()))
            }
        }
    }
}

fn changes(connection: &mut AnyConnection, revision: i64) -> StoreResult<Vec<Change>> {
    let mut select = Statement::new(
        r#"SELECT r."record_type", r."id", c."operation", i."id", c."digest", c."salt",
            c."members", c."record_key" FROM "changes" c
            JOIN "records" r ON r."key" = c."record_key"
            LEFT JOIN "records" i ON i."key" = c."into_key" WHERE c."revision" = "#,
    );
    select.bind(revision).push(r#" ORDER BY c."position""#);
    select.rows(connection)?.iter().map(Change::from_row).collect()
}

fn redactions(connection: &mut AnyConnection) -> StoreResult<Redactions> {
    let select = r#"SELECT "record_key", max("revision") FROM "changes"
        WHERE "operation" = 'redact' GROUP BY "record_key""#;
    let rows = Statement::new(select).rows(connection)?;
    rows.iter().map(|row| Ok((row.required_integer(0)?, row.required_integer(1)?))).collect()
}

/// Compares the versions that a revision wrote with their digests and with its time.
fn check_versions(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    written: &Written<'_>,
    changes: &[Change],
    redactions: &Redactions,
    faults: &mut Vec<String>,
) -> StoreResult<()> {
    let revision = written.revision;
    let mut by_type: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.digest.is_some()) {
        by_type.entry(&change.record_type).or_default().push(change);
    }
    for (record_type, changes) in by_type {
        let Some(index) = indexes.named(record_type) else { continue };
        for changes in changes.chunks(BATCH) {
            let keys: Vec<i64> = changes.iter().map(|change| change.key).collect();
            let stored = match versions_written(connection, index.record_type, &keys, revision) {
                Ok(stored) => stored,
                Err(StoreError::Unavailable(fault)) => {
                    faults.push(format!("revision {revision}: {fault}"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let stored: HashMap<i64, &Version> =
                stored.iter().map(|version| (version.key, version)).collect();
            for change in changes {
                let id = &change.id;
                let Some(Version { metadata, record, .. }) = stored.get(&change.key) else {
                    faults.push(format!(
                        "{record_type} {id}: the version of revision {revision} is missing"
                    ));
                    continue;
                };
                let proofs = change.proofs(index, record)?;
                if record.id != *id
                    || version_digest(&proofs, index.record_type, record) != change.digest
                {
                    faults.push(format!(
                        "{record_type} {id}: the version of revision {revision} \
                        does not match its digest"
                    ));
                }
                if let Some(fault) = written.fault(change.key, metadata) {
                    faults.push(format!(
                        "{record_type} {id}: the version of revision {revision} {fault}"
                    ));
                }
                let redaction = redactions.get(&change.key);
                if change.members.is_some()
                    && redaction.is_none_or(|redaction| *redaction <= revision)
                {
                    faults.push(format!(
                        "{record_type} {id}: the version of revision {revision} has redacted \
                         values, but no revision redacted them"
                    ));
                }
            }
        }
    }
    Ok(())
}
