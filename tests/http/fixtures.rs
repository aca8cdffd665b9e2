//! Databases that tests start with. They are created once for each test process, and then copied.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::postgres;
use crate::support::Api;

/// The records in a new database.
#[derive(Clone, Copy)]
pub enum Records {
    /// The schema and no record.
    None,
    /// The bundled records, as the first start of a server imports them.
    Bundled,
}

impl Records {
    /// Returns the records that a server with these arguments starts with.
    pub fn with(arguments: &[&str]) -> Self {
        if arguments.contains(&"--no-bundled-records") { Self::None } else { Self::Bundled }
    }
}

/// Creates an SQLite database in `file`, which must not exist, and returns its URL.
pub fn sqlite(file: &Path, records: Records) -> String {
    static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| sqlite_file(&["--no-bundled-records"]));
    static BUNDLED: LazyLock<Vec<u8>> = LazyLock::new(|| sqlite_file(&[]));
    let template = match records {
        Records::None => &EMPTY,
        Records::Bundled => &BUNDLED,
    };
    std::fs::write(file, &**template).unwrap();
    format!("sqlite:{}", file.display())
}

/// Creates a PostgreSQL database and returns its URL.
pub fn postgres(records: Records) -> String {
    static EMPTY: LazyLock<String> = LazyLock::new(|| postgres_database(&["--no-bundled-records"]));
    static BUNDLED: LazyLock<String> = LazyLock::new(|| postgres_database(&[]));
    let template = match records {
        Records::None => &EMPTY,
        Records::Bundled => &BUNDLED,
    };
    postgres::copy_of(template)
}

fn sqlite_file(arguments: &[&str]) -> Vec<u8> {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let file = folder.path().join("template.db");
    fill(format!("sqlite:{}", file.display()), &folder, arguments);
    assert!(!folder.path().join("template.db-wal").exists(), "the last connection empties the log");
    std::fs::read(file).unwrap()
}

fn postgres_database(arguments: &[&str]) -> String {
    let database = postgres::database();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fill(database.clone(), &folder, arguments);
    database
}

/// Starts a server to fill a database, and stops it. Each copy gets its own identity and signing
/// key when it is first opened, like any new database.
fn fill(database: String, folder: &Arc<tempfile::TempDir>, arguments: &[&str]) {
    let api = Api::start(database, Arc::clone(folder), arguments);
    // The server listens, so its import is committed.
    api.signal("KILL");
    assert!(api.ended(Duration::from_secs(10)).is_some());
    api.sql("DELETE FROM settings WHERE name IN ('identity', 'signing_key')");
}
