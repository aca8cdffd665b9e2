//! Brings the schema of a database up to date, and rejects databases of other programs.

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::migration::MigrationSource;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::statement::Statement;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The table in which Diesel records applied migrations.
pub(super) const JOURNAL: &str = "__diesel_schema_migrations";

/// The error for a database of a version before 0.1.0.
const UNRELEASED: &str = "the database was created by an unreleased version of taskforce; export \
    its records with that version (`taskforce export --format json --output FILE`) and import them \
    into a new database with this one";

/// Applies pending migrations in one transaction. A newer schema and a database of another program
/// are errors.
pub fn migrate(connection: &mut AnyConnection) -> StoreResult<()> {
    connection.require_utf8()?;
    if !is_behind(connection)? {
        return Ok(());
    }
    match connection {
        AnyConnection::Sqlite(sqlite) => run_pending(sqlite, SQLITE, "BEGIN EXCLUSIVE"),
        AnyConnection::Postgres(postgres) => run_pending(
            postgres,
            POSTGRES,
            "BEGIN; SET LOCAL lock_timeout = '10min'; SET LOCAL statement_timeout = 0; SELECT \
            pg_advisory_xact_lock(7001)",
        ),
    }?;
    // A newer server may have migrated while this one waited for the lock.
    is_behind(connection).map(drop)
}

fn run_pending<C>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
    begin: &str,
) -> StoreResult<()>
where
    C: Connection<TransactionManager = AnsiTransactionManager> + MigrationHarness<C::Backend>,
{
    AnsiTransactionManager::begin_transaction_sql(connection, begin)?;
    if let Err(error) = connection.run_pending_migrations(migrations) {
        let error = StoreError::Internal(format!("a migration failed: {error}"));
        AnsiTransactionManager::rollback_transaction(connection)?;
        return Err(error);
    }
    Ok(AnsiTransactionManager::commit_transaction(connection)?)
}

/// Returns whether migrations are pending. A newer schema and a database of another program are
/// errors.
fn is_behind(connection: &mut AnyConnection) -> StoreResult<bool> {
    let tables = connection.tables()?;
    if tables.is_empty() {
        return Ok(true);
    }
    if !tables.iter().any(|table| table == JOURNAL) {
        return Err(StoreError::Unusable(
            "the database contains tables of another program; create a database for taskforce"
                .to_owned(),
        ));
    }
    let applied = applied(connection)?;
    let known = versions(connection)?;
    if applied
        .iter()
        .any(|version| version.as_str() < known.iter().min().map_or("", String::as_str))
    {
        return Err(StoreError::Unusable(UNRELEASED.to_owned()));
    }
    match applied.iter().find(|version| !known.contains(version)) {
        Some(version) => Err(StoreError::Unusable(format!(
            "the database was migrated by a newer version of taskforce (migration {version}); \
            upgrade taskforce to use it"
        ))),
        None => Ok(known.iter().any(|version| !applied.contains(version))),
    }
}

/// Returns whether the schema is that of this version, and not of an earlier one.
pub fn is_current(connection: &mut AnyConnection) -> StoreResult<bool> {
    if !connection.tables()?.iter().any(|table| table == JOURNAL) {
        return Err(StoreError::Unusable("it is not a taskforce database".to_owned()));
    }
    Ok(!is_behind(connection)?)
}

/// Returns the versions of applied migrations in order.
fn applied(connection: &mut AnyConnection) -> StoreResult<Vec<String>> {
    let rows =
        Statement::new(format!("SELECT version FROM {JOURNAL} ORDER BY 1")).rows(connection)?;
    rows.iter().map(|row| row.required_text(0).map(str::to_owned)).collect()
}

fn versions(connection: &AnyConnection) -> StoreResult<Vec<String>> {
    // The names of migrations do not depend on the kind of database.
    let embedded = if connection.is_postgres() { &POSTGRES } else { &SQLITE };
    let migrations = MigrationSource::<Sqlite>::migrations(embedded)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}
