//! Entries of the search index: the words of one version of a record, and the terms indexed for
//! them.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use super::sources::{NamePart, Names, OwnTexts, Rank, Reference, computed_name};
use crate::digest::sha256;
use crate::model::words::words;
use crate::model::{Record, RecordType};
use crate::store::error::StoreResult;
use crate::store::index::Indexes;
use crate::store::row::Row;
use crate::store::sql_value::SqlValue;

/// Prefix of the term of a record's whole name. Each prefix represents a match tier.
pub const WHOLE_NAME: char = '0';
/// Prefix of terms for words in the record's name.
pub const NAME: char = '1';
/// Prefix of the terms of other whole names in the record.
pub const OTHER_WHOLE_NAME: char = '2';
/// Prefix of terms for words in the record's name, in other names, or in names of records that it
/// refers to.
pub const ANY_NAME: char = '3';
/// Prefix of terms for words anywhere in the record.
pub const TEXT: char = '4';
/// The term that every entry has.
pub const EVERY: &str = "a";

/// Maximum length of an entry's terms in bytes. PostgreSQL allows 1 MiB.
const MAX_ENTRY_BYTES: usize = 800_000;

/// The content of an entry. Words are separated by spaces and values by newlines, so that no phrase
/// spans two values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) date: Option<String>,
    /// The terms of whole names.
    wholes: String,
    /// The words of the record's name.
    names: String,
    /// The words of other names, and of names of records that the record refers to.
    named: String,
    /// The words of all other texts.
    texts: String,
}

/// The entry of a record without the names of records that it refers to. It does not depend on the
/// database.
#[derive(Debug)]
pub struct OwnEntry {
    entry: Entry,
    pub(super) referred: Vec<Reference>,
    label: Vec<NamePart>,
}

impl OwnEntry {
    /// Returns the entry of a record.
    pub fn new(indexes: &Indexes, record_type: &'static RecordType, record: &Record) -> Self {
        let agents: Vec<&'static str> = indexes.agents().collect();
        let OwnTexts { date, texts, referred, label } = OwnTexts::of(record_type, record, &agents);
        let mut entry = Entry { date, ..Entry::default() };
        let mut seen: HashSet<(bool, &str)> = HashSet::new();
        for (rank, text) in &texts {
            if seen.insert((*rank == Rank::Text, text)) {
                entry.add(*rank, text);
            }
        }
        Self { entry, referred, label }
    }

    /// Adds the names of records that this one refers to.
    pub(super) fn with_names(self, names: &Names) -> Entry {
        let mut entry = self.entry;
        if let Some(name) = computed_name(&self.label, names) {
            entry.add(Rank::ComputedName, &name);
        }
        let mut seen: HashSet<&str> = HashSet::new();
        let shown = self.referred.iter().filter_map(|reference| names.get(reference));
        for name in shown.flat_map(|names| names.iter()) {
            if seen.insert(name) {
                entry.add(Rank::Referred, name);
            }
        }
        entry
    }
}

impl Entry {
    fn add(&mut self, rank: Rank, text: &str) {
        let words = words(text);
        if words.is_empty() {
            return;
        }
        let prefix = match rank {
            Rank::Name | Rank::ComputedName => Some(WHOLE_NAME),
            Rank::OtherName => Some(OTHER_WHOLE_NAME),
            _ => None,
        };
        if let Some(prefix) = prefix {
            let _ = write!(self.wholes, " {}", whole_name_term(prefix, &words));
        }
        let column = match rank {
            Rank::Name => &mut self.names,
            Rank::ComputedName | Rank::OtherName | Rank::Referred => &mut self.named,
            Rank::Text => &mut self.texts,
        };
        column.push(' ');
        for word in &words {
            column.push_str(word);
            column.push(' ');
        }
        column.push('\n');
    }

    /// Reads the entry from the columns of a row that start at `first`.
    pub(super) fn from_row(row: &Row, first: usize) -> StoreResult<Self> {
        let text = |column: usize| row.required_text(first + column).map(str::to_owned);
        Ok(Self {
            date: row.text(first).map(str::to_owned),
            wholes: text(1)?,
            names: text(2)?,
            named: text(3)?,
            texts: text(4)?,
        })
    }

    /// Returns the values of the columns of `search_words` after the key.
    pub(super) fn words(&self) -> impl Iterator<Item = SqlValue> {
        [&self.wholes, &self.names, &self.named, &self.texts]
            .map(|words| SqlValue::from(words.as_str()))
            .into_iter()
    }

    /// Returns whether the names in the two entries differ.
    pub(super) fn names_differ(&self, other: &Self) -> bool {
        (&self.names, &self.named) != (&other.names, &other.named)
    }

    /// Returns the distinct terms, separated by spaces.
    pub(super) fn terms(&self) -> String {
        // A word has the terms of its first place, and of all places after that.
        let mut places: Vec<(&str, char)> = Vec::new();
        for (words, prefix) in [(&self.names, NAME), (&self.named, ANY_NAME), (&self.texts, TEXT)] {
            places.extend(words.split_ascii_whitespace().map(|word| (word, prefix)));
        }
        places.sort_unstable();
        places.dedup_by_key(|(word, _)| *word);
        let wholes: BTreeSet<&str> = self.wholes.split_whitespace().collect();
        let mut terms = String::with_capacity(2 * self.texts.len());
        terms.push_str(EVERY);
        let mut add = |prefix: Option<char>, term: &str| {
            if terms.len() + term.len() < MAX_ENTRY_BYTES {
                terms.push(' ');
                terms.extend(prefix);
                terms.push_str(term);
            }
        };
        wholes.into_iter().for_each(|term| add(None, term));
        for prefix in [NAME, ANY_NAME, TEXT] {
            let words = places.iter().filter(|(_, first)| *first <= prefix);
            words.for_each(|(word, _)| add(Some(prefix), word));
        }
        terms
    }
}

/// Returns the term of a whole name. Queries have each word once.
pub fn whole_name_term(prefix: char, words: &[String]) -> String {
    let is_first = |(index, word): &(usize, &String)| !words[..*index].contains(word);
    let distinct: Vec<&str> =
        words.iter().enumerate().filter(is_first).map(|(_, word)| word.as_str()).collect();
    format!("{prefix}{}", &sha256(distinct.join(" "))[..16])
}
