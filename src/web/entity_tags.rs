//! Entity tags in requests: `If-None-Match` of reads (RFC 9110, 13.1.2), for handlers, cached
//! responses and other responses alike, and the preconditions of writes.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MATCH,
    IF_NONE_MATCH, LINK,
};

use super::problem::{INVALID_PARAMETER, Problem};
use crate::editing::Precondition;

/// Removes the `W/` of a weak tag, which reads ignore.
fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Removes the suffix that a compressing proxy adds, as in `"12-9661fd9c9b0c-gzip"`.
fn without_proxy_suffix(tag: &str) -> Cow<'_, str> {
    let inner = tag.strip_suffix('"').unwrap_or(tag);
    let bare = ENCODINGS.iter().find_map(|name| inner.strip_suffix(name)?.strip_suffix(['-', ';']));
    // Some proxies write two hyphens.
    bare.map_or(Cow::Borrowed(tag), |bare| {
        Cow::Owned(format!("{}\"", bare.strip_suffix('-').unwrap_or(bare)))
    })
}

/// The suffixes that proxies add.
const ENCODINGS: [&str; 5] = ["gzip", "br", "zstd", "deflate", "df"];

fn tags<'r>(headers: &'r HeaderMap, name: &'r HeaderName) -> impl Iterator<Item = &'r str> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Returns the current ETag if the client sent it.
pub(crate) fn matching_tag(
    request: &HeaderMap,
    is_current: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut client_tags =
        tags(request, &IF_NONE_MATCH).map(|tag| without_proxy_suffix(strong(tag)));
    client_tags.find(|tag| is_current(tag)).map(Cow::into_owned)
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

/// Returns the version that a write expects, from `If-Match` and `If-None-Match`.
pub(crate) fn precondition(request: &HttpRequest) -> Result<Precondition, Problem> {
    let none: Vec<&str> = tags(request.headers(), &IF_NONE_MATCH).collect();
    let given: Vec<&str> = tags(request.headers(), &IF_MATCH).collect();
    for (name, tags) in [("If-None-Match", &none), ("If-Match", &given)] {
        if tags.len() > 1 && tags.contains(&"*") {
            return Err(Problem::header(
                &INVALID_PARAMETER,
                name,
                "must be either `*` or a list of ETags",
            ));
        }
    }
    if none.contains(&"*") {
        return Ok(Precondition::Absent);
    }
    if given.is_empty() {
        return Ok(Precondition::Unspecified);
    }
    if given.contains(&"*") {
        return Ok(Precondition::Exists);
    }
    if let [tag] = given.as_slice()
        && !(tag.len() > 1 && tag.starts_with('"') && tag.ends_with('"'))
        && let Ok(revision) = tag.trim_matches('"').parse()
    {
        return Ok(Precondition::Unquoted(revision));
    }
    // A weak tag never matches here (RFC 9110), nor does a tag of another server.
    let revision = |tag: &&str| {
        without_proxy_suffix(tag)
            .strip_prefix('"')?
            .strip_suffix('"')?
            .split('-')
            .next()?
            .parse::<i64>()
            .ok()
    };
    Ok(Precondition::Revisions(given.iter().filter_map(revision).collect()))
}
