//! Records as bytes: JSON and CSV, written straight from the rows, with the same shape wherever a
//! record appears.

pub mod csv;
pub mod json;
mod members;

pub use members::Members;
