//! Checks and rebuilds the holes of stored documents from the documents.

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::document::{Keys, decode, encode, shape};
use super::error::StoreResult;
use super::links::find_targets;
use super::schema::versions;
use crate::model::RecordType;

/// A version whose holes do not match its document.
#[derive(Debug)]
pub struct WrongHoles {
    key: i64,
    pub id: String,
    /// The revision that wrote the version.
    pub revision: i64,
    /// The correct holes.
    holes: String,
}

/// Finds versions whose holes do not match their documents.
pub fn find_wrong(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<Vec<WrongHoles>> {
    let stored: Vec<(i64, i64, String, String)> = versions::table
        .filter(versions::shape.eq(shape(record_type)).and(versions::record_key.eq_any(keys)))
        .select((versions::record_key, versions::revision, versions::holes, versions::document))
        .load(connection)?;
    let mut wrong = Vec::new();
    let mut targets = Keys::new();
    for (key, revision, holes, document) in stored {
        let (metadata, record) = decode(record_type, &document)?;
        find_targets(connection, record_type, &record, &mut targets)?;
        let encoded = encode(record_type, &record, &metadata, key, &targets)?;
        // If the document differs too, `verify` reports its digest.
        if encoded.document == document && encoded.holes != holes {
            wrong.push(WrongHoles { key, id: record.id, revision, holes: encoded.holes });
        }
    }
    Ok(wrong)
}

/// Corrects the holes of these records.
pub fn rebuild(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    keys: &[i64],
) -> StoreResult<()> {
    for wrong in find_wrong(connection, record_type, keys)? {
        let version = versions::record_key.eq(wrong.key).and(versions::revision.eq(wrong.revision));
        diesel::update(versions::table.filter(version))
            .set(versions::holes.eq(wrong.holes))
            .execute(connection)?;
    }
    Ok(())
}
