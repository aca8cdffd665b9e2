//! The holes of stored documents: they follow from the documents, and are rebuilt from them.

use super::connection::AnyConnection;
use super::dialect::any_of;
use super::document::{Keys, decode, encode, shape};
use super::error::StoreResult;
use super::links::find_targets;
use super::statement::Statement;
use crate::model::RecordType;

/// A version whose holes are not those of its document.
#[derive(Debug)]
pub struct WrongHoles {
    key: i64,
    /// The id of the record.
    pub id: String,
    /// The revision that wrote the version.
    pub revision: i64,
    /// What the holes should be.
    holes: String,
}

/// The versions of these records with holes that do not follow from their documents.
pub fn find_wrong(connection: &mut AnyConnection, record_type: &'static RecordType, keys: &[i64]) -> StoreResult<Vec<WrongHoles>> {
    let mut select = Statement::new(r#"SELECT "record_key", "revision", "holes", "document" FROM "versions" WHERE "shape" = "#);
    select.bind(shape(record_type)).push(r#" AND "record_key" IN "#).append(any_of(keys));
    let mut wrong = Vec::new();
    let mut targets = Keys::new();
    for row in select.rows(connection)? {
        let (Some(key), Some(revision), Some(document)) = (row.integer(0), row.integer(1), row.text(3)) else {
            continue;
        };
        let record = decode(record_type, document)?;
        find_targets(connection, record_type, &record, &mut targets)?;
        let encoded = encode(record_type, &record, key, &targets)?;
        // Another document is a matter of its digest.
        if encoded.document == document && row.text(2) != Some(encoded.holes.as_str()) {
            wrong.push(WrongHoles { key, id: record.id, revision, holes: encoded.holes });
        }
    }
    Ok(wrong)
}

/// Puts the holes where they belong.
pub fn rebuild(connection: &mut AnyConnection, record_type: &'static RecordType, keys: &[i64]) -> StoreResult<()> {
    for wrong in find_wrong(connection, record_type, keys)? {
        let mut update = Statement::new(r#"UPDATE "versions" SET "holes" = "#);
        update.bind(wrong.holes).push(r#" WHERE "record_key" = "#).bind(wrong.key);
        update.push(r#" AND "revision" = "#).bind(wrong.revision);
        update.execute(connection)?;
    }
    Ok(())
}
