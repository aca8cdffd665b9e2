//! The command line: serve, import, export, backup, restore, keys, migrate, verify, healthcheck,
//! openapi.

mod files;
mod healthcheck;
mod listen;
mod logs;
mod progress;
mod serve;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use crate::api::openapi;
use crate::editing::{self, Bundle, EditError};
use crate::keys::{self, Scope};
use crate::model::{Moment, text};
use crate::records::CATALOGUE;
use crate::settings::Settings;
use crate::store::{Location, Reason, Store, StoreError, Transaction};
use progress::Progress;

/// The open-records server for the public record of a government task force
#[derive(Parser, Debug)]
#[command(name = "taskforce", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the record over HTTP (what is done without a command)
    Serve(serve::Serve),
    /// Import a bundle of records from a file, or from standard input (-): all or nothing
    Import {
        /// The bundle, as JSON
        file: String,
        /// Check everything and keep nothing
        #[arg(long)]
        dry_run: bool,
        /// Why, as the revision will tell
        #[arg(long, value_parser = text::clean_line)]
        reason: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Write the whole record of a revision as one file
    Export(files::Export),
    /// Copy everything, history and keys too, into an SQLite file, also while the record is served
    Backup(files::Backup),
    /// Copy a backup into an empty database of either kind; no server may run on it
    Restore(files::Restore),
    /// Make, list and revoke the keys that may write
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Bring the schema up to date, and nothing else
    Migrate {
        #[command(flatten)]
        database: Database,
    },
    /// Check that the dataset is sound: documents, references, the chain of digests, index tables,
    /// the search index
    Verify {
        /// Rebuild the index tables and the search index first
        #[arg(long)]
        repair: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Ask the server on this machine whether it is ready: exit code 0 if so
    Healthcheck {
        /// The address and port that it listens on
        #[arg(long, env = "TASKFORCE_LISTEN", default_value = "127.0.0.1:8080")]
        listen: String,
    },
    /// Print the specification
    Openapi {
        /// The format
        #[arg(long, default_value = "json", value_parser = ["json", "yaml"])]
        format: String,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand, Debug)]
enum KeysCommand {
    /// Make a key, and print the only copy of it
    Create {
        /// Who gets it, as revisions will tell
        #[arg(long, value_parser = text::clean_line)]
        name: String,
        /// What it allows
        #[arg(long, value_enum)]
        scope: Scope,
        /// Until when, as a date or a moment
        #[arg(long)]
        expires: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// List the keys, without their secrets
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Revoke a key, at once
    Revoke {
        /// The key's id
        id: String,
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Args, Clone, Debug)]
struct Database {
    /// Where the record is: sqlite:FILE or postgres://…
    #[arg(
        long,
        env = "TASKFORCE_DATABASE_URL",
        default_value = "sqlite:taskforce.db",
        hide_env_values = true
    )]
    database_url: String,
}

/// Why the program ends before its work is done.
enum Failure {
    /// It could not begin: exit code 2.
    Begin(String),
    /// It failed: exit code 1.
    Work(String),
}

impl Database {
    /// Opens a database that exists already, and says which one that is: another one than was meant
    /// is found that way.
    fn open_existing(&self) -> Result<Arc<Store>, Failure> {
        let location = self.location()?;
        location.must_exist().map_err(begin)?;
        let store = self.open()?;
        let _ = writeln!(std::io::stderr(), "taskforce: the database is {}", location.shown());
        Ok(store)
    }

    fn open(&self) -> Result<Arc<Store>, Failure> {
        Store::open(&self.location()?, CATALOGUE).map_err(begin)
    }

    fn location(&self) -> Result<Location, Failure> {
        Location::parse(&self.database_url).map_err(begin)
    }
}

/// An error before the work began.
fn begin(error: StoreError) -> Failure {
    Failure::Begin(error.to_string())
}

/// Runs the program: 0 done, 1 failed, 2 could not begin.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(serve) => serve.run(),
        Command::Import { file, dry_run, reason, database } => {
            import(&file, dry_run, reason, &database)
        }
        Command::Export(export) => export.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Keys { command } => keys(command),
        Command::Migrate { database } => database.open().map(|store| {
            say(format_args!(
                "the schema is up to date; the newest revision is {}",
                store.revision()
            ))
        }),
        Command::Verify { repair, database } => verify(repair, &database),
        Command::Healthcheck { listen } => healthcheck::run(&listen),
        Command::Openapi { format, settings } => openapi(&format, &settings),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Begin(why)) => complain(&why, 2),
        Err(Failure::Work(why)) => complain(&why, 1),
    }
}

fn complain(why: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "taskforce: {}", why.trim_end());
    ExitCode::from(code)
}

/// Prints a line; whoever reads may have gone.
fn say(line: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn import(
    file: &str,
    dry_run: bool,
    reason: Option<String>,
    database: &Database,
) -> Result<(), Failure> {
    let mut text = String::new();
    let read = if file == "-" {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|found| text = found)
    };
    read.map_err(|error| Failure::Begin(format!("cannot read {file}: {error}")))?;
    let store = database.open_existing()?;
    say(format_args!(
        "{}",
        import_text(
            &store,
            text,
            Reason { actor: "command line".to_owned(), reason, kind: None },
            dry_run
        )
        .map_err(Failure::Work)?
    ));
    Ok(())
}

