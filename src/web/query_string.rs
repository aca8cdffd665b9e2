//! Query strings as text.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Whether a query string is UTF-8 once it is percent-decoded.
pub(crate) fn is_utf8(query: &str) -> bool {
    percent_decode_str(query).decode_utf8().is_ok()
}

/// A query string with its parameters in one order, each in one spelling: what two strings share
/// that ask the same.
pub(crate) fn in_one_order(query: &str) -> Cow<'_, str> {
    // The decoder gives all that is not UTF-8 the same spelling.
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
