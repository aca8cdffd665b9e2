//! Cursors that clients send back.

use actix_web::web;

use super::app::App;
use super::as_of::pin;
use super::blocking::run_blocking;
use super::problem::{INVALID_CURSOR, Problem};
use crate::model::Faults;
use crate::reading::{AsOf, CursorError, ListQuery, Position, is_searchable, resume};
use crate::store::Pin;

/// Resumes the list at the cursor of the query, if any. The cursor carries the parameters.
pub(crate) fn resume_query(app: &App, query: &mut ListQuery) -> Result<Option<Position>, Problem> {
    let Some(cursor) = query.cursor.take() else { return Ok(None) };
    let (resumed, position) = resume(query, &cursor, app.store.signing_key(), app.store.identity())
        .map_err(invalid_cursor)?;
    *query = resumed;
    Ok(Some(position))
}

/// Returns the problem of an unusable cursor.
pub(crate) fn invalid_cursor(why: CursorError) -> Problem {
    let mut faults = Faults::default();
    faults.parameter("cursor", "invalid-cursor", why.0, None);
    Problem::new(&INVALID_CURSOR, "").with_errors(faults.into_list())
}

/// Rejects a cursor of a revision that the search index no longer covers.
pub(crate) async fn check_reachable(app: &web::Data<App>, pin: &Pin) -> Result<(), Problem> {
    if pin.revision.is_none_or(|revision| revision >= app.store.revision()) {
        return Ok(());
    }
    let pin = pin.clone();
    let reachable = run_blocking(app, move |app| {
        Ok(app.store.read(&Pin::default(), |snapshot| is_searchable(snapshot, &pin))?)
    })
    .await?;
    if reachable {
        Ok(())
    } else {
        Err(invalid_cursor(CursorError(
            "is older than the search index, which was rebuilt; start again without a cursor",
        )))
    }
}

/// Rejects a cursor beside parameters of another query.
pub(crate) fn check_same_query(is_same: bool) -> Result<(), Problem> {
    const WHY: CursorError = CursorError("belongs to another query; use `page.next` unchanged");
    if is_same { Ok(()) } else { Err(invalid_cursor(WHY)) }
}

/// Returns whether a request selects the state of a position, or none.
pub(crate) async fn is_state_of(
    app: &web::Data<App>,
    as_of: AsOf,
    position: &Position,
) -> Result<bool, Problem> {
    Ok(as_of == AsOf::Present || pin(app, as_of).await?.revision == position.pin.revision)
}

/// Returns the position in a cursor of the list with this name.
pub(crate) fn open_cursor(app: &App, cursor: &str, list: &str) -> Result<Position, Problem> {
    Position::open(cursor, list, app.store.signing_key(), app.store.identity())
        .map_err(invalid_cursor)
}
