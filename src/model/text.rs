//! Text: normalization of input, formats, and ids made from names.

use std::borrow::Cow;

use any_ascii::any_ascii_char;
use icu_properties::props::{BinaryProperty as _, NoncharacterCodePoint, VariationSelector};
use iso_currency::Currency;
use oxilangtag::LanguageTag;

use super::fold::{fold_character, is_apostrophe, is_invisible};
use super::kind::{InvalidFormat, TextFormat};

pub use super::fold::{composed, fold};

/// The maximum number of characters in an id.
pub const MAX_ID_LENGTH: usize = 100;

/// The maximum number of characters in a computed name, which joins two names.
pub const MAX_LABEL_LENGTH: usize = 2_000;

/// The text that replaces a redacted text that a record must have.
pub const REDACTED: &str = "[redacted]";

/// Ids, and keywords written like ids.
pub static SLUG: TextFormat = TextFormat {
    name: "slug",
    max_length: MAX_ID_LENGTH,
    multiline: false,
    pattern: Some("^[a-z0-9]+(-[a-z0-9]+)*$"),
    format: None,
    folded: false,
    check: |text| {
        let word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if text.split('-').all(word) {
            Ok(text.into())
        } else {
            Err("is not a slug: lowercase letters a to z and digits, joined by single hyphens"
                .into())
        }
    },
};

/// One line of text.
pub static SHORT: TextFormat = TextFormat {
    name: "text",
    max_length: 500,
    multiline: false,
    pattern: None,
    format: None,
    folded: true,
    check: |text| Ok(text.into()),
};

/// Text that can have multiple lines.
pub static LONG: TextFormat = TextFormat {
    name: "text",
    max_length: 20_000,
    multiline: true,
    pattern: None,
    format: None,
    folded: true,
    check: |text| Ok(text.into()),
};

/// Web addresses. The scheme becomes lowercase; the rest is unchanged.
pub static URL: TextFormat = TextFormat {
    name: "URL",
    max_length: 2_000,
    multiline: false,
    pattern: Some("^https?://[^/?#]+"),
    format: Some("uri"),
    folded: true,
    check: check_url,
};

fn check_url(text: &str) -> Result<Cow<'_, str>, InvalidFormat> {
    const EXAMPLE: &str = "https://example.org/page";
    let wrong = |why, hint: String| Err(InvalidFormat { why, hint: Some(hint) });
    let Some((scheme, rest)) = text.split_once(':') else {
        let is_host = url::Url::parse(&format!("https://{text}"))
            .is_ok_and(|url| url.domain().is_some_and(|host| host.contains('.')));
        let hint = if is_host { format!("https://{text}") } else { EXAMPLE.to_owned() };
        return wrong("does not begin with https:// or http://", hint);
    };
    let lower = scheme.to_ascii_lowercase();
    if !matches!(lower.as_str(), "http" | "https") {
        return wrong("does not begin with https:// or http://", EXAMPLE.to_owned());
    }
    let Some(host) = rest.strip_prefix("//") else {
        let host = rest.trim_start_matches('/');
        let hint = if host.is_empty() { EXAMPLE.to_owned() } else { format!("{lower}://{host}") };
        return wrong("does not have // and a host after the scheme", hint);
    };
    // The URL parser would take the next path segment as the host.
    if host.is_empty() || host.starts_with(['/', '?', '#', '\\']) {
        return wrong("does not name a host after //", EXAMPLE.to_owned());
    }
    if !is_written_as_uri(text) {
        let hint = url::Url::parse(text).map_or_else(|_| EXAMPLE.to_owned(), |url| url.to_string());
        return wrong(
            "contains characters that must be percent-encoded (%20 for a space), or written as \
            xn-- in the host",
            hint,
        );
    }
    match url::Url::parse(text) {
        Ok(url) if url.has_host() && scheme == lower => Ok(text.into()),
        Ok(url) if url.has_host() => Ok(format!("{lower}:{rest}").into()),
        _ => wrong("is not a web address", EXAMPLE.to_owned()),
    }
}

/// Returns whether a text has only characters that a URI allows (RFC 3986). The URL parser is more
/// lenient.
fn is_written_as_uri(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !br#"<>"{}|\^`"#.contains(&byte);
    let is_hex =
        |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.bytes().all(allowed) && text.split('%').skip(1).all(is_hex)
}

