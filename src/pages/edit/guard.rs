//! Requests of record keepers: their session, and the forms that they send.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;

use super::form::{RELEASE_PATH, UPLOAD_PATH};
use super::shell::CSRF;
use super::sign_in;
use crate::keys::Scope;
use crate::pages::context::Pair;
use crate::web::app::App;
use crate::web::body::{SentForm, read_form};
use crate::web::parameters::value;
use crate::web::problem::{FORBIDDEN, Problem};
use crate::web::session::{SESSION, Session, check_form, session};

/// A form that was sent.
#[derive(Debug)]
pub struct Sent {
    /// The session that sent it.
    pub session: Arc<Session>,
    /// Its inputs.
    pub pairs: Vec<Pair>,
    /// The reason to send it again: it belongs to another session.
    pub notice: Option<String>,
    /// The problem of a file that cannot be read. The inputs lack it.
    pub unreadable: Option<Problem>,
}

impl Sent {
    /// Returns the text of an input, or an empty text.
    pub fn get(&self, name: &str) -> &str {
        value(&self.pairs, name).unwrap_or_default()
    }
}

/// The session of a record keeper. A visitor without one is led to the sign-in page.
pub struct SignedIn(pub Arc<Session>);

impl FromRequest for SignedIn {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = session(request).map(Self);
        ready(session.ok_or_else(|| instead(sign_in::redirect(request))))
    }
}

/// A form of an earlier session of this browser comes with a notice instead of an error, so that
/// nothing typed is lost. Without a session, the sign-in page carries the form.
impl FromRequest for Sent {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let SentForm { pairs, unreadable } = read_form(&request, payload).await?;
            if let Some(problem) = unreadable.as_ref().filter(|_| !takes_file(request.path())) {
                return Err(problem.clone().into());
            }
            let app = request.app_data::<web::Data<App>>();
            let app = app.ok_or_else(|| Problem::internal("the app is missing"))?;
            let token = value(&pairs, CSRF).unwrap_or_default();
            let is_current = check_form(app, &request, SESSION, token)?;
            let Some(session) = session(&request) else {
                return Err(instead(sign_in::carry(app, &request, &pairs)?));
            };
            let notice = (!is_current).then(|| {
                "You have signed in again since you opened this form. Check it, and send it again."
                    .to_owned()
            });
            Ok(Self { session, pairs, notice, unreadable })
        })
    }
}

/// Returns whether the form at a path has a file, and can say what is wrong with it.
fn takes_file(path: &str) -> bool {
    [RELEASE_PATH, UPLOAD_PATH].contains(&path)
}

/// Returns an error that replaces the response of the handler.
fn instead(response: HttpResponse) -> actix_web::Error {
    InternalError::from_response("not signed in", response).into()
}

/// Rejects a key that lacks the required scope.
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
