//! Everything that is derived from the versions: index tables, names, links and the search index.
//! They are rebuilt when the declarations change, and after a copy, which does not include them.

use super::connection::AnyConnection;
use super::document::declared;
use super::error::StoreResult;
use super::index::{self, Indexes};
use super::{search, settings};
use crate::digest::sha256;

/// Increases when derived rows are computed differently, regardless of the declarations.
const VERSION: &str = "8";

/// The setting with the fingerprint of what the rows were derived from.
const FINGERPRINT: &str = "derived_from";

/// Builds the derived tables if they are missing, or were built for other declarations. Returns
/// whether they were built.
pub(super) fn prepare(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<bool> {
    let wanted = fingerprint(connection, indexes);
    let is_current = |connection: &mut AnyConnection| -> StoreResult<bool> {
        Ok(settings::read(connection, FINGERPRINT)?.as_deref() == Some(wanted.as_str()))
    };
    if is_current(connection)? {
        return Ok(false);
    }
    connection.begin_maintenance()?;
    // Another server may have built them while this one waited.
    let built = is_current(connection).and_then(|current| {
        if !current {
            rebuild(connection, indexes)?;
        }
        Ok(!current)
    });
    let ended = connection.run(if built.is_ok() { "COMMIT" } else { "ROLLBACK" });
    // The first error is the cause.
    built.and_then(|built| ended.map(|()| built))
}

/// Makes the next opening of the database rebuild the derived tables.
pub(super) fn invalidate(connection: &mut AnyConnection) -> StoreResult<()> {
    settings::remove(connection, FINGERPRINT)
}

/// Rebuilds the derived tables and the holes of documents, within a transaction that may write.
pub(super) fn repair(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<()> {
    index::rebuild_holes(connection, indexes)?;
    rebuild(connection, indexes)
}

fn rebuild(connection: &mut AnyConnection, indexes: &Indexes) -> StoreResult<()> {
    index::rebuild(connection, indexes)?;
    search::rebuild(connection, indexes)?;
    let fingerprint = fingerprint(connection, indexes);
    settings::write(connection, FINGERPRINT, &fingerprint)
}

fn fingerprint(connection: &AnyConnection, indexes: &Indexes) -> String {
    let shapes: Vec<String> = indexes.iter().map(|index| declared(index.record_type)).collect();
    let ddl = connection.index_ddl(indexes);
    sha256(format!("{VERSION} {shapes:?} {ddl:?}"))[..16].to_owned()
}
