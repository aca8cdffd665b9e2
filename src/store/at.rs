//! The SQL conditions that select the rows of the present or of a revision.

use super::index::LIVE;
use super::statement::Statement;

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
        self.valid_since(alias, "valid_from")
    }

    /// Returns the condition that a version is valid.
    pub fn valid_version(self, alias: &str) -> Statement {
        self.valid_since(alias, "revision")
    }

    fn valid_since(self, alias: &str, since: &str) -> Statement {
        // The literal lets the planner use the indexes of live rows.
        let mut sql = Statement::new(format!(r#"{alias}."superseded_at" "#));
        match self {
            Self::Present => drop(sql.push_fmt(format_args!("= {LIVE}"))),
            Self::Revision(revision) => {
                sql.push("> ")
                    .bind(revision)
                    .push_fmt(format_args!(r#" AND {alias}."{since}" <= "#))
                    .bind(revision);
            }
        }
        sql
    }
}
