//! What is known already: the newest revision, and of an id whether a record has it, had it, or is another one by now.

use std::collections::HashMap;

use super::connection::AnyConnection;
use super::dialect::any_of;
use super::error::StoreResult;
use super::statement::Statement;
use crate::model::{Agent, RecordType};

/// What is known of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No record ever had it.
    Unknown,
    /// A record has it, last changed by this revision.
    Live(i64),
    /// A record had it until this revision deleted it.
    Deleted(i64),
    /// A record had it until it was merged into the one with this id.
    Merged(String),
}

/// The newest revision.
#[derive(Clone, Debug)]
pub struct LastRevision {
    /// Its number.
    pub revision: i64,
    /// When it was made.
    pub recorded_at: String,
    /// Its digest.
    pub digest: Option<String>,
}

/// The newest revision, where there is one.
pub fn last_revision(connection: &mut AnyConnection) -> StoreResult<Option<LastRevision>> {
    let row = Statement::new("SELECT revision, recorded_at, digest FROM revisions ORDER BY revision DESC LIMIT 1").first(connection)?;
    Ok(row.map(|row| LastRevision {
        revision: row.integer(0).unwrap_or_default(),
        recorded_at: row.text(1).unwrap_or_default().to_owned(),
        digest: row.text(2).map(str::to_owned),
    }))
}

/// What is known of these ids at a revision; those that no record had until then are missing.
pub fn standings(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    ids: &[String],
    at: i64,
) -> StoreResult<HashMap<String, Standing>> {
    let mut known = HashMap::new();
    for ids in ids.chunks(512) {
        let mut live = Statement::new(format!(r#"SELECT "id", "revision" FROM "{}" WHERE "id" IN "#, record_type.plural));
        live.append(any_of(ids));
        for row in live.rows(connection)? {
            known.insert(row.text(0).unwrap_or_default().to_owned(), Standing::Live(row.integer(1).unwrap_or_default()));
        }
        let missing: Vec<String> = ids.iter().filter(|id| !known.contains_key(*id)).cloned().collect();
        if missing.is_empty() {
            continue;
        }
        let mut gone =
            Statement::new("SELECT record_id, revision, into_id FROM changes WHERE operation IN ('delete', 'merge') AND record_type = ");
        gone.bind(record_type.name).push(" AND record_id IN ").append(any_of(&missing));
        gone.push(" AND revision <= ").bind(at).push(" ORDER BY revision");
        for row in gone.rows(connection)? {
            let standing = match row.text(2) {
                Some(into) => Standing::Merged(into.to_owned()),
                None => Standing::Deleted(row.integer(1).unwrap_or_default()),
            };
            known.insert(row.text(0).unwrap_or_default().to_owned(), standing);
        }
    }
    Ok(known)
}

/// Where the ids of merged records lead at a revision, by type and id: to the end of each chain of merges.
#[derive(Clone, Debug, Default)]
pub struct Merged(HashMap<String, HashMap<String, String>>);

impl Merged {
    /// Reads where these ids lead, whichever type of record they belong to.
    pub fn load(connection: &mut AnyConnection, mut ids: Vec<String>, at: i64) -> StoreResult<Self> {
        let mut merged = Self::default();
        let targets = Agent::TARGETS.map(|target| format!("'{target}'")).join(", ");
        while !ids.is_empty() {
            let mut next = Vec::new();
            for ids in ids.chunks(512) {
                let mut select = Statement::new("SELECT record_type, record_id, into_id FROM changes WHERE record_type IN (");
                select.push(&targets).push(") AND record_id IN ").append(any_of(ids));
                select.push(" AND operation = 'merge' AND revision <= ").bind(at);
                for row in select.rows(connection)? {
                    let (Some(record_type), Some(id), Some(into)) = (row.text(0), row.text(1), row.text(2)) else { continue };
                    let known = merged.0.entry(record_type.to_owned()).or_default().insert(id.to_owned(), into.to_owned());
                    if known.is_none() {
                        next.push(into.to_owned());
                    }
                }
            }
            ids = next;
        }
        Ok(merged)
    }

    /// The id of the record that this one was merged into, if it was.
    pub fn target(&self, record_type: &str, id: &str) -> Option<&str> {
        let into = self.0.get(record_type)?;
        let mut target = into.get(id)?;
        // A merged id is never used again, so that no chain leads back.
        while let Some(next) = into.get(target) {
            target = next;
        }
        Some(target)
    }

    /// Whether none of the ids was merged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
