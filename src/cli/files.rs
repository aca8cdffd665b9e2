//! `taskforce export`, `backup` and `restore`: the record as files, and back.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

use super::progress::Progress;
use super::{Database, Failure, say};
use crate::exporting::{self, Format};
use crate::records::CATALOGUE;
use crate::settings::Settings;
use crate::store::{self, StoreError};

#[derive(Args, Clone, Debug)]
pub(super) struct Export {
    /// The format
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// The revision; the newest where none is given
    #[arg(long)]
    revision: Option<i64>,
    /// The file to write, instead of standard output
    #[arg(long)]
    output: Option<PathBuf>,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    settings: Settings,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.database.open_existing()?;
        let newest = store.revision();
        let revision = self.revision.unwrap_or(newest);
        if !(0..=newest).contains(&revision) {
            return Err(Failure::Begin(format!(
                "there is no revision {revision}; the newest is {newest}"
            )));
        }
        let mut file = match &self.output {
            Some(output) => beside(output).map_err(|error| {
                Failure::Begin(format!("cannot write {}: {error}", output.display()))
            })?,
            None => NamedTempFile::new().map_err(|error| {
                Failure::Begin(format!("cannot write a temporary file: {error}"))
            })?,
        };
        let progress =
            Progress::new("exporting", Some(exporting::count(&store, revision).map_err(failed)?));
        exporting::export(&store, &self.settings, revision, self.format, &mut file, &mut |done| {
            progress.at(done)
        })
        .map_err(failed)?;
        drop(progress);
        let done = match &self.output {
            Some(output) => file.persist(output).map(drop).map_err(|error| error.error),
            None => pour(&file),
        };
        done.map_err(|error| Failure::Work(format!("cannot write the export: {error}")))
    }
}

#[derive(Args, Clone, Debug)]
pub(super) struct Backup {
    /// The file to write; it must not be there yet
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Backup {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.database.open_existing()?;
        let progress = Progress::new("copying rows:", None);
        store.backup(&self.file, &mut |rows| progress.at(rows)).map_err(failed)?;
        drop(progress);
        say(format_args!(
            "{} holds everything up to revision {}, or later",
            self.file.display(),
            store.revision()
        ));
        Ok(())
    }
}

#[derive(Args, Clone, Debug)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Restore {
    pub(super) fn run(self) -> Result<(), Failure> {
        let location = self.database.location()?;
        let progress = Progress::new("copying rows:", None);
        store::restore(&location, CATALOGUE, &self.file, &mut |rows| progress.at(rows))
            .map_err(failed)?;
        drop(progress);
        let store = self.database.open()?;
        say(format_args!("everything up to revision {} is restored", store.revision()));
        Ok(())
    }
}

fn failed(error: StoreError) -> Failure {
    match error {
        StoreError::NotOurs(why) => Failure::Begin(why),
        other => Failure::Work(other.to_string()),
    }
}

/// A temporary file in the folder of another, with the permissions that a new file has.
fn beside(file: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o666)).tempfile_in(folder)
}

/// Copies a file to standard output. Whoever reads may have gone.
fn pour(file: &NamedTempFile) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match io::copy(&mut file.reopen()?, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
