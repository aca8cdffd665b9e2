//! `taskforce export`, `backup` and `restore`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

use super::progress::Progress;
use super::{Database, Failure, print_line};
use crate::exporting::{self, Format};
use crate::settings::Settings;
use crate::store::{self, StoreError};

#[derive(Args, Clone, Debug)]
pub(super) struct Export {
    /// The format
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// The revision [default: the latest]
    #[arg(long)]
    revision: Option<i64>,
    /// The output file [default: standard output]
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
        let latest = store.revision();
        let revision = self.revision.unwrap_or(latest);
        if !(0..=latest).contains(&revision) {
            return Err(Failure::Startup(format!(
                "revision {revision} does not exist; the latest is {latest}"
            )));
        }
        let output = Output::new(self.output);
        if let Output::Replaced(output) | Output::Written(output) = &output {
            let unusable = |why: &str| Failure::Startup(format!("{} {why}", output.display()));
            if self.database.location()?.uses_file(output) {
                let why = "belongs to the database; choose another file name for the export";
                return Err(unusable(why));
            }
            if output.is_dir() {
                return Err(unusable("is a directory; add a file name for the export"));
            }
        }
        let mut file = match &output {
            Output::Replaced(output) => temporary_file_beside(output).map_err(|error| {
                Failure::Startup(format!("cannot write {}: {error}", output.display()))
            })?,
            _ => NamedTempFile::new().map_err(|error| {
                Failure::Startup(format!("cannot write a temporary file: {error}"))
            })?,
        };
        let progress =
            Progress::new("exporting", Some(exporting::count(&store, revision).map_err(failure)?));
        exporting::export(&store, &self.settings, revision, self.format, &mut file, &mut |done| {
            progress.set(done)
        })
        .map_err(failure)?;
        drop(progress);
        let done = match &output {
            Output::Replaced(output) => file.persist(output).map(drop).map_err(|error| error.error),
            Output::Written(output) => {
                File::options().append(true).open(output).and_then(|pipe| copy(&file, pipe))
            }
            Output::Standard => copy(&file, io::stdout().lock()),
        };
        done.map_err(|error| Failure::Runtime(format!("cannot write the export: {error}")))
    }
}

/// The place of an export.
enum Output {
    Standard,
    /// A file, which is replaced when the export is complete.
    Replaced(PathBuf),
    /// A pipe or a device.
    Written(PathBuf),
}

impl Output {
    fn new(given: Option<PathBuf>) -> Self {
        let Some(mut path) = given else { return Self::Standard };
        if path == Path::new("/dev/stdout") {
            return Self::Standard;
        }
        // These are links to open files.
        if path.starts_with("/dev") || path.starts_with("/proc") {
            return Self::Written(path);
        }
        // The target of a link is replaced, not the link.
        for _ in 0..MAX_LINKS {
            let Ok(target) = path.read_link() else { break };
            path = path.parent().unwrap_or(Path::new("")).join(target);
        }
        if path.is_file() || path.is_dir() || !path.exists() {
            Self::Replaced(path)
        } else {
            Self::Written(path)
        }
    }
}

/// The number of links that Linux follows.
const MAX_LINKS: usize = 40;

#[derive(Args, Clone, Debug)]
pub(super) struct Backup {
    /// The file to create; it must not exist
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Backup {
    pub(super) fn run(self) -> Result<(), Failure> {
        let store = self.database.open_existing()?;
        let progress = Progress::new("copying rows:", None);
        store.backup(&self.file, &mut |rows| progress.set(rows)).map_err(failure)?;
        drop(progress);
        print_line(format_args!(
            "backed up to {} at revision {} or later",
            self.file.display(),
            store.revision()
        ));
        Ok(())
    }
}

#[derive(Args, Clone, Debug)]
pub(super) struct Restore {
    /// The backup file
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Restore {
    pub(super) fn run(self) -> Result<(), Failure> {
        let location = self.database.location()?;
        let progress = Progress::new("copying rows:", None);
        store::restore(&location, &self.file, &mut |rows| progress.set(rows)).map_err(failure)?;
        drop(progress);
        let store = self.database.open()?;
        print_line(format_args!("restored up to revision {}", store.revision()));
        Ok(())
    }
}

fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Unusable(why) => Failure::Startup(why),
        other => Failure::Runtime(other.to_string()),
    }
}

/// Creates a temporary file in the same directory, with the permissions of a new file.
fn temporary_file_beside(file: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o666)).tempfile_in(folder)
}

/// Copies a file into a pipe or a device. A closed pipe is not an error.
fn copy(file: &NamedTempFile, mut out: impl io::Write) -> io::Result<()> {
    match io::copy(&mut file.reopen()?, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
