//! Where a record was found: pieces of its texts as HTML, with the words asked for between `<mark>`
//! and `</mark>`.

use std::collections::HashMap;
use std::ops::Range;

use super::terms::{Search, Term};
use crate::model::RecordType;
use crate::model::words::spans;
use crate::store::search::{Rank, read};
use crate::store::{Snapshot, StoreResult};

/// As long as a piece may be, and how much stands before the first mark in a longer text, in bytes.
const PIECE: usize = 240;
const BEFORE: usize = 60;
/// As many pieces as are shown.
const PIECES: usize = 3;

/// Where these records were found, by key.
pub(crate) fn highlights(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    search: &Search,
    keys: &[i64],
) -> StoreResult<HashMap<i64, String>> {
    let told = read(snapshot.connection, snapshot.indexes, record_type, keys, snapshot.at())?;
    Ok(told.into_iter().map(|told| (told.key, highlight(search, &told.texts))).collect())
}

/// Where a record was found that tells these texts.
pub(crate) fn highlight(search: &Search, told: &[(Rank, String)]) -> String {
    let mut told: Vec<&(Rank, String)> = told.iter().collect();
    told.sort_by_key(|(rank, _)| *rank);
    let texts: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).collect();
    shown(&search.wanted, &texts)
}

/// The pieces in which the terms stand: the first text that has a term shows it. Without any, the
/// first text.
fn shown(terms: &[Term], texts: &[&str]) -> String {
    let mut missing: Vec<&Term> = terms.iter().collect();
    let mut pieces = Vec::new();
    for text in texts {
        if missing.is_empty() || pieces.len() == PIECES {
            break;
        }
        let spans = spans(text);
        let before = missing.len();
        let mut first = None;
        missing.retain(|term| match marks(term, &spans).first() {
            Some(mark) => {
                first = Some(first.map_or(mark.start, |first: usize| first.min(mark.start)));
                false
            }
            None => true,
        });
        if let Some(first) = first.filter(|_| missing.len() < before) {
            let all: Vec<Range<usize>> =
                terms.iter().flat_map(|term| marks(term, &spans)).collect();
            pieces.push(piece(text, first, all));
        }
    }
    match texts.first() {
        Some(text) if pieces.is_empty() => piece(text, 0, Vec::new()),
        _ => pieces.join(" … "),
    }
}

/// The bytes of a text in which a term stands.
fn marks(term: &Term, spans: &[(Range<usize>, String)]) -> Vec<Range<usize>> {
    match term {
        Term::Word(word) => {
            spans.iter().filter(|(_, other)| other == word).map(|(span, _)| span.clone()).collect()
        }
        Term::Prefix(word) => spans
            .iter()
            .filter(|(_, other)| other.starts_with(word))
            .map(|(span, _)| span.clone())
            .collect(),
        Term::Phrase(words) => spans
            .windows(words.len())
            .filter(|window| window.iter().map(|(_, word)| word).eq(words))
            .map(|window| window[0].0.start..window[window.len() - 1].0.end)
            .collect(),
    }
}

/// A piece of a text around a byte of it, with marks.
fn piece(text: &str, around: usize, mut marks: Vec<Range<usize>>) -> String {
    let whole = text.len() <= PIECE;
    let start =
        if whole || around <= BEFORE { 0 } else { after_space(text, around - BEFORE, around) };
    let end = if whole || text.len() - start <= PIECE {
        text.len()
    } else {
        before_space(text, start, start + PIECE)
    };
    marks.sort_by_key(|mark| (mark.start, mark.end));
    let mut html = String::from(if start > 0 { "… " } else { "" });
    let mut at = start;
    for mark in marks.into_iter().filter(|mark| mark.start >= start && mark.end <= end) {
        if mark.start < at {
            continue;
        }
        escape(&text[at..mark.start], &mut html);
        html.push_str("<mark>");
        escape(&text[mark.clone()], &mut html);
        html.push_str("</mark>");
        at = mark.end;
    }
    escape(&text[at..end], &mut html);
    if end < text.len() {
        html.push_str(" …");
    }
    html
}

/// The place after the first space from a byte on, before a limit.
fn after_space(text: &str, from: usize, limit: usize) -> usize {
    let from = text.ceil_char_boundary(from);
    text[from..limit]
        .find(char::is_whitespace)
        .map_or(from, |space| text.ceil_char_boundary(from + space + 1))
}

/// The place of the last space before a byte, from a start on.
fn before_space(text: &str, start: usize, until: usize) -> usize {
    let until = text.floor_char_boundary(until);
    text[start..until].rfind(char::is_whitespace).map_or(until, |space| start + space)
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::reading::search::Search;

    fn html(query: &str, texts: &[&str]) -> String {
        shown(&Search::parse(query).wanted, texts)
    }

    #[test]
    fn words_are_marked_where_they_stand_and_all_else_is_escaped() {
        assert_eq!(html("d'souza", &["Harold D’Souza"]), "Harold <mark>D’Souza</mark>");
        assert_eq!(
            html("b*", &["<b>&\"x\"</b>"]),
            "&lt;<mark>b</mark>&gt;&amp;&quot;x&quot;&lt;/<mark>b</mark>&gt;"
        );
        assert_eq!(
            html("\"forced labor\" labor", &["Forced  Labor, labor"]),
            "<mark>Forced  Labor</mark>, <mark>labor</mark>"
        );
        assert_eq!(
            html("one two", &["One", "three", "two"]),
            "<mark>One</mark> … <mark>two</mark>"
        );
        assert_eq!(html("-x", &["A & B"]), "A &amp; B");
        assert_eq!(html("x", &[]), "");
    }

    #[test]
    fn of_a_long_text_a_piece_is_shown() {
        let text = format!("{} needle {}", "é hay".repeat(100), "straw ü".repeat(100));
        let html = html("needle", &[&text]);
        assert!(
            html.starts_with("… ")
                && html.ends_with(" …")
                && html.contains(" <mark>needle</mark> "),
            "{html}"
        );
        assert!(html.len() < 280, "{html}");
    }
}
