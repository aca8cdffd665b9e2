//! Versions rewritten without redacted values, and what is stored to prove the rest.

use diesel::prelude::*;

use super::chain::{Member, Members, member_digests, members};
use super::change::Operation;
use super::document::{Keys, encode, shape};
use super::error::{StoreError, StoreResult};
use super::index;
use super::links::{find_targets, referrers_ever};
use super::records::{Version, versions_written};
use super::schema::{changes, revisions, versions};
use super::settings;
use super::transaction::Transaction;
use crate::model::{Record, RecordType, changed};

/// Whether the reason of a revision can be redacted with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonStatus {
    /// The revision did not change the record.
    Elsewhere,
    /// No reason was given, or it was redacted.
    Nothing,
    /// It can be redacted.
    Redactable,
}

impl Transaction<'_> {
    /// Replaces a stored version by what is left of it. The digests of the revision that wrote it
    /// stay.
    pub fn rewrite(
        &mut self,
        record_type: &'static RecordType,
        version: &Version,
        left: &Record,
    ) -> StoreResult<()> {
        self.flush()?;
        self.keep_digests(record_type, version, left)?;
        let mut keys = Keys::new();
        find_targets(self.connection, record_type, left, &mut keys)?;
        let encoded = encode(record_type, left, version.key, &keys)?;
        let stored =
            versions::record_key.eq(version.key).and(versions::revision.eq(version.revision));
        let new = (
            versions::document.eq(encoded.document),
            versions::holes.eq(encoded.holes),
            versions::shape.eq(shape(record_type)),
        );
        diesel::update(versions::table.filter(stored)).set(new).execute(self.connection)?;
        Ok(())
    }

    /// Rebuilds all that is derived from the versions of these records, and from their names.
    pub fn reindex(&mut self, record_type: &'static RecordType, keys: &[i64]) -> StoreResult<()> {
        self.flush()?;
        index::rebuild_records(self.connection, self.indexes.of(record_type), keys)?;
        let mut referrers = Vec::new();
        for key in keys {
            referrers.extend(referrers_ever(self.connection, *key)?);
        }
        referrers.sort_unstable();
        referrers.dedup();
        for labeled in self.indexes.labeled().collect::<Vec<_>>() {
            let theirs = index::of_type(self.connection, labeled, &referrers)?;
            index::rebuild_records(self.connection, self.indexes.of(labeled), &theirs)?;
        }
        self.forget_names();
        Ok(())
    }

    /// Records that values of a record, or reasons, were erased.
    pub fn redacted(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<()> {
        self.erased = true;
        tracing::info!(record_type = record_type.name, id, "values were redacted");
        settings::write(self.connection, LAST_REDACTION, &self.revision.to_string())
    }

    /// Records the redaction of a record that is deleted or merged, which gets no new version.
    pub fn tell_redacted(&mut self, record_type: &'static RecordType, id: &str, key: i64) {
        self.note(record_type, id, key, Operation::Redact, None);
    }

    /// Whether the reason of a revision can be redacted that changed one of these records.
    pub fn reason_of(&mut self, keys: &[i64], revision: i64) -> StoreResult<ReasonStatus> {
        let changed = changes::revision.eq(revision).and(changes::record_key.eq_any(keys));
        if changes::table.filter(changed).count().first::<i64>(self.connection)? == 0 {
            return Ok(ReasonStatus::Elsewhere);
        }
        let reason = revisions::table.find(revision).select(revisions::reason);
        let reason: Option<Option<String>> = reason.first(self.connection).optional()?;
        Ok(if reason.flatten().is_some() {
            ReasonStatus::Redactable
        } else {
            ReasonStatus::Nothing
        })
    }

    /// Erases the reason of a revision; its digest stays.
    pub fn forget_reason(&mut self, revision: i64) -> StoreResult<()> {
        let nothing =
            (revisions::reason.eq(None::<String>), revisions::reason_salt.eq(None::<String>));
        diesel::update(revisions::table.find(revision)).set(nothing).execute(self.connection)?;
        Ok(())
    }

    fn keep_digests(
        &mut self,
        record_type: &'static RecordType,
        version: &Version,
        left: &Record,
    ) -> StoreResult<()> {
        let change = changes::table.filter(
            changes::revision
                .eq(version.revision)
                .and(changes::record_key.eq(version.key))
                .and(changes::digest.is_not_null()),
        );
        let proof: Option<(Option<String>, Option<String>)> =
            change.select((changes::salt, changes::members)).first(self.connection).optional()?;
        let written =
            versions_written(self.connection, record_type, &[version.key], version.revision)?.pop();
        let written = written.map_or_else(|| version.record.clone(), |written| written.record);
        let (salt, kept) = proof.unwrap_or_default();
        let mut kept: Members = match (kept, salt) {
            (Some(kept), _) => serde_json::from_str(&kept)
                .map_err(|error| StoreError::Internal(error.to_string()))?,
            (None, Some(salt)) => members(record_type, &written, &salt),
            (None, None) => return Ok(()),
        };
        let digests = member_digests(&kept, record_type, &written).ok_or_else(|| {
            StoreError::Internal(format!(
                "revision {} of the {} {} does not match its digest",
                version.revision, record_type.name, version.record.id
            ))
        })?;
        for pointer in changed(record_type, Some(&version.record), Some(left)) {
            let name = pointer.split('/').nth(1).unwrap_or_default();
            if let Some(digest) = digests.get(name) {
                kept.insert(name.to_owned(), Member::Digest(digest.clone()));
            }
        }
        let kept = serde_json::to_string(&kept)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        let new = (changes::salt.eq(None::<String>), changes::members.eq(kept));
        diesel::update(change).set(new).execute(self.connection)?;
        Ok(())
    }
}

/// The setting with the revision of the last redaction.
pub(super) const LAST_REDACTION: &str = "last_redaction";
