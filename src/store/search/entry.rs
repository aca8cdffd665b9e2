//! An entry of the index: the words of one version of a record, and the terms that they are found
//! by.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use super::sources::{Rank, SearchSource};
use crate::digest::sha256;
use crate::model::words::words;
use crate::store::statement::{Row, SqlValue};

/// What a term begins with: the class of hits that it finds. These find records whose name is the
/// whole query.
pub const WHOLE: char = '0';
/// Those with the word in their name.
pub const NAME: char = '1';
/// Those of which another name is the whole query.
pub const OTHER_WHOLE: char = '2';
/// Those with the word in their name, in another name, or in the name of somebody they refer to.
pub const NAMED: char = '3';
/// Those with the word anywhere.
pub const TEXT: char = '4';
/// The term that every entry has.
pub const EVERY: &str = "a";

/// As many bytes of terms as an entry may have: PostgreSQL takes no more than a mebibyte.
const MAX_ENTRY_BYTES: usize = 800_000;

/// What an entry is made of. Words stand between spaces, values on lines, so that no phrase reaches
/// from one into the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) date: Option<String>,
    /// The terms of whole names.
    wholes: String,
    /// The words of the name.
    names: String,
    /// Those of other names, and of the names of whom the record refers to.
    named: String,
    /// Those of all other texts.
    texts: String,
}

impl Entry {
    pub(super) fn of(told: &SearchSource) -> Self {
        let mut entry = Self { date: told.date.clone(), ..Self::default() };
        let mut seen: HashSet<(bool, &str)> = HashSet::new();
        for (rank, text) in &told.texts {
            if !seen.insert((*rank == Rank::Text, text)) {
                continue;
            }
            let words = words(text);
            if words.is_empty() {
                continue;
            }
            let mark = match rank {
                Rank::Name => Some(WHOLE),
                Rank::OtherName => Some(OTHER_WHOLE),
                _ => None,
            };
            if let Some(mark) = mark {
                let _ = write!(entry.wholes, " {}", whole(mark, &words));
            }
            let place = match rank {
                Rank::Name => &mut entry.names,
                Rank::OtherName | Rank::Referred => &mut entry.named,
                Rank::Text => &mut entry.texts,
            };
            place.push(' ');
            for word in &words {
                place.push_str(word);
                place.push(' ');
            }
            place.push('\n');
        }
        entry
    }

    /// The entry in a row, from a column on.
    pub(super) fn from_row(row: &Row, first: usize) -> Self {
        let text = |column: usize| row.text(first + column).unwrap_or_default().to_owned();
        Self {
            date: row.text(first).map(str::to_owned),
            wholes: text(1),
            names: text(2),
            named: text(3),
            texts: text(4),
        }
    }

    /// The values of its words, after its key.
    pub(super) fn words(&self) -> impl Iterator<Item = SqlValue> {
        [&self.wholes, &self.names, &self.named, &self.texts]
            .map(|words| SqlValue::from(words.as_str()))
            .into_iter()
    }

    /// Whether somebody is named otherwise in the two.
    pub(super) fn names_differ(&self, other: &Self) -> bool {
        (&self.names, &self.named) != (&other.names, &other.named)
    }

    /// Its terms, each once, with spaces between.
    pub(super) fn terms(&self) -> String {
        let mut classes: BTreeMap<&str, &[char]> = BTreeMap::new();
        for (words, marks) in [
            (&self.names, &[NAME, NAMED, TEXT][..]),
            (&self.named, &[NAMED, TEXT][..]),
            (&self.texts, &[TEXT][..]),
        ] {
            for word in words.split_whitespace() {
                classes.entry(word).or_insert(marks);
            }
        }
        let wholes: BTreeSet<&str> = self.wholes.split_whitespace().collect();
        let mut terms = EVERY.to_owned();
        let mut add = |mark: Option<char>, term: &str| {
            if terms.len() + term.len() < MAX_ENTRY_BYTES {
                terms.push(' ');
                terms.extend(mark);
                terms.push_str(term);
            }
        };
        wholes.into_iter().for_each(|term| add(None, term));
        for mark in [NAME, NAMED, TEXT] {
            let of_class = classes.iter().filter(|(_, marks)| marks.contains(&mark));
            of_class.for_each(|(word, _)| add(Some(mark), word));
        }
        terms
    }
}

/// The term of a whole name.
pub fn whole(mark: char, words: &[String]) -> String {
    format!("{mark}{}", &sha256(words.join(" "))[..16])
}
