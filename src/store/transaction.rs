//! A transaction that writes versions, their index rows and one revision. All changes to records
//! are made with it.

mod reads;
mod rows;

use std::collections::{BTreeMap, HashSet};

use diesel::dsl::max;
use diesel::prelude::*;

use super::chain::{SealedRevision, reason_digest};
use super::change::{Change, Derived, Operation};
use super::connection::AnyConnection;
use super::document::{Keys, Metadata, Names, encode};
use super::error::{StoreError, StoreResult};
use super::index::{self, Indexes, rows_of};
use super::insert::Insert;
use super::links::references;
use super::name_cache::LAST_RENAME;
use super::pending_writes::PendingWrites;
use super::record_status::LastRevision;
use super::records::{Version, find_keys};
use super::schema::{changes, records};
use super::search;
use super::settings;
use super::sql_value::SqlValue;
use super::statement::Statement;
use crate::digest::random_hex;
use crate::model::{Moment, Record, RecordType};

/// The actor of a revision and the reason for it.
#[derive(Clone, Debug, Default)]
pub struct Reason {
    /// The name of a key, or of a part of the program.
    pub actor: String,
    /// The reason, in words.
    pub reason: Option<String>,
    /// The kind of change: `entry`, `update`, `correction` or `redaction`.
    pub kind: Option<String>,
}

/// A transaction that may write. It makes one revision, or none if it changes nothing.
pub struct Transaction<'c> {
    /// The connection, for reading within the transaction.
    pub connection: &'c mut AnyConnection,
    /// The index tables.
    pub indexes: &'c Indexes,
    /// The number of the revision that a change makes.
    pub revision: i64,
    /// The time of the revision, which is later than that of all earlier revisions.
    pub moment: Moment,
    /// Whether values were erased, which must also be removed from the database's files.
    pub(super) erased: bool,
    /// Whether any name was changed, removed or redacted.
    pub(super) names_changed: bool,
    previous: Option<String>,
    pub(super) changes: Vec<Change>,
    /// Rows to insert, by table.
    pending: BTreeMap<&'c str, Vec<Vec<SqlValue>>>,
    /// Records whose live rows are to be closed, by table and by the column with their key.
    closing: BTreeMap<(&'c str, &'static str), Vec<i64>>,
    keys: Keys,
    next_key: Option<i64>,
    /// A cache of live names, by key.
    names: Names,
    /// The keys of written records.
    written: HashSet<i64>,
    /// The keys of renamed records.
    renamed: Vec<i64>,
    /// Whether a written record refers to itself.
    refers_to_itself: bool,
    /// The change in the number of live records of each type.
    growth: BTreeMap<&'static str, i64>,
}

const REVISIONS: [&str; 8] = [
    "revision",
    "recorded_at",
    "actor",
    "reason",
    "reason_salt",
    "reason_digest",
    "kind",
    "digest",
];
impl<'c> Transaction<'c> {
    /// Prepares a revision after the last one, on a connection that has begun a transaction under
    /// the writers' lock.
    pub fn new(
        connection: &'c mut AnyConnection,
        indexes: &'c Indexes,
        last: Option<&LastRevision>,
    ) -> StoreResult<Self> {
        let now = Moment::now();
        let revision = last.map_or(1, |last| last.revision + 1);
        let moment = match last {
            Some(last) => now.max(last.time()?.after()),
            None => now,
        };
        let previous = last.map(|last| last.digest.clone());
        Ok(Self {
            connection,
            indexes,
            revision,
            moment,
            erased: false,
            names_changed: false,
            previous,
            changes: Vec::new(),
            pending: BTreeMap::new(),
            closing: BTreeMap::new(),
            keys: Keys::new(),
            next_key: None,
            names: Names::new(),
            written: HashSet::new(),
            renamed: Vec::new(),
            refers_to_itself: false,
            growth: BTreeMap::new(),
        })
    }

    /// Returns the day (UTC) of the transaction.
    pub fn today(&self) -> String {
        self.moment.day().to_string()
    }

