//! `taskforce serve`: opens the record, loads the bundled one where there is none, listens.

use actix_web::web;
use clap::Args;

use super::listen::Listen;
use super::{Database, Failure, import_text, logs, say};
use crate::api::event_stream::Feed;
use crate::api::openapi;
use crate::api::search::rehearse;
use crate::records::BUNDLED;
use crate::settings::Settings;
use crate::store::Reason;
use crate::web::app::App;

#[derive(Args, Clone, Debug)]
pub(super) struct Serve {
    /// Begin with an empty record, where there is none yet
    #[arg(long, env = "TASKFORCE_NO_BUNDLED_RECORDS")]
    no_bundled_records: bool,
    /// How many MiB of finished answers are kept in memory, to be given again until the record
    /// changes; 0: none
    #[arg(long, env = "TASKFORCE_CACHE_SIZE", default_value_t = 64)]
    cache_size: u64,
    /// How the lines of the log are written; what is logged is chosen by RUST_LOG (warn: no line
    /// for each request)
    #[arg(long, env = "TASKFORCE_LOG_FORMAT", value_enum, default_value_t)]
    log_format: logs::Format,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let _written_at_the_end = logs::begin(self.log_format);
        let sockets = self.listen.bind()?;
        let address = sockets.address()?;
        let store = self.database.open()?;
        if store.revision() == 0 && !self.no_bundled_records {
            let reason = Reason {
                actor: "taskforce".to_owned(),
                reason: Some("The bundled records.".to_owned()),
                kind: Some("entry".to_owned()),
            };
            // Of two servers that begin at once, the second finds every record unchanged.
            import_text(&store, BUNDLED.to_owned(), reason, false).map_err(Failure::Work)?;
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
        let feed = Feed::start(&app.store, app.leaving.subscribe())
            .map_err(|error| Failure::Begin(error.to_string()))?;
        let rehearsed = app.clone();
        std::thread::spawn(move || rehearse(&rehearsed));
        say(format_args!("taskforce: serving revision {revision} on http://{address}"));
        let serve = self.listen.serve(sockets, app, web::Data::new(feed));
        actix_web::rt::System::new()
            .block_on(serve)
            .map_err(|error| Failure::Work(error.to_string()))
    }
}
