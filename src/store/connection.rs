//! A connection to either database. Their differences are here, in `dialect` and in `insert`, with
//! few exceptions.

#![expect(missing_docs, reason = "the derive macro of the connection generates items without docs")]

use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use super::error::{StoreError, StoreResult};
use super::{libpq, time_limit};

/// A connection to SQLite or to PostgreSQL.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL, over the network or a socket.
    Postgres(PgConnection),
    /// SQLite, in this process.
    Sqlite(SqliteConnection),
}

/// The location of a database.
#[derive(Clone, Debug)]
pub enum Location {
    /// The path of an SQLite file.
    Sqlite(String),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Changing the dataset.
    Write,
    /// Reading the dataset.
    Read,
    /// Writing a new file that no other process has open, and that is useless until it is complete.
    Build,
}

/// Longest wait of a statement for a lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The size of SQLite's page cache for reads and for writes, in KiB, as a negative number.
pub(super) const READ_CACHE: i64 = -8_000;
pub(super) const WRITE_CACHE: i64 = -49_152;
/// Longest run time of a statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

impl Location {
    /// Parses a database URL: `sqlite:FILE`, a plain file name, or `postgres://…`.
    pub fn parse(url: &str) -> StoreResult<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let file =
            url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        if file.is_empty() {
            let why = "the database URL has no file name; use sqlite:FILE";
            return Err(StoreError::Unusable(why.to_owned()));
        }
        if file.contains("://") {
            return Err(StoreError::Unusable(
                // The rest of the URL may contain a password.
                format!(
                    "{:?} is not a database URL scheme; use sqlite:FILE or \
                    postgres://USER@HOST/NAME",
                    file.split("://").next().unwrap_or_default()
                ),
            ));
        }
        Ok(Self::Sqlite(file.to_owned()))
    }

    /// Returns the location as a URL without a password.
    pub fn display(&self) -> String {
        match self {
            Self::Sqlite(file) if file.starts_with("file:") || file == ":memory:" => {
                format!("sqlite:{file}")
            }
            Self::Sqlite(file) => {
                let path = std::path::absolute(file).unwrap_or_else(|_| file.into());
                format!("sqlite:{}", path.display())
            }
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                // As in libpq, user and password end at the first @ before a slash. The query may
                // contain a password too.
                let host = match rest.find(['@', '/']) {
                    Some(at) if rest[at..].starts_with('@') => &rest[at + 1..],
                    _ => rest,
                };
                format!("postgres://{}", host.split('?').next().unwrap_or_default())
            }
        }
    }

    /// Updates the statistics from which PostgreSQL plans, and marks the pages for which indexes
    /// are enough, after large changes. Autovacuum does so about a minute later.
    pub(super) fn vacuum(&self) {
        let Self::Postgres(_) = self else { return };
        let vacuumed = self.connect(Purpose::Write).and_then(|mut connection| {
            let tables: Vec<String> = connection
                .tables()?
                .iter()
                .map(|table| format!(r#""{}""#, table.replace('"', r#""""#)))
                .collect();
            let tables = tables.join(", ");
            // VACUUM may wait for other sessions, until the time limit of a statement.
            connection.run(&format!("ANALYZE (SKIP_LOCKED) {tables}"))?;
            connection.run(&format!("VACUUM (SKIP_LOCKED) {tables}"))
        });
        if let Err(error) = vacuumed {
            tracing::warn!(%error, "the database may be slow until VACUUM ANALYZE has run");
        }
    }

    /// Returns the path of an SQLite file.
    fn file(&self) -> Option<&Path> {
        let Self::Sqlite(file) = self else { return None };
        let uri = file.strip_prefix("file:");
        Some(Path::new(uri.map_or(file.as_str(), |uri| uri.split('?').next().unwrap_or(uri))))
    }

    /// Returns whether the file exists and is part of the database.
    pub fn uses_file(&self, file: &Path) -> bool {
        let (Some(database), Ok(file)) = (self.file(), file.canonicalize()) else { return false };
        database.canonicalize().is_ok_and(|database| {
            ["", "-wal", "-shm", "-journal"].iter().any(|suffix| {
                let mut part = database.clone().into_os_string();
                part.push(suffix);
                file == part
            })
        })
    }

    /// Returns an error if the location has no database of this program.
    pub fn must_exist(&self) -> StoreResult<()> {
        let mut create_first = "";
        // For PostgreSQL, only a connection attempt shows it.
        if self.file().is_none_or(Path::exists) {
            match self.connect(Purpose::Read) {
                Ok(mut connection) => {
                    connection.require_utf8()?;
                    if !connection.tables()?.is_empty() {
                        return Ok(());
                    }
                }
                // libpq reports a missing database only in its message.
                Err(StoreError::Unavailable(reason))
                    if reason.contains("database") && reason.contains("does not exist") =>
                {
                    create_first = "create it, then "
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unusable(format!(
            "there is no database at {}; {create_first}start the server or run `taskforce \
            migrate` first",
            self.display()
        )))
    }

    /// Opens a connection.
    pub fn connect(&self, purpose: Purpose) -> StoreResult<AnyConnection> {
        let mut connection = match self {
            Self::Sqlite(file) => connect_sqlite(file, purpose).map(AnyConnection::Sqlite),
            Self::Postgres(url) => connect_postgres(url, purpose).map(AnyConnection::Postgres),
        }?;
        connection.observe_statements((purpose == Purpose::Read).then_some(STATEMENT_TIMEOUT));
        Ok(connection)
    }

    /// Opens another connection to an existing database. A missing file is an error and is not
    /// created, because a new file would look like an empty dataset.
    pub fn connect_again(&self, purpose: Purpose) -> StoreResult<AnyConnection> {
        match self {
            Self::Sqlite(file)
                if !file.starts_with("file:") && !std::path::Path::new(file).exists() =>
            {
                Err(StoreError::Unavailable(format!("the file {file} no longer exists")))
            }
            _ => self.connect(purpose),
        }
    }
}

fn connect_sqlite(file: &str, purpose: Purpose) -> StoreResult<SqliteConnection> {
    let mut connection = SqliteConnection::establish(file)
        .map_err(|error| StoreError::Unavailable(format!("cannot open {file}: {error}")))?;
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA \
        trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA \
        cache_size = {READ_CACHE};",
        BUSY_TIMEOUT.as_millis()
    ))?;
    time_limit::prepare(&mut connection)?;
    match purpose {
        // With pages of 8 KiB, imports take a tenth less time than with 4 KiB. The large cache
        // prevents an import from writing the same pages to the log repeatedly. With a log of
        // 16 MB, a page that many writes changed is copied into the file once.
        Purpose::Write => connection.batch_execute(&format!(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA \
            cache_size = {WRITE_CACHE}; PRAGMA wal_autocheckpoint = 2000;"
        ))?,
        Purpose::Read => connection.batch_execute("PRAGMA query_only = ON;")?,
        // Fixed settings make files with the same content identical.
        Purpose::Build => connection.batch_execute(
            "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA \
            locking_mode = EXCLUSIVE; PRAGMA foreign_keys = OFF;",
        )?,
    }
    Ok(connection)
}

fn connect_postgres(url: &str, purpose: Purpose) -> StoreResult<PgConnection> {
    let mut connection = PgConnection::establish(&libpq::complete_url(url)).map_err(|error| {
        let message = libpq::explain(&error.to_string(), cfg!(feature = "tls"));
        StoreError::Unavailable(format!("cannot reach the PostgreSQL server: {message}"))
    })?;
    let limit = STATEMENT_TIMEOUT.as_millis();
    let lock_timeout = BUSY_TIMEOUT.as_millis();
    connection.batch_execute(&format!(
        "SET client_min_messages = warning; SET statement_timeout = {limit}; SET lock_timeout = \
        {lock_timeout}; SET idle_in_transaction_session_timeout = {limit}; SET TIME ZONE 'UTC'; \
        SET enable_memoize = off;"
    ))?;
    // Some errors are recognized only by their English message. Not every user may set the
    // language.
    let _ = connection.batch_execute("SET lc_messages = 'C'");
    if purpose != Purpose::Write {
        connection.batch_execute("SET default_transaction_read_only = on;")?;
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explains_that_the_program_has_no_tls() {
        let url = "postgres://nobody@localhost/none?sslmode=verify-full";
        let refused = Location::parse(url).and_then(|location| location.connect(Purpose::Read));
        let why = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(why.contains("--features tls"), !cfg!(feature = "tls"), "{why}");
    }

    #[test]
    fn displays_a_location_without_its_password() {
        for (url, displayed) in [
            ("postgres://user:secret@host:5432/record", "postgres://host:5432/record"),
            ("postgresql://user:se?cret@host/record?sslmode=require", "postgres://host/record"),
            ("postgres://host/record?user=a&password=se@cret", "postgres://host/record"),
            ("postgres:///record?host=/run/postgresql&password=secret", "postgres:///record"),
            ("postgres://user@host", "postgres://host"),
        ] {
            assert_eq!(
                Location::parse(url).map(|location| location.display()).ok().as_deref(),
                Some(displayed)
            );
        }
    }
}
