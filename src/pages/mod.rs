//! The record in a browser: pages rendered on the server from the very answers that the API gives.
//! They read through `reading` alone; no page has a way of its own to the data.

mod about;
mod answer;
mod assets;
mod changes;
mod charts;
mod commitment;
mod document;
mod entries;
mod facts;
mod filters;
mod found;
mod history;
mod layout;
mod links;
mod lists;
mod machines;
mod meeting;
mod numbers;
mod parts;
mod pictures;
mod problem;
mod record;
mod roles;
mod routes;
mod search;
mod sources;
mod start;
mod value;
mod view;
mod words;

pub use problem::problems;
pub use routes::routes;
