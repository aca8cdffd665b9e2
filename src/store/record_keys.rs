//! Finds the keys of records by their ids.

use std::collections::HashMap;

use super::connection::AnyConnection;
use super::document::Keys;
use super::error::StoreResult;
use super::statement::{Statement, any_of};

/// Number of records that are read with one statement.
pub const BATCH: usize = 512;

/// Adds the keys of the given ids to `keys`, except ids that no record ever had.
pub fn find_keys(
    connection: &mut AnyConnection,
    wanted: &[(&'static str, String)],
    keys: &mut Keys,
) -> StoreResult<()> {
    let mut by_type: HashMap<&'static str, Vec<String>> = HashMap::new();
    for (record_type, id) in wanted.iter().filter(|wanted| !keys.contains_key(*wanted)) {
        by_type.entry(record_type).or_default().push(id.clone());
    }
    for (record_type, mut ids) in by_type {
        ids.sort_unstable();
        ids.dedup();
        for ids in ids.chunks(BATCH) {
            let mut select =
                Statement::new(r#"SELECT "id", "key" FROM "records" WHERE "record_type" = "#);
            select.bind(record_type).push(r#" AND "id" IN "#).append(any_of(ids));
            for row in select.rows(connection)? {
                let id = row.required_text(0)?.to_owned();
                keys.insert((record_type, id), row.required_integer(1)?);
            }
        }
    }
    Ok(())
}
