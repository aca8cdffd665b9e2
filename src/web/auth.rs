//! Authorization of requests by their keys.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, web};

use super::app::App;
use super::blocking::run_read;
use super::problem::Problem;
use super::problem::{FORBIDDEN, UNAUTHORIZED};
use crate::keys::{self, Key, Scope};
use crate::store::Length;

/// Returns the key of a request, or a problem if it has none or lacks the required scope.
pub(crate) async fn authorize(
    app: &web::Data<App>,
    request: &HttpRequest,
    required: Scope,
) -> Result<Key, Problem> {
    let unauthorized = |detail: &str| Problem::new(&UNAUTHORIZED, detail);
    let header = request.headers().get(AUTHORIZATION).ok_or_else(|| {
        unauthorized("This operation needs a key. Send it as `Authorization: Bearer KEY`.")
    })?;
    let secret = header.to_str().ok().and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
    });
    let secret = secret.ok_or_else(|| {
        unauthorized("The `Authorization` header must have the form `Bearer KEY`.")
    })?;
    let find_key = move |app: &App| Ok(keys::find(&app.store, &secret)?);
    let key = run_read(app, Length::Short, find_key).await?;
    let key = key.ok_or_else(|| unauthorized("The key is unknown, expired or revoked."))?;
    if key.scope < required {
        return Err(Problem::new(
            &FORBIDDEN,
            format!(
                "The key has the scope `{}`; this operation needs `{}`.",
                key.scope.as_str(),
                required.as_str()
            ),
        ));
    }
    Ok(key)
}
