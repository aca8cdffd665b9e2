//! `If-None-Match` of reads (RFC 9110, 13.1.2), for handlers, cached responses and other responses
//! alike.

use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, LINK,
};

use super::entity_tags::{strong, tags, without_proxy_suffix};

/// Returns the current ETag if the client sent it.
pub(crate) fn matching_tag(
    request: &HeaderMap,
    is_current: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut client_tags =
        tags(request, &IF_NONE_MATCH).map(|tag| without_proxy_suffix(strong(tag)));
    client_tags.find(|tag| is_current(tag)).map(std::borrow::Cow::into_owned)
}

/// Returns the latest revision in the ETags that the client has; 0 without any.
pub(crate) fn latest_seen(request: &HeaderMap) -> i64 {
    tags(request, &IF_NONE_MATCH)
        .filter_map(|tag| strong(tag).trim_matches('"').split('-').next()?.parse().ok())
        .max()
        .unwrap_or(0)
}

/// Returns whether the client has the response with these headers.
pub(crate) fn client_has_current(request: &HeaderMap, response: &HeaderMap) -> bool {
    let Some(tag) =
        request.get(IF_NONE_MATCH).and(response.get(ETAG)).and_then(|tag| tag.to_str().ok())
    else {
        return false;
    };
    matching_tag(request, |known| known == "*" || known == tag).is_some()
}

/// Returns the headers of a 304 response, which do not describe the body. Browsers replace their
/// cached headers with these.
pub(crate) fn headers_without_body(headers: &HeaderMap) -> HeaderMap {
    let of_body = [CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, LINK];
    headers
        .iter()
        .filter(|(name, _)| !of_body.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
