//! HTTP mechanics: query strings, bodies, conditional requests, problems, formats. They know no particular record type.

mod actions;
mod asked;
mod auth;
mod body;
mod cache;
mod conditional;
mod discovery;
mod encoding;
mod history;
mod import;
mod index;
mod items;
mod json;
mod lists;
mod manners;
mod negotiation;
mod overview;
mod parameters;
mod problem;
mod roles;
mod stream;
mod writes;

pub use actions::{merge_item, redact_item, restore_item};
pub use asked::Flights;
pub use cache::{Cache, Counts, cached};
pub use discovery::{docs, health, openapi_json, openapi_yaml, problem_page};
pub use history::{get_changes, get_history};
pub use import::import_bundle;
pub use index::index;
pub use items::get_item;
pub use lists::get_list;
pub use manners::manners;
pub use overview::{get_gaps, get_statistics};
pub use problem::{KINDS, NOT_FOUND, Problem};
pub use roles::get_roles;
pub use writes::{delete_item, patch_item, post_item, put_item};

use std::sync::Arc;

use actix_web::web;

use crate::reading::Memory;
use crate::settings::Settings;
use crate::store::Store;

/// What every handler works with.
pub struct App {
    /// The record.
    pub store: Arc<Store>,
    /// Whose record it is, and how it is served.
    pub settings: Settings,
    /// The specification, as JSON.
    pub specification: Vec<u8>,
    /// The requests that are being done and are to be done once.
    pub flights: Flights,
    /// The answers that are kept.
    pub cache: Cache,
    /// What was read before and still holds.
    pub memory: Memory,
}

impl App {
    /// The address of a path: absolute where a public URL is configured.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.settings.public_url.as_deref().unwrap_or_default().trim_end_matches('/'))
    }
}

/// Reads on a thread that may block, so that no other request waits.
async fn reading<T: Send + 'static>(
    app: &web::Data<App>,
    read: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let app = web::Data::clone(app);
    web::block(move || read(&app)).await.unwrap_or_else(|_| Err(Problem::internal("the threads that read are gone")))
}

/// The record types, for handlers that go over all of them.
pub(crate) use crate::records::CATALOGUE;
