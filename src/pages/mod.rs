//! The record in a browser: pages rendered on the server from the very answers that the API gives.
//! They read through `reading` alone; no page has a way of its own to the data.

mod about;
mod assets;
mod changes;
mod charts;
mod commitment;
mod context;
mod document;
mod edit;
mod entries;
mod facts;
mod filters;
mod history;
mod labels;
mod layout;
mod links;
mod list_charts;
mod list_result;
mod lists;
mod meeting;
mod problem;
mod record_page;
mod respond;
mod roles;
mod routes;
mod search;
mod sections;
mod seo;
mod series;
mod sources;
mod start;
mod value;

pub use problem::problems;
pub use routes::routes;
