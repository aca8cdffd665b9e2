//! Texts: how they are cleaned on the way in, what forms they may have, and how they are folded to be compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::TextFormat;

/// The longest id, in characters.
pub const ID_LENGTH: usize = 100;

/// As long as a computed name can get: two names and what joins them.
pub const LONGEST_LABEL: usize = 2_000;

/// Ids, and words that are written like ids.
pub static SLUG: TextFormat = TextFormat {
    name: "slug",
    longest: ID_LENGTH,
    lines: false,
    pattern: Some("^[a-z0-9]+(-[a-z0-9]+)*$"),
    format: None,
    folded: false,
    check: |text| {
        let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if text.split('-').all(word) {
            Ok(())
        } else {
            Err("is not a slug: lower-case letters a to z and digits, joined by single hyphens")
        }
    },
};

/// Short texts of one line.
pub static SHORT: TextFormat =
    TextFormat { name: "text", longest: 500, lines: false, pattern: None, format: None, folded: true, check: |_| Ok(()) };

/// Long texts, which may have several lines.
pub static LONG: TextFormat =
    TextFormat { name: "text", longest: 20_000, lines: true, pattern: None, format: None, folded: true, check: |_| Ok(()) };

/// Addresses of the web.
pub static URL: TextFormat = TextFormat {
    name: "URL",
    longest: 2_000,
    lines: false,
    pattern: Some("^https?://"),
    format: Some("uri"),
    folded: true,
    check: |text| match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => match is_written_as_uri(text) {
            true => Ok(()),
            false => Err("holds what a URL holds only as %XX, or in its host as xn--"),
        },
        _ => Err("is not a URL that begins with http:// or https://"),
    },
};

/// Whether a text has only such characters as a URI has (RFC 3986). What reads URLs forgives more.
fn is_written_as_uri(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !br#"<>"{}|\^`"#.contains(&byte);
    let is_hex = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.bytes().all(allowed) && text.split('%').skip(1).all(is_hex)
}

/// Times of day.
pub static TIME: TextFormat = TextFormat {
    name: "time",
    longest: 5,
    lines: false,
    pattern: Some("^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    format: None,
    folded: false,
    check: |text| match text.as_bytes() {
        [h1 @ b'0'..=b'2', h2 @ b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9'] if (*h1, *h2) < (b'2', b'4') => Ok(()),
        _ => Err("is not a time of day; write HH:MM, from 00:00 to 23:59"),
    },
};

/// Languages, as BCP 47 tags.
pub static LANGUAGE: TextFormat = TextFormat {
    name: "language tag",
    longest: 35,
    lines: false,
    pattern: Some("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"),
    format: None,
    folded: true,
    check: |text| {
        let mut parts = text.split('-');
        let primary = parts.next().is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
        let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if primary && rest { Ok(()) } else { Err("is not a language tag (BCP 47), such as en or es-MX") }
    },
};

/// Countries, by ISO 3166-1.
pub static COUNTRY: TextFormat = TextFormat {
    name: "country code",
    longest: 2,
    lines: false,
    pattern: Some("^[A-Z]{2}$"),
    format: None,
    folded: true,
    check: |text| if rust_iso3166::from_alpha2(text).is_some() { Ok(()) } else { Err("is not a country code of ISO 3166-1, such as US") },
};

/// Parts of countries, by ISO 3166-2.
pub static REGION: TextFormat = TextFormat {
    name: "region code",
    longest: 6,
    lines: false,
    pattern: Some("^[A-Z]{2}-[A-Z0-9]{1,3}$"),
    format: None,
    folded: true,
    check: |text| {
        if rust_iso3166::iso3166_2::from_code(text).is_some() { Ok(()) } else { Err("is not a region code of ISO 3166-2, such as US-MA") }
    },
};

/// What a figure counts: a currency or a plain word.
pub static UNIT: TextFormat = TextFormat {
    name: "unit",
    longest: 100,
    lines: false,
    pattern: Some("^([A-Z]{3}|[a-z][a-z0-9 -]*)$"),
    format: None,
    folded: true,
    check: |text| {
        let currency = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let word = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
        if currency || word { Ok(()) } else { Err("is neither a currency code of ISO 4217, such as USD, nor a plain word, such as people") }
    },
};

/// Digests of files.
pub static SHA256: TextFormat = TextFormat {
    name: "SHA-256",
    longest: 64,
    lines: false,
    pattern: Some("^[0-9a-f]{64}$"),
    format: None,
    folded: false,
    check: |text| {
        let hexadecimal = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
        if text.len() == 64 && hexadecimal { Ok(()) } else { Err("is not a SHA-256: 64 lower-case hexadecimal digits") }
    },
};

/// Pointers to a field of the record.
pub static POINTER: TextFormat = TextFormat {
    name: "JSON pointer",
    longest: 500,
    lines: false,
    pattern: Some("^/"),
    format: Some("json-pointer"),
    folded: true,
    check: |text| if text.starts_with('/') { Ok(()) } else { Err("is not a JSON pointer to a field, such as /date") },
};

/// The text trimmed and in NFC; or what about it may not be stored.
pub fn clean(text: &str, lines: bool) -> Result<String, &'static str> {
    let allowed = |character: char| !character.is_control() || (lines && matches!(character, '\n' | '\t'));
    if !text.chars().all(allowed) {
        return Err(if lines { "holds a control character other than line feed and tab" } else { "holds a control character" });
    }
    let trimmed = text.trim();
    Ok(composed(trimmed))
}

/// The text in NFC, as texts are stored.
pub fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// The text as it is compared, sorted and searched: compatibility forms resolved, without accents, in lower case.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        .filter(|character| !is_combining_mark(*character))
        .collect()
}

/// An id made from a name: its letters and digits, folded, in words joined by hyphens.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for character in fold(name).chars().filter(|character| !matches!(character, '\'' | '’' | '.')) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    // Room is left for the number that tells equal names apart.
    let cut = slug.char_indices().nth(ID_LENGTH - 10).map_or(slug.len(), |(at, _)| at);
    slug.truncate(cut);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "record".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{fold, slug_of};

    #[test]
    fn folding_forgets_case_and_accents() {
        assert_eq!(fold("Évelyn Ñandú — ﬁle"), "evelyn nandu — file");
        assert_eq!(fold("İstanbul"), "istanbul");
    }

    #[test]
    fn a_slug_keeps_what_can_be_typed() {
        assert_eq!(slug_of("President’s Award, 2024 (D.C.)"), "presidents-award-2024-dc");
        assert_eq!(slug_of("東京"), "record");
        assert!(slug_of(&"long name ".repeat(50)).len() <= 90);
    }
}
