//! The keys of versions. The live version of a record has the record's key, so that it is one
//! lookup by an integer, beside other live ones. A past version has a key from `superseded_at` and
//! the record's key, in this order, so that it is moved to the end of the table.

use super::index::LIVE;
use super::statement::Statement;

/// Returns the SQL of the key of a past version.
pub(super) fn past(record_key: &str, mut superseded_at: Statement) -> Statement {
    superseded_at.push_fmt(format_args!(" * {} + {record_key}", LIVE + 1));
    superseded_at
}

/// Returns the condition that a past version of a record ended after a revision. The index of past
/// versions finds it.
pub(super) fn past_after(record_key: &str, revision: i64, alias: &str) -> Statement {
    let mut condition = Statement::new(format!(
        r#"{alias}."record_key" = {record_key} AND {alias}."superseded_at" <> {LIVE}
            AND {alias}."superseded_at" > "#
    ));
    condition.bind(revision);
    condition
}

/// Returns the condition that a version belongs to a record.
pub(super) fn of_record(record_key: &str, alias: &str) -> Statement {
    let mut condition = Statement::new(format!(r#"({alias}."key" = {record_key} OR "#));
    condition.append(past_after(record_key, 0, alias)).push(")");
    condition
}