    /// Returns whether the transaction has changed anything so far.
    pub fn has_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Assigns keys to ids that have none. The caller checks whether records with these ids exist.
    pub fn intern<'i>(
        &mut self,
        wanted: impl IntoIterator<Item = (&'static str, &'i str)>,
    ) -> StoreResult<()> {
        let wanted: Vec<(&'static str, String)> =
            wanted.into_iter().map(|(target, id)| (target, id.to_owned())).collect();
        find_keys(self.connection, &wanted, &mut self.keys)?;
        for wanted in wanted {
            if self.keys.contains_key(&wanted) {
                continue;
            }
            let key = match self.next_key {
                Some(next) => next,
                None => {
                    records::table
                        .select(max(records::key))
                        .get_result::<Option<i64>>(self.connection)?
                        .unwrap_or(0)
                        + 1
                }
            };
            self.next_key = Some(key + 1);
            let row = vec![
                SqlValue::from(key),
                SqlValue::from(wanted.0),
                SqlValue::from(wanted.1.as_str()),
            ];
            self.insert_later("records", row);
            self.keys.insert(wanted, key);
        }
        Ok(())
    }

    /// Writes a version of a record, which replaces the version before, if any.
    pub fn write(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
        operation: Operation,
        before: Option<&Version>,
    ) -> StoreResult<()> {
        let derived = Derived::new(self.indexes, record_type, record);
        self.write_derived(record_type, record, derived, operation, before, None)
    }

    /// Writes a version whose seal and search entry were computed earlier. `created_at` is the time
    /// of creation of a restored record.
    pub fn write_derived(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
        derived: Derived,
        operation: Operation,
        before: Option<&Version>,
        created_at: Option<&str>,
    ) -> StoreResult<()> {
        let links = references(record_type, record);
        let targets = links.iter().map(|(_, target, id)| (*target, id.as_str()));
        self.intern(std::iter::once((record_type.name, record.id.as_str())).chain(targets))?;
        let key = self.key(record_type, &record.id)?;
        self.refers_to_itself |=
            links.iter().any(|(_, target, id)| *target == record_type.name && *id == record.id);
        let index = self.indexes.of(record_type);
        let metadata =
            self.metadata(before.map(|before| before.metadata.created_at.as_str()).or(created_at));
        let encoded = encode(record_type, record, &metadata, key, &self.keys)?;
        let label = self.label(record_type, record)?;
        let rows = rows_of(index, record, &metadata, label.as_deref(), &self.keys);
        self.replace_rows(index, key, rows, before)?;
        if let (Some(before), None) = (before, record_type.label) {
            let name = || index::name_of(record_type, &before.record, None);
            self.names.entry(key).or_insert_with(name);
        }
        let name = index::name_of(record_type, record, label);
        self.replace_name(key, &name, before.is_some())?;
        match before {
            Some(_) => self.close("versions", "revision", "key", key)?,
            None => *self.growth.entry(record_type.name).or_default() += 1,
        }
        let mut version = self.live(key).row([encoded.holes, encoded.document].map(SqlValue::from));
        version.push(key.into());
        self.insert_later("versions", version);
        let mut operation = operation;
        if !self.written.insert(key) {
            // If a revision writes a record twice, it contains only the last version.
            let same = self
                .changes
                .iter()
                .position(|change| change.key == key && change.derived.is_some());
            operation = same.map_or(operation, |at| self.changes.remove(at).operation);
        }
        self.changes.push(Change {
            record_type,
            id: record.id.clone(),
            key,
            operation,
            into: None,
            derived: Some(derived),
        });
        Ok(())
    }

    /// Deletes a record.
    pub fn delete(
        &mut self,
        record_type: &'static RecordType,
        version: &Version,
    ) -> StoreResult<()> {
        self.remove(record_type, version)?;
        self.note(record_type, &version.record.id, version.key, Operation::Delete, None);
        Ok(())
    }

    /// Removes a record that was merged into another one. Its id then leads to that record.
    pub fn merge(
        &mut self,
        record_type: &'static RecordType,
        version: &Version,
        into: &str,
    ) -> StoreResult<()> {
        self.remove(record_type, version)?;
        let into = (self.key(record_type, into)?, into.to_owned());
        self.note(record_type, &version.record.id, version.key, Operation::Merge, Some(into));
        Ok(())
    }

    /// Records a change that writes no version.
    pub fn note(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
        key: i64,
        operation: Operation,
        into: Option<(i64, String)>,
    ) {
        self.changes.push(Change {
            record_type,
            id: id.to_owned(),
            key,
            operation,
            into,
            derived: None,
        });
    }

    /// Writes the revision, and returns it, or `None` if nothing was changed. The caller must
    /// add the terms to the search index and then commit.
    pub(super) fn finish(
        mut self,
        reason: &Reason,
        terms: &mut search::Terms,
    ) -> StoreResult<Option<LastRevision>> {
        if self.changes.is_empty() {
            return Ok(None);
        }
        self.relabel()?;
        let mut writes = PendingWrites::default();
        if self.is_single_write() {
            self.move_pending(&mut writes)?;
        } else {
            self.flush()?;
        }
        if self.names_changed {
            settings::write(self.connection, LAST_RENAME, &self.revision.to_string())?;
        }
        let index = search::Index::new(
            self.connection,
            self.indexes,
            (self.revision, !self.erased),
            &mut self.keys,
            &mut writes,
            terms,
        );
        search::update(index, &mut self.changes)?;
        if self.erased {
            writes.execute(self.connection)?;
            search::delete_past(self.connection, self.indexes, self.revision, terms)?;
        }
        for (record_type, growth) in std::mem::take(&mut self.growth) {
            let mut count = Statement::new(r#"UPDATE "counts" SET "live" = "live" + "#);
            count.bind(growth).push(r#" WHERE "record_type" = "#).bind(record_type);
            writes.update(count);
        }
        let moment = self.moment.to_string();
        let salt = reason.reason.as_ref().map(|_| random_hex(16));
        let sealed_reason = salt
            .as_deref()
            .zip(reason.reason.as_deref())
            .map(|(salt, reason)| reason_digest(salt, reason));
        let sealed = SealedRevision {
            actor: &reason.actor,
            changes: self.changes.iter().map(Change::sealed).collect(),
            kind: reason.kind.as_deref(),
            previous: self.previous.as_deref(),
            reason_digest: sealed_reason.as_deref(),
            recorded_at: &moment,
            revision: self.revision,
        };
        let digest = sealed.digest();
        let texts = [
            Some(moment.clone()),
            Some(reason.actor.clone()),
            reason.reason.clone(),
            salt,
            sealed_reason,
            reason.kind.clone(),
            Some(digest.clone()),
        ];
        let row = std::iter::once(SqlValue::from(self.revision))
            .chain(texts.into_iter().map(SqlValue::Text))
            .collect();
        writes.insert(Insert::new("revisions", REVISIONS), vec![row]);
        let revision = self.revision;
        let rows =
            std::mem::take(&mut self.changes).into_iter().zip(0_i64..).map(|(change, position)| {
                let (salt, digest) = change.derived.map_or((None, None), |derived| {
                    (Some(derived.seal.salt), Some(derived.seal.digest))
                });
                vec![
                    SqlValue::from(revision),
                    SqlValue::from(position),
                    SqlValue::from(change.key),
                    SqlValue::from(change.operation.as_str()),
                    SqlValue::Integer(change.into.map(|(key, _)| key)),
                    SqlValue::Text(digest),
                    SqlValue::Text(salt),
                ]
            });
        let columns =
            ["revision", "position", "record_key", "operation", "into_key", "digest", "salt"];
        writes.insert(Insert::new("changes", columns), rows.collect());
        writes.execute(self.connection)?;
        Ok(Some(LastRevision { revision, recorded_at: moment, digest }))
    }

    /// Returns whether finishing the revision reads nothing that is pending: it writes one record,
    /// which does not refer to itself, and changes no name that others show. A deletion changes
    /// one.
    fn is_single_write(&self) -> bool {
        self.written.len() == 1
            && self.changes.len() == 1
            && !self.names_changed
            && !self.refers_to_itself
    }

    fn key(&self, record_type: &'static RecordType, id: &str) -> StoreResult<i64> {
        let key = self.keys.get(&(record_type.name, id.to_owned())).copied();
        key.ok_or_else(|| StoreError::Internal(format!("the {} {id} has no key", record_type.name)))
    }

    /// Returns the metadata of a version that this revision writes. `created_at` is that of the
    /// version before, if any.
    fn metadata(&self, created_at: Option<&str>) -> Metadata {
        let updated_at = self.moment.to_string();
        let created_at = created_at.unwrap_or(&updated_at).to_owned();
        Metadata { revision: self.revision, created_at, updated_at }
    }

    /// Clears the cache of names after names were rewritten.
    pub(super) fn clear_names(&mut self) {
        self.names.clear();
        self.names_changed = true;
    }
}

/// Returns the keys and ids of records that were merged into this one, directly or through others.
/// Their versions are part of its history.
pub fn merged_into(connection: &mut AnyConnection, key: i64) -> StoreResult<Vec<(i64, String)>> {
    let mut found: Vec<(i64, String)> = Vec::new();
    let mut targets = vec![key];
    while !targets.is_empty() {
        let merged =
            changes::table.inner_join(records::table.on(records::key.eq(changes::record_key)));
        let next: Vec<(i64, String)> = merged
            .filter(changes::into_key.eq_any(&targets))
            .order((changes::revision, records::id))
            .select((records::key, records::id))
            .load::<(i64, String)>(connection)?
            .into_iter()
            .filter(|(key, _)| !found.iter().any(|(known, _)| known == key))
            .collect();
        targets = next.iter().map(|(key, _)| *key).collect();
        found.extend(next);
    }
    Ok(found)
}
