//! The keys of versions. The live version of a record has the record's key, so that it is one lookup
//! by an integer. A past version has the negative of the record's key and `superseded_at` in one
//! integer, in this order.

use super::index::LIVE;
use super::sql_value::SqlValue;
use super::statement::Statement;

/// Returns the SQL of the key of a past version. The record's key is SQL, too.
pub(super) fn past(record_key: &str, superseded_at: impl Into<SqlValue>) -> Statement {
    let mut key = Statement::new(format!("-({record_key} * {} + ", LIVE + 1));
    key.bind(superseded_at).push(")");
    key
}

/// Returns the condition that a past version of a record ended after a revision.
pub(super) fn past_after(record_key: &str, revision: i64, alias: &str) -> Statement {
    let mut condition = Statement::new(format!(r#"{alias}."key" > "#));
    condition
        .append(past(record_key, LIVE))
        .push_fmt(format_args!(r#" AND {alias}."key" < "#))
        .append(past(record_key, revision));
    condition
}

/// Returns the condition that a version belongs to a record.
pub fn of_record(record_key: &str, alias: &str) -> Statement {
    let mut condition = Statement::new(format!(r#"({alias}."key" = {record_key} OR "#));
    condition.append(past_after(record_key, 0, alias)).push(")");
    condition
}
