//! `taskforce serve`: opens the database, imports the bundled records into an empty one, and
//! listens.

use actix_web::web;
use clap::Args;

use super::import::import_bundle;
use super::listen::Listen;
use super::{Database, Failure, logs, welcome};
use crate::api::event_stream::Feed;
use crate::api::openapi;
use crate::records::BUNDLED;
use crate::settings::Settings;
use crate::store::{ReadOptions, Reason};
use crate::web::app::App;

#[derive(Args, Clone, Debug)]
pub(super) struct Serve {
    /// Do not import the bundled records into an empty database
    #[arg(long, env = "TASKFORCE_NO_BUNDLED_RECORDS")]
    no_bundled_records: bool,
    /// Response cache size in MiB (0 disables the cache)
    #[arg(long, env = "TASKFORCE_CACHE_SIZE", default_value_t = 64)]
    cache_size: u64,
    /// Name cache size in MiB (0 disables the cache)
    #[arg(long, env = "TASKFORCE_NAME_CACHE_SIZE", default_value_t = ReadOptions::NAME_CACHE_MIB)]
    name_cache_size: u64,
    /// Log format; RUST_LOG selects the level (warn: no line for each request)
    #[arg(long, env = "TASKFORCE_LOG_FORMAT", value_enum, default_value_t)]
    log_format: logs::Format,
    /// A PostgreSQL standby that answers reads while it is up to date: postgres://… [default: none]
    #[arg(long, env = "TASKFORCE_READ_DATABASE_URL", hide_env_values = true)]
    read_database_url: Option<String>,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let _flush_on_exit = logs::start(self.log_format);
        let sockets = self.listen.bind()?;
        let address = sockets.address()?;
        let store = self.database.open_with(
            self.read_database_url.as_deref(),
            self.name_cache_size.saturating_mul(1 << 20),
        )?;
        if self.settings.public_url.is_none() {
            tracing::warn!(
                "--public-url is not set: permanent links and citations have no host name"
            );
        }
        if store.revision() == 0 && !self.no_bundled_records {
            let reason = Reason {
                actor: "taskforce".to_owned(),
                reason: Some("The bundled records.".to_owned()),
                kind: Some("entry".to_owned()),
            };
            // If two servers start at the same time, the second import changes nothing.
            import_bundle(&store, BUNDLED.clone(), reason, false).map_err(Failure::Runtime)?;
        }
        let revision = store.revision();
        let cache = self.cache_size.saturating_mul(1 << 20);
        let app = web::Data::new(App::new(
            store,
            self.settings,
            openapi::document,
            cache,
            self.listen.limits(),
        ));
        let feed = Feed::start(&app.store, app.shutting_down.subscribe())
            .map_err(|error| Failure::Startup(error.to_string()))?;
        welcome::print(&format!("http://{address}"), revision, &self.database.location()?);
        let serve = self.listen.serve(sockets, app, web::Data::new(feed));
        actix_web::rt::System::new()
            .block_on(serve)
            .map_err(|error| Failure::Runtime(error.to_string()))
    }
}
