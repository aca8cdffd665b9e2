//! `taskforce import`: a bundle, or a table of records of one type.

use std::io::{Read as _, Write as _};

use clap::Args;

use super::progress::Progress;
use super::{Database, Failure, print_line};
use crate::editing::{self, Bundle, EditError, ImportSummary, ImportedRecord, Table, TableChange};
use crate::model::{RecordType, text};
use crate::records::CATALOGUE;
use crate::store::{Reason, Store, Transaction};

#[derive(Args, Clone, Debug)]
pub(super) struct Import {
    /// A bundle (JSON) or, with --type, a table (CSV); - for standard input
    file: String,
    /// The type of the records in a table, such as commitments
    #[arg(long = "type", value_parser = parse_record_type)]
    record_type: Option<&'static RecordType>,
    /// Validate the records, but store nothing
    #[arg(long)]
    dry_run: bool,
    /// The reason for the revision
    #[arg(long, value_parser = text::clean_line)]
    reason: Option<String>,
    #[command(flatten)]
    database: Database,
}

/// Parses a record type from its plural.
fn parse_record_type(plural: &str) -> Result<&'static RecordType, String> {
    CATALOGUE.by_plural(plural).ok_or_else(|| {
        let all: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.plural).collect();
        format!("choose one of {}", all.join(", "))
    })
}

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        let text = self.read()?;
        if self.record_type.is_none() && self.file.to_ascii_lowercase().ends_with(".csv") {
            let why = "a table needs the type of its records, such as --type commitments";
            return Err(Failure::Startup(why.to_owned()));
        }
        let store = self.database.open_existing()?;
        let actor = "command line".to_owned();
        let reason = Reason { actor, reason: self.reason, kind: None };
        let summary = match self.record_type {
            Some(record_type) => import_table(&store, record_type, &text, reason, self.dry_run),
            None => import_bundle(&store, text, reason, self.dry_run),
        };
        print_line(format_args!("{}", summary.map_err(Failure::Runtime)?));
        Ok(())
    }

    fn read(&self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        let read = if self.file == "-" {
            std::io::stdin().read_to_end(&mut bytes).map(drop)
        } else {
            std::fs::read(&self.file).map(|found| bytes = found)
        };
        let cannot = |why: &dyn std::fmt::Display| {
            Failure::Startup(format!("cannot read {}: {why}", self.file))
        };
        read.map_err(|error| cannot(&error))?;
        String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
            cannot(&format_args!("line {line} contains bytes that are not UTF-8"))
        })
    }
}

/// Imports a bundle, and returns a summary.
pub(super) fn import_bundle(
    store: &Store,
    text: String,
    reason: Reason,
    dry_run: bool,
) -> Result<String, String> {
    let bundle = Bundle::new(text).map_err(|error| format!("the bundle is not JSON: {error}"))?;
    let (progress, mut count) = (Progress::new("importing", Some(bundle.count() as u64)), 0);
    let work = move |transaction: &mut Transaction<'_>| {
        let mut reverts = Vec::new();
        let imported = editing::import(transaction, CATALOGUE, &bundle, &mut |done| {
            count += 1;
            progress.set(count);
            reverts.extend(revert_warning(&done));
        })?;
        Ok((imported, reverts))
    };
    let (imported, warnings) = write_and_wait(store, reason, dry_run, work)?;
    warn(&warnings);
    Ok(summary(&imported, dry_run))
}

/// Imports a table, prints the cells that differ, and returns a summary.
fn import_table(
    store: &Store,
    record_type: &'static RecordType,
    text: &str,
    reason: Reason,
    dry_run: bool,
) -> Result<String, String> {
    let table =
        Table::parse(record_type, text).map_err(|faults| describe(EditError::Invalid(faults)))?;
    let progress = Progress::new("importing", Some(table.count() as u64));
    let work = move |transaction: &mut Transaction<'_>| {
        editing::import_table(transaction, CATALOGUE, &table, &mut |count| {
            progress.set(count as u64);
        })
    };
    let (imported, changes) = write_and_wait(store, reason, dry_run, work)?;
    for TableChange { done, cells } in &changes {
        for cell in cells {
            print_line(format_args!(
                "{} {}: {:?} becomes {:?}",
                done.id, cell.column, cell.before, cell.after
            ));
        }
    }
    let reverts: Vec<String> =
        changes.iter().filter_map(|change| revert_warning(&change.done)).collect();
    warn(&reverts);
    Ok(summary(&imported, dry_run))
}

fn write_and_wait<T: Send + 'static>(
    store: &Store,
    reason: Reason,
    dry_run: bool,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, EditError> + Send + 'static,
) -> Result<T, String> {
    let written = store.write(reason, dry_run, work).blocking_recv();
    let written = written.map_err(|_| "the writer thread has stopped".to_owned())?;
    written.map_err(describe)
}

fn warn(lines: &[String]) {
    for line in lines {
        let _ = writeln!(std::io::stderr(), "taskforce: {line}");
    }
}

/// Returns a warning if the import reverts a record to an earlier version.
fn revert_warning(done: &ImportedRecord) -> Option<String> {
    let revision = done.reverts?;
    Some(format!("reverts revision {revision} of the {} {}", done.record_type.name, done.id))
}

fn summary(imported: &ImportSummary, dry_run: bool) -> String {
    let revision = imported
        .revision
        .map_or_else(|| "no changes".to_owned(), |revision| format!("revision {revision}"));
    let dry = if dry_run { " (dry run: nothing stored)" } else { "" };
    let ImportSummary { created, updated, unchanged, .. } = imported;
    format!("{revision}: {created} created, {updated} updated, {unchanged} unchanged{dry}")
}

fn describe(error: EditError) -> String {
    match error {
        EditError::Invalid(faults) => {
            let lines: Vec<String> = faults
                .iter()
                .map(|fault| {
                    let hint = fault.hint.iter().map(|hint| format!(" ({hint})"));
                    let hint: String = hint.collect();
                    let place = match fault.place.to_string() {
                        whole if whole.is_empty() => "the file".to_owned(),
                        place => place,
                    };
                    format!("  {place}: {}{hint}", fault.message)
                })
                .collect();
            format!("the import is invalid; nothing was stored:\n{}", lines.join("\n"))
        }
        EditError::Store(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}
