//! The SQL conditions that select the rows of the present or of a revision.

use super::index::LIVE;
use super::statement::Statement;
use super::version_key;

/// The state of the dataset that a query reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// Live rows.
    Present,
    /// The rows that were valid at a revision.
    Revision(i64),
}

impl At {
    /// Returns the condition that a row of the table with this alias is valid.
    pub fn valid(self, alias: &str) -> Statement {
        // The literal lets the planner use the indexes of live rows.
        let mut sql = Statement::new(format!(r#"{alias}."superseded_at" "#));
        match self {
            Self::Present => drop(sql.push_fmt(format_args!("= {LIVE}"))),
            Self::Revision(revision) => {
                sql.push("> ")
                    .bind(revision)
                    .push_fmt(format_args!(r#" AND {alias}."valid_from" <= "#))
                    .bind(revision);
            }
        }
        sql
    }

    /// Returns the condition that a version is the valid one of a record. The record's key is an
    /// SQL expression.
    pub fn version_of(self, record_key: &str, alias: &str) -> Statement {
        let mut sql = Statement::new(format!(r#"{alias}."key" = "#));
        match self {
            Self::Present => drop(sql.push(record_key)),
            Self::Revision(revision) => {
                // The first version that ends later: past, or else the live one.
                let mut end =
                    Statement::new(r#"(SELECT min(l."superseded_at") FROM "versions" l WHERE "#);
                end.append(version_key::past_after(record_key, revision, "l")).push(")");
                sql.push("coalesce(")
                    .append(version_key::past(record_key, end))
                    .push_fmt(format_args!(r#", {record_key}) AND {alias}."revision" <= "#))
                    .bind(revision);
            }
        }
        sql
    }
}
