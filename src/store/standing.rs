//! What is known already: the newest revision, and of an id whether a record has it, had it, or is another one by now.

use std::collections::HashMap;

use super::connection::AnyConnection;
use super::dialect::any_of;
use super::error::StoreResult;
use super::statement::Statement;
use crate::model::RecordType;

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
