//! Full-text search: parsing queries, finding and ordering hits, and highlighting.

mod global_search;
mod highlight;
mod hit;
mod hits;
mod matching;
mod terms;

pub use global_search::{GlobalSearch, HitList, SearchHit, global_search};
pub use terms::{MAX_SEARCH_CHARACTERS, Search, Term};

pub(super) use highlight::highlights;
pub(super) use hit::Hit;
pub(super) use hits::ListSearch;

use crate::store::{Pin, Snapshot, StoreResult};

/// Returns whether the search index still has the entries of the state at this pin.
pub fn is_searchable(snapshot: &mut Snapshot<'_>, pin: &Pin) -> StoreResult<bool> {
    match pin.revision {
        Some(revision) => crate::store::search::covers(snapshot, revision),
        None => Ok(true),
    }
}
