//! Versions rewritten without what was redacted, and what is kept of them to prove the rest.

use super::chain::{Member, Members, member_digests, members};
use super::dialect::any_of;
use super::error::{StoreError, StoreResult};
use super::insert::insert_all;
use super::settings;
use super::statement::{Cell, Statement};
use super::transaction::{Operation, Transaction, Written, rows_of};
use super::versions::Version;
use crate::model::{Record, RecordType, changed};

/// How the reason of a revision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonStanding {
    /// The revision did nothing to the record.
    Elsewhere,
    /// None was given, or it was redacted.
    Nothing,
    /// It was sealed as it is, before reasons had digests: the chain would break.
    Sealed,
    /// It can be taken out.
    Redactable,
}

impl Transaction<'_> {
    /// Replaces a version in the history by what is left of it; of a live record, the newest is to be written anew after that.
    /// The digests of the revision that wrote it stay as they are.
    pub fn rewrite(&mut self, record_type: &'static RecordType, version: &Version, left: &Record) -> StoreResult<()> {
        self.flush()?;
        self.keep_digests(record_type, version, left)?;
        let layout = self.layouts.of(record_type);
        let tables = std::iter::once((layout.table(), "id", None))
            .chain(layout.parts.iter().map(|part| (part.table.as_str(), part.owner.as_str(), part.shared)));
        for (table, owner, shared) in tables {
            let mut delete = Statement::new(format!(r#"DELETE FROM "{table}_history" WHERE "{owner}" = "#));
            delete.bind(version.record.id.as_str()).push(r#" AND "revision" = "#).bind(version.revision);
            if let Some(shared) = shared {
                delete.push(format!(r#" AND "record_type" = '{shared}'"#));
            }
            delete.execute(self.connection)?;
        }
        let written = Written { revision: version.revision, created_at: &version.created_at, updated_at: &version.updated_at };
        let tables = self.layouts.tables();
        for (table, row) in rows_of(layout, left, &written) {
            let Some((_, columns)) = tables.iter().find(|(name, _)| name == table) else { continue };
            let columns = columns.iter().map(|column| column.name.as_str()).chain(["superseded_at"]);
            let row: Vec<Cell> = row.into_iter().chain([Cell::from(version.superseded_at)]).collect();
            insert_all(self.connection, &format!("{table}_history"), columns, [row])?;
        }
        Ok(())
    }

    /// Notes that values of a record, or reasons, were taken out for good.
    pub fn redacted(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<()> {
        self.erased = true;
        tracing::info!(record_type = record_type.name, id, "values were redacted");
        settings::write(self.connection, LAST_REDACTION, &self.revision.to_string())
    }

    /// Notes the redaction of a record that is deleted or merged: there is no new version to tell of it.
    pub fn tell_redacted(&mut self, record_type: &'static RecordType, id: &str) {
        self.note(record_type, id, Operation::Redact, None);
    }

    /// The ids of the record and of all that were merged into it: their versions are a part of its history.
    pub fn history_ids(&mut self, record_type: &'static RecordType, id: &str) -> StoreResult<Vec<String>> {
        let mut ids = vec![id.to_owned()];
        let mut next = 0;
        while let Some(into) = ids.get(next).cloned() {
            let mut merged = Statement::new("SELECT record_id FROM changes WHERE operation = 'merge' AND record_type = ");
            merged.bind(record_type.name).push(" AND into_id = ").bind(into).push(" ORDER BY revision");
            ids.extend(merged.rows(self.connection)?.iter().filter_map(|row| row.text(0).map(str::to_owned)));
            next += 1;
        }
        Ok(ids)
    }

    /// How the reason of a revision stands that changed one of these records.
    pub fn reason_of(&mut self, record_type: &'static RecordType, ids: &[String], revision: i64) -> StoreResult<ReasonStanding> {
        let mut changed = Statement::new("SELECT count(*) FROM changes WHERE revision = ");
        changed.bind(revision).push(" AND record_type = ").bind(record_type.name).push(" AND record_id IN ").append(any_of(ids));
        if changed.number(self.connection)? == 0 {
            return Ok(ReasonStanding::Elsewhere);
        }
        let mut select = Statement::new("SELECT reason, reason_digest FROM revisions WHERE revision = ");
        select.bind(revision);
        let row = select.first(self.connection)?;
        Ok(match row.as_ref().map(|row| (row.text(0), row.text(1))) {
            Some((Some(_), Some(_))) => ReasonStanding::Redactable,
            Some((Some(_), None)) => ReasonStanding::Sealed,
            _ => ReasonStanding::Nothing,
        })
    }

    /// Takes the reason of a revision out for good; its digest stays.
    pub fn forget_reason(&mut self, revision: i64) -> StoreResult<()> {
        let mut update =
            Statement::new("UPDATE revisions SET reason = NULL, reason_salt = NULL WHERE reason_digest IS NOT NULL AND revision = ");
        update.bind(revision);
        update.execute(self.connection).map(|_| ())
    }

    fn keep_digests(&mut self, record_type: &'static RecordType, version: &Version, left: &Record) -> StoreResult<()> {
        let mut select = Statement::new("SELECT salt, members FROM changes WHERE revision = ");
        select.bind(version.revision).push(" AND record_type = ").bind(record_type.name).push(" AND record_id = ");
        select.bind(version.record.id.as_str());
        let row = select.first(self.connection)?;
        let (salt, kept) = row.as_ref().map_or((None, None), |row| (row.text(0), row.text(1)));
        let mut kept: Members = match (kept, salt) {
            (Some(kept), _) => serde_json::from_str(kept).map_err(|error| StoreError::Internal(error.to_string()))?,
            (None, Some(salt)) => members(record_type, &version.record, salt),
            (None, None) => return Ok(()),
        };
        let digests = member_digests(&kept, record_type, &version.record).ok_or_else(|| {
            StoreError::Internal(format!("the version {} of {} is not what was sealed", version.revision, version.record.id))
        })?;
        for pointer in changed(record_type, Some(&version.record), Some(left)) {
            let name = pointer.split('/').nth(1).unwrap_or_default();
            if let Some(digest) = digests.get(name) {
                kept.insert(name.to_owned(), Member::Digest(digest.clone()));
            }
        }
        let mut update = Statement::new("UPDATE changes SET salt = NULL, members = ");
        update.bind(serde_json::to_string(&kept).map_err(|error| StoreError::Internal(error.to_string()))?);
        update.push(" WHERE revision = ").bind(version.revision).push(" AND record_type = ").bind(record_type.name);
        update.push(" AND record_id = ").bind(version.record.id.as_str());
        update.execute(self.connection)?;
        Ok(())
    }
}

/// The setting that tells the revision of the last redaction.
pub(super) const LAST_REDACTION: &str = "last_redaction";
