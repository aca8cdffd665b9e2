//! The nine types of records that a task force's public record is made of: what each holds, and its
//! own rules. Each file is one declaration; storage, queries, formats and the specification follow
//! from it.

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

/// The records that a new database begins with: an import bundle.
pub static BUNDLED: &str = include_str!("../../records/records.json");
