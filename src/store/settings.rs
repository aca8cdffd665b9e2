//! The settings of the database itself.

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::schema::settings::dsl::{name, settings, value};
use crate::digest::random_hex;

/// The settings that are created with the database.
#[derive(Debug)]
pub(super) struct Settings {
    /// A random id.
    pub(super) identity: String,
    /// The key that signs cursors, so that every server on the database accepts those of every
    /// other.
    pub(super) signing_key: String,
}

impl Settings {
    /// The settings, created if the database is new.
    pub(super) fn load(connection: &mut AnyConnection) -> StoreResult<Self> {
        Ok(Self {
            identity: read_or_create(connection, "identity", 8)?,
            signing_key: read_or_create(connection, "signing_key", 32)?,
        })
    }
}

/// Replaces the settings: what was signed for another database is not valid for this one.
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
    // Of two servers that start at once, one inserts; both read what that one wrote.
    insert(connection, setting, &random_hex(bytes), OnConflict::Keep)?;
    Ok(read(connection, setting)?.unwrap_or_default())
}

/// The value of a setting.
pub(super) fn read(connection: &mut AnyConnection, setting: &str) -> StoreResult<Option<String>> {
    Ok(settings.find(setting).select(value).first(connection).optional()?)
}

/// Removes a setting.
pub(super) fn remove(connection: &mut AnyConnection, setting: &str) -> StoreResult<()> {
    diesel::delete(settings.find(setting)).execute(connection)?;
    Ok(())
}

/// Sets a setting.
pub(super) fn write(connection: &mut AnyConnection, setting: &str, new: &str) -> StoreResult<()> {
    insert(connection, setting, new, OnConflict::Replace)
}

/// What an insert does where the setting exists.
#[derive(Clone, Copy)]
enum OnConflict {
    Keep,
    Replace,
}

/// Diesel supports `ON CONFLICT` for each kind of database, but not for a connection to either.
fn insert(
    connection: &mut AnyConnection,
    setting: &str,
    new: &str,
    on_conflict: OnConflict,
) -> StoreResult<()> {
    let row = (name.eq(setting), value.eq(new));
    match (connection, on_conflict) {
        (AnyConnection::Sqlite(sqlite), OnConflict::Keep) => {
            diesel::insert_into(settings).values(row).on_conflict_do_nothing().execute(sqlite)?
        }
        (AnyConnection::Postgres(postgres), OnConflict::Keep) => {
            diesel::insert_into(settings).values(row).on_conflict_do_nothing().execute(postgres)?
        }
        (AnyConnection::Sqlite(sqlite), OnConflict::Replace) => {
            diesel::replace_into(settings).values(row).execute(sqlite)?
        }
        (AnyConnection::Postgres(postgres), OnConflict::Replace) => diesel::insert_into(settings)
            .values(row)
            .on_conflict(name)
            .do_update()
            .set(value.eq(new))
            .execute(postgres)?,
    };
    Ok(())
}
