//! The API as its users meet it: the same suite on SQLite and on a PostgreSQL that the tests start
//! themselves.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails may panic"
)]

mod answers;
mod cache;
mod command_line;
mod compatibility;
mod conditions;
mod desk;
mod dice;
mod documents;
mod editing;
mod export;
mod faults;
mod feed;
mod fixtures;
mod fuzz;
mod grammar;
mod hostile;
mod introduction;
mod limits;
mod lists;
mod model;
mod monitoring;
mod overview;
mod pages;
mod plans;
mod postgres;
mod sample;
mod search;
mod search_index;
mod specification;
mod spreadsheets;
mod standby;
mod support;
mod trust;
mod validation;
mod values;
mod writes;
