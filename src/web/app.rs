//! The state that all handlers share.

use std::sync::{Arc, OnceLock};

use actix_web::web::Bytes;
use utoipa::openapi::OpenApi;

use super::collectors;
use super::in_flight::InFlight;
use super::limits::Limits;
use super::metrics::Metrics;
use super::problem::Problem;
use super::response_cache::ResponseCache;
use crate::digest::sha256;
use crate::reading::{ResultCache, Signing};
use crate::settings::Settings;
use crate::store::Store;

/// Builds the OpenAPI document of a server with these settings.
pub type BuildDocument = fn(&Settings) -> OpenApi;

/// The shared state.
pub struct App {
    /// The database.
    pub store: Arc<Store>,
    /// The title, description, license, contact and public URL.
    pub settings: Settings,
    /// Builds the OpenAPI document.
    build_document: BuildDocument,
    /// The OpenAPI document as JSON and as YAML, built when it is first requested.
    openapi_json: OnceLock<Bytes>,
    openapi_yaml: OnceLock<Bytes>,
    /// A digest of the program version and the settings, which responses depend on.
    pub fingerprint: String,
    /// The requests with an idempotency key that are in progress.
    pub in_flight: InFlight,
    /// The cached responses.
    pub cache: Arc<ResponseCache>,
    /// Cached totals and facets.
    pub results: ResultCache,
    /// The rate limits.
    pub limits: Limits,
    /// The metrics.
    pub metrics: Metrics,
    /// True after SIGTERM: the server is no longer ready, and streams end.
    pub shutting_down: tokio::sync::watch::Sender<bool>,
}

impl App {
    /// Creates the state of a server with a response cache of this size.
    pub fn new(
        store: Arc<Store>,
        settings: Settings,
        build_document: BuildDocument,
        cache_bytes: u64,
        limits: Limits,
    ) -> Self {
        let cache = Arc::new(ResponseCache::new(cache_bytes));
        Self {
            metrics: collectors::metrics(&store, &cache),
            fingerprint: sha256(format!("{} {settings:?}", env!("CARGO_PKG_VERSION"))),
            store,
            settings,
            build_document,
            openapi_json: OnceLock::new(),
            openapi_yaml: OnceLock::new(),
            in_flight: InFlight::default(),
            cache,
            results: ResultCache::default(),
            limits,
            shutting_down: tokio::sync::watch::Sender::new(false),
        }
    }

    /// Returns the OpenAPI document as JSON.
    pub(crate) fn openapi_json(&self) -> Result<Bytes, Problem> {
        if let Some(json) = self.openapi_json.get() {
            return Ok(json.clone());
        }
        let json = serde_json::to_vec(&(self.build_document)(&self.settings))
            .map_err(Problem::internal)?;
        Ok(self.openapi_json.get_or_init(|| json.into()).clone())
    }

    /// Returns the OpenAPI document as YAML.
    pub(crate) fn openapi_yaml(&self) -> Result<Bytes, Problem> {
        if let Some(yaml) = self.openapi_yaml.get() {
            return Ok(yaml.clone());
        }
        let yaml = serde_norway::to_string(&(self.build_document)(&self.settings))
            .map_err(Problem::internal)?;
        Ok(self.openapi_yaml.get_or_init(|| yaml.into()).clone())
    }

    /// Returns what signs the cursors of the list at this URL.
    pub(crate) fn signing<'a>(&'a self, path: &'a str) -> Signing<'a> {
        Signing { key: self.store.signing_key(), database: self.store.identity(), path }
    }

    /// Returns the URL of a path: absolute if a public URL is configured.
    pub fn address(&self, path: &str) -> String {
        format!(
            "{}{path}",
            self.settings.public_url.as_deref().unwrap_or_default().trim_end_matches('/')
        )
    }
}
