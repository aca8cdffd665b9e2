//! The search index, which every write updates in its own transaction.
//!
//! An entry has the words of one version of a record, and a key. Keys are in the order of results:
//! by type, then by date, latest first. Within a date they are in the order of ids if the records
//! were written in that order, which `search_areas` records. So the first hits of a frequent word
//! are found without reading the others.
//!
//! Each word is indexed once for every match tier: in the name, in any name, anywhere. So a few
//! hits in names do not wait for many in texts. Superseded versions have separate keys, so that
//! cursors remain valid.

mod entry;
mod keys;
mod maintenance;
mod sources;
mod terms;
mod update;

pub use entry::{
    ANY_NAME, EVERY, NAME, OTHER_WHOLE_NAME, OwnEntry, TEXT, WHOLE_NAME, whole_name_term,
};
pub use keys::{
    area_of, area_of_key, areas, first_key, keys_of, last_key, place_of_date, place_of_key,
};
pub(super) use maintenance::delete_past;
pub use maintenance::{check, covers, rebuild};
pub use sources::{Rank, SearchSource, read};
pub(super) use terms::Terms;
pub(super) use update::{Index, update};
