//! The fixed tables, as `diesel print-schema` prints them. Index tables are created from the
//! declarations (`store::index`).

#![expect(missing_docs, reason = "the migrations describe the tables and their columns")]

diesel::table! {
    changes (revision, position) {
        revision -> BigInt,
        position -> BigInt,
        record_key -> BigInt,
        operation -> Text,
        into_key -> Nullable<BigInt>,
        digest -> Nullable<Text>,
        salt -> Nullable<Text>,
        members -> Nullable<Text>,
    }
}

diesel::table! {
    counts (record_type) {
        record_type -> Text,
        live -> BigInt,
    }
}

diesel::table! {
    ended_sessions (id) {
        id -> Text,
        ends_at -> BigInt,
    }
}

diesel::table! {
    idempotent_answers (request) {
        request -> Text,
        body_digest -> Text,
        answer -> Text,
        created_at -> Text,
    }
}

diesel::table! {
    keys (id) {
        id -> Text,
        name -> Text,
        scope -> Text,
        digest -> Text,
        created_at -> Text,
        expires_at -> Nullable<Text>,
        revoked_at -> Nullable<Text>,
        last_used_on -> Nullable<Text>,
    }
}

diesel::table! {
    links (from_key, superseded_at, position) {
        from_key -> BigInt,
        valid_from -> BigInt,
        position -> BigInt,
        superseded_at -> BigInt,
        field -> Text,
        to_key -> BigInt,
    }
}

diesel::table! {
    names (record_key, superseded_at) {
        record_key -> BigInt,
        valid_from -> BigInt,
        superseded_at -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    records (key) {
        key -> BigInt,
        record_type -> Text,
        id -> Text,
    }
}

diesel::table! {
    revisions (revision) {
        revision -> BigInt,
        recorded_at -> Text,
        actor -> Text,
        reason -> Nullable<Text>,
        reason_salt -> Nullable<Text>,
        reason_digest -> Nullable<Text>,
        kind -> Nullable<Text>,
        digest -> Text,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    versions (key) {
        key -> BigInt,
        record_key -> BigInt,
        revision -> BigInt,
        superseded_at -> BigInt,
        holes -> Text,
        document -> Text,
    }
}

diesel::joinable!(changes -> revisions (revision));
diesel::allow_tables_to_appear_in_same_query!(changes, records, revisions, settings, versions);

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::sqlite::Sqlite;
    use diesel::{Connection as _, QueryDsl as _, SqliteConnection};

    use super::*;

    #[test]
    fn tables_have_the_columns_of_the_migrations() {
        let mut connection = SqliteConnection::establish(":memory:").expect("SQLite is built in");
        let migration = include_str!("../../migrations/sqlite/2026-11-30-000001_initial/up.sql");
        connection.batch_execute(migration).expect("the migration runs");
        macro_rules! same_columns {
            ($($table:ident)*) => {$(
                let columns = $table::table.select($table::all_columns);
                let declared = diesel::debug_query::<Sqlite, _>(&columns).to_string();
                let declared = declared.split(" -- ").next().unwrap_or_default().to_owned();
                let stored = format!("CREATE TEMP VIEW d AS {declared}; CREATE TEMP TABLE s AS \
                    SELECT * FROM {}", stringify!($table));
                let compare = "CREATE TEMP TABLE c (same CHECK (same)); INSERT INTO c SELECT \
                    (SELECT group_concat(name) FROM pragma_table_info('d')) = (SELECT \
                    group_concat(name) FROM pragma_table_info('s'))";
                let end = "DROP VIEW d; DROP TABLE s; DROP TABLE c";
                let compared = connection.batch_execute(&format!("{stored}; {compare}; {end}"));
                compared.expect(stringify!($table));
            )*};
        }
        same_columns!(
            changes counts ended_sessions idempotent_answers keys links names records revisions
            settings versions
        );
    }
}
