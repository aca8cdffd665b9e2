//! `taskforce serve`: opens the record, loads the bundled one where there is none, listens.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App as ActixApp, HttpServer, web};
use clap::Args;

use super::{Database, Failure, import_text, say};
use crate::http::{App, Cache, Flights};
use crate::reading::Memory;
use crate::records::BUNDLED;
use crate::server;
use crate::settings::Settings;
use crate::specification;
use crate::store::Reason;

#[derive(Args, Clone, Debug)]
pub(super) struct Serve {
    /// The address and port to listen on
    #[arg(long, env = "TASKFORCE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Begin with an empty record, where there is none yet
    #[arg(long, env = "TASKFORCE_NO_BUNDLED_RECORDS")]
    no_bundled_records: bool,
    /// How many MiB of finished answers are kept in memory, to be given again until the record changes; 0: none
    #[arg(long, env = "TASKFORCE_CACHE_SIZE", default_value_t = 64)]
    cache_size: u64,
    /// How many MiB of records are kept in memory, to be read again from there as long as neither they nor what they show change
    #[arg(long, env = "TASKFORCE_RECORD_CACHE_SIZE", default_value_t = 32)]
    record_cache_size: u64,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
            .with_writer(std::io::stderr)
            .init();
        let listener =
            TcpListener::bind(&self.listen).map_err(|error| Failure::Begin(format!("cannot listen on {}: {error}", self.listen)))?;
        let address = listener.local_addr().map_err(|error| Failure::Begin(error.to_string()))?;
        let store = self.database.open()?;
        if store.revision() == 0 && !self.no_bundled_records {
            let reason =
                Reason { actor: "taskforce".to_owned(), reason: Some("The bundled records.".to_owned()), kind: Some("entry".to_owned()) };
            // Of two servers that begin at once, the second finds every record unchanged.
            import_text(&store, BUNDLED, reason, false).map_err(Failure::Work)?;
        }
        let document = specification::document(&self.settings).map_err(Failure::Work)?;
        let specification = serde_json::to_vec(&document).map_err(|error| Failure::Work(error.to_string()))?;
        let revision = store.revision();
        let cache = Cache::new(self.cache_size.saturating_mul(1 << 20));
        let memory = Memory::new(self.record_cache_size.saturating_mul(1 << 20));
        let app = web::Data::new(App { store, settings: self.settings, specification, flights: Flights::default(), cache, memory });
        let serve = async move {
            HttpServer::new(move || crate::wrapped!(ActixApp::new().app_data(app.clone())).configure(server::routes))
                .workers(std::thread::available_parallelism().map_or(2, usize::from))
                .client_request_timeout(Duration::from_secs(30))
                .shutdown_timeout(10)
                .listen(listener)?
                .run()
                .await
        };
        say(format_args!("taskforce: serving revision {revision} on http://{address}"));
        actix_web::rt::System::new().block_on(serve).map_err(|error| Failure::Work(error.to_string()))
    }
}
