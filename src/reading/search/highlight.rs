//! Highlights of hits: excerpts of their texts as HTML, with the matching words in `<mark>`.

use std::collections::HashMap;
use std::ops::Range;

use super::terms::{Search, Term};
use crate::model::RecordType;
use crate::model::words::spans;
use crate::store::search::{Rank, read};
use crate::store::{Snapshot, StoreResult};

/// Maximum length of an excerpt in bytes.
const MAX_EXCERPT: usize = 240;
/// Maximum length of the text before the first mark in an excerpt, in bytes.
const MAX_LEAD_IN: usize = 60;
const MAX_EXCERPTS: usize = 3;

/// Returns the highlights of these records, by key.
pub(crate) fn highlights(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    search: &Search,
    keys: &[i64],
) -> StoreResult<HashMap<i64, String>> {
    let (indexes, at) = (snapshot.indexes, snapshot.at());
    let sources = read(snapshot.connection(), indexes, record_type, keys, at)?;
    Ok(sources.into_iter().map(|source| (source.key, highlight(search, &source.texts))).collect())
}

/// Returns the highlight of a record with these texts.
pub(crate) fn highlight(search: &Search, texts: &[(Rank, String)]) -> String {
    let mut ranked: Vec<&(Rank, String)> = texts.iter().collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let texts: Vec<&str> = ranked.iter().map(|(_, text)| text.as_str()).collect();
    excerpts(&search.wanted, &texts)
}

/// Returns excerpts with the terms. Each term is shown in the first text that has it. Without any
/// term, the beginning of the first text is shown.
fn excerpts(terms: &[Term], texts: &[&str]) -> String {
    let mut missing: Vec<&Term> = terms.iter().collect();
    let mut excerpts = Vec::new();
    for text in texts {
        if missing.is_empty() || excerpts.len() == MAX_EXCERPTS {
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
            excerpts.push(excerpt(text, first, all));
        }
    }
    match texts.first() {
        Some(text) if excerpts.is_empty() => excerpt(text, 0, Vec::new()),
        _ => excerpts.join(" … "),
    }
}

/// Returns the byte ranges of a term in a text.
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

/// Returns the excerpt of a text around a byte offset, with marks.
fn excerpt(text: &str, around: usize, mut marks: Vec<Range<usize>>) -> String {
    let fits = text.len() <= MAX_EXCERPT;
    let start = if fits || around <= MAX_LEAD_IN {
        0
    } else {
        after_space(text, around - MAX_LEAD_IN, around)
    };
    let end = if fits || text.len() - start <= MAX_EXCERPT {
        text.len()
    } else {
        before_space(text, start, start + MAX_EXCERPT)
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

/// Returns the offset after the first space between two offsets.
fn after_space(text: &str, from: usize, limit: usize) -> usize {
    let from = text.ceil_char_boundary(from);
    text[from..limit]
        .find(char::is_whitespace)
        .map_or(from, |space| text.ceil_char_boundary(from + space + 1))
}

/// Returns the offset of the last space between two offsets.
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
    use super::excerpts;
    use crate::reading::search::Search;

    fn html(query: &str, texts: &[&str]) -> String {
        excerpts(&Search::parse(query).wanted, texts)
    }

    #[test]
    fn marks_matching_words_and_escapes_everything_else() {
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
    fn shows_an_excerpt_of_a_long_text() {
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
