//! A search as SQL: which entries of the index meet it, and in which tier.
//!
//! The index tells which entries hold all words. Where words must follow one another, that is
//! looked up in the entries' words, in the same way on both databases.

use super::terms::{Search, Term};
use crate::store::dialect::SearchSyntax;
use crate::store::search::{EVERY, NAME, NAMED, OTHER_WHOLE, TEXT, WHOLE, whole};
use crate::store::{Snapshot, Statement};

/// A tier of hits: the better ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MatchTier {
    /// The query is the record's whole name.
    Whole,
    /// All of it stands in the name.
    Name,
    /// It is another whole name.
    OtherWhole,
    /// All of it stands in names: the record's own and those of whom it refers to.
    Named,
    /// It stands anywhere.
    Text,
}

impl MatchTier {
    pub(super) const ALL: [Self; 5] =
        [Self::Whole, Self::Name, Self::OtherWhole, Self::Named, Self::Text];

    /// The columns of the words that count for it.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Whole | Self::Name => &[r#"w."names""#],
            Self::OtherWhole | Self::Named => &[r#"w."names""#, r#"w."named""#],
            Self::Text => &[r#"w."names""#, r#"w."named""#, r#"w."texts""#],
        }
    }
}

/// Which entries are hits: `matches` of the index, and `words` of their words where the index
/// cannot tell.
pub(super) struct Matching {
    pub(super) matches: Statement,
    pub(super) words: Option<Statement>,
}

/// The hits of a tier alone; None where the search has none of that tier.
pub(super) fn of_class(
    snapshot: &Snapshot<'_>,
    search: &Search,
    tier: MatchTier,
) -> Option<Matching> {
    let syntax = snapshot.connection.search_syntax();
    let whole_name = search.whole();
    let all = |mark| all_of(syntax, &search.wanted, mark);
    let whole = |mark| whole_name.as_ref().map(|words| quoted(syntax, &whole(mark, words), false));
    let own = match tier {
        MatchTier::Whole => whole(WHOLE)?,
        MatchTier::OtherWhole => whole(OTHER_WHOLE)?,
        // Without a word that is wanted, a hit stands nowhere in particular.
        MatchTier::Name | MatchTier::Named if search.wanted.is_empty() => return None,
        MatchTier::Name => all(NAME),
        MatchTier::Named => all(NAMED),
        MatchTier::Text => all(TEXT),
    };
    let phrases = search.has_phrases();
    let mut better: Vec<String> = Vec::new();
    if tier == MatchTier::Name || tier == MatchTier::Named {
        better.extend(whole(if tier == MatchTier::Name { WHOLE } else { OTHER_WHOLE }));
    }
    // With phrases, what the index tells of the tier above is too much.
    let above = match tier {
        MatchTier::Whole | MatchTier::Name => None,
        MatchTier::OtherWhole | MatchTier::Named => Some((NAME, MatchTier::Name)),
        MatchTier::Text => Some((NAMED, MatchTier::Named)),
    }
    .filter(|_| !search.wanted.is_empty());
    better.extend(above.filter(|_| !phrases).map(|(mark, _)| all(mark)));
    better.extend(none_of(syntax, &search.unwanted));
    let expression = without(syntax, own, &better);
    let words = phrases.then(|| {
        let mut words = record_status(snapshot, search, tier);
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

/// All hits.
pub(super) fn of_all(snapshot: &Snapshot<'_>, search: &Search) -> Matching {
    let syntax = snapshot.connection.search_syntax();
    let unwanted: Vec<String> = none_of(syntax, &search.unwanted).into_iter().collect();
    let expression = without(syntax, all_of(syntax, &search.wanted, TEXT), &unwanted);
    let words = search.has_phrases().then(|| record_status(snapshot, search, MatchTier::Text));
    Matching { matches: matches(syntax, expression), words }
}

fn matches(syntax: &SearchSyntax, expression: String) -> Statement {
    let mut sql = Statement::new(syntax.matches.0);
    sql.bind(expression).push(syntax.matches.1);
    sql
}

fn quoted(syntax: &SearchSyntax, term: &str, begins: bool) -> String {
    let quote = syntax.quote;
    format!("{quote}{term}{quote}{}", if begins { syntax.prefix } else { "" })
}

/// The expression that an entry has these terms in a tier; of a phrase, its words.
fn all_of(syntax: &SearchSyntax, terms: &[Term], mark: char) -> String {
    let mut parts: Vec<String> = Vec::new();
    for term in terms {
        let words = match term {
            Term::Word(word) | Term::Prefix(word) => std::slice::from_ref(word),
            Term::Phrase(words) => words.as_slice(),
        };
        parts.extend(
            words.iter().map(|word| {
                quoted(syntax, &format!("{mark}{word}"), matches!(term, Term::Prefix(_)))
            }),
        );
    }
    if parts.is_empty() {
        parts.push(quoted(syntax, EVERY, false));
    }
    parts.dedup();
    format!("({})", parts.join(syntax.and))
}

/// The expression that an entry has one of these terms anywhere; phrases are not for the index to
/// exclude.
fn none_of(syntax: &SearchSyntax, terms: &[Term]) -> Option<String> {
    let single = terms.iter().filter(|term| !matches!(term, Term::Phrase(_)));
    let parts: Vec<String> =
        single.map(|term| all_of(syntax, std::slice::from_ref(term), TEXT)).collect();
    (!parts.is_empty()).then(|| format!("({})", parts.join(syntax.or)))
}

fn without(syntax: &SearchSyntax, expression: String, excluded: &[String]) -> String {
    excluded.iter().fold(expression, |expression, excluded| {
        format!("({expression}{}{excluded})", syntax.and_not)
    })
}

/// The condition that phrases stand where they should, and others nowhere.
fn record_status(snapshot: &Snapshot<'_>, search: &Search, tier: MatchTier) -> Statement {
    let phrases = |terms: &[Term]| -> Vec<Term> {
        terms.iter().filter(|term| matches!(term, Term::Phrase(_))).cloned().collect()
    };
    let mut sql = if tier == MatchTier::Whole || tier == MatchTier::OtherWhole {
        Statement::new("1 = 1")
    } else {
        every_term(snapshot, &phrases(&search.wanted), tier.columns())
    };
    for term in phrases(&search.unwanted) {
        sql.push(" AND NOT ").append(every_term(snapshot, &[term], MatchTier::Text.columns()));
    }
    sql
}

/// The condition that each of these terms stands in one of the columns.
fn every_term(snapshot: &Snapshot<'_>, terms: &[Term], columns: &[&str]) -> Statement {
    let mut sql = Statement::new("(1 = 1");
    for term in terms {
        for (index, column) in columns.iter().enumerate() {
            sql.push(if index == 0 { " AND (" } else { " OR " })
                .append(snapshot.connection.holds(column, &term.line()));
        }
        sql.push(")");
    }
    sql.push(")");
    sql
}
