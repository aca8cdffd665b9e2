//! What a database knows of itself.

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::statement::{Cell, Statement};

/// The settings that are made with the database.
#[derive(Debug)]
pub(super) struct Settings {
    /// A random id.
    pub(super) identity: String,
    /// The key that signs cursors, so that every server on the database takes those of every other.
    pub(super) signing_key: String,
}

impl Settings {
    /// The settings, made where the database is new.
    pub(super) fn load(connection: &mut AnyConnection) -> StoreResult<Self> {
        Ok(Self { identity: setting(connection, "identity", 8)?, signing_key: setting(connection, "signing_key", 32)? })
    }
}

/// Makes the settings anew: what was given for another database is none of this one's.
pub(super) fn renew(connection: &mut AnyConnection) -> StoreResult<()> {
    Statement::new("DELETE FROM settings WHERE name IN ('identity', 'signing_key')").execute(connection)?;
    Settings::load(connection).map(drop)
}

fn setting(connection: &mut AnyConnection, name: &str, bytes: usize) -> StoreResult<String> {
    // Of two servers that begin at once, one inserts; both read what that one wrote.
    if let Some(value) = read(connection, name)? {
        return Ok(value);
    }
    let mut insert = Statement::new("INSERT INTO settings (name, value) VALUES (");
    insert.bind_all([Cell::from(name), Cell::from(crate::digest::random_hex(bytes))]).push(") ON CONFLICT (name) DO NOTHING");
    insert.execute(connection)?;
    Ok(read(connection, name)?.unwrap_or_default())
}

/// The value of a setting.
pub(super) fn read(connection: &mut AnyConnection, name: &str) -> StoreResult<Option<String>> {
    let mut select = Statement::new("SELECT value FROM settings WHERE name = ");
    select.bind(name);
    Ok(select.first(connection)?.and_then(|row| row.text(0).map(str::to_owned)))
}

/// Takes a setting away.
pub(super) fn remove(connection: &mut AnyConnection, name: &str) -> StoreResult<()> {
    let mut delete = Statement::new("DELETE FROM settings WHERE name = ");
    delete.bind(name);
    delete.execute(connection).map(|_| ())
}

/// Sets a setting.
pub(super) fn write(connection: &mut AnyConnection, name: &str, value: &str) -> StoreResult<()> {
    let mut upsert = Statement::new("INSERT INTO settings (name, value) VALUES (");
    upsert.bind_all([Cell::from(name), Cell::from(value)]).push(") ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    upsert.execute(connection).map(|_| ())
}
