//! Sessions of record keepers who sign in with a key in a browser.
//!
//! The cookie is a signed token with the id of the key, the end of the session, and a random id. It
//! does not contain the key. The key is looked up for every request, so a revoked key ends its
//! sessions at once. The database has the sessions that ended before, so they end on every server.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, ETAG, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, ORIGIN,
    REFERRER_POLICY,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpRequest, web};
use subtle::ConstantTimeEq as _;

use super::app::App;
use super::blocking::run_blocking;
use super::problem::{FORBIDDEN, Problem};
use super::session_token::{ANONYMOUS, LIFETIME_SECONDS, Token, carries_session, cookie};
pub(crate) use super::session_token::{SESSION, SIGN_IN};
use crate::keys::{self, Key};

/// The session of a record keeper.
#[derive(Debug)]
pub struct Session {
    /// The key.
    pub key: Key,
    token: Token,
    csrf: String,
}

impl Session {
    /// Returns the token that forms of this session carry, so that no other site can send them.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
}

fn token(app: &App, request: &RequestHead, name: &str) -> Option<Token> {
    Token::read(app.store.signing_key(), cookie(request, name)?)
}

/// Wraps every request. Reads its session, and keeps responses that depend on it out of caches.
pub async fn sessions<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let app =
        request.app_data::<web::Data<App>>().filter(|_| carries_session(request.head())).cloned();
    let Some(app) = app else { return next.call(request).await };
    if let Some(token) = token(&app, request.head(), SESSION) {
        let (key_id, id) = (token.key_id.clone(), token.id.clone());
        let key = run_blocking(&app, move |app| Ok(keys::of_session(&app.store, &key_id, &id)?));
        let key = key.await?;
        if let Some(key) = key {
            let csrf = token.csrf(app.store.signing_key());
            request.extensions_mut().insert(Arc::new(Session { key, token, csrf }));
        }
    }
    for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE] {
        request.headers_mut().remove(name);
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    [ETAG, LAST_MODIFIED].into_iter().for_each(|name| drop(headers.remove(name)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    // Without a referrer, browsers would hide the origin of a form, which is checked.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// Returns the session of a request.
pub(crate) fn session(request: &HttpRequest) -> Option<Arc<Session>> {
    request.extensions().get::<Arc<Session>>().cloned()
}

/// Begins a session with this key, always under a new id, and returns its cookie.
pub(crate) fn begin(app: &App, request: &HttpRequest, key: &Key) -> String {
    set(app, request, SESSION, &Token::new(&key.id))
}

/// Returns the token of a sign-in form, and the cookie to which it is tied. All sign-in forms of a
/// browser have the same token, so that any of them can be sent.
pub(crate) fn sign_in_form(app: &App, request: &HttpRequest) -> (String, String) {
    let token = match token(app, request.head(), SIGN_IN) {
        Some(token) => Token::with_id(ANONYMOUS, token.id),
        None => Token::new(ANONYMOUS),
    };
    (token.csrf(app.store.signing_key()), set(app, request, SIGN_IN, &token))
}

/// Ends a session on every server, and returns the cookie that removes it from the browser.
pub(crate) async fn end(
    app: &web::Data<App>,
    request: &HttpRequest,
    session: &Session,
) -> Result<String, Problem> {
    let (id, ends_at) = (session.token.id.clone(), session.token.end);
    run_blocking(app, move |app| Ok(keys::end_session(&app.store, &id, ends_at)?)).await?;
    Ok(format!("{SESSION}=; Max-Age=0; {}", attributes(app, request, "Strict")))
}

fn set(app: &App, request: &HttpRequest, name: &str, token: &Token) -> String {
    let value = token.write(app.store.signing_key());
    // A browser sends the cookie of a sign-in form after a link from another site, too, so that its
    // other sign-in forms stay valid.
    let same_site = if name == SIGN_IN { "Lax" } else { "Strict" };
    let attributes = attributes(app, request, same_site);
    format!("{name}={value}; Max-Age={LIFETIME_SECONDS}; {attributes}")
}

fn attributes(app: &App, request: &HttpRequest, same_site: &str) -> String {
    let is_public = |url: &String| url.starts_with("https:");
    let is_secure = app.settings.public_url.as_ref().is_some_and(is_public)
        || request.connection_info().scheme() == "https";
    let secure = if is_secure { "; Secure" } else { "" };
    format!("Path=/; HttpOnly; SameSite={same_site}{secure}")
}

/// Returns whether a form belongs to the session of its request, or a sign-in form to the browser
/// that sends it, according to this cookie. A form that another site sent is rejected.
pub(crate) fn check_form(
    app: &App,
    request: &HttpRequest,
    cookie: &str,
    given: &str,
) -> Result<bool, Problem> {
    if !is_same_site(app, request) {
        return Err(Problem::new(&FORBIDDEN, "This form was sent by another website."));
    }
    let expected =
        token(app, request.head(), cookie).map(|token| token.csrf(app.store.signing_key()));
    Ok(expected.is_some_and(|expected| expected.as_bytes().ct_eq(given.as_bytes()).into()))
}

/// Returns whether a page of this server sent the request, according to the browser.
fn is_same_site(app: &App, request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = header(ORIGIN.as_str()) else { return true };
    let public = app.settings.public_url.as_deref().and_then(|url| url::Url::parse(url).ok());
    let own =
        format!("{}://{}", request.connection_info().scheme(), request.connection_info().host());
    origin == own || public.is_some_and(|url| url.origin().ascii_serialization() == origin)
}
