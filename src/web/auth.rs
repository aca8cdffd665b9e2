//! Who may write.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, web};

use super::app::App;
use super::blocking::run_blocking;
use super::problem::Problem;
use super::problem::{FORBIDDEN, UNAUTHORIZED};
use crate::keys::{self, Key, Scope};

/// The request's key; a problem where it has none, or one that does not suffice.
pub(crate) async fn authorize(
    app: &web::Data<App>,
    request: &HttpRequest,
    needed: Scope,
) -> Result<Key, Problem> {
    let refused = |why: &str| Problem::new(&UNAUTHORIZED, why);
    let header = request
        .headers()
        .get(AUTHORIZATION)
        .ok_or_else(|| refused("Writing needs a key: Authorization: Bearer KEY."))?;
    let secret = header.to_str().ok().and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
    });
    let secret =
        secret.ok_or_else(|| refused("The Authorization header is not of the form Bearer KEY."))?;
    let find = move |app: &App| Ok(keys::find(&app.store, &secret)?);
    // Where the database is a file, one row of it is found sooner than a thread that may block.
    let key = if app.store.is_at_hand() { find(app) } else { run_blocking(app, find).await };
    let key = key?;
    let key = key.ok_or_else(|| refused("The key is unknown, expired or revoked."))?;
    if key.scope < needed {
        return Err(Problem::new(
            &FORBIDDEN,
            format!(
                "The key has the scope {}; this needs {}.",
                key.scope.as_str(),
                needed.as_str()
            ),
        ));
    }
    Ok(key)
}
