//! Cursors that clients send back.

use actix_web::web;

use super::app::App;
use super::blocking::run_blocking;
use super::problem::{INVALID_CURSOR, Problem};
use crate::model::Faults;
use crate::reading::{CursorError, ListQuery, Position, Walk, is_within_reach, resume};
use crate::store::Pin;

/// Takes up a walk where the query has a cursor: what the cursor carries stands in for the
/// parameters.
pub(crate) fn follow(app: &App, query: &mut ListQuery) -> Result<Option<(Walk, Pin)>, Problem> {
    let Some(cursor) = query.cursor.take() else { return Ok(None) };
    let (resumed, walk, pin) =
        resume(query, &cursor, app.store.signing_key(), app.store.identity())
            .map_err(not_followed)?;
    *query = resumed;
    Ok(Some((walk, pin)))
}

/// A cursor that leads nowhere.
pub(crate) fn not_followed(why: CursorError) -> Problem {
    let mut faults = Faults::default();
    faults.parameter("cursor", "invalid-cursor", why.0, None);
    Problem::new(&INVALID_CURSOR, "").with_errors(faults.into_list())
}

/// Refuses to go on in a search whose state the index knows no longer.
pub(crate) async fn reachable(app: &web::Data<App>, pin: &Pin) -> Result<(), Problem> {
    if pin.revision.is_none_or(|revision| revision >= app.store.revision()) {
        return Ok(());
    }
    let pin = pin.clone();
    let known = run_blocking(app, move |app| {
        Ok(app.store.read(&Pin::default(), |snapshot| is_within_reach(snapshot, &pin))?)
    })
    .await?;
    if known {
        Ok(())
    } else {
        Err(not_followed(CursorError(
            "is older than the search index, which was made anew; begin anew",
        )))
    }
}

/// The position that a cursor of the list with this name carries.
pub(crate) fn open_cursor(app: &App, cursor: &str, list: &str) -> Result<Position, Problem> {
    Position::open(cursor, list, app.store.signing_key(), app.store.identity())
        .map_err(not_followed)
}
