//! What somebody types into a search, as the terms that they mean. No text is a mistake.
//!
//! Words stand side by side and must all be there. Quotes make a phrase, and so does a dash or a
//! dot within a word; a minus before a term excludes it; a star after a word stands for its rest.
//! All else parts words.

use crate::model::text::composed;
use crate::model::words::words;

/// The longest query, in characters.
pub const MAX_SEARCH_CHARACTERS: usize = 500;

/// A search, as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// What must be there.
    pub wanted: Vec<Term>,
    /// What must not.
    pub unwanted: Vec<Term>,
}

/// One thing that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A word.
    Word(String),
    /// A word that begins so.
    Prefix(String),
    /// Words, one after the other.
    Phrase(Vec<String>),
}

impl Search {
    /// The search in a text.
    pub fn parse(text: &str) -> Self {
        let mut search = Self::default();
        let text = composed(text);
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let after = rest
                .strip_prefix('-')
                .filter(|after| after.starts_with(|next: char| !next.is_whitespace()));
            let terms = if after.is_some() { &mut search.unwanted } else { &mut search.wanted };
            rest = after.unwrap_or(rest);
            let first =
                if after.is_some() { rest.chars().next().unwrap_or_default() } else { first };
            let (found, end) = if is_quote(first) {
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
            for term in found {
                if !terms.contains(&term) {
                    terms.push(term);
                }
            }
            rest = rest[end..].trim_start();
        }
        search
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// The words, where they may be somebody's whole name.
    pub(super) fn whole(&self) -> Option<Vec<String>> {
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

    /// Whether the order of words matters somewhere.
    pub(super) fn has_phrases(&self) -> bool {
        self.wanted.iter().chain(&self.unwanted).any(|term| matches!(term, Term::Phrase(_)))
    }
}

impl Term {
    fn of(mut words: Vec<String>) -> Option<Self> {
        if words.len() > 1 { Some(Self::Phrase(words)) } else { words.pop().map(Self::Word) }
    }

    /// The words as an entry holds them one after the other.
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

/// The terms in what is typed without a space or a quote.
fn plain(text: &str) -> Vec<Term> {
    // A mark that parts words without a space means no more than a space.
    let parts = |character: char| {
        character.is_ascii_punctuation() && !matches!(character, '-' | '.' | '\'' | '`' | '*')
    };
    let mut terms = Vec::new();
    for piece in text.split(parts) {
        let mut words = words(piece);
        let begins =
            piece.strip_suffix('*').is_some_and(|before| before.ends_with(char::is_alphanumeric));
        let last = if begins { words.pop() } else { None };
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
    fn a_text_is_read_as_it_is_meant() {
        for (text, wanted, unwanted) in [
            ("forced  Labor", vec![word("forced"), word("labor")], vec![]),
            ("\"forced labor\" -ships", vec![phrase(&["forced", "labor"])], vec![word("ships")]),
            (
                "“Forced Labor” -„at sea“",
                vec![phrase(&["forced", "labor"])],
                vec![phrase(&["at", "sea"])],
            ),
            (
                "traff* -vict*",
                vec![Term::Prefix("traff".to_owned())],
                vec![Term::Prefix("vict".to_owned())],
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
            ("a - b --c", vec![word("a"), word("b")], vec![word("c")]),
        ] {
            assert_eq!(Search::parse(text), Search { wanted, unwanted }, "{text}");
        }
    }
}