/// Imports a bundle and tells what was done.
fn import_text(
    store: &Store,
    text: String,
    reason: Reason,
    dry_run: bool,
) -> Result<String, String> {
    let bundle = Bundle::new(text).map_err(|error| format!("the bundle is not JSON: {error}"))?;
    let (progress, mut done) = (Progress::new("importing", Some(bundle.len() as u64)), 0);
    let work = move |transaction: &mut Transaction<'_>| {
        let mut reverts = Vec::new();
        let imported = editing::import(transaction, CATALOGUE, &bundle, &mut |change| {
            done += 1;
            progress.at(done);
            if let Some(revision) = change.reverts {
                reverts.push(format!(
                    "reverts revision {revision} of the {} {}",
                    change.record_type.name, change.id
                ));
            }
        })?;
        Ok::<_, EditError>((imported, reverts))
    };
    let done = store.write(reason, dry_run, work).blocking_recv();
    let written = done.map_err(|_| "the writer did not answer".to_owned())?.map_err(told)?;
    let (counts, reverts) = &written.answer;
    for line in reverts {
        let _ = writeln!(std::io::stderr(), "taskforce: {line}");
    }
    let revision = written
        .revision
        .map_or_else(|| "nothing to write".to_owned(), |revision| format!("revision {revision}"));
    let dry = if dry_run { " (dry run: nothing kept)" } else { "" };
    Ok(format!(
        "{revision}: {} created, {} updated, {} unchanged{dry}",
        counts.created, counts.updated, counts.unchanged
    ))
}

fn told(error: EditError) -> String {
    match error {
        EditError::Invalid(faults) => {
            let lines: Vec<String> = faults
                .iter()
                .map(|fault| format!("  {}: {}", fault.place.name(), fault.message))
                .collect();
            format!("the bundle breaks rules; nothing was written:\n{}", lines.join("\n"))
        }
        EditError::Store(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}

fn verify(repair: bool, database: &Database) -> Result<(), Failure> {
    let failed = |error: StoreError| Failure::Work(error.to_string());
    let store = database.open_existing()?;
    if repair {
        store.repair().map_err(failed)?;
    }
    let progress = Progress::new("checking revisions:", u64::try_from(store.revision()).ok());
    let faults = store
        .verify(&mut |revision, _| progress.at(u64::try_from(revision).unwrap_or_default()))
        .map_err(failed)?;
    drop(progress);
    for fault in &faults {
        say(format_args!("{fault}"));
    }
    match faults.len() {
        0 => {
            say(format_args!("the record is whole at revision {}", store.revision()));
            Ok(())
        }
        count => Err(Failure::Work(format!("the record is not whole: {count} faults"))),
    }
}

fn keys(command: KeysCommand) -> Result<(), Failure> {
    let failed = |error: StoreError| Failure::Work(error.to_string());
    match command {
        KeysCommand::Create { name, scope, expires, database } => {
            let expires = expires.map(|text| moment(&text)).transpose().map_err(Failure::Begin)?;
            let store = database.open_existing()?;
            let key = keys::create(&store, &name, scope, expires.as_deref()).map_err(failed)?;
            say(format_args!("{key}"));
        }
        KeysCommand::List { database } => {
            for key in keys::list(&*database.open_existing()?).map_err(failed)? {
                let standing = match (&key.revoked_at, &key.expires_at) {
                    (Some(at), _) => format!("revoked {at}"),
                    (None, Some(at)) => format!("until {at}"),
                    (None, None) => "valid".to_owned(),
                };
                say(format_args!(
                    "{}\t{}\t{}\t{}\t{standing}",
                    key.id,
                    key.scope.as_str(),
                    key.created_at,
                    key.name
                ));
            }
        }
        KeysCommand::Revoke { id, database } => {
            if !keys::revoke(&*database.open_existing()?, &id).map_err(failed)? {
                return Err(Failure::Work(format!(
                    "there is no valid key with the id {id}; taskforce keys list shows all"
                )));
            }
            say(format_args!("revoked {id}"));
        }
    }
    Ok(())
}

fn moment(text: &str) -> Result<String, String> {
    let whole = if text.len() == 10 { format!("{text}T23:59:59.999999Z") } else { text.to_owned() };
    whole
        .parse::<Moment>()
        .map(|moment| moment.to_string())
        .map_err(|why| format!("{text:?} {why}"))
}

fn openapi(format: &str, settings: &Settings) -> Result<(), Failure> {
    let document = openapi::document(settings);
    let text = if format == "yaml" {
        serde_norway::to_string(&document).map_err(|error| Failure::Work(error.to_string()))?
    } else {
        serde_json::to_string_pretty(&document).map_err(|error| Failure::Work(error.to_string()))?
    };
    say(format_args!("{}", text.trim_end()));
    Ok(())
}
