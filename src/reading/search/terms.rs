//! Parses a search query into terms. Every text is valid.
//!
//! All words must match. Quotes make a phrase, as does a hyphen or a dot within a word. A minus
//! sign before a term excludes it. An asterisk after a word makes it a prefix. All other
//! punctuation separates words.

use crate::model::text::{composed, fold};
use crate::model::words::words;

/// Maximum length of a query in characters.
pub const MAX_SEARCH_CHARACTERS: usize = 500;

/// A parsed query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The terms that must match.
    pub wanted: Vec<Term>,
    /// The terms that must not match together: `-AT&T` excludes only records with both words.
    pub unwanted: Vec<Vec<Term>>,
}

/// A term of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A word.
    Word(String),
    /// The beginning of a word.
    Prefix(String),
    /// Consecutive words.
    Phrase(Vec<String>),
}

impl Search {
    /// Parses a query.
    pub fn parse(text: &str) -> Self {
        let mut search = Self::default();
        let text = composed(text);
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let after = rest
                .strip_prefix('-')
                .filter(|after| after.starts_with(|next: char| !next.is_whitespace()));
            rest = after.unwrap_or(rest);
            let first =
                if after.is_some() { rest.chars().next().unwrap_or_default() } else { first };
            let (found, end): (Vec<Term>, usize) = if is_quote(first) {
                let inside = &rest[first.len_utf8()..];
                let end = inside.find(is_quote).unwrap_or(inside.len());
                let closing = inside[end..].chars().next().map_or(0, char::len_utf8);
                (
                    Term::of(words(&inside[..end])).into_iter().collect(),
                    first.len_utf8() + end + closing,
                )
            } else {
                let end = rest
                    .find(|character: char| character.is_whitespace() || is_quote(character))
                    .unwrap_or(rest.len());
                (plain(&rest[..end]), end)
            };
            if after.is_some() {
                search.unwanted.extend(Some(found).filter(|found| !found.is_empty()));
            } else {
                for term in found {
                    if !search.wanted.contains(&term) {
                        search.wanted.push(term);
                    }
                }
            }
            rest = rest[end..].trim_start();
        }
        search
    }

    /// Returns whether the query has no terms.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// Returns the words of the query, if they can be a whole name.
    pub(super) fn whole_name(&self) -> Option<Vec<String>> {
        let mut all = Vec::new();
        for term in &self.wanted {
            match term {
                Term::Word(word) => all.push(word.clone()),
                Term::Phrase(words) => all.extend(words.iter().cloned()),
                Term::Prefix(_) => return None,
            }
        }
        (!all.is_empty() && self.unwanted.is_empty()).then_some(all)
    }

    pub(super) fn has_phrases(&self) -> bool {
        self.wanted.iter().chain(self.unwanted.iter().flatten()).any(Term::is_phrase)
    }
}

impl Term {
    fn of(mut words: Vec<String>) -> Option<Self> {
        if words.len() > 1 { Some(Self::Phrase(words)) } else { words.pop().map(Self::Word) }
    }

    /// Returns whether the term is a phrase.
    pub(super) fn is_phrase(&self) -> bool {
        matches!(self, Self::Phrase(_))
    }

    /// Returns the words as they appear in an entry.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Word(word) => format!(" {word} "),
            Self::Prefix(word) => format!(" {word}"),
            Self::Phrase(words) => format!(" {} ", words.join(" ")),
        }
    }
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„' | '«' | '»' | '＂')
}

/// Returns the terms of a text without spaces and quotes.
fn plain(text: &str) -> Vec<Term> {
    // Other punctuation between words is like a space.
    let separates = |character: char| {
        character.is_ascii_punctuation() && !matches!(character, '-' | '.' | '\'' | '`' | '*')
    };
    let mut terms = Vec::new();
    for part in text.split(separates) {
        let mut words = words(part);
        // Apostrophes are ignored: `O'*` finds O'Neill.
        let is_ignored = |character: char| fold(character.encode_utf8(&mut [0; 4])).is_empty();
        let is_prefix = part.strip_suffix('*').is_some_and(|before| {
            before.trim_end_matches(is_ignored).ends_with(char::is_alphanumeric)
        });
        let last = if is_prefix { words.pop() } else { None };
        terms.extend(Term::of(words));
        terms.extend(last.map(Term::Prefix));
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(word: &str) -> Term {
        Term::Word(word.to_owned())
    }

    fn phrase(words: &[&str]) -> Term {
        Term::Phrase(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn parses_words_phrases_prefixes_and_exclusions() {
        for (text, wanted, unwanted) in [
            ("forced  Labor", vec![word("forced"), word("labor")], vec![]),
            (
                "\"forced labor\" -ships",
                vec![phrase(&["forced", "labor"])],
                vec![vec![word("ships")]],
            ),
            (
                "“Forced Labor” -„at sea“",
                vec![phrase(&["forced", "labor"])],
                vec![vec![phrase(&["at", "sea"])]],
            ),
            (
                "traff* -vict*",
                vec![Term::Prefix("traff".to_owned())],
                vec![vec![Term::Prefix("vict".to_owned())]],
            ),
            (
                "pay -AT&T -anti-traff*,",
                vec![word("pay")],
                vec![
                    vec![word("at"), word("t")],
                    vec![word("anti"), Term::Prefix("traff".to_owned())],
                ],
            ),
            (
                "anti-trafficking U.S. D'Souza",
                vec![phrase(&["anti", "trafficking"]), word("us"), word("dsouza")],
                vec![],
            ),
            ("J/TIP,state (DOJ)", vec![word("j"), word("tip"), word("state"), word("doj")], vec![]),
            ("Pub. L. 106-386", vec![word("pub"), word("l"), phrase(&["106", "386"])], vec![]),
            ("\"open", vec![word("open")], vec![]),
            ("state state a\"b\"c", vec![word("state"), word("a"), word("b"), word("c")], vec![]),
            (
                "AND or NOT NEAR(x)",
                vec![word("and"), word("or"), word("not"), word("near"), word("x")],
                vec![],
            ),
            ("- -- * \"\" !? 🙂 -\"", vec![], vec![]),
            ("a - b --c", vec![word("a"), word("b")], vec![vec![word("c")]]),
            ("O’* d'*", vec![Term::Prefix("o".to_owned()), Term::Prefix("d".to_owned())], vec![]),
        ] {
            assert_eq!(Search::parse(text), Search { wanted, unwanted }, "{text}");
        }
    }
}
