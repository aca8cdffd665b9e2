//! The open-records server for the public record of a government task force.

pub mod cli;
mod digest;
pub mod editing;
pub mod exporting;
pub mod formats;
pub mod http;
pub mod keys;
pub mod model;
pub mod pages;
pub mod reading;
pub mod records;
pub mod server;
pub mod settings;
pub mod specification;
pub mod store;
