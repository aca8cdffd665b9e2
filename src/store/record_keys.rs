//! Finds the keys of records by their ids.

use std::collections::BTreeSet;

use super::connection::AnyConnection;
use super::document::Keys;
use super::error::StoreResult;
use super::statement::Statement;

/// Number of records that are read with one statement.
pub const BATCH: usize = 512;

/// Joins the records `r` with given ids `w`.
pub(super) const OF_RECORDS: &str = r#" w CROSS JOIN "records" r
    WHERE r."record_type" = w."record_type" AND r."id" = w."id""#;

/// Adds the keys of the given ids to `keys`, except ids that no record ever had.
pub fn find_keys(
    connection: &mut AnyConnection,
    wanted: &[(&'static str, String)],
    keys: &mut Keys,
) -> StoreResult<()> {
    let unknown: BTreeSet<&(&'static str, String)> =
        wanted.iter().filter(|wanted| !keys.contains_key(*wanted)).collect();
    let unknown: Vec<(&'static str, String)> = unknown.into_iter().cloned().collect();
    for unknown in unknown.chunks(BATCH) {
        let mut select = Statement::new(r#"SELECT w."number", r."key" FROM "#);
        select.append(connection.ids(unknown)?).push(OF_RECORDS);
        for row in select.rows(connection)? {
            let wanted = usize::try_from(row.required_integer(0)?).map(|number| &unknown[number]);
            if let Ok(wanted) = wanted {
                keys.insert(wanted.clone(), row.required_integer(1)?);
            }
        }
    }
    Ok(())
}
