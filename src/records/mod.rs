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

use std::io::Read as _;
use std::sync::LazyLock;

pub use catalogue::{CATALOGUE, EXAMPLES};
pub use reference::{AnyRecord, Id, RecordTypeName, Reference};
pub use shared::AGENT;

/// The records of a new database, as an import bundle.
pub static BUNDLED: LazyLock<String> = LazyLock::new(|| {
    let compressed: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/records.json.br"));
    let mut records = String::new();
    match brotli::Decompressor::new(compressed, 4_096).read_to_string(&mut records) {
        Ok(_) => records,
        Err(error) => unreachable!("the build script compressed them: {error}"),
    }
});