/// Times of day.
pub static TIME: TextFormat = TextFormat {
    name: "time",
    max_length: 5,
    multiline: false,
    pattern: Some("^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    format: None,
    folded: false,
    check: |text| match text.as_bytes() {
        [h1 @ b'0'..=b'2', h2 @ b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9']
            if (*h1, *h2) < (b'2', b'4') =>
        {
            Ok(text.into())
        }
        _ => Err("is not a time of day; write HH:MM, from 00:00 to 23:59".into()),
    },
};

/// Languages, as well-formed BCP 47 tags in canonical case.
pub static LANGUAGE: TextFormat = TextFormat {
    name: "language tag",
    max_length: 100,
    multiline: false,
    pattern: Some(concat!(
        "^(([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?",
        "(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*",
        "(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*(-x(-[A-Za-z0-9]{1,8})+)?",
        "|x(-[A-Za-z0-9]{1,8})+|i-[a-z]+|en-GB-oed|sgn-BE-(FR|NL)|sgn-CH-DE)$",
    )),
    format: None,
    folded: true,
    check: |text| match LanguageTag::parse_and_normalize(text) {
        Ok(tag) => Ok(tag.into_inner().into()),
        Err(_) => Err(InvalidFormat {
            why: "is not a language tag (BCP 47)",
            hint: Some("en, es-MX or zh-Hant-TW".to_owned()),
        }),
    },
};

/// Country codes of ISO 3166-1.
pub static COUNTRY: TextFormat = TextFormat {
    name: "country code",
    max_length: 2,
    multiline: false,
    pattern: Some("^[A-Z]{2}$"),
    format: None,
    folded: true,
    check: |text| {
        if rust_iso3166::from_alpha2(text).is_some() {
            Ok(text.into())
        } else {
            Err("is not a country code of ISO 3166-1, such as US".into())
        }
    },
};

/// Region codes of ISO 3166-2.
pub static REGION: TextFormat = TextFormat {
    name: "region code",
    max_length: 6,
    multiline: false,
    pattern: Some("^[A-Z]{2}-[A-Z0-9]{1,3}$"),
    format: None,
    folded: true,
    check: |text| {
        if rust_iso3166::iso3166_2::from_code(text).is_some() {
            Ok(text.into())
        } else {
            Err("is not a region code of ISO 3166-2, such as US-MA".into())
        }
    },
};

/// Units of figures: a currency code or a plain word.
pub static UNIT: TextFormat = TextFormat {
    name: "unit",
    max_length: 100,
    multiline: false,
    pattern: Some("^([A-Z]{3}|[a-z][a-z0-9 -]*)$"),
    format: None,
    folded: true,
    check: |text| {
        if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return match Currency::from_code(text) {
                Some(_) => Ok(text.into()),
                None => Err(InvalidFormat {
                    why: "is not a currency code of ISO 4217",
                    hint: Some("USD, EUR or a plain word such as people".to_owned()),
                }),
            };
        }
        let word = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b' ' | b'-')
            });
        if word {
            Ok(text.into())
        } else {
            Err("is neither a currency code of ISO 4217, such as USD, nor a plain word, such as \
                people"
                .into())
        }
    },
};

/// SHA-256 digests.
pub static SHA256: TextFormat = TextFormat {
    name: "SHA-256",
    max_length: 64,
    multiline: false,
    pattern: Some("^[0-9a-f]{64}$"),
    format: None,
    folded: false,
    check: |text| {
        let hexadecimal =
            text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
        if text.len() == 64 && hexadecimal {
            Ok(text.into())
        } else {
            Err("is not a SHA-256: 64 lowercase hexadecimal digits".into())
        }
    },
};

/// JSON pointers to a field of the record.
pub static POINTER: TextFormat = TextFormat {
    name: "JSON pointer",
    max_length: 500,
    multiline: false,
    pattern: Some("^/"),
    format: Some("json-pointer"),
    folded: true,
    check: |text| {
        if text.starts_with('/') {
            Ok(text.into())
        } else {
            Err("is not a JSON pointer to a field, such as /date".into())
        }
    },
};

/// Normalizes input: NFC, without white space and invisible characters at both ends. If `lines` is
/// set, line breaks become `\n`. A text without a visible character becomes empty. Returns the
/// reason if it contains a forbidden character.
pub fn clean(text: &str, lines: bool) -> Result<String, String> {
    let text = composed(text);
    let text = if lines { with_plain_line_breaks(text) } else { text };
    let stripped = strip(&text);
    if stripped.chars().all(is_blank) {
        return Ok(String::new());
    }
    check_characters(stripped, lines)?;
    Ok(stripped.to_owned())
}

