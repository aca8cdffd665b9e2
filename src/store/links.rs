//! References between records.

use diesel::prelude::*;

use super::at::At;
use super::connection::AnyConnection;
use super::document::Keys;
use super::error::StoreResult;
use super::record_keys::find_keys;
use super::row::Row;
use super::schema::links;
use super::statement::Statement;
use crate::model::{Pointer, Record, RecordType, each_reference};

/// A reference: its field, and the type and id of its target.
pub type Reference = (&'static str, &'static str, String);

/// Returns the references of a record, each target once for a field.
pub fn references(record_type: &'static RecordType, record: &Record) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    each_reference(record_type, record, &Pointer::Root, &mut |reference| {
        let known = |(field, target, id): &Reference| {
            *field == reference.field && *target == reference.target && id == reference.id
        };
        if !found.iter().any(known) {
            found.push((reference.field, reference.target, reference.id.to_owned()));
        }
    });
    found
}

/// Adds the keys of all records that a record refers to.
pub fn find_targets(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    record: &Record,
    keys: &mut Keys,
) -> StoreResult<()> {
    let targets: Vec<(&'static str, String)> =
        references(record_type, record).into_iter().map(|(_, target, id)| (target, id)).collect();
    find_keys(connection, &targets, keys)
}

/// A record that refers to others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Referrer {
    /// The key of the record that it refers to.
    pub to: i64,
    /// The type of the referring record.
    pub record_type: String,
    /// The id of the referring record.
    pub id: String,
    /// The key of the referring record.
    pub key: i64,
    /// The field with the reference.
    pub field: String,
}

/// Returns the records that refer to any of these, sorted by target, type and id.
pub fn referrers(connection: &mut AnyConnection, to: &[i64], at: At) -> StoreResult<Vec<Referrer>> {
    let mut select = Statement::new(
        r#"SELECT DISTINCT l."to_key", r."record_type", r."id", r."key", l."field"
            FROM "links" l JOIN "records" r ON r."key" = l."from_key" WHERE l."to_key" IN "#,
    );
    select.append(connection.keys(to)).push(" AND ").append(at.valid("l"));
    let referrer = |row: &Row| {
        Ok(Referrer {
            to: row.required_integer(0)?,
            record_type: row.required_text(1)?.to_owned(),
            id: row.required_text(2)?.to_owned(),
            key: row.required_integer(3)?,
            field: row.required_text(4)?.to_owned(),
        })
    };
    let mut found: Vec<Referrer> =
        select.rows(connection)?.iter().map(referrer).collect::<StoreResult<_>>()?;
    found.sort_unstable();
    Ok(found)
}

/// Returns the keys of records that refer to one of these keys at any revision.
pub fn referrers_ever(connection: &mut AnyConnection, to: &[i64]) -> StoreResult<Vec<i64>> {
    Ok(links::table
        .filter(links::to_key.eq_any(to))
        .select(links::from_key)
        .distinct()
        .load(connection)?)
}
