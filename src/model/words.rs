//! Splits text into words for search, in the same way for stored text, for queries, and on both
//! databases.

use std::ops::Range;

use super::fold::fold_character;

/// The maximum number of characters of a word. The rest is ignored.
const MAX_WORD_LENGTH: usize = 64;

/// Returns the folded words of a text. Words consist of letters and digits. The dots of an
/// abbreviation do not separate words: `D.C.` is `dc`, `U.S.` is `us`, and `Pub. L. 106-386` has
/// four words.
pub fn words(text: &str) -> Vec<String> {
    spans(text).into_iter().map(|(_, word)| word).collect()
}

/// Returns the words of a text, each with its byte range.
pub fn spans(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut word = Word::default();
    let mut folded = String::new();
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        if character == '.'
            && word.is_letter_of_abbreviation()
            && continues_abbreviation(&text[end..])
        {
            word.letters = 0;
            continue;
        }
        folded.clear();
        fold_character(character, &mut folded);
        for part in folded.chars() {
            if part.is_alphanumeric() {
                word.push(part, at, end);
            } else {
                word.finish(&mut found);
            }
        }
    }
    word.finish(&mut found);
    found
}

/// Returns whether an abbreviation continues after a dot.
fn continues_abbreviation(rest: &str) -> bool {
    let mut characters = rest.chars();
    characters.next().is_some_and(char::is_alphabetic)
        && characters.next().is_none_or(|after| !after.is_alphanumeric())
}

/// The word being read.
#[derive(Default)]
struct Word {
    text: String,
    span: Range<usize>,
    /// The number of characters.
    length: usize,
    /// The number of characters since the last dot in the word.
    letters: usize,
    /// Whether a part between dots has more than one letter.
    whole: bool,
}

impl Word {
    fn push(&mut self, character: char, start: usize, end: usize) {
        if self.text.is_empty() {
            self.span.start = start;
        }
        self.letters += 1;
        self.whole |= self.letters > 1 || !character.is_alphabetic();
        self.length += 1;
        if self.length <= MAX_WORD_LENGTH {
            self.text.push(character);
        }
        self.span.end = end;
    }

    fn is_letter_of_abbreviation(&self) -> bool {
        !self.text.is_empty() && !self.whole && self.letters == 1
    }

    fn finish(&mut self, found: &mut Vec<(Range<usize>, String)>) {
        let word = std::mem::take(self);
        if !word.text.is_empty() {
            found.push((word.span, word.text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{spans, words};

    #[test]
    fn words_ignore_case_accents_apostrophes_and_dashes() {
        for name in [
            "Harold D'Souza",
            "HAROLD D’SOUZA",
            "harold dʼsouza",
            "Harold D`Souza",
            "Harold D´Souza",
            "Harold D＇Souza",
        ] {
            assert_eq!(words(name), ["harold", "dsouza"], "{name}");
        }
        for name in [
            "Piraino-Guzmán",
            "Piraino–Guzman",
            "piraino — guzman",
            "PIRAINO‑GUZMAN",
            "Piraino Guzma\u{301}n",
        ] {
            assert_eq!(words(name), ["piraino", "guzman"], "{name}");
        }
        assert_eq!(words("ﬁle №5, İstanbul ½"), ["file", "no5", "istanbul", "1", "2"]);
        assert_eq!(words("…“ -- !? 🙂 \u{0}"), [""; 0]);
    }

    #[test]
    fn abbreviations_are_one_word() {
        assert_eq!(words("Washington, D.C."), ["washington", "dc"]);
        assert_eq!(
            words("U.S. Mission; the U.S.A., e.g. Ph.D."),
            ["us", "mission", "the", "usa", "eg", "ph", "d"]
        );
        assert_eq!(words("Pub. L. 106-386"), ["pub", "l", "106", "386"]);
        assert_eq!(
            words("Eric H. Holder, Jr., J.Smith, v1.5, 2.4"),
            ["eric", "h", "holder", "jr", "j", "smith", "v1", "5", "2", "4"]
        );
    }

    #[test]
    fn spans_are_byte_ranges_of_the_text() {
        let text = "The “D’Souza” rule in the U.S.";
        let shown: Vec<&str> = spans(text).into_iter().map(|(span, _)| &text[span]).collect();
        assert_eq!(shown, ["The", "D’Souza", "rule", "in", "the", "U.S"]);
        let text = "Ærø, Strauß; ﬁ\u{AD}le";
        let shown: Vec<&str> = spans(text).into_iter().map(|(span, _)| &text[span]).collect();
        assert_eq!(shown, ["Ærø", "Strauß", "ﬁ\u{AD}le"]);
        assert_eq!(words(text), ["aero", "strauss", "file"]);
        assert_eq!(words(&"a".repeat(500))[0].len(), 64);
    }
}
