//! Records as JSON and CSV.

pub mod csv;
pub mod csv_reader;
pub mod json;
mod members;

pub use members::Members;
