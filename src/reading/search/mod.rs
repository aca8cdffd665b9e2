//! Full text: what is asked for, which records are hits, in what order, and why.

mod global_search;
mod highlight;
mod hit;
mod hits;
mod matching;
mod terms;

pub use global_search::{GlobalSearch, HitList, Resumed, SearchHit, global_search};
pub use terms::{MAX_SEARCH_CHARACTERS, Search, Term};

pub(super) use highlight::highlights;
pub(super) use hit::{Hit, Total};
pub(super) use hits::ListSearch;

use crate::store::{Pin, Snapshot, StoreResult};

/// Whether the hits of a search at this pin are known still.
pub fn is_within_reach(snapshot: &mut Snapshot<'_>, pin: &Pin) -> StoreResult<bool> {
    match pin.revision {
        Some(revision) => crate::store::search::reaches(snapshot, revision),
        None => Ok(true),
    }
}
