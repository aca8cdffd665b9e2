//! HTTP mechanics: query strings, bodies, conditional requests, problems, formats. They know no particular record type.

mod actions;
mod asked;
mod atom;
mod auth;
mod body;
mod cache;
mod changes;
mod client;
mod conditional;
mod connections;
mod cors;
mod default_headers;
mod discovery;
mod encoding;
mod entity_tags;
mod error_answers;
mod export;
mod extended;
mod feed;
mod front;
mod history;
mod import;
mod index;
mod items;
mod json;
mod limits;
mod lists;
mod metrics;
mod negotiation;
mod observe;
mod overview;
mod parameters;
mod preferences;
mod problem;
mod rates;
mod refusals;
mod roles;
mod routing;
mod search;
mod stream;
mod well_known;
mod writes;

pub use actions::{merge_item, redact_item, restore_item};
pub use asked::Flights;
pub use cache::{Cache, Counts, cached};
pub use changes::{get_changes, get_changes_atom};
pub use client::{AddressHeader, Proxies};
pub use connections::{Connection, Connections};
pub use cors::preflight;
pub use discovery::{docs, health, openapi_json, openapi_yaml, problem_page};
pub use entity_tags::entity_tags;
pub use error_answers::error_answers;
pub use export::{Exports, get_export};
pub use feed::Feed;
pub use front::front;
pub use history::get_history;
pub use import::import_bundle;
pub use index::index;
pub use items::get_item;
pub use limits::{Limits, limits};
pub use lists::get_list;
pub use metrics::{Metrics, metrics};
pub use observe::{Route, observe};
pub use overview::{get_gaps, get_statistics};
pub use problem::{KINDS, NOT_FOUND, Problem};
pub use refusals::Connected;
pub use roles::get_roles;
pub use search::{get_search, rehearse};
pub use well_known::{api_catalog, security_txt};
pub use writes::{delete_item, patch_item, post_item, put_item};

use std::sync::{Arc, OnceLock};

use actix_web::web;

use crate::digest::sha256;
use crate::reading::Counts as Totals;
use crate::settings::Settings;
use crate::store::Store;

/// What every handler works with.
pub struct App {
    /// The record.
    pub store: Arc<Store>,
    /// Whose record it is, and how it is served.
    pub settings: Settings,
    /// The specification, as JSON.
    pub specification: web::Bytes,
    /// The same as YAML, made when it is first asked for.
    yaml: OnceLock<web::Bytes>,
    /// A digest of the program's version and of the settings: of what answers depend on besides the record.
    pub makeup: String,
    /// The requests that are being done and are to be done once.
    pub flights: Flights,
    /// The changes as they happen.
    pub feed: Feed,
    /// Exports that were made.
    pub exports: Exports,
    /// The answers that are kept.
    pub cache: Arc<Cache>,
    /// Totals and facets that were counted before.
    pub totals: Totals,
    /// What each client is held to.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    /// Set once the server is asked to stop: it is no longer ready, and streams end.
    pub leaving: tokio::sync::watch::Sender<bool>,
}

impl App {
    /// What serves this record, with a response cache of this many bytes and these limits for each client.
    pub fn new(store: Arc<Store>, settings: Settings, specification: Vec<u8>, cache: u64, limits: Limits) -> std::io::Result<Self> {
        let cache = Arc::new(Cache::new(cache));
        Ok(Self {
            metrics: Metrics::new(&store, &cache),
            feed: Feed::start(&store)?,
            exports: Exports::default(),
            makeup: sha256(format!("{} {settings:?}", env!("CARGO_PKG_VERSION"))),
            store,
            settings,
            specification: specification.into(),
            yaml: OnceLock::new(),
            flights: Flights::default(),
            cache,
            totals: Totals::default(),
            limits,
            leaving: tokio::sync::watch::Sender::new(false),
        })
    }

    fn specification_as_yaml(&self) -> Result<web::Bytes, Problem> {
        if let Some(yaml) = self.yaml.get() {
            return Ok(yaml.clone());
        }
        let document: serde_json::Value = serde_json::from_slice(&self.specification).map_err(Problem::internal)?;
        let yaml = web::Bytes::from(serde_norway::to_string(&document).map_err(Problem::internal)?);
        Ok(self.yaml.get_or_init(|| yaml).clone())
    }

    /// The address of a path: absolute where a public URL is configured.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.settings.public_url.as_deref().unwrap_or_default().trim_end_matches('/'))
    }
}

/// Reads on a thread that may block, so that no other request waits.
pub(crate) async fn reading<T: Send + 'static>(
    app: &web::Data<App>,
    read: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let app = web::Data::clone(app);
    let store = std::sync::Arc::clone(&app.store);
    let done = web::block(move || read(&app));
    patiently(&store, done).await?.unwrap_or_else(|_| Err(Problem::internal("the threads that read are gone")))
}

/// Waits for what the store does, but not for a store that is away: a statement sent to a server that went silent may take minutes.
async fn patiently<T>(store: &Store, work: impl Future<Output = T>) -> Result<T, Problem> {
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(std::time::Duration::from_secs(1), work.as_mut()).await {
            Ok(done) => return Ok(done),
            Err(_) if store.is_away() => return Err(crate::store::StoreError::Unavailable("the database went silent".to_owned()).into()),
            Err(_) => {}
        }
    }
}

/// The record types, for handlers that go over all of them.
pub(crate) use crate::records::CATALOGUE;

// What pages share with the handlers of the API.
pub(crate) use conditional::{Found, PAGE, answer};
pub(crate) use default_headers::request_id;
pub(crate) use discovery::DOCS_POLICY;
pub(crate) use history::history;
pub(crate) use items::absent;
pub(crate) use lists::{follow, pin};
pub(crate) use negotiation::accepted;
pub(crate) use parameters::{number, only, page_parameters, value};
pub(crate) use preferences::preferences;
pub(crate) use routing::{get, plain, resource, resource_in, with_fallback};
pub(crate) use search::Sought;
