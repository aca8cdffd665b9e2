//! Requests of record keepers: their session, and the forms that they send.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::keys::Scope;
use crate::pages::context::Pair;
use crate::web::app::App;
use crate::web::body::read_form;
use crate::web::problem::{FORBIDDEN, Problem};
use crate::web::session::{Session, check_form, session};

/// The name of the input with the token of the session.
pub const CSRF: &str = "csrf";

/// A form that was sent.
#[derive(Debug)]
pub struct Sent {
    /// The session that sent it.
    pub session: Arc<Session>,
    /// Its inputs.
    pub pairs: Vec<Pair>,
    /// The reason to send it again: it belongs to another session.
    pub notice: Option<String>,
}

impl Sent {
    /// The text of an input; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        get(&self.pairs, name)
    }
}

/// The text of an input; empty where there is none.
pub fn get<'p>(pairs: &'p [Pair], name: &str) -> &'p str {
    pairs.iter().find(|(other, _)| other == name).map_or("", |(_, text)| text)
}

/// The session of a request, or the way to sign in.
#[expect(clippy::result_large_err, reason = "the response is sent at once")]
pub fn signed_in(app: &App, request: &HttpRequest) -> Result<Arc<Session>, HttpResponse> {
    session(request).ok_or_else(|| {
        let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
        let to: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        let address = app.address(&format!("/sign-in?to={to}"));
        HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
    })
}

/// Reads a form of a signed-in record keeper. A form of an earlier session of this browser comes
/// with a notice instead of an error, so that nothing typed is lost.
pub async fn sent(
    app: &web::Data<App>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Result<Sent, HttpResponse>, Problem> {
    let session = match signed_in(app, request) {
        Ok(session) => session,
        Err(redirect) => return Ok(Err(redirect)),
    };
    let pairs = read_form(request, payload).await?;
    let is_current = check_form(app, request, get(&pairs, CSRF))?;
    let notice = (!is_current).then(|| {
        "You have signed in again since you opened this form. Check it, and send it once more."
            .to_owned()
    });
    Ok(Ok(Sent { session, pairs, notice }))
}

/// Refuses a key that does not allow this.
pub fn needs(session: &Session, scope: Scope) -> Result<(), Problem> {
    if session.key.scope >= scope {
        return Ok(());
    }
    let why = format!(
        "The key that you signed in with has the scope {}; this needs {}.",
        session.key.scope.as_str(),
        scope.as_str()
    );
    Err(Problem::new(&FORBIDDEN, why))
}
