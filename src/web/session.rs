//! Sessions of record keepers who sign in with a key in a browser.
//!
//! The cookie is a signed token: the id of the key, when the session ends, and a random id. It does
//! not contain the key. The key is looked up for every request, so a revoked key ends its sessions
//! at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, COOKIE, ETAG, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    ORIGIN, REFERRER_POLICY,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpRequest, web};
use subtle::ConstantTimeEq as _;

use super::app::App;
use super::blocking::run_blocking;
use super::problem::{FORBIDDEN, Problem};
use crate::digest::{HmacSha256, hex, random_hex};
use crate::keys::{self, Key};
use crate::model::Moment;

/// The name of the cookie.
const NAME: &str = "taskforce_session";

const LIFETIME_SECONDS: i64 = 12 * 60 * 60;

/// The key id in the token of a visitor who has not signed in: it ties a sign-in form to a browser.
const NOBODY: &str = "-";

/// Paths whose responses do not depend on who asks.
const PUBLIC: [&str; 8] =
    ["/v1", "/docs", "/openapi", "/style.css", "/icon.svg", "/health/", "/problems/", "/metrics"];

/// The session of a record keeper.
#[derive(Debug)]
pub struct Session {
    /// The key.
    pub key: Key,
    token: Token,
    csrf: String,
}

impl Session {
    /// The token that forms of this session carry, so that no other site can send them.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// The sessions that were ended before their time, with the second at which each ends anyway.
#[derive(Debug, Default)]
pub struct EndedSessions(Mutex<HashMap<String, i64>>);

impl EndedSessions {
    fn contains(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    fn add(&self, token: &Token) {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        ended.retain(|_, end| *end > now);
        ended.insert(token.id.clone(), token.end);
    }
}

/// The content of a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    key_id: String,
    /// The second at which it ends.
    end: i64,
    id: String,
}

impl Token {
    fn new(key_id: &str) -> Self {
        Self { key_id: key_id.to_owned(), end: now() + LIFETIME_SECONDS, id: random_hex(16) }
    }

    fn write(&self, key: &[u8]) -> String {
        let payload = format!("{}.{}.{}", self.key_id, self.end, self.id);
        format!("{payload}.{}", signature(key, "session", &payload))
    }

    fn read(key: &[u8], text: &str) -> Option<Self> {
        let (payload, given) = text.rsplit_once('.')?;
        let expected = signature(key, "session", payload);
        if !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
            return None;
        }
        let mut parts = payload.split('.');
        let (key_id, end, id) = (parts.next()?, parts.next()?, parts.next()?);
        let token = Self { key_id: key_id.to_owned(), end: end.parse().ok()?, id: id.to_owned() };
        (token.end > now()).then_some(token)
    }

    fn csrf(&self, key: &[u8]) -> String {
        signature(key, "csrf", &self.id)
    }
}

fn signature(key: &[u8], purpose: &str, text: &str) -> String {
    hex(&HmacSha256::new(key).sign(format!("{purpose}\n{text}")))
}

fn now() -> i64 {
    Moment::now().date_time().timestamp()
}

/// Whether a request for a page carries the cookie. Its response is that visitor's own: it is
/// neither taken from the response cache nor stored there.
pub(crate) fn is_sent(request: &RequestHead) -> bool {
    let is_public = PUBLIC.iter().any(|path| request.uri.path().starts_with(path));
    !is_public && request.headers().contains_key(COOKIE) && cookie(request).is_some()
}

fn cookie(request: &RequestHead) -> Option<&str> {
    let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == NAME).then_some(value)
    })
}

fn token(app: &App, request: &RequestHead) -> Option<Token> {
    let token = Token::read(app.store.signing_key(), cookie(request)?)?;
    Some(token).filter(|token| !app.ended_sessions.contains(&token.id))
}

/// Wraps every request: reads its session, and keeps what depends on it out of caches.
pub async fn sessions<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let app = request.app_data::<web::Data<App>>().filter(|_| is_sent(request.head())).cloned();
    let Some(app) = app else { return next.call(request).await };
    if let Some(token) = token(&app, request.head()).filter(|token| token.key_id != NOBODY) {
        let id = token.key_id.clone();
        let key = run_blocking(&app, move |app| Ok(keys::valid(&app.store, &id)?)).await?;
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

/// The session of a request.
pub(crate) fn session(request: &HttpRequest) -> Option<Arc<Session>> {
    request.extensions().get::<Arc<Session>>().cloned()
}

/// The cookie that begins a session with this key, always under a new id.
pub(crate) fn begin(app: &App, request: &HttpRequest, key: &Key) -> String {
    set(app, request, &Token::new(&key.id))
}

/// The token for the form of a visitor who has not signed in, and the cookie that it belongs to.
pub(crate) fn begin_anonymous(app: &App, request: &HttpRequest) -> (String, String) {
    let token = Token::new(NOBODY);
    (token.csrf(app.store.signing_key()), set(app, request, &token))
}

/// Ends a session, and returns the cookie that removes it from the browser.
pub(crate) fn end(app: &App, request: &HttpRequest, session: &Session) -> String {
    app.ended_sessions.add(&session.token);
    format!("{NAME}=; Max-Age=0; {}", attributes(app, request))
}

fn set(app: &App, request: &HttpRequest, token: &Token) -> String {
    let value = token.write(app.store.signing_key());
    format!("{NAME}={value}; Max-Age={LIFETIME_SECONDS}; {}", attributes(app, request))
}

fn attributes(app: &App, request: &HttpRequest) -> String {
    let is_public = |url: &String| url.starts_with("https:");
    let is_secure = app.settings.public_url.as_ref().is_some_and(is_public)
        || request.connection_info().scheme() == "https";
    format!("Path=/; HttpOnly; SameSite=Strict{}", if is_secure { "; Secure" } else { "" })
}

/// Whether a form belongs to the session of its request. A form that another site sent is refused.
pub(crate) fn check_form(app: &App, request: &HttpRequest, given: &str) -> Result<bool, Problem> {
    if !is_same_site(app, request) {
        return Err(Problem::new(&FORBIDDEN, "This form was sent by another website."));
    }
    let expected = token(app, request.head()).map(|token| token.csrf(app.store.signing_key()));
    Ok(expected.is_some_and(|expected| expected.as_bytes().ct_eq(given.as_bytes()).into()))
}

/// Whether a page of this server sent the request, as far as the browser says.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_with_its_key_alone_and_in_time() {
        let token = Token::new("abc");
        let text = token.write(b"key");
        assert_eq!(Token::read(b"key", &text), Some(token.clone()));
        assert_eq!(Token::read(b"other", &text), None);
        assert_eq!(Token::read(b"key", &text.replacen("abc", "abx", 1)), None);
        let late = Token { end: now(), ..token };
        assert_eq!(Token::read(b"key", &late.write(b"key")), None);
    }
}
