//! `Accept` and similar headers (RFC 9110, 12.5). Several lines of a header are one list.

use actix_web::http::header::{HeaderMap, HeaderName};

/// An element of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Preference<'h> {
    /// The name without its parameters: `text/html`, `gzip`, `*`.
    pub(crate) name: &'h str,
    /// The weight, from 0 (not acceptable) to 1.
    pub(crate) quality: f32,
}

/// Parses the elements of a header in their order.
pub(crate) fn preferences<'h>(
    headers: &'h HeaderMap,
    name: &'h HeaderName,
) -> impl Iterator<Item = Preference<'h>> {
    let lines = headers.get_all(name).filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| split(line, ',')).filter_map(|element| {
        let mut parts = split(element, ';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let quality = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| quality(value.trim()))
        });
        Some(Preference { name, quality: quality.unwrap_or(1.0) })
    })
}

/// Parses a `q` value; an invalid one counts as 1.
fn quality(text: &str) -> f32 {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse::<f32>().ok().filter(|_| is_number).map_or(1.0, |quality| quality.min(1.0))
}

/// Splits a text at separators outside of quoted strings.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character: char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            '\\' if is_quoted && !was_escaped => is_escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ => return character == separator && !is_quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT, HeaderValue};

    use super::*;

    fn read(lines: &[&'static str]) -> Vec<(String, f32)> {
        let mut headers = HeaderMap::new();
        lines.iter().for_each(|line| headers.append(ACCEPT, HeaderValue::from_static(line)));
        preferences(&headers, &ACCEPT).map(|one| (one.name.to_owned(), one.quality)).collect()
    }

    #[test]
    fn parses_several_lines_as_one_list() {
        assert_eq!(read(&["text/html", "application/json;q=0.5, */*"]).len(), 3);
        assert_eq!(read(&["", " , "]), []);
    }

    #[test]
    fn parses_qualities_in_any_case_and_spacing() {
        for (element, quality) in [
            ("a/b", 1.0),
            ("a/b;q=0.25", 0.25),
            ("a/b ; Q = 0", 0.0),
            ("a/b;level=1;q=0.5", 0.5),
            ("a/b;q=.5", 0.5),
            ("a/b;q=7", 1.0),
            ("a/b;q=nan", 1.0),
            ("a/b;q=-1", 1.0),
            ("a/b;q=", 1.0),
        ] {
            assert_eq!(read(&[element]), [("a/b".to_owned(), quality)], "{element}");
        }
    }

    #[test]
    fn ignores_separators_in_quoted_strings() {
        let read = read(&[r#"a/b;note="x, \"y\"; q=0";q=0.5, c/d"#]);
        assert_eq!(read, [("a/b".to_owned(), 0.5), ("c/d".to_owned(), 1.0)]);
    }
}
