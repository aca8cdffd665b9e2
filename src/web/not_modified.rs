//! The decision that a client has a representation already (RFC 9110, 13.1.2). It is made here
//! alone: before anything is read, for what the cache has, and for what a handler answered.

use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, LINK,
};

use super::entity_tag::{own, strong, tags};

/// The tag among those that the client has which is current.
pub(crate) fn known_tag(request: &HeaderMap, is_current: impl Fn(&str) -> bool) -> Option<String> {
    let mut known = tags(request, &IF_NONE_MATCH).map(|tag| own(strong(tag)));
    known.find(|tag| is_current(tag)).map(std::borrow::Cow::into_owned)
}

/// Whether the client has the representation with these headers.
pub(crate) fn is_known(request: &HeaderMap, answer: &HeaderMap) -> bool {
    let Some(tag) =
        request.get(IF_NONE_MATCH).and(answer.get(ETAG)).and_then(|tag| tag.to_str().ok())
    else {
        return false;
    };
    known_tag(request, |known| known == "*" || known == tag).is_some()
}

/// The headers of word that the client has the answer with these: without those that describe a
/// body. A browser puts them in place of those that it kept, the policy too.
pub(crate) fn headers_of(headers: &HeaderMap) -> HeaderMap {
    let of_body = [CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, LINK];
    headers
        .iter()
        .filter(|(name, _)| !of_body.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
