//! The table of runs of records that were written out beforehand: what was stored, and since when it is known to hold.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::insert::insert_all;
use super::layout::Layouts;
use super::settings;
use super::standing::last_revision;
use super::statement::{Cell, Row, Statement};

/// A run of records of one type: all whose ids come after one, up to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The type.
    pub record_type: String,
    /// The id after which it begins; empty: the first one.
    pub after: String,
    /// The last id that it covers.
    pub last: String,
    /// How its lines were made.
    pub design: String,
    /// How many records there are.
    pub records: i64,
    /// The first day for which their computed values are told, and the last.
    pub days: (String, String),
    /// Whose names they show: a type and an id on each line.
    pub shows: String,
    /// The records as JSON, each on a line.
    pub lines: String,
}

/// The type and the id after which a run begins.
pub type Key = (String, String);

impl Run {
    /// What it is found by.
    pub fn key(&self) -> Key {
        (self.record_type.clone(), self.after.clone())
    }

    /// Whether it has fewer records than these.
    pub fn is_short(&self, records: usize) -> bool {
        usize::try_from(self.records).is_ok_and(|own| own < records)
    }
}

/// The setting that tells at which revision all runs are known to hold.
const KNOWN: &str = "prepared_lines";

/// The revision at which all runs are known to hold.
pub fn known_at(connection: &mut AnyConnection) -> StoreResult<Option<i64>> {
    Ok(settings::read(connection, KNOWN)?.and_then(|known| known.parse().ok()))
}

/// The records that were changed since all runs were known to hold, by type.
#[derive(Debug, Default)]
pub struct Changed(HashMap<String, BTreeSet<String>>);

impl Changed {
    /// What was changed after one revision and up to another; None where that is more than `most`.
    pub fn between(connection: &mut AnyConnection, known: i64, revision: i64, most: usize) -> StoreResult<Option<Self>> {
        let mut select = Statement::new("SELECT record_type, record_id FROM changes WHERE revision > ");
        select.bind(known).push(" AND revision <= ").bind(revision).limit(most + 1);
        let rows = select.rows(connection)?;
        if rows.len() > most {
            return Ok(None);
        }
        let mut changed = Self::default();
        for (record_type, id) in rows.iter().filter_map(|row| Some((row.text(0)?, row.text(1)?))) {
            changed.0.entry(record_type.to_owned()).or_default().insert(id.to_owned());
        }
        Ok(Some(changed))
    }

    /// Whether a run is what its records tell on this day, as lines are made by this design.
    pub fn leaves(&self, run: &Run, day: &str, design: &str) -> bool {
        let (first, last) = &run.days;
        run.design == design && first.as_str() <= day && day <= last.as_str() && self.spares(run)
    }

    /// Whether a run shows nothing that was changed.
    fn spares(&self, run: &Run) -> bool {
        let is_changed = |record_type: &str, id: &str| self.0.get(record_type).is_some_and(|ids| ids.contains(id));
        let range = (Bound::Excluded(run.after.as_str()), Bound::Included(run.last.as_str()));
        let own = self.0.get(&run.record_type).is_some_and(|ids| run.after < run.last && ids.range::<str, _>(range).next().is_some());
        !own && (self.0.is_empty() || !run.shows.lines().filter_map(|line| line.split_once(' ')).any(|(kind, id)| is_changed(kind, id)))
    }
}

const COLUMNS: [&str; 9] = ["record_type", "after_id", "last_id", "design", "records", "day", "last_day", "shows", "lines"];

/// The runs of a type from an id on, at most as many; their lines, if they are wanted.
pub fn runs(connection: &mut AnyConnection, record_type: &str, from: &str, limit: usize, lines: bool) -> StoreResult<Vec<Run>> {
    select(connection, record_type, Some((">=", from)), limit, lines)
}

fn select(
    connection: &mut AnyConnection,
    record_type: &str,
    from: Option<(&str, &str)>,
    limit: usize,
    lines: bool,
) -> StoreResult<Vec<Run>> {
    let columns = if lines { &COLUMNS[..] } else { &COLUMNS[..COLUMNS.len() - 1] };
    let mut select = Statement::new(format!("SELECT {} FROM prepared_lines WHERE record_type = ", columns.join(", ")));
    select.bind(record_type);
    if let Some((sign, from)) = from {
        select.push_fmt(format_args!(" AND after_id {sign} ")).bind(from);
    }
    select.push_fmt(format_args!(" ORDER BY after_id LIMIT {limit}"));
    Ok(select.rows(connection)?.iter().map(run).collect())
}

