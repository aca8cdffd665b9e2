//! Finds the keys of records by their ids.

use std::collections::BTreeSet;

use super::connection::AnyConnection;
use super::document::Keys;
use super::error::{StoreError, StoreResult};
use super::row::Row;
use super::statement::Statement;

/// Adds the keys of the given ids to `keys`, except ids that no record ever had.
pub fn find_keys(
    connection: &mut AnyConnection,
    wanted: &[(&'static str, String)],
    keys: &mut Keys,
) -> StoreResult<()> {
    let unknown: BTreeSet<&(&'static str, String)> =
        wanted.iter().filter(|wanted| !keys.contains_key(*wanted)).collect();
    let unknown: Vec<(&'static str, String)> = unknown.into_iter().cloned().collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let mut select = Statement::new(r#"SELECT w."number", r."key" FROM "#);
    select.append(connection.ids(&unknown)?).push(
        r#" w CROSS JOIN "records" r
            WHERE r."record_type" = w."record_type" AND r."id" = w."id""#,
    );
    for row in select.rows(connection)? {
        keys.insert(numbered(&unknown, &row)?.clone(), row.required_integer(1)?);
    }
    Ok(())
}

/// Returns the id whose number is in the first column of a row.
pub(super) fn numbered<'i>(
    ids: &'i [(&'static str, String)],
    row: &Row,
) -> StoreResult<&'i (&'static str, String)> {
    let number = row.required_integer(0)?;
    let id = usize::try_from(number).ok().and_then(|number| ids.get(number));
    id.ok_or_else(|| StoreError::Internal(format!("{number} is not the number of an id")))
}
