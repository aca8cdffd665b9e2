//! JSON literals that cannot be stored: numbers beyond the range of 64-bit floats, and lone
//! surrogates. The JSON parser rejects some of them without a location, and rounds others to zero.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::number::beyond_floats;
use super::{Faults, Pointer};

/// The maximum depth at which a literal is located.
const DEPTH: usize = 64;

/// A literal that cannot be stored.
struct Literal {
    /// The offset in the text.
    offset: usize,
    code: &'static str,
    message: String,
}

/// Returns the faults of the literals in a JSON text. Invalid JSON has none.
pub fn literal_faults(text: &str) -> Faults {
    let mut faults = Faults::default();
    let literals = scan(text);
    if !literals.is_empty()
        && locate(text, text, &Pointer::Root, &literals, 0, &mut faults).is_err()
    {
        return Faults::default();
    }
    faults
}

fn scan(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < Faults::MAX {
        let rest = &bytes[at..];
        match bytes[at] {
            b'"' => {
                let end = at + string_length(rest);
                if has_lone_surrogate(&bytes[at..end]) {
                    let message = "contains half of a surrogate pair (\\ud800 to \\udfff), which \
                        is not a character"
                        .to_owned();
                    found.push(Literal { offset: at, code: "invalid-text", message });
                }
                at = end;
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| {
                    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')
                };
                let end = at + rest.iter().take_while(|byte| is_part(byte)).count();
                let literal = &text[at..end];
                let why = literal.parse().ok().and_then(|number| beyond_floats(literal, number));
                found.extend(why.map(|why| {
                    let shown: String = literal.chars().take(40).collect();
                    Literal { offset: at, code: "out-of-range", message: format!("{shown} {why}") }
                }));
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// Returns the length of the string at the start, including its quotes.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn has_lone_surrogate(string: &[u8]) -> bool {
    if !string.contains(&b'\\') {
        return false;
    }
    let mut low_must_follow = false;
    let mut at = 0;
    while at < string.len() {
        let escaped = string.get(at..at + 6).and_then(|escape| escape.strip_prefix(b"\\u"));
        let unit = escaped
            .and_then(|digits| u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        let is_low = unit.is_some_and(|unit| (0xDC00..=0xDFFF).contains(&unit));
        if is_low != low_must_follow {
            return true;
        }
        low_must_follow = unit.is_some_and(|unit| (0xD800..=0xDBFF).contains(&unit));
        at += match (unit, string[at]) {
            (Some(_), _) => 6,
            (None, b'\\') => 2,
            (None, _) => 1,
        };
    }
    low_must_follow
}

/// Adds faults for the literals, all of which are in this value.
fn locate(
    text: &str,
    value: &str,
    at: &Pointer<'_>,
    literals: &[Literal],
    depth: usize,
    faults: &mut Faults,
) -> serde_json::Result<()> {
    let within = |raw: &RawValue| {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        let end = start + raw.get().len();
        let before = |offset: usize| literals.partition_point(|literal| literal.offset < offset);
        &literals[before(start)..before(end)]
    };
    match value.trim_start().as_bytes().first() {
        _ if depth > DEPTH || literals.is_empty() => {}
        Some(b'{') => {
            for (name, raw) in serde_json::from_str::<BTreeMap<String, &RawValue>>(value)? {
                locate(text, raw.get(), &at.member(&name), within(raw), depth + 1, faults)?;
            }
        }
        Some(b'[') => {
            for (index, raw) in
                serde_json::from_str::<Vec<&RawValue>>(value)?.into_iter().enumerate()
            {
                locate(text, raw.get(), &at.entry(index), within(raw), depth + 1, faults)?;
            }
        }
        _ => {
            serde_json::from_str::<&RawValue>(value)?;
            for Literal { code, message, .. } in literals {
                faults.at(at, code, message.clone(), None);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::literal_faults;

    fn places(text: &str) -> Vec<(String, &'static str)> {
        literal_faults(text)
            .into_list()
            .into_iter()
            .map(|fault| (fault.place.name().to_owned(), fault.code))
            .collect()
    }

    #[test]
    fn reports_every_literal_that_cannot_be_stored() {
        let text = r#" {"a": [1e400, "1e400", {"b/c": -1e-400}], "d": "\ud800x", "e": 0e-999,
            "f": "\ud83d\ude00\\ud800", "g": 1e-300} "#;
        let expected =
            [("/a/0", "out-of-range"), ("/a/2/b~1c", "out-of-range"), ("/d", "invalid-text")];
        assert_eq!(places(text), expected.map(|(place, code)| (place.to_owned(), code)));
        assert_eq!(places("1e999"), [(String::new(), "out-of-range")]);
        for half in [r#""\ude00""#, r#""\ud83d""#, r#""\ud83d\ud83d\ude00""#, r#""\uD83D-\uDE00""#]
        {
            assert_eq!(places(half), [(String::new(), "invalid-text")], "{half}");
        }
    }

    #[test]
    fn reports_no_literals_of_invalid_json() {
        for text in
            ["{\"a\": 1e400", "[1e400,]", "1e400 1", "{\"\\ud800\": 1e400}", "\"\\", "-", ""]
        {
            assert!(literal_faults(text).is_empty(), "{text}");
        }
        assert!(
            literal_faults(&format!("{}1e400{}", "[".repeat(100_000), "]".repeat(100_000)))
                .is_empty()
        );
    }
}
