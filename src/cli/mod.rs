//! The command line.

mod files;
mod healthcheck;
mod import;
mod listen;
mod logs;
mod progress;
mod serve;
mod settings_reference;
mod version;
mod welcome;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::{Shell, generate};

use crate::api::openapi;
use crate::keys::{self, Scope};
use crate::model::{Moment, text};
use crate::records::CATALOGUE;
use crate::settings::Settings;
use crate::store::{Location, ReadOptions, Store, StoreError};
use progress::Progress;
use version::VERSION;

/// The open-records server for the public record of a government task force
#[derive(Parser, Debug)]
#[command(name = "taskforce", version = VERSION, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the dataset over HTTP (the default command)
    Serve(serve::Serve),
    /// Import records from a file: all of them or none
    Import(import::Import),
    /// Export the dataset as of one revision to a file
    Export(files::Export),
    /// Back up everything, including history and keys, to an SQLite file; the server may be running
    Backup(files::Backup),
    /// Restore a backup to an empty database of either kind; no server may use it
    Restore(files::Restore),
    /// Create, list and revoke API keys for writing
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Create the database or migrate its schema
    Migrate {
        #[command(flatten)]
        database: Database,
    },
    /// Check the integrity of the database: documents, references, digest chain, index tables,
    /// search index
    Verify {
        /// Rebuild the index tables and the search index first
        #[arg(long)]
        repair: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Check that the server on this machine is ready (exit code 0)
    Healthcheck {
        /// The address and port of the server
        #[arg(long, env = "TASKFORCE_LISTEN", default_value = "127.0.0.1:8080")]
        listen: String,
    },
    /// Print the completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Print the OpenAPI document
    Openapi {
        /// The format
        #[arg(long, default_value = "json", value_parser = ["json", "yaml"])]
        format: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Print the settings as Markdown
    #[command(hide = true)]
    SettingsReference,
}

#[derive(Subcommand, Debug)]
enum KeysCommand {
    /// Create a key and print it; only a digest is stored
    Create {
        /// The holder's name, shown in revisions
        #[arg(long, value_parser = text::clean_line)]
        name: String,
        /// The permissions of the key
        #[arg(long, value_enum)]
        scope: Scope,
        /// The last day (2030-12-31, in UTC) or the time (2030-12-31T17:00:00Z) of expiration
        #[arg(long)]
        expires: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// List all keys without their secrets
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Revoke a key immediately
    Revoke {
        /// The id of the key
        id: String,
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Args, Clone, Debug)]
struct Database {
    /// The database: sqlite:FILE or postgres://…
    #[arg(
        long,
        env = "TASKFORCE_DATABASE_URL",
        default_value = "sqlite:taskforce.db",
        hide_env_values = true
    )]
    database_url: String,
}

/// A failure, which determines the exit code.
enum Failure {
    /// The command could not start: exit code 2.
    Startup(String),
    /// The command failed: exit code 1.
    Runtime(String),
}

impl Database {
    /// Opens an existing database and prints its location, so that a mistake is noticed.
    fn open_existing(&self) -> Result<Arc<Store>, Failure> {
        let location = self.location()?;
        location.must_exist().map_err(startup_failure)?;
        let store = self.open()?;
        let _ = writeln!(std::io::stderr(), "taskforce: using the database {}", location.display());
        Ok(store)
    }

    fn open(&self) -> Result<Arc<Store>, Failure> {
        Store::open(&self.location()?, CATALOGUE).map_err(startup_failure)
    }

    /// Opens a database for serving, optionally with a standby that answers reads.
    fn open_with(
        &self,
        standby: Option<&str>,
        name_cache_bytes: u64,
    ) -> Result<Arc<Store>, Failure> {
        let (location, standby) =
            (self.location()?, standby.map(Location::parse).transpose().map_err(startup_failure)?);
        let has_standbys = matches!(location, Location::Postgres(_));
        if standby.as_ref().is_some_and(|url| !has_standbys || matches!(url, Location::Sqlite(_))) {
            return Err(Failure::Startup(
                "--read-database-url is for a standby of PostgreSQL; both URLs must begin with \
                postgres://"
                    .to_owned(),
            ));
        }
        Store::open_with(&location, CATALOGUE, ReadOptions { standby, name_cache_bytes })
            .map_err(startup_failure)
    }

    fn location(&self) -> Result<Location, Failure> {
        Location::parse(&self.database_url).map_err(startup_failure)
    }
}

fn startup_failure(error: StoreError) -> Failure {
    Failure::Startup(error.to_string())
}

