//! Reads of a transaction, which include its own changes.

use std::collections::HashMap;

use bytes::BytesMut;

use super::Transaction;
use crate::model::{Record, RecordType};
use crate::store::document::{Hole, JsonNames, encode, fill, parse_holes};
use crate::store::error::StoreResult;
use crate::store::record_status::{Merged, RecordStatus, record_statuses};
use crate::store::records::{
    At, Document, StoredDocuments, Version, damaged, find_keys, names, versions,
};

impl Transaction<'_> {
    /// Reads the live version of the record with this id, and its JSON.
    pub fn load_document(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
    ) -> StoreResult<Option<(Version, Document)>> {
        self.flush()?;
        let stored = StoredDocuments::of_id(self.connection, record_type, id, At::Present, None)?;
        let Some(version) = stored.version(record_type)? else { return Ok(None) };
        let today = self.today();
        let mut filled = stored.fill(self.connection, record_type, At::Present, &today, None)?;
        for (key, name) in filled.new_names {
            self.names.insert(key, serde_json::from_str(&name)?);
        }
        self.keys.insert((record_type.name, id.to_owned()), version.key);
        Ok(filled.documents.pop().map(|document| (version, document)))
    }

    /// Returns the JSON of a record that this revision wrote. `created_at` is that of the version
    /// before, if any.
    pub fn written_document(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
        created_at: Option<&str>,
    ) -> StoreResult<Document> {
        let key = self.key(record_type, &record.id)?;
        let encoded = encode(record_type, record, &self.metadata(created_at), key, &self.keys)?;
        let mut holes = Vec::new();
        let document = encoded.document.as_bytes();
        parse_holes(document, encoded.holes.as_bytes(), &mut holes)
            .ok_or_else(|| damaged(record_type, key))?;
        let shown: Vec<i64> = holes.iter().filter_map(Hole::shown_key).collect();
        self.read_names(&shown)?;
        let names = shown.iter().filter_map(|key| Some((*key, self.names.get(key)?)));
        let names = names
            .map(|(key, name)| Ok((key, serde_json::to_string(name)?.into())))
            .collect::<StoreResult<JsonNames>>()?;
        let mut json = BytesMut::new();
        fill(document, &holes, &names, &self.today(), &mut json)
            .ok_or_else(|| damaged(record_type, key))?;
        Ok(Document { key, revision: self.revision, json: json.freeze() })
    }

    /// Reads the live names of these records into the cache.
    pub(super) fn read_names(&mut self, keys: &[i64]) -> StoreResult<()> {
        let missing: Vec<i64> =
            keys.iter().copied().filter(|key| !self.names.contains_key(key)).collect();
        if !missing.is_empty() {
            self.flush()?;
            self.names.extend(names(self.connection, &missing, At::Present)?);
        }
        Ok(())
    }

    /// Reads the live versions of the records with these ids.
    pub fn load(
        &mut self,
        record_type: &'static RecordType,
        ids: &[String],
    ) -> StoreResult<Vec<Version>> {
        let keys = self.keys_of(record_type, ids)?;
        self.flush()?;
        versions(self.connection, record_type, &keys, At::Present)
    }

    /// Returns the keys of these ids, without ids that no record ever had.
    pub fn keys_of(
        &mut self,
        record_type: &'static RecordType,
        ids: &[String],
    ) -> StoreResult<Vec<i64>> {
        let wanted: Vec<(&'static str, String)> =
            ids.iter().map(|id| (record_type.name, id.clone())).collect();
        find_keys(self.connection, &wanted, &mut self.keys)?;
        Ok(wanted.iter().filter_map(|wanted| self.keys.get(wanted)).copied().collect())
    }

    /// Returns the key of an id, or `None` if no record ever had it.
    pub fn key_of(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
    ) -> StoreResult<Option<i64>> {
        Ok(self.keys_of(record_type, &[id.to_owned()])?.pop())
    }

    /// Returns the status of an id.
    pub fn record_status(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
    ) -> StoreResult<RecordStatus> {
        let id = (record_type.name, id.to_owned());
        let found = self.record_statuses(std::slice::from_ref(&id))?.remove(&id);
        Ok(found.unwrap_or(RecordStatus::Unknown))
    }

    /// Returns the status of each id, by type and id, without ids that no record ever had.
    pub fn record_statuses(
        &mut self,
        ids: &[(&'static str, String)],
    ) -> StoreResult<HashMap<(&'static str, String), RecordStatus>> {
        self.flush()?;
        let mut found = record_statuses(self.connection, ids, At::Present)?;
        for change in &self.changes {
            let Some((_, into)) = &change.into else { continue };
            let id = (change.record_type.name, change.id.clone());
            if ids.contains(&id) {
                found.insert(id, RecordStatus::Merged(into.clone()));
            }
        }
        Ok(found)
    }

    /// Returns the merges of these ids, in earlier revisions and in this one.
    pub fn merged(&mut self, ids: Vec<String>) -> StoreResult<Merged> {
        let agents: Vec<String> = self.indexes.agents().map(str::to_owned).collect();
        let mut merged = Merged::load(self.connection, &agents, ids, self.revision)?;
        for change in &self.changes {
            if let Some((_, into)) = &change.into {
                merged.add(change.record_type.name, &change.id, into);
            }
        }
        Ok(merged)
    }

    /// Reads the live versions with these keys.
    pub fn versions(
        &mut self,
        record_type: &'static RecordType,
        keys: &[i64],
    ) -> StoreResult<Vec<Version>> {
        self.flush()?;
        versions(self.connection, record_type, keys, At::Present)
    }
}
