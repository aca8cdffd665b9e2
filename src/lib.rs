//! The open-records server for the public record of a government task force.
#![cfg_attr(test, allow(clippy::disallowed_macros, reason = "tests send and compare JSON"))]

pub mod api;
pub mod cli;
mod digest;
pub mod editing;
pub mod exporting;
pub mod formats;
pub mod keys;
mod locale;
pub mod model;
pub mod pages;
pub mod reading;
pub mod records;
pub mod server;
pub mod settings;
pub mod store;
pub mod web;
