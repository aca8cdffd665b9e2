//! The search index: what each record can be found by, kept with every write in the transaction
//! that makes it.
//!
//! An entry is a version of a record: its words, by where they stand, and a key. Keys are in the
//! order of answers: by type, the newest date first; those of one date in the order of ids where
//! the records came in that order (`search_areas` tells). So whatever many records hold, the first
//! hits are found without looking at the others.
//!
//! Each word is indexed once for every class that a hit may be in: as a word of the name, of the
//! name or another name, of the record. A class is thus a list of its own in the index, and few
//! hits in names do not hide behind many in texts. Versions that were superseded have keys of their
//! own, for walks that began before.

mod entry;
mod keys;
mod sources;
mod terms;
mod update;
mod upkeep;

pub use entry::{EVERY, NAME, NAMED, OTHER_WHOLE, TEXT, WHOLE, whole};
pub use keys::{area_of, area_of_key, areas, first_key, keys_of, last_key};
pub use sources::{Rank, SearchSource, read};
pub(super) use terms::{PendingTerms, Terms};
pub(super) use update::update;
pub use upkeep::{check, reaches, rebuild};
pub(super) use upkeep::{forget, forget_past, prepare};
