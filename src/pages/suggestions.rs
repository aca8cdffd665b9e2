//! Suggests another query if a search finds nothing. Words that occur in no record are replaced
//! with the nearest words that do, or left out.

use super::context::PageContext;
use super::links::{list, text};
use crate::model::{Faults, nearest};
use crate::reading::{GlobalSearch, global_search};
use crate::records::CATALOGUE;
use crate::web::problem::Problem;

/// The number of initial letters that a word and its replacement share.
const COMMON_LETTERS: usize = 2;

/// The number of records whose words are compared.
const CANDIDATES: usize = 100;

/// The maximum number of words of a query that are checked.
const MAX_WORDS: usize = 8;

/// Returns a similar query that has hits.
pub fn suggestion(context: &mut PageContext<'_, '_>, q: &str) -> Result<Option<String>, Problem> {
    let mut words = Vec::new();
    for word in q.split(|letter: char| !letter.is_alphanumeric()).take(MAX_WORDS) {
        if word.is_empty() {
            continue;
        }
        if !hits(context, word, 1)?.is_empty() {
            words.push(word.to_owned());
        } else if let Some(other) = similar(context, word)? {
            words.push(other);
        }
    }
    // No record may contain all of the words together, so fewer are tried.
    while !words.is_empty() {
        let query = words.join(" ");
        if query != q && !hits(context, &query, 1)?.is_empty() {
            return Ok(Some(query));
        }
        words.pop();
    }
    Ok(None)
}

/// Returns the word nearest to this one among words with the same initial letters.
fn similar(context: &mut PageContext<'_, '_>, word: &str) -> Result<Option<String>, Problem> {
    let lower = word.to_lowercase();
    let beginning: String = lower.chars().take(COMMON_LETTERS).collect();
    let found = hits(context, &format!("{beginning}*"), CANDIDATES)?;
    let mut words: Vec<String> = found
        .iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()))
        .map(str::to_lowercase)
        .filter(|other| other.starts_with(&beginning))
        .collect();
    words.sort_unstable();
    words.dedup();
    Ok(nearest(&lower, words.iter().map(String::as_str)).map(str::to_owned))
}

/// Returns the names of the records that a query finds.
fn hits(context: &mut PageContext<'_, '_>, q: &str, limit: usize) -> Result<Vec<String>, Problem> {
    let types = CATALOGUE.iter().collect();
    let Some(search) = GlobalSearch::new(q, types, limit, &mut Faults::default()) else {
        return Ok(Vec::new());
    };
    let signing = context.app.signing("/v1/search");
    let page = global_search(context.snapshot, &search, None, signing, "", &context.app.results)?;
    let found: serde_json::Value = serde_json::from_slice(&page.body).map_err(Problem::internal)?;
    Ok(list(&found, "data")
        .iter()
        .map(|hit| {
            let highlight = text(hit, "highlight").replace("<mark>", "").replace("</mark>", "");
            format!("{} {highlight}", text(hit, "name"))
        })
        .collect())
}
