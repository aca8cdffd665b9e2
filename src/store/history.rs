//! History tables and the views that read them as of a revision: made from the live tables after every migration, so that
//! a new column cannot be forgotten.
//!
//! `t_history` holds every version of every row of `t`, with the revision that wrote it (`revision`) and the one that
//! replaced it (`superseded_at`, [`LIVE`] while none has). A connection that reads the past has views with the names of the
//! live tables before them, so that no query knows which of the two it reads.

use super::connection::{AnyConnection, Purpose};
use super::error::{StoreError, StoreResult};
use super::layout::Layouts;
use super::statement::Statement;

/// What `superseded_at` is while a version is the newest.
pub const LIVE: i64 = i64::MAX;

/// Makes the history tables, and the columns and indexes that they lack, and checks that the live tables are those of this program.
pub fn derive(connection: &mut AnyConnection, layouts: &Layouts) -> StoreResult<()> {
    for (table, written) in layouts.tables() {
        let live = connection.columns(&table)?;
        let (mut have, mut want): (Vec<String>, Vec<String>) = (live.clone(), written.iter().map(|column| column.name.clone()).collect());
        have.sort();
        want.sort();
        if have != want {
            return Err(StoreError::Internal(format!(
                "the table {table} does not have the columns that the program writes: {have:?} instead of {want:?}"
            )));
        }
        let history = format!("{table}_history");
        let past = connection.columns(&history)?;
        if past.is_empty() {
            connection.run(&format!(r#"CREATE TABLE "{history}" AS SELECT * FROM "{table}" WHERE 1 = 0"#))?;
            connection.run(&format!(r#"ALTER TABLE "{history}" ADD COLUMN "superseded_at" bigint NOT NULL DEFAULT {LIVE}"#))?;
        } else {
            for column in written.iter().filter(|column| !past.contains(&column.name)) {
                let data = connection.data_type(column.data);
                connection.run(&format!(r#"ALTER TABLE "{history}" ADD COLUMN "{}" {data}"#, column.name))?;
            }
        }
        for (index, columns) in connection.indexes(&table)? {
            // With both ends of a version's time, so that versions of another time are passed over without a look at their rows.
            connection.run(&format!(
                r#"DROP INDEX IF EXISTS "{index}_history"; CREATE INDEX IF NOT EXISTS "{index}_past" ON "{history}" ({columns}, "superseded_at", "revision")"#
            ))?;
        }
        let key = version_key(&live);
        connection
            .run(&format!(r#"CREATE INDEX IF NOT EXISTS "{history}_versions" ON "{history}" ({key}, "superseded_at", "revision")"#))?;
    }
    if connection.is_postgres() {
        let schema = Statement::new("SELECT CAST(current_schema() AS text)").first(connection)?;
        let schema = schema.and_then(|row| row.text(0).map(str::to_owned)).unwrap_or_else(|| "public".to_owned());
        connection.run("DROP SCHEMA IF EXISTS as_of CASCADE; CREATE SCHEMA as_of")?;
        for (table, _) in layouts.tables() {
            let view = view(
                connection,
                &table,
                &format!(r#""{schema}"."{table}_history""#),
                "(SELECT CAST(current_setting('taskforce.as_of') AS bigint))",
            )?;
            connection.run(&format!(r#"CREATE VIEW as_of."{table}" AS {view}"#))?;
        }
    }
    Ok(())
}

/// The columns that tell which record a row belongs to.
fn version_key(columns: &[String]) -> String {
    let named: Vec<String> = ["record_type", "record_id", "id"]
        .into_iter()
        .filter(|name| columns.iter().any(|column| column == name))
        .map(|name| format!(r#""{name}""#))
        .collect();
    match columns.iter().find(|column| column.ends_with("_id")) {
        Some(owner) if named.is_empty() => format!(r#""{owner}""#),
        _ => named.join(", "),
    }
}

/// Makes a fresh connection one that reads the past.
pub fn prepare(connection: &mut AnyConnection, layouts: &Layouts, purpose: Purpose) -> StoreResult<()> {
    if purpose != Purpose::ReadPast || connection.is_postgres() {
        return Ok(());
    }
    connection.run("CREATE TEMP TABLE as_of (at bigint NOT NULL); INSERT INTO temp.as_of VALUES (0)")?;
    for (table, _) in layouts.tables() {
        let view = view(connection, &table, &format!(r#"main."{table}_history""#), "(SELECT at FROM temp.as_of)")?;
        connection.run(&format!(r#"CREATE TEMP VIEW "{table}" AS {view}"#))?;
    }
    Ok(())
}

/// Turns a connection that reads the past to a revision, within the transaction that has begun.
pub fn turn_to(connection: &mut AnyConnection, revision: i64) -> StoreResult<()> {
    let sql = if connection.is_postgres() {
        format!(
            "SET LOCAL taskforce.as_of = '{revision}'; SELECT set_config('search_path', 'as_of, ' || quote_ident(current_schema()), true)"
        )
    } else {
        format!("UPDATE temp.as_of SET at = {revision}")
    };
    connection.run(&sql)
}

fn view(connection: &mut AnyConnection, table: &str, history: &str, at: &str) -> StoreResult<String> {
    let columns: Vec<String> = connection.columns(table)?.iter().map(|column| format!(r#""{column}""#)).collect();
    Ok(format!(r#"SELECT {} FROM {history} WHERE "revision" <= {at} AND "superseded_at" > {at}"#, columns.join(", ")))
}