/// Runs the program. Exit codes: 0 success, 1 failure, 2 failure to start.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(serve) => serve.run(),
        Command::Import(import) => import.run(),
        Command::Export(export) => export.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Keys { command } => keys(command),
        Command::Migrate { database } => database.open().map(|store| {
            print_line(format_args!("the schema is up to date at revision {}", store.revision()))
        }),
        Command::Verify { repair, database } => verify(repair, &database),
        Command::Healthcheck { listen } => healthcheck::run(&listen),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            generate(shell, &mut Cli::command(), "taskforce", &mut script);
            print_text(&script);
            Ok(())
        }
        Command::Man => print_manual(),
        Command::Openapi { format, settings } => openapi(&format, &settings),
        Command::SettingsReference => {
            let reference = settings_reference::render(&Cli::command());
            print_line(format_args!("{}", reference.trim_end()));
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Startup(why)) => print_error(&why, 2),
        Err(Failure::Runtime(why)) => print_error(&why, 1),
    }
}

/// Prints the manual page: the options of the server, and the commands.
fn print_manual() -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::Runtime(error.to_string()))?;
    print_text(&page);
    Ok(())
}

/// Prints a text. A closed pipe is not an error.
fn print_text(text: &[u8]) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text).and_then(|()| out.flush());
}

fn print_error(why: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "taskforce: {}", why.trim_end());
    ExitCode::from(code)
}

/// Prints a line. A closed pipe is not an error.
fn print_line(line: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn verify(repair: bool, database: &Database) -> Result<(), Failure> {
    let failure = |error: StoreError| Failure::Runtime(error.to_string());
    let store = database.open_existing()?;
    let progress = Progress::new("checking revisions:", u64::try_from(store.revision()).ok());
    let mut show =
        |revision: i64, _: i64| progress.set(u64::try_from(revision).unwrap_or_default());
    let mut faults = if repair { store.repair(&mut show).map_err(failure)? } else { Vec::new() };
    if faults.is_empty() {
        faults = store.verify(&mut show).map_err(failure)?;
    }
    drop(progress);
    for fault in &faults {
        print_line(format_args!("{fault}"));
    }
    match faults.len() {
        0 => {
            print_line(format_args!("the database is intact at revision {}", store.revision()));
            Ok(())
        }
        1 => Err(Failure::Runtime("the database is damaged: 1 fault".to_owned())),
        count => Err(Failure::Runtime(format!("the database is damaged: {count} faults"))),
    }
}

fn keys(command: KeysCommand) -> Result<(), Failure> {
    let failure = |error: StoreError| Failure::Runtime(error.to_string());
    match command {
        KeysCommand::Create { name, scope, expires, database } => {
            let expires =
                expires.map(|text| parse_expiry(&text)).transpose().map_err(Failure::Startup)?;
            let store = database.open_existing()?;
            let key = keys::create(&store, &name, scope, expires.as_deref()).map_err(failure)?;
            print_line(format_args!("{key}"));
        }
        KeysCommand::List { database } => {
            for key in keys::list(&*database.open_existing()?).map_err(failure)? {
                let status = match (&key.revoked_at, &key.expires_at) {
                    (Some(at), _) => format!("revoked {at}"),
                    (None, Some(at)) if key.is_expired() => format!("expired {at}"),
                    (None, Some(at)) => format!("until {at}"),
                    (None, None) => "valid".to_owned(),
                };
                print_line(format_args!(
                    "{}\t{}\t{}\t{}\t{status}",
                    key.id,
                    key.scope.as_str(),
                    key.created_at,
                    key.name
                ));
            }
        }
        KeysCommand::Revoke { id, database } => {
            if !keys::revoke(&*database.open_existing()?, &id).map_err(failure)? {
                return Err(Failure::Runtime(format!(
                    "no valid key has the id {id}; `taskforce keys list` shows all keys"
                )));
            }
            print_line(format_args!("revoked {id}"));
        }
    }
    Ok(())
}

fn parse_expiry(text: &str) -> Result<String, String> {
    let end = if text.len() == 10 { format!("{text}T23:59:59.999999Z") } else { text.to_owned() };
    let why = match end.parse::<Moment>() {
        Ok(moment) if moment > Moment::now() => return Ok(moment.to_string()),
        Ok(_) => "is in the past",
        Err(_) => "is neither a day nor a time",
    };
    Err(format!(
        "--expires {text:?} {why}; write the last day, such as 2030-12-31, or a time, such as \
        2030-12-31T17:00:00Z"
    ))
}

fn openapi(format: &str, settings: &Settings) -> Result<(), Failure> {
    let document = openapi::document(settings);
    let text = if format == "yaml" {
        serde_norway::to_string(&document).map_err(|error| Failure::Runtime(error.to_string()))?
    } else {
        serde_json::to_string_pretty(&document)
            .map_err(|error| Failure::Runtime(error.to_string()))?
    };
    print_line(format_args!("{}", text.trim_end()));
    Ok(())
}
