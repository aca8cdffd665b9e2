//! The schema's steps, one folder for each database, and what follows from them.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::statement::Statement;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
/// The table in which the steps are noted that were taken.
pub(super) const JOURNAL: &str = "__diesel_schema_migrations";

/// What to do with a database of a program before version 0.1.0.
const EARLIER: &str = "the database was made by an unreleased version of taskforce; export its \
    records with that version (`taskforce export --format json --output FILE`) and import them \
    into a new database with this one";

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema to that of this program, in one transaction, and gives whether anything was to
/// be done. Refuses a schema that is newer, and a database that holds something else.
pub fn migrate(connection: &mut AnyConnection) -> StoreResult<bool> {
    connection.refuse_other_encodings()?;
    if !refuse_others(connection)? {
        return Ok(false);
    }
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN EXCLUSIVE")?
        }
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(
            postgres,
            "BEGIN; SET LOCAL lock_timeout = '10min'; SET LOCAL statement_timeout = 0; SELECT \
            pg_advisory_xact_lock(7001)",
        )?,
    }
    // Another server may have migrated while this one waited for the lock.
    let migrated = refuse_others(connection).and_then(|behind| {
        if behind {
            run_steps(connection)?;
        }
        Ok(behind)
    });
    match connection {
        AnyConnection::Sqlite(sqlite) => end(sqlite, migrated),
        AnyConnection::Postgres(postgres) => end(postgres, migrated),
    }
}

fn end<C>(connection: &mut C, migrated: StoreResult<bool>) -> StoreResult<bool>
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>,
{
    match migrated {
        Ok(behind) => AnsiTransactionManager::commit_transaction(connection)
            .map(|()| behind)
            .map_err(StoreError::from),
        Err(error) => {
            AnsiTransactionManager::rollback_transaction(connection)?;
            Err(error)
        }
    }
}

fn run_steps(connection: &mut AnyConnection) -> StoreResult<()> {
    let ran = match connection {
        AnyConnection::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(|_| ()),
        AnyConnection::Postgres(postgres) => postgres.run_pending_migrations(POSTGRES).map(|_| ()),
    };
    ran.map_err(|error| StoreError::Internal(format!("a migration failed: {error}")))
}

/// Whether steps are to be run; an error where the database is not one of this program or is ahead
/// of it.
fn refuse_others(connection: &mut AnyConnection) -> StoreResult<bool> {
    if connection.columns(JOURNAL)?.is_empty() {
        let tables = if connection.is_postgres() {
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()"
        } else {
            "SELECT count(*) FROM main.sqlite_master WHERE type = 'table'"
        };
        return match Statement::new(tables).number(connection)? {
            0 => Ok(true),
            _ => Err(StoreError::NotOurs(
                "the database holds tables of something else; give taskforce a database of its own"
                    .to_owned(),
            )),
        };
    }
    let applied = applied(connection)?;
    let known = versions(connection)?;
    if applied
        .iter()
        .any(|version| version.as_str() < known.iter().min().map_or("", String::as_str))
    {
        return Err(StoreError::NotOurs(EARLIER.to_owned()));
    }
    match applied.iter().find(|version| !known.contains(version)) {
        Some(version) => Err(StoreError::NotOurs(format!(
            "the database was migrated by a newer program (step {version}); upgrade taskforce to \
            use it"
        ))),
        None => Ok(known.iter().any(|version| !applied.contains(version))),
    }
}

/// Whether the schema is that of this program, neither older nor newer.
pub fn is_current(connection: &mut AnyConnection) -> StoreResult<bool> {
    if connection.columns(JOURNAL)?.is_empty() {
        return Err(StoreError::NotOurs("it is no database of taskforce's".to_owned()));
    }
    let (applied, mut known) = (applied(connection)?, versions(connection)?);
    known.sort();
    Ok(applied == known)
}

/// The steps that were taken, in their order.
fn applied(connection: &mut AnyConnection) -> StoreResult<Vec<String>> {
    let rows =
        Statement::new(format!("SELECT version FROM {JOURNAL} ORDER BY 1")).rows(connection)?;
    Ok(rows.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect())
}

fn versions(connection: &AnyConnection) -> StoreResult<Vec<String>> {
    fn of<DB: diesel::backend::Backend>(steps: &EmbeddedMigrations) -> Result<Vec<String>, String>
    where
        EmbeddedMigrations: MigrationSource<DB>,
    {
        let steps: Vec<Box<dyn Migration<DB>>> =
            steps.migrations().map_err(|error| error.to_string())?;
        Ok(steps.iter().map(|step| step.name().version().to_string()).collect())
    }
    let versions = if connection.is_postgres() {
        of::<diesel::pg::Pg>(&POSTGRES)
    } else {
        of::<diesel::sqlite::Sqlite>(&SQLITE)
    };
    versions.map_err(StoreError::Internal)
}
