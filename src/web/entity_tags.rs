//! Entity tags in requests.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

use super::problem::{INVALID_PARAMETER, Problem};
use crate::editing::Precondition;

/// Removes the `W/` of a weak tag, which reads ignore.
pub(crate) fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Removes the suffix that a compressing proxy adds, as in `"12-9661fd9c9b0c-gzip"`.
pub(crate) fn without_proxy_suffix(tag: &str) -> Cow<'_, str> {
    let inner = tag.strip_suffix('"').unwrap_or(tag);
    let bare = ENCODINGS.iter().find_map(|name| inner.strip_suffix(name)?.strip_suffix(['-', ';']));
    // Some proxies write two hyphens.
    bare.map_or(Cow::Borrowed(tag), |bare| {
        Cow::Owned(format!("{}\"", bare.strip_suffix('-').unwrap_or(bare)))
    })
}

/// The suffixes that proxies add.
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
