//! The API as its users meet it: the same suite on SQLite and on a PostgreSQL that the tests start themselves.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may panic")]

mod cache;
mod command_line;
mod conditions;
mod dice;
mod grammar;
mod lists;
mod model;
mod overview;
mod plans;
#[allow(dead_code, reason = "what fault tests need is there before them")]
mod postgres;
mod specification;
mod support;
mod trust;
mod validation;
mod writes;
