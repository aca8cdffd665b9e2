//! The differences between the full-text search of SQLite and of PostgreSQL.

use std::ops::RangeInclusive;

use super::texts;
use crate::store::connection::AnyConnection;
use crate::store::error::StoreResult;
use crate::store::insert::Insert;
use crate::store::statement::Statement;

impl AnyConnection {
    /// Returns the syntax of queries to the search index.
    pub fn search_syntax(&self) -> &'static SearchSyntax {
        if self.is_postgres() { &SearchSyntax::POSTGRES } else { &SearchSyntax::SQLITE }
    }

    /// Returns an insertion of entries of the search index. Their terms are a column on PostgreSQL
    /// only.
    pub(in crate::store) fn insert_entries(&self) -> Insert {
        const COLUMNS: [&str; 7] =
            ["key", "record_key", "id", "date", "valid_from", "superseded_at", "terms"];
        if self.is_postgres() {
            return Insert::new("search_entries", COLUMNS)
                .with_last("array_to_tsvector(string_to_array(", ", ' '))");
        }
        Insert::new("search_entries", COLUMNS.into_iter().take(6))
    }

    /// Adds terms of an entry to SQLite's full-text table.
    pub(in crate::store) fn add_terms(&mut self, key: i64, terms: &str) -> StoreResult<()> {
        let insert = r#"INSERT OR FAIL INTO "search_index" ("rowid", "terms") VALUES ("#;
        self.change_terms(insert, key, terms)
    }

    /// Removes terms of an entry from SQLite's full-text table.
    pub(in crate::store) fn remove_terms(&mut self, key: i64, terms: &str) -> StoreResult<()> {
        let delete = r#"INSERT INTO "search_index" ("search_index", "rowid", "terms")
            VALUES ('delete', "#;
        self.change_terms(delete, key, terms)
    }

    /// Changes the terms of one entry. With many rows in a statement, FTS5 would flush its pending
    /// terms, to be able to roll the statement back.
    fn change_terms(&mut self, sql: &str, key: i64, terms: &str) -> StoreResult<()> {
        if terms.is_empty() {
            return Ok(());
        }
        let mut change = Statement::new(sql);
        change.bind(key).push(", ").bind(terms).push(")");
        change.execute(self).map(drop)
    }

    /// Erases removed terms, which FTS5 only marks as removed, by rewriting SQLite's full-text
    /// table.
    pub(in crate::store) fn erase_removed_terms(&mut self) -> StoreResult<()> {
        if self.is_postgres() {
            return Ok(());
        }
        self.run(r#"INSERT INTO "search_index" ("search_index") VALUES ('optimize')"#)
    }

    /// Creates missing indexes of terms on PostgreSQL, one for each range of entry keys. SQLite has
    /// a single index, which is in key order.
    pub(in crate::store) fn index_terms(
        &mut self,
        ranges: &[(&str, RangeInclusive<i64>)],
    ) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        for (name, keys) in ranges {
            self.run(&format!(
                r#"CREATE INDEX IF NOT EXISTS "search_terms_{name}"
                    ON "search_entries" USING gin ("terms") WITH (gin_pending_list_limit = 256)
                    WHERE "key" >= {} AND "key" <= {}"#,
                keys.start(),
                keys.end()
            ))?;
        }
        Ok(())
    }

    /// Drops PostgreSQL's indexes of terms, before ranges change or many entries are inserted.
    pub(in crate::store) fn drop_term_indexes(&mut self) -> StoreResult<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        let select = Statement::new(
            "SELECT CAST(indexname AS text) FROM pg_indexes WHERE schemaname = current_schema() \
            AND tablename = 'search_entries' AND starts_with(indexname, 'search_terms_')",
        );
        for name in texts(&select.rows(self)?, 0)? {
            self.run(&format!(r#"DROP INDEX "{name}""#))?;
        }
        Ok(())
    }

    /// Empties SQLite's full-text table.
    pub(in crate::store) fn delete_terms(&mut self) -> StoreResult<()> {
        if self.is_postgres() {
            Ok(())
        } else {
            self.run(r#"INSERT INTO "search_index" ("search_index") VALUES ('delete-all')"#)
        }
    }

    /// Returns the keys of entries without terms, and of terms without an entry.
    pub(in crate::store) fn stray_terms(&mut self) -> StoreResult<Vec<i64>> {
        let sql = if self.is_postgres() {
            r#"SELECT "key" FROM "search_entries" WHERE NOT "terms" @@ 'a'::tsquery LIMIT 100"#
        } else {
            r#"SELECT "key" FROM (SELECT "key" FROM "search_entries" EXCEPT SELECT rowid
                FROM "search_index" WHERE "search_index" MATCH 'a')
               UNION ALL SELECT "rowid" FROM (SELECT rowid FROM "search_index"
               WHERE "search_index" MATCH 'a' EXCEPT SELECT "key" FROM "search_entries") LIMIT 100"#
        };
        Statement::new(sql).rows(self)?.iter().map(|row| row.required_integer(0)).collect()
    }
}

/// The syntax of queries to a database's search index.
#[derive(Debug)]
pub struct SearchSyntax {
    /// The tables of the index, to be read in the order of keys. The entries have the alias `e`.
    pub from: &'static str,
    /// The table that is sufficient to count hits.
    pub count_from: &'static str,
    /// Whether the index returns hits in no particular order. They are sorted if there are few, or
    /// found by scanning entries in key order if there are many.
    pub unordered: bool,
    /// The column with the key of a hit.
    pub key: &'static str,
    /// The join of another table, which is read after the tables before it.
    pub join: &'static str,
    /// The beginning and the end of the condition that an entry matches an expression.
    pub matches: (&'static str, &'static str),
    /// The operator between two expressions that must both match.
    pub and: &'static str,
    /// The operator between two expressions of which one must match.
    pub or: &'static str,
    /// The operator before an expression that must not match.
    pub and_not: &'static str,
    /// The quotation mark around a term.
    pub quote: char,
    /// The suffix of a term that matches words beginning with it.
    pub prefix: &'static str,
}

impl SearchSyntax {
    const SQLITE: Self = Self {
        from: r#""search_index" x CROSS JOIN "search_entries" e ON e."key" = x.rowid"#,
        count_from: r#""search_index" x"#,
        unordered: false,
        key: "x.rowid",
        join: "CROSS JOIN",
        matches: ("x.\"search_index\" MATCH ", ""),
        and: " AND ",
        or: " OR ",
        and_not: " NOT ",
        quote: '"',
        prefix: " *",
    };

    const POSTGRES: Self = Self {
        from: r#""search_entries" e"#,
        count_from: r#""search_entries" e"#,
        unordered: true,
        key: r#"e."key""#,
        join: "JOIN",
        matches: ("e.\"terms\" @@ CAST(", " AS tsquery)"),
        and: " & ",
        or: " | ",
        and_not: " & !",
        quote: '\'',
        prefix: ":*",
    };
}
