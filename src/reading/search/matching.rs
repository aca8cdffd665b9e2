//! A search as SQL: the conditions under which entries of the index match it in each tier.
//!
//! The index finds entries with all words. Phrases are then checked in the words of the entries, in
//! the same way on both databases.

use super::terms::{Search, Term};
use crate::store::dialect::SearchSyntax;
use crate::store::search::{
    ANY_NAME, EVERY, NAME, OTHER_WHOLE_NAME, TEXT, WHOLE_NAME, whole_name_term,
};
use crate::store::{Snapshot, Statement};

/// A tier of hits, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MatchTier {
    /// The query is the whole name of the record.
    Whole,
    /// All terms are in the name of the record.
    Name,
    /// The query is another whole name in the record.
    OtherWhole,
    /// All terms are in names: of the record, or of records that it refers to.
    AnyName,
    /// The terms are anywhere in the record.
    Text,
}

impl MatchTier {
    pub(super) const ALL: [Self; 5] =
        [Self::Whole, Self::Name, Self::OtherWhole, Self::AnyName, Self::Text];

    /// Returns the columns with the words of the tier.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Whole | Self::Name => &[r#"w."names""#],
            Self::OtherWhole | Self::AnyName => &[r#"w."names""#, r#"w."named""#],
            Self::Text => &[r#"w."names""#, r#"w."named""#, r#"w."texts""#],
        }
    }
}

/// The conditions under which an entry is a hit.
pub(super) struct Matching {
    /// The condition on the index.
    pub(super) matches: Statement,
    /// The condition on the words of the entry, for phrases.
    pub(super) words: Option<Statement>,
}

/// Returns the conditions for hits of one tier, or `None` if the search cannot have any.
pub(super) fn of_tier(
    snapshot: &Snapshot<'_>,
    search: &Search,
    tier: MatchTier,
) -> Option<Matching> {
    let syntax = snapshot.database().search_syntax();
    let whole_name = search.whole_name();
    let all = |prefix| all_of(syntax, &search.wanted, prefix);
    let whole = |prefix| {
        let words = whole_name.as_ref()?;
        Some(quoted(syntax, &whole_name_term(prefix, words), false))
    };
    let own = match tier {
        MatchTier::Whole => whole(WHOLE_NAME)?,
        MatchTier::OtherWhole => whole(OTHER_WHOLE_NAME)?,
        // Without wanted terms, all hits are in the last tier.
        MatchTier::Name | MatchTier::AnyName if search.wanted.is_empty() => return None,
        MatchTier::Name => all(NAME),
        MatchTier::AnyName => all(ANY_NAME),
        MatchTier::Text => all(TEXT),
    };
    let phrases = search.has_phrases();
    let mut better: Vec<String> = Vec::new();
    if tier == MatchTier::Name || tier == MatchTier::AnyName {
        better.extend(whole(if tier == MatchTier::Name { WHOLE_NAME } else { OTHER_WHOLE_NAME }));
    }
    // With phrases, the index finds too many entries of the tier above.
    let above = match tier {
        MatchTier::Whole | MatchTier::Name => None,
        MatchTier::OtherWhole | MatchTier::AnyName => Some((NAME, MatchTier::Name)),
        MatchTier::Text => Some((ANY_NAME, MatchTier::AnyName)),
    }
    .filter(|_| !search.wanted.is_empty());
    better.extend(above.filter(|_| !phrases).map(|(prefix, _)| all(prefix)));
    better.extend(none_of(syntax, &search.unwanted));
    let expression = without(syntax, own, &better);
    let words = phrases.then(|| {
        let mut words = phrase_condition(snapshot, search, tier);
        if let Some((_, above)) = above {
            words
                .push(" AND NOT (")
                .append(every_term(snapshot, &search.wanted, above.columns()))
                .push(")");
        }
        words
    });
    Some(Matching { matches: matches(syntax, expression), words })
}

/// Returns the conditions for hits of all tiers.
pub(super) fn of_all(snapshot: &Snapshot<'_>, search: &Search) -> Matching {
    let syntax = snapshot.database().search_syntax();
    let unwanted: Vec<String> = none_of(syntax, &search.unwanted).into_iter().collect();
    let expression = without(syntax, all_of(syntax, &search.wanted, TEXT), &unwanted);
    let words = search.has_phrases().then(|| phrase_condition(snapshot, search, MatchTier::Text));
    Matching { matches: matches(syntax, expression), words }
}

fn matches(syntax: &SearchSyntax, expression: String) -> Statement {
    let mut sql = Statement::new(syntax.matches.0);
    sql.bind(expression).push(syntax.matches.1);
    sql
}

fn quoted(syntax: &SearchSyntax, term: &str, is_prefix: bool) -> String {
    let quote = syntax.quote;
    format!("{quote}{term}{quote}{}", if is_prefix { syntax.prefix } else { "" })
}

/// Returns the expression for entries with all these terms in a tier. A phrase counts as its words.
fn all_of(syntax: &SearchSyntax, terms: &[Term], prefix: char) -> String {
    let mut parts: Vec<String> = Vec::new();
    for term in terms {
        let words = match term {
            Term::Word(word) | Term::Prefix(word) => std::slice::from_ref(word),
            Term::Phrase(words) => words.as_slice(),
        };
        parts.extend(words.iter().map(|word| {
            quoted(syntax, &format!("{prefix}{word}"), matches!(term, Term::Prefix(_)))
        }));
    }
    if parts.is_empty() {
        parts.push(quoted(syntax, EVERY, false));
    }
    parts.dedup();
    format!("({})", parts.join(syntax.and))
}

/// Returns the expression for entries with all terms of any of these groups in any tier. Groups
/// with phrases are left out, because the index cannot exclude them.
fn none_of(syntax: &SearchSyntax, groups: &[Vec<Term>]) -> Option<String> {
    let groups = groups.iter().filter(|terms| !terms.iter().any(Term::is_phrase));
    let parts: Vec<String> = groups.map(|terms| all_of(syntax, terms, TEXT)).collect();
    (!parts.is_empty()).then(|| format!("({})", parts.join(syntax.or)))
}

fn without(syntax: &SearchSyntax, expression: String, excluded: &[String]) -> String {
    excluded.iter().fold(expression, |expression, excluded| {
        format!("({expression}{}{excluded})", syntax.and_not)
    })
}

/// Returns the condition that an entry has all wanted phrases in the columns of a tier, and not all
/// terms of an unwanted group with phrases.
fn phrase_condition(snapshot: &Snapshot<'_>, search: &Search, tier: MatchTier) -> Statement {
    let mut sql = if tier == MatchTier::Whole || tier == MatchTier::OtherWhole {
        Statement::new("1 = 1")
    } else {
        let phrases = search.wanted.iter().filter(|term| term.is_phrase());
        every_term(snapshot, phrases, tier.columns())
    };
    for terms in search.unwanted.iter().filter(|terms| terms.iter().any(Term::is_phrase)) {
        sql.push(" AND NOT ").append(every_term(snapshot, terms, MatchTier::Text.columns()));
    }
    sql
}

/// Returns the condition that each of these terms is in one of the columns.
fn every_term<'t>(
    snapshot: &Snapshot<'_>,
    terms: impl IntoIterator<Item = &'t Term>,
    columns: &[&str],
) -> Statement {
    let mut sql = Statement::new("(1 = 1");
    for term in terms {
        for (index, column) in columns.iter().enumerate() {
            sql.push(if index == 0 { " AND (" } else { " OR " })
                .append(snapshot.database().contains(column, &term.line()));
        }
        sql.push(")");
    }
    sql.push(")");
    sql
}
