//! Checks and rebuilds the holes of stored documents from the documents.

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::document::{Keys, decode, encode, has_shape, is_intact, shape};
use super::error::StoreResult;
use super::links::find_targets;
use super::schema::versions;
use crate::model::RecordType;

/// A version whose document and holes do not match.
#[derive(Debug)]
pub struct Mismatch {
    key: i64,
    pub id: String,
    /// The revision that wrote the version.
    pub revision: i64,
    /// The correct holes, or `None` if the document is damaged.
    pub holes: Option<String>,
}

/// Finds versions whose documents and holes do not match.
pub fn mismatches(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<Vec<Mismatch>> {
    let stored: Vec<(i64, i64, String, String)> = versions::table
        .filter(versions::record_key.eq_any(keys))
        .select((versions::record_key, versions::revision, versions::holes, versions::document))
        .load(connection)?;
    let mut found = Vec::new();
    let mut targets = Keys::new();
    for (key, revision, stored_holes, document) in stored {
        let (metadata, record) = decode(record_type, document.as_bytes())?;
        find_targets(connection, record_type, &record, &mut targets)?;
        let encoded = encode(record_type, &record, &metadata, key, &targets)?;
        // A document of another shape has other members or other holes.
        let is_same = encoded.document == document
            && has_shape(stored_holes.as_bytes(), &shape(record_type));
        if is_same && encoded.holes != stored_holes
            || !is_intact(document.as_bytes(), stored_holes.as_bytes())
        {
            let holes = is_same.then_some(encoded.holes);
            found.push(Mismatch { key, id: record.id, revision, holes });
        }
    }
    Ok(found)
}

/// Corrects the holes of these records.
pub fn rebuild(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<()> {
    for Mismatch { key, revision, holes, .. } in mismatches(connection, record_type, keys)? {
        let Some(holes) = holes else { continue };
        let version = versions::record_key.eq(key).and(versions::revision.eq(revision));
        diesel::update(versions::table.filter(version))
            .set(versions::holes.eq(holes))
            .execute(connection)?;
    }
    Ok(())
}
