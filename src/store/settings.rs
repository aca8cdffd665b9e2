//! Settings that are stored in the database.

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::schema::settings::dsl::{name, settings, value};
use super::statement::Statement;
use crate::digest::random_hex;

/// The settings that are created with the database.
#[derive(Debug)]
pub(super) struct Settings {
    /// A random id of the database.
    pub(super) identity: String,
    /// The key that signs cursors. Servers on the same database accept each other's cursors.
    pub(super) signing_key: String,
}

impl Settings {
    /// Reads the settings, or creates them in a new database.
    pub(super) fn load(connection: &mut AnyConnection) -> StoreResult<Self> {
        Ok(Self {
            identity: read_or_create(connection, "identity", 8)?,
            signing_key: read_or_create(connection, "signing_key", 32)?,
        })
    }
}

/// Replaces the settings, so that ETags and cursors of another database are invalid.
pub(super) fn renew(connection: &mut AnyConnection) -> StoreResult<()> {
    diesel::delete(settings.filter(name.eq_any(["identity", "signing_key"])))
        .execute(connection)?;
    Settings::load(connection).map(drop)
}

fn read_or_create(
    connection: &mut AnyConnection,
    setting: &str,
    bytes: usize,
) -> StoreResult<String> {
    if let Some(stored) = read(connection, setting)? {
        return Ok(stored);
    }
    // If two servers start at the same time, both read the value that one of them inserted.
    insert(connection, setting, &random_hex(bytes), "DO NOTHING")?;
    read(connection, setting)?
        .ok_or_else(|| StoreError::Internal(format!("the setting {setting} is missing")))
}

/// Returns the value of a setting.
pub(super) fn read(connection: &mut AnyConnection, setting: &str) -> StoreResult<Option<String>> {
    Ok(settings.find(setting).select(value).get_result(connection).optional()?)
}

/// Returns the value of a setting that is a revision.
pub(super) fn read_revision(
    connection: &mut AnyConnection,
    setting: &str,
) -> StoreResult<Option<i64>> {
    let stored = read(connection, setting)?;
    stored.map(|stored| parse_revision(setting, &stored)).transpose()
}

/// Parses the value of a setting that is a revision.
pub(super) fn parse_revision(setting: &str, stored: &str) -> StoreResult<i64> {
    stored.parse().map_err(|_| {
        StoreError::Internal(format!(
            "the setting {setting} is {stored:?}, which is not a revision"
        ))
    })
}

pub(super) fn remove(connection: &mut AnyConnection, setting: &str) -> StoreResult<()> {
    diesel::delete(settings.find(setting)).execute(connection)?;
    Ok(())
}

pub(super) fn write(connection: &mut AnyConnection, setting: &str, new: &str) -> StoreResult<()> {
    insert(connection, setting, new, r#"("name") DO UPDATE SET "value" = excluded."value""#)
}

/// Inserts a setting. Diesel supports `ON CONFLICT` for each kind of database, but not for a
/// connection to either.
fn insert(
    connection: &mut AnyConnection,
    setting: &str,
    new: &str,
    on_conflict: &str,
) -> StoreResult<()> {
    let mut insert = Statement::new(r#"INSERT INTO "settings" ("name", "value") VALUES ("#);
    insert.bind(setting).push(", ").bind(new).push(") ON CONFLICT ").push(on_conflict);
    insert.execute(connection).map(drop)
}
