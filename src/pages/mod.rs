//! The records in a browser: pages rendered on the server from the responses of the API. They read
//! through `reading` alone, as the API does.

mod about;
mod assets;
mod award;
mod changes;
mod charts;
mod commitment;
mod context;
mod differences;
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
mod organization;
mod paging;
mod person;
mod problem;
mod record_page;
mod report;
mod respond;
mod roles;
mod routes;
mod search;
mod sections;
mod seo;
mod series;
mod sources;
mod start;
mod suggestions;
mod value;

pub use problem::problems;
pub use routes::routes;
