//! The state that all handlers share.

use std::sync::{Arc, OnceLock};

use actix_web::web::Bytes;
use utoipa::openapi::OpenApi;

use super::cache::Cache;
use super::collectors;
use super::in_flight::InFlight;
use super::limits::Limits;
use super::metrics::Metrics;
use super::problem::Problem;
use crate::digest::sha256;
use crate::reading::Counts as Totals;
use crate::settings::Settings;
use crate::store::Store;

/// Builds the OpenAPI document of a server with these settings.
pub type Describe = fn(&Settings) -> OpenApi;

/// What every handler works with.
pub struct App {
    /// The record.
    pub store: Arc<Store>,
    /// Whose record it is, and how it is served.
    pub settings: Settings,
    /// Builds the OpenAPI document.
    describe: Describe,
    /// The OpenAPI document as JSON and as YAML, built when it is first requested.
    json: OnceLock<Bytes>,
    yaml: OnceLock<Bytes>,
    /// A digest of the program's version and of the settings: of what answers depend on besides the
    /// record.
    pub makeup: String,
    /// The requests with an idempotency key that are in progress.
    pub in_flight: InFlight,
    /// The cached responses.
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
    /// What serves this record, with a response cache of this many bytes and these limits for each
    /// client.
    pub fn new(
        store: Arc<Store>,
        settings: Settings,
        describe: Describe,
        cache: u64,
        limits: Limits,
    ) -> Self {
        let cache = Arc::new(Cache::new(cache));
        Self {
            metrics: collectors::metrics(&store, &cache),
            makeup: sha256(format!("{} {settings:?}", env!("CARGO_PKG_VERSION"))),
            store,
            settings,
            describe,
            json: OnceLock::new(),
            yaml: OnceLock::new(),
            in_flight: InFlight::default(),
            cache,
            totals: Totals::default(),
            limits,
            leaving: tokio::sync::watch::Sender::new(false),
        }
    }

    /// The OpenAPI document as JSON.
    pub(crate) fn document(&self) -> Result<Bytes, Problem> {
        if let Some(json) = self.json.get() {
            return Ok(json.clone());
        }
        let json =
            serde_json::to_vec(&(self.describe)(&self.settings)).map_err(Problem::internal)?;
        Ok(self.json.get_or_init(|| json.into()).clone())
    }

    /// The OpenAPI document as YAML.
    pub(crate) fn document_as_yaml(&self) -> Result<Bytes, Problem> {
        if let Some(yaml) = self.yaml.get() {
            return Ok(yaml.clone());
        }
        let yaml =
            serde_norway::to_string(&(self.describe)(&self.settings)).map_err(Problem::internal)?;
        Ok(self.yaml.get_or_init(|| yaml.into()).clone())
    }

    /// The address of a path: absolute where a public URL is configured.
    pub fn address(&self, path: &str) -> String {
        format!(
            "{}{path}",
            self.settings.public_url.as_deref().unwrap_or_default().trim_end_matches('/')
        )
    }
}
