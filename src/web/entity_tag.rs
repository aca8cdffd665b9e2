//! Entity tags as clients send them back.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

use super::problem::{INVALID_PARAMETER, Problem};
use crate::editing::Expected;

/// The tag without the mark of a weak one: reads compare them alike.
pub(crate) fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The tag as this server gave it: without the suffix of a proxy that compressed the answer,
/// `"12-9661fd9c9b0c-gzip"`.
pub(crate) fn own(tag: &str) -> Cow<'_, str> {
    let inner = tag.strip_suffix('"').unwrap_or(tag);
    let bare = ENCODINGS.iter().find_map(|name| inner.strip_suffix(name)?.strip_suffix(['-', ';']));
    // Some proxies write two hyphens.
    bare.map_or(Cow::Borrowed(tag), |bare| {
        Cow::Owned(format!("{}\"", bare.strip_suffix('-').unwrap_or(bare)))
    })
}

/// The encodings that proxies name in tags.
const ENCODINGS: [&str; 5] = ["gzip", "br", "zstd", "deflate", "df"];

pub(crate) fn tags<'r>(
    headers: &'r HeaderMap,
    name: &'r HeaderName,
) -> impl Iterator<Item = &'r str> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// The version that a write expects, by `If-Match` and `If-None-Match`.
pub(crate) fn expected(request: &HttpRequest) -> Result<Expected, Problem> {
    let none: Vec<&str> = tags(request.headers(), &IF_NONE_MATCH).collect();
    let given: Vec<&str> = tags(request.headers(), &IF_MATCH).collect();
    for (name, tags) in [("If-None-Match", &none), ("If-Match", &given)] {
        if tags.len() > 1 && tags.contains(&"*") {
            return Err(Problem::header(&INVALID_PARAMETER, name, "is either * or a list of tags"));
        }
    }
    if none.contains(&"*") {
        return Ok(Expected::Nothing);
    }
    if given.is_empty() {
        return Ok(Expected::Unsaid);
    }
    if given.contains(&"*") {
        return Ok(Expected::Something);
    }
    // A weak tag never matches here (RFC 9110), nor does one that is none of ours.
    let revision = |tag: &&str| {
        own(tag).strip_prefix('"')?.strip_suffix('"')?.split('-').next()?.parse::<i64>().ok()
    };
    Ok(Expected::Revisions(given.iter().filter_map(revision).collect()))
}
