//! Tests of the program over HTTP. The same suite runs on SQLite and on a PostgreSQL that the tests
//! start themselves.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails may panic"
)]
#![allow(clippy::disallowed_macros, reason = "tests send and compare JSON")]

mod bad_requests;
mod cache;
mod change_feed;
mod command_line;
mod compatibility;
mod conditional_requests;
mod csv_tables;
mod desk;
mod desk_faults;
mod desk_release;
mod desk_security;
mod desk_sessions;
mod documents;
mod editing;
mod export;
mod faults;
mod fixtures;
mod fuzz;
mod integrity;
mod introduction;
mod limits;
mod lists;
mod monitoring;
mod pages;
mod postgres;
mod query_model;
mod query_plans;
mod random;
mod random_history;
mod responses;
mod sample;
mod search;
mod search_index;
mod specification;
mod standby;
mod statistics_and_gaps;
mod support;
mod validation;
mod values;
mod writes;
