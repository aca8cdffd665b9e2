//! Checks and rebuilds the holes of stored documents from the documents.

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::document::{Keys, decode, encode, has_shape, is_intact, shape};
use super::error::StoreResult;
use super::links::find_targets;
use super::schema::versions;
use super::statement::Statement;
use super::version_key;
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
    let mut select =
        Statement::new(r#"SELECT v."record_key", v."revision", v."holes", v."document""#);
    select
        .append(connection.rows_by_keys(keys, "versions", "v"))
        .append(version_key::of_record(r#"k."value""#, "v"));
    let mut found = Vec::new();
    let mut targets = Keys::new();
    for row in select.rows(connection)? {
        let (key, revision) = (row.required_integer(0)?, row.required_integer(1)?);
        let (stored_holes, document) = (row.required_bytes(2)?, row.required_bytes(3)?);
        let (metadata, record) = decode(record_type, document)?;
        find_targets(connection, record_type, &record, &mut targets)?;
        let encoded = encode(record_type, &record, &metadata, key, &targets)?;
        let is_same = encoded.document.as_bytes() == document;
        // A document of another shape may have other holes.
        let has_other_holes = is_same
            && has_shape(stored_holes, &shape(record_type))
            && encoded.holes.as_bytes() != stored_holes;
        if has_other_holes || !is_intact(document, stored_holes) {
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
