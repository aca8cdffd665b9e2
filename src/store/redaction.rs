//! Rewrites versions without redacted values, and stores the proofs of the other values.

use diesel::prelude::*;

use super::chain::{Member, Members, member_digests, members};
use super::document::{Keys, encode};
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
    Unrelated,
    /// The revision has no reason, or its reason was redacted.
    Absent,
    /// The reason can be redacted.
    Redactable,
}

impl Transaction<'_> {
    /// Replaces a stored version with one without the redacted values. Its digest stays.
    pub fn rewrite(
        &mut self,
        record_type: &'static RecordType,
        version: &Version,
        redacted: &Record,
    ) -> StoreResult<()> {
        self.flush()?;
        self.replace_salts(record_type, version, redacted)?;
        let mut keys = Keys::new();
        find_targets(self.connection, record_type, redacted, &mut keys)?;
        let encoded = encode(record_type, redacted, &version.metadata, version.key, &keys)?;
        let stored = versions::record_key
            .eq(version.key)
            .and(versions::revision.eq(version.metadata.revision));
        let new = (versions::document.eq(encoded.document), versions::holes.eq(encoded.holes));
        diesel::update(versions::table.filter(stored)).set(new).execute(self.connection)?;
        Ok(())
    }

    /// Rebuilds everything derived from the versions of these records, including computed names of
    /// other records.
    pub fn reindex(&mut self, record_type: &'static RecordType, keys: &[i64]) -> StoreResult<()> {
        self.flush()?;
        index::rebuild_records(self.connection, self.indexes.of(record_type), keys)?;
        let referrers = referrers_ever(self.connection, keys)?;
        for labeled in self.indexes.labeled().collect::<Vec<_>>() {
            let labeled_keys = index::of_type(self.connection, labeled, &referrers)?;
            index::rebuild_records(self.connection, self.indexes.of(labeled), &labeled_keys)?;
        }
        self.clear_names();
        Ok(())
    }

    /// Records that values or reasons were erased.
    pub fn redacted(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<()> {
        self.erased = true;
        tracing::info!(record_type = record_type.name, id, "values were redacted");
        settings::write(self.connection, LAST_REDACTION, &self.revision.to_string())
    }

    /// Returns whether the reason of a revision can be redacted together with these records.
    pub fn reason_status(&mut self, keys: &[i64], revision: i64) -> StoreResult<ReasonStatus> {
        let changed = changes::revision.eq(revision).and(changes::record_key.eq_any(keys));
        if changes::table.filter(changed).count().get_result::<i64>(self.connection)? == 0 {
            return Ok(ReasonStatus::Unrelated);
        }
        let reason = revisions::table.find(revision).select(revisions::reason);
        let reason: Option<Option<String>> = reason.get_result(self.connection).optional()?;
        Ok(if reason.flatten().is_some() { ReasonStatus::Redactable } else { ReasonStatus::Absent })
    }

    /// Erases the reason of a revision. Its digest stays.
    pub fn erase_reason(&mut self, revision: i64) -> StoreResult<()> {
        let nothing =
            (revisions::reason.eq(None::<String>), revisions::reason_salt.eq(None::<String>));
        diesel::update(revisions::table.find(revision)).set(nothing).execute(self.connection)?;
        Ok(())
    }

    /// Replaces the salt of a version with the salts of its remaining members and the digests of
    /// the redacted ones.
    fn replace_salts(
        &mut self,
        record_type: &'static RecordType,
        version: &Version,
        redacted: &Record,
    ) -> StoreResult<()> {
        let revision = version.metadata.revision;
        let change = changes::table.filter(
            changes::revision
                .eq(revision)
                .and(changes::record_key.eq(version.key))
                .and(changes::digest.is_not_null()),
        );
        let proof: Option<(Option<String>, Option<String>)> = change
            .select((changes::salt, changes::members))
            .get_result(self.connection)
            .optional()?;
        let written =
            versions_written(self.connection, record_type, &[version.key], revision)?.pop();
        let written = written.map_or_else(|| version.record.clone(), |written| written.record);
        let (salt, proofs) = proof.unwrap_or_default();
        let mut proofs: Members = match (proofs, salt) {
            (Some(proofs), _) => serde_json::from_str(&proofs)?,
            (None, Some(salt)) => members(record_type, &written, &salt),
            (None, None) => return Ok(()),
        };
        let digests = member_digests(&proofs, record_type, &written).ok_or_else(|| {
            StoreError::Internal(format!(
                "revision {revision} of the {} {} does not match its digest",
                record_type.name, version.record.id
            ))
        })?;
        for pointer in changed(record_type, Some(&version.record), Some(redacted)) {
            let name = pointer.split('/').nth(1).unwrap_or_default();
            if let Some(digest) = digests.get(name) {
                proofs.insert(name.to_owned(), Member::Digest(digest.clone()));
            }
        }
        let proofs = serde_json::to_string(&proofs)?;
        let new = (changes::salt.eq(None::<String>), changes::members.eq(proofs));
        diesel::update(change).set(new).execute(self.connection)?;
        Ok(())
    }
}

/// The setting with the revision of the latest redaction.
pub(super) const LAST_REDACTION: &str = "last_redaction";
