//! Whether the record is whole: the live tables are what the histories say, references hold, revisions have no gaps, and the
//! chain of digests agrees with every version that is kept.

use std::collections::{BTreeMap, HashMap};

use super::chain::{Members, Seal, SealedChange, SealedRevision, Why, members, reason_digest, version_digest};
use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::history::LIVE;
use super::layout::{Layout, Layouts};
use super::statement::{Row, Statement};
use super::versions::versions_at;
use crate::model::Record;

/// As many faults as are told one by one.
pub const MOST: usize = 1_000;

/// Versions that are looked at together.
const BATCH: usize = 512;

/// Every revision, in order.
const REVISIONS: &str =
    "SELECT revision, recorded_at, actor, reason, kind, digest, reason_salt, reason_digest FROM revisions ORDER BY revision";

/// The newest redaction of each record, by its type and id.
type Redactions = HashMap<(String, String), i64>;

/// What is wrong with the record in this database, each in a sentence.
pub fn verify(connection: &mut AnyConnection, layouts: &Layouts, progress: &mut dyn FnMut(i64, i64)) -> StoreResult<Vec<String>> {
    let mut faults = connection.damage()?;
    for (table, columns) in layouts.tables() {
        let names: Vec<String> = columns.iter().map(|column| format!(r#""{}""#, column.name)).collect();
        let names = names.join(", ");
        let (live, newest) = (
            format!(r#"SELECT {names} FROM "{table}""#),
            format!(r#"SELECT {names} FROM "{table}_history" WHERE "superseded_at" = {LIVE}"#),
        );
        for (one, other, what) in [(&live, &newest, "that its history does not have"), (&newest, &live, "less than its history has")] {
            let count = Statement::new(format!("SELECT count(*) FROM ({one} EXCEPT {other}) d")).number(connection)?;
            if count > 0 {
                faults.push(format!("{table}: {count} rows {what}"));
            }
        }
    }
    for layout in layouts.iter() {
        dangling(connection, layouts, layout, &mut faults)?;
    }
    chain(connection, layouts, progress, &mut faults)?;
    Ok(faults)
}

/// References to records that are not there.
fn dangling(connection: &mut AnyConnection, layouts: &Layouts, target: &Layout, faults: &mut Vec<String>) -> StoreResult<()> {
    for (layout, part, column) in layouts.references_to(target.record_type.name) {
        let (table, owner) = part.map_or((layout.table(), "id"), |part| (part.table.as_str(), part.owner.as_str()));
        let name = &column.name;
        let mut select = Statement::new(format!(
            r#"SELECT r."{owner}", r."{name}" FROM "{table}" r LEFT JOIN "{}" n ON n."id" = r."{name}" WHERE r."{name}" IS NOT NULL AND n."id" IS NULL"#,
            target.table()
        ));
        select.push(format!(" ORDER BY 1, 2 LIMIT {MOST}"));
        for row in select.rows(connection)? {
            let (id, missing) = (row.text(0).unwrap_or_default(), row.text(1).unwrap_or_default());
            faults.push(format!("{table} {id}: refers to the {} {missing}, which is not there", target.record_type.name));
        }
    }
    Ok(())
}

/// Follows the chain from the first revision to the last.
fn chain(
    connection: &mut AnyConnection,
    layouts: &Layouts,
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
        versions(connection, layouts, revision, &changes, &redactions, faults)?;
        if let Some(why) = fault_of_reason(row, &changes, &redactions) {
            faults.push(format!("revision {revision}: {why}"));
        }
        let digest = sealed(row, previous).digest(changes.iter().map(Change::sealed));
        if row.text(5) != Some(digest.as_str()) {
            faults.push(format!("revision {revision}: its digest does not agree with what it did and with the revision before"));
        }
        previous = row.text(5);
        if faults.len() > MOST {
            break;
        }
        progress(revision, last);
    }
    Ok(())
}

fn sealed<'r>(row: &'r Row, previous: Option<&'r str>) -> SealedRevision<'r> {
    SealedRevision {
        revision: row.integer(0).unwrap_or_default(),
        recorded_at: row.text(1).unwrap_or_default(),
        actor: row.text(2).unwrap_or_default(),
        reason: row.text(7).map_or(Why::Plain(row.text(3)), Why::Digest),
        kind: row.text(4),
        previous,
    }
}

/// What is wrong with a revision's reason, by the digest of it; where there is none, the revision's own digest covers the reason.
fn fault_of_reason(row: &Row, changes: &[Change], redactions: &Redactions) -> Option<&'static str> {
    let digest = row.text(7)?;
    match (row.text(3), row.text(6)) {
        (Some(reason), salt) => (reason_digest(salt.unwrap_or_default(), reason) != digest).then_some("its reason is not what was sealed"),
        (None, _) => {
            let revision = row.integer(0).unwrap_or_default();
            let later = |change: &Change| change.redaction(redactions).is_some_and(|redaction| redaction > revision);
            (!changes.iter().any(later)).then_some("its reason was redacted by no revision")
        }
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

    fn sealed(&self) -> SealedChange<'_> {
        SealedChange {
            digest: self.row.text(4),
            id: self.text(1),
            into: self.row.text(3),
            operation: self.text(2),
            record_type: self.text(0),
        }
    }

    /// The newest redaction of the record.
    fn redaction(&self, redactions: &Redactions) -> Option<i64> {
        redactions.get(&(self.text(0).to_owned(), self.text(1).to_owned())).copied()
    }

    /// What is kept of the version's members.
    fn kept(&self, layout: &Layout, record: &Record) -> StoreResult<Members> {
        match (self.row.text(6), self.row.text(5)) {
            (Some(kept), _) => serde_json::from_str(kept).map_err(|error| StoreError::Internal(error.to_string())),
            (None, salt) => Ok(members(layout.record_type, record, salt.unwrap_or_default())),
        }
    }
}

fn changes(connection: &mut AnyConnection, revision: i64) -> StoreResult<Vec<Change>> {
    let mut select =
        Statement::new("SELECT record_type, record_id, operation, into_id, digest, salt, members FROM changes WHERE revision = ");
    select.bind(revision).push(" ORDER BY position");
    Ok(select.rows(connection)?.into_iter().map(|row| Change { row }).collect())
}

/// The newest redaction of each record, by type and id.
fn redactions(connection: &mut AnyConnection) -> StoreResult<Redactions> {
    let select = "SELECT record_type, record_id, max(revision) FROM changes WHERE operation = 'redact' GROUP BY record_type, record_id";
    let text = |row: &Row, column: usize| row.text(column).unwrap_or_default().to_owned();
    let rows = Statement::new(select).rows(connection)?;
    Ok(rows.iter().map(|row| ((text(row, 0), text(row, 1)), row.integer(2).unwrap_or_default())).collect())
}

/// Compares the versions that a revision wrote with the digests that it gave them.
fn versions(
    connection: &mut AnyConnection,
    layouts: &Layouts,
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
        let Some(layout) = layouts.named(record_type) else { continue };
        for changes in changes.chunks(BATCH) {
            let ids: Vec<String> = changes.iter().map(|change| change.text(1).to_owned()).collect();
            let stored = versions_at(connection, layout, revision, &ids)?;
            let stored: HashMap<&str, &Record> = stored.iter().map(|version| (version.record.id.as_str(), &version.record)).collect();
            for change in changes {
                let Some(record) = stored.get(change.text(1)) else {
                    faults.push(format!("{record_type} {}: the version of revision {revision} is missing", change.text(1)));
                    continue;
                };
                let kept = change.kept(layout, record)?;
                if version_digest(&kept, layout.record_type, record).as_deref() != change.row.text(4) {
                    faults.push(format!("{record_type} {}: the version of revision {revision} is not what was sealed", change.text(1)));
                }
                if change.row.text(6).is_some() && change.redaction(redactions).is_none_or(|redaction| redaction <= revision) {
                    faults
                        .push(format!("{record_type} {}: the version of revision {revision} was redacted by no revision", change.text(1)));
                }
            }
        }
    }
    Ok(())
}

/// Seals the revisions of a database that was written before revisions were sealed.
pub(super) fn seal_all(connection: &mut AnyConnection, layouts: &Layouts) -> StoreResult<()> {
    let open = Statement::new("SELECT count(*) FROM revisions WHERE digest IS NULL").number(connection)?;
    if open == 0 {
        return Ok(());
    }
    let rows = Statement::new(REVISIONS).rows(connection)?;
    let mut previous: Option<String> = None;
    for row in &rows {
        let revision = row.integer(0).unwrap_or_default();
        for change in changes(connection, revision)? {
            let Some(layout) = layouts.named(change.text(0)) else { continue };
            let Some(version) = versions_at(connection, layout, revision, &[change.text(1).to_owned()])?.pop() else { continue };
            let seal = Seal::new(layout.record_type, &version.record);
            let mut update = Statement::new("UPDATE changes SET salt = ");
            update.bind(seal.salt).push(", digest = ").bind(seal.digest).push(" WHERE revision = ").bind(revision);
            update.push(" AND record_type = ").bind(change.text(0)).push(" AND record_id = ").bind(change.text(1));
            update.execute(connection)?;
        }
        let digest = sealed(row, previous.as_deref()).digest(changes(connection, revision)?.iter().map(Change::sealed));
        let mut update = Statement::new("UPDATE revisions SET digest = ");
        update.bind(digest.as_str()).push(" WHERE revision = ").bind(revision);
        update.execute(connection)?;
        previous = Some(digest);
    }
    Ok(())
}
