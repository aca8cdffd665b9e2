//! Header values in the extended notation of RFC 8187, such as `UTF-8''R%C3%A9sum%C3%A9`: browsers
//! cannot send UTF-8 in headers.

use percent_encoding::percent_decode_str;

/// Decodes a header value, which is UTF-8 or in extended notation.
pub(crate) fn decode(value: &[u8]) -> Result<String, &'static str> {
    let text = std::str::from_utf8(value).map_err(|_| "is not UTF-8")?;
    let Some(encoded) = extended(text)? else { return Ok(text.to_owned()) };
    let is_escape =
        |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !encoded.split('%').skip(1).all(is_escape) {
        return Err("has a `%` without two hexadecimal digits after it");
    }
    let decoded = percent_decode_str(encoded).decode_utf8();
    decoded.map(String::from).map_err(|_| "is not UTF-8 after percent-decoding")
}

/// Returns the encoded part of an extended value, or None if the value is plain text.
fn extended(text: &str) -> Result<Option<&str>, &'static str> {
    let parts =
        text.split_once('\'').and_then(|(charset, rest)| Some((charset, rest.split_once('\'')?)));
    let Some((charset, (language, encoded))) = parts else { return Ok(None) };
    let is_language = language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" if is_language => Ok(Some(encoded)),
        "iso-8859-1" if is_language => {
            Err("must be in UTF-8: `UTF-8''` and the percent-encoded text")
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decodes_extended_values_and_leaves_others_alone() {
        for (value, text) in [
            ("UTF-8''R%C3%A9sum%C3%A9", "Résumé"),
            ("utf-8'en-US'100%25%20sure", "100% sure"),
            ("UTF-8''it's (fine)", "it's (fine)"),
            ("Résumé", "Résumé"),
            ("100% sure", "100% sure"),
            ("O'Brien's note", "O'Brien's note"),
            ("UTF-8", "UTF-8"),
        ] {
            assert_eq!(decode(value.as_bytes()).as_deref(), Ok(text), "{value}");
        }
    }

    #[test]
    fn rejects_malformed_encodings() {
        for value in [
            &b"\xE9t\xE9"[..],
            b"UTF-8''%E9",
            b"UTF-8''%",
            b"UTF-8''%4",
            b"UTF-8''%zz",
            b"ISO-8859-1''%E9",
        ] {
            assert!(decode(value).is_err(), "{value:?}");
        }
    }
}