/// Runs that are looked at together.
const OUTLINES: usize = 256;

/// Goes over all runs of a type, in their order; they come without their lines.
pub fn outlines(connection: &mut AnyConnection, record_type: &str, mut look: impl FnMut(Run)) -> StoreResult<()> {
    let mut after: Option<String> = None;
    loop {
        let runs = select(connection, record_type, after.as_deref().map(|after| (">", after)), OUTLINES, false)?;
        let Some(last) = runs.last() else { return Ok(()) };
        after = Some(last.after.clone());
        runs.into_iter().for_each(&mut look);
    }
}

fn run(row: &Row) -> Run {
    let text = |column: usize| row.text(column).unwrap_or_default().to_owned();
    Run {
        record_type: text(0),
        after: text(1),
        last: text(2),
        design: text(3),
        records: row.integer(4).unwrap_or_default(),
        days: (text(5), text(6)),
        shows: text(7),
        lines: text(8),
    }
}

/// What changes the runs, under the lock of those who write, each time for a moment.
pub struct Preparer(AnyConnection);

impl Preparer {
    pub(super) fn new(connection: AnyConnection) -> Self {
        Self(connection)
    }

    /// Adds runs that hold at a revision; false where it is no longer the newest.
    pub fn add(&mut self, revision: i64, runs: &[Run]) -> StoreResult<bool> {
        self.change(|connection| {
            let newest = last_revision(connection)?.map_or(0, |last| last.revision);
            if newest == revision {
                remove(connection, runs.iter().map(Run::key))?;
                add(connection, runs)?;
            }
            Ok(newest == revision)
        })
    }

    /// Takes runs away.
    pub fn remove(&mut self, keys: &[Key]) -> StoreResult<()> {
        self.change(|connection| remove(connection, keys.iter().cloned()))
    }

    /// Notes that all runs hold at a revision, but for what changes after it.
    pub fn know(&mut self, revision: i64) -> StoreResult<()> {
        self.change(|connection| settings::write(connection, KNOWN, &revision.to_string()))
    }

    /// Takes all runs away.
    pub fn forget(&mut self) -> StoreResult<()> {
        self.change(forget)
    }

    fn change<T>(&mut self, work: impl FnOnce(&mut AnyConnection) -> StoreResult<T>) -> StoreResult<T> {
        self.0.begin_write()?;
        let done = work(&mut self.0);
        let ended = self.0.run(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
        // Its own failure tells more than that of cleaning up.
        done.and_then(|done| ended.map(|()| done))
    }
}

fn add(connection: &mut AnyConnection, runs: &[Run]) -> StoreResult<()> {
    let rows = runs.iter().map(|run| {
        let [first, last] = [&run.days.0, &run.days.1].map(|day| Cell::from(day.as_str()));
        let [record_type, after, until, design] =
            [&run.record_type, &run.after, &run.last, &run.design].map(|text| Cell::from(text.as_str()));
        vec![
            record_type,
            after,
            until,
            design,
            Cell::from(run.records),
            first,
            last,
            Cell::from(run.shows.as_str()),
            Cell::from(run.lines.as_str()),
        ]
    });
    insert_all(connection, "prepared_lines", COLUMNS, rows)
}

fn remove(connection: &mut AnyConnection, keys: impl IntoIterator<Item = Key>) -> StoreResult<()> {
    for (record_type, after) in keys {
        let mut delete = Statement::new("DELETE FROM prepared_lines WHERE record_type = ");
        delete.bind(record_type).push(" AND after_id = ").bind(after);
        delete.execute(connection)?;
    }
    Ok(())
}

/// Takes all runs away.
pub(super) fn forget(connection: &mut AnyConnection) -> StoreResult<()> {
    connection.run("DELETE FROM prepared_lines")?;
    settings::remove(connection, KNOWN)
}

/// Takes the runs away that show any of these records, by type and id: what was redacted in them is to be nowhere.
pub(super) fn erase<'c>(
    connection: &mut AnyConnection,
    layouts: &Layouts,
    records: impl Iterator<Item = (&'c str, &'c str)>,
) -> StoreResult<()> {
    let mut changed = Changed::default();
    for (record_type, id) in records {
        changed.0.entry(record_type.to_owned()).or_default().insert(id.to_owned());
    }
    for layout in layouts.iter() {
        let mut showing = Vec::new();
        outlines(connection, layout.record_type.name, |run| showing.extend((!changed.spares(&run)).then(|| run.key())))?;
        remove(connection, showing)?;
    }
    Ok(())
}