/// Normalizes one line of text that must not be empty, such as an option or a header.
pub fn clean_line(text: &str) -> Result<String, String> {
    match clean(text, false)? {
        cleaned if cleaned.is_empty() => Err("is empty".to_owned()),
        cleaned if cleaned.chars().count() > SHORT.max_length => {
            Err(format!("is longer than {} characters", SHORT.max_length))
        }
        cleaned => Ok(cleaned),
    }
}

/// Returns the reason if a text contains a forbidden character.
pub fn check_characters(text: &str, lines: bool) -> Result<(), String> {
    for character in text.chars() {
        let code = u32::from(character);
        match character {
            '\n' | '\t' if lines => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                return Err("contains a line break; it must be one line".to_owned());
            }
            '\t' => return Err("contains a tab; use a space".to_owned()),
            _ if character.is_control() => {
                return Err(format!("contains the control character U+{code:04X}"));
            }
            _ if !character.is_ascii() && NoncharacterCodePoint::for_char(character) => {
                return Err(format!("contains U+{code:04X}, which is not a character"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn with_plain_line_breaks(text: String) -> String {
    if !text.contains(['\r', '\u{2028}', '\u{2029}']) {
        return text;
    }
    text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n")
}

/// Removes white space and invisible characters at both ends. Keeps variation selectors, and the
/// tags after a black flag that make it the flag of a region.
pub(super) fn strip(text: &str) -> &str {
    let is_stripped = |character: char| {
        character.is_whitespace()
            || (is_invisible(character) && !VariationSelector::for_char(character))
    };
    let text = text.trim_start_matches(is_stripped);
    let stripped = text.trim_end_matches(is_stripped);
    if !stripped.ends_with('🏴') {
        return stripped;
    }
    let is_tag = |character: char| ('\u{E0020}'..='\u{E007F}').contains(&character);
    let end = text[stripped.len()..].find(|character| !is_tag(character));
    &text[..end.map_or(text.len(), |end| stripped.len() + end)]
}

/// Returns whether a character is invisible.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{2800}' || is_invisible(character)
}

/// Makes an id from a name: its letters and digits as lowercase ASCII, in words joined by hyphens.
/// Scripts other than Latin are transliterated.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    let mut folded = String::new();
    for character in composed(name).chars() {
        if is_apostrophe(character) {
            continue;
        }
        folded.clear();
        fold_character(character, &mut folded);
        // Vowel signs fold to nothing, but are transliterated.
        let letters = if folded.is_ascii() && !folded.is_empty() {
            &folded
        } else {
            any_ascii_char(character)
        };
        for letter in letters.chars().filter(|letter| !matches!(letter, '\'' | '.')) {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
    }
    // Leaves room for a number that distinguishes equal names.
    slug.truncate(MAX_ID_LENGTH - 10);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "record".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{LANGUAGE, UNIT, URL, clean, slug_of};

    #[test]
    fn makes_ids_of_ascii_letters_and_digits() {
        for (name, id) in [
            ("President’s Award, 2024 (D.C.)", "presidents-award-2024-dc"),
            ("Łukasz Żółkiewski", "lukasz-zolkiewski"),
            ("Þórður Strauß", "thordur-strauss"),
            ("Hawaiʻi", "hawaii"),
            ("Ngu\u{302}\u{303}yen\u{200B}", "nguyen"),
            ("… !", "record"),
        ] {
            assert_eq!(slug_of(name), id, "{name}");
        }
        for name in [
            "東京太郎",
            "Юлия Навальная",
            "Γεώργιος",
            "محمد",
            "हिन्दी",
            "김민준",
            "さくら",
            "ไทย",
            "שלום",
        ] {
            let id = slug_of(name);
            assert!(
                id != "record" && id.len() >= 3 && (super::SLUG.check)(&id).is_ok(),
                "{name}: {id}"
            );
        }
        assert!(slug_of(&"long name ".repeat(50)).len() <= 90);
        assert!(slug_of(&"東京".repeat(100)).len() <= 90);
    }

    #[test]
    fn strips_white_space_and_invisible_characters_at_both_ends() {
        for (text, cleaned) in [
            ("\u{FEFF}Name\u{200B}", "Name"),
            (" \u{200E}\u{2060}Na\u{200D}me\u{200F}\t\n", "Na\u{200D}me"),
            ("\u{3000}Cafe\u{301}\u{AD}", "Café"),
            ("❤\u{FE0F}", "❤\u{FE0F}"),
            ("葛\u{E0100}", "葛\u{E0100}"),
            (
                "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} ",
                "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            ),
            ("x\u{E0041}", "x"),
            ("\u{FFFD}", "\u{FFFD}"),
            ("\u{600}1", "\u{600}1"),
        ] {
            assert_eq!(clean(text, false).as_deref(), Ok(cleaned), "{text:?}");
        }
    }

    #[test]
    fn treats_text_without_a_visible_character_as_empty() {
        for text in [
            "",
            " \u{A0}",
            "\u{200B}",
            "\u{E0041}\u{E007F}",
            "\u{115F}\u{1160}",
            "\u{3164}",
            "\u{FFA0}",
            "\u{2800}\u{2800}",
            "\u{FE0F}",
            "\u{2028}",
            "\u{61C}\u{34F}",
        ] {
            assert_eq!(clean(text, false).as_deref(), Ok(""), "{text:?}");
            assert_eq!(clean(text, true).as_deref(), Ok(""), "{text:?}");
        }
    }

    #[test]
    fn rejects_noncharacters() {
        for text in [
            "a\0b",
            "a\u{7}b",
            "a\u{7F}b",
            "a\u{85}b",
            "a\u{9F}b",
            "a\u{FFFE}b",
            "a\u{FFFF}",
            "\u{FDD0}",
            "a\u{1FFFE}",
            "\u{10FFFF}a",
        ] {
            assert!(clean(text, false).is_err() && clean(text, true).is_err(), "{text:?}");
        }
        for text in ["a\nb", "a\tb", "a\r\nb", "a\u{2028}b", "a\u{2029}b"] {
            assert!(clean(text, false).is_err(), "{text:?}");
        }
    }

    #[test]
    fn normalizes_line_breaks() {
        assert_eq!(
            clean("a\r\nb\rc\u{2028}d\u{2029}e\tf\n", true).as_deref(),
            Ok("a\nb\nc\nd\ne\tf")
        );
    }

    #[test]
    fn requires_a_scheme_and_a_host_in_urls() {
        for (text, url) in [
            ("HTTPS://Example.org/A", "https://Example.org/A"),
            ("Http://x", "http://x"),
            ("https://[::1]:80/?q#f", "https://[::1]:80/?q#f"),
        ] {
            assert_eq!((URL.check)(text).as_deref(), Ok(url));
        }
        for (text, hint) in [
            ("https:example.org", "https://example.org"),
            ("https:/example.org", "https://example.org"),
            ("www.example.org/page", "https://www.example.org/page"),
            ("https://example.org/a b", "https://example.org/a%20b"),
            ("https:///x", "https://example.org/page"),
            ("http://", "https://example.org/page"),
            ("http://?q", "https://example.org/page"),
            ("http:\\\\x", "https://example.org/page"),
            ("ftp://x", "https://example.org/page"),
            ("https://:80/", "https://example.org/page"),
        ] {
            let refused = (URL.check)(text);
            assert!(refused.is_err(), "{text}");
            if !text.starts_with("http:\\") {
                assert_eq!(refused.unwrap_err().hint.as_deref(), Some(hint), "{text}");
            }
        }
    }

    #[test]
    fn accepts_well_formed_language_tags_in_canonical_case() {
        for (text, tag) in [
            ("EN", "en"),
            ("en-us", "en-US"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("SR-LATN-rs", "sr-Latn-RS"),
            ("de-ch-1996", "de-CH-1996"),
            ("es-419", "es-419"),
            ("en-a-bbb-X-a-CCC", "en-a-bbb-x-a-ccc"),
            ("X-Private", "x-private"),
        ] {
            assert_eq!((LANGUAGE.check)(text).as_deref(), Ok(tag), "{text}");
        }
        for text in [
            "en-a",
            "e",
            "en_US",
            "en-",
            "-en",
            "english language",
            "en-x",
            "123",
            "en--US",
            "toolonglanguage",
        ] {
            assert!((LANGUAGE.check)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn accepts_currencies_and_plain_words_as_units() {
        for text in ["USD", "EUR", "JPY", "people", "square miles"] {
            assert!((UNIT.check)(text).is_ok(), "{text}");
        }
        for text in ["ABC", "ZZZ", "usD", "People", "US", "$"] {
            assert!((UNIT.check)(text).is_err(), "{text}");
        }
    }
}
