//! Normalization of query strings.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Returns whether a percent-decoded query string is UTF-8.
pub(crate) fn is_utf8(query: &str) -> bool {
    percent_decode_str(query).decode_utf8().is_ok()
}

/// Sorts the parameters and encodes them uniformly, so that equivalent query strings become equal.
pub(crate) fn normalized(query: &str) -> Cow<'_, str> {
    // The decoder would map all invalid UTF-8 to the same text.
    if !query.contains(['&', '%', '+']) || !is_utf8(query) {
        return Cow::Borrowed(query);
    }
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        url::form_urlencoded::parse(query.as_bytes()).collect();
    pairs.sort();
    Cow::Owned(
        url::form_urlencoded::Serializer::new(String::with_capacity(query.len()))
            .extend_pairs(pairs)
            .finish(),
    )
}
