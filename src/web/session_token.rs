//! The token in the cookie of a session.

use actix_web::dev::RequestHead;
use actix_web::http::header::COOKIE;
use subtle::ConstantTimeEq as _;

use crate::digest::{HmacSha256, hex, random_hex};
use crate::model::Moment;

/// The name of the cookie of a session.
pub(crate) const SESSION: &str = "taskforce_session";

/// The name of the cookie to which a sign-in form is tied. A browser that follows a link from
/// another site does not send the cookie of its session, and must not lose it.
pub(crate) const SIGN_IN: &str = "taskforce_sign_in";

pub(super) const LIFETIME_SECONDS: i64 = 12 * 60 * 60;

/// The key id in the token of a sign-in form.
pub(super) const ANONYMOUS: &str = "-";

/// Paths whose responses do not depend on the session.
pub(super) const PUBLIC_PATHS: [&str; 8] =
    ["/v1", "/docs", "/openapi", "/style.css", "/icon.svg", "/health/", "/problems/", "/metrics"];

/// The content of a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) key_id: String,
    /// The second at which the session expires.
    pub(super) end: i64,
    pub(super) id: String,
}

impl Token {
    pub(super) fn new(key_id: &str) -> Self {
        Self::with_id(key_id, random_hex(16))
    }

    pub(super) fn with_id(key_id: &str, id: String) -> Self {
        Self { key_id: key_id.to_owned(), end: now() + LIFETIME_SECONDS, id }
    }

    pub(super) fn write(&self, key: &[u8]) -> String {
        let payload = format!("{}.{}.{}", self.key_id, self.end, self.id);
        format!("{payload}.{}", signature(key, "session", &payload))
    }

    pub(super) fn read(key: &[u8], text: &str) -> Option<Self> {
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

    pub(super) fn csrf(&self, key: &[u8]) -> String {
        signature(key, "csrf", &self.id)
    }
}

pub(super) fn signature(key: &[u8], purpose: &str, text: &str) -> String {
    hex(&HmacSha256::new(key).sign(format!("{purpose}\n{text}")))
}

pub(super) fn now() -> i64 {
    Moment::now().date_time().timestamp()
}

/// Returns whether a page request carries the cookie of a session. Such a response is private to
/// the visitor: it bypasses the response cache.
pub(crate) fn carries_session(request: &RequestHead) -> bool {
    let is_public = PUBLIC_PATHS.iter().any(|path| request.uri.path().starts_with(path));
    !is_public && request.headers().contains_key(COOKIE) && cookie(request, SESSION).is_some()
}

pub(super) fn cookie<'r>(request: &'r RequestHead, wanted: &str) -> Option<&'r str> {
    let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_a_token_only_with_its_key_before_it_expires() {
        let token = Token::new("abc");
        let text = token.write(b"key");
        assert_eq!(Token::read(b"key", &text), Some(token.clone()));
        assert_eq!(Token::read(b"other", &text), None);
        assert_eq!(Token::read(b"key", &text.replacen("abc", "abx", 1)), None);
        let late = Token { end: now(), ..token };
        assert_eq!(Token::read(b"key", &late.write(b"key")), None);
    }
}
