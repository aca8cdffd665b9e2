//! The nine record types. Each file is one declaration; storage, queries, formats and the
//! specification follow from it.

mod award_recipients;
mod awards;
mod catalogue;
mod commitments;
mod council_members;
mod documents;
mod links;
mod meetings;
mod organizations;
mod people;
mod progress_updates;
mod reference;
mod shared;

pub use catalogue::{CATALOGUE, EXAMPLES};
pub use reference::{AnyRecord, Id, RecordTypeName, Reference};
pub use shared::AGENT;

/// The records of a new database, as an import bundle.
pub static BUNDLED: &str = include_str!("../../records/records.json");
