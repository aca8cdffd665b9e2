//! The thread that writes records out beforehand, whenever nobody writes for a moment.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::prepared::{RECORDS, design, make};
use crate::model::{Moment, RecordType};
use crate::store::prepared::{self, Changed, Key, Run};
use crate::store::{Pin, Snapshot, Store, StoreError, StoreResult};

/// How often is looked whether there is something to do; how often that is put off while others write.
const LOOK: Duration = Duration::from_millis(500);
const PUT_OFF: u32 = 20;
/// After so long it is looked once more, though nothing was written: what others took away is missing, too.
const AGAIN: Duration = Duration::from_secs(300);

/// Runs that are stored at once, and taken away at once.
const TOGETHER: usize = 4;
const REMOVED: usize = 8;

/// As many changes are compared with runs; after more, all are made anew.
const CHANGES: usize = 200_000;

/// A stretch of ids that no run tells.
struct Stretch {
    record_type: &'static RecordType,
    after: String,
    until: Option<String>,
}

/// What there is to do.
#[derive(Default)]
struct Plan {
    /// What does not hold, or is to be joined with what follows.
    stale: Vec<Key>,
    missing: Vec<Stretch>,
}

/// Writes out what is missing, for as long as the store is in use.
pub fn start(store: &Arc<Store>) -> StoreResult<()> {
    let store = Arc::downgrade(store);
    let run = move || watch(&store);
    std::thread::Builder::new().name("prepare".to_owned()).spawn(run).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(())
}

fn watch(store: &Weak<Store>) {
    let (mut seen, mut put_off) = (None, 0);
    let mut done = None;
    loop {
        std::thread::sleep(LOOK);
        let Some(store) = store.upgrade() else { return };
        let now = (store.revision(), Moment::now().day());
        let is_quiet = seen.replace(now) == Some(now);
        put_off = if is_quiet { 0 } else { put_off + 1 };
        let is_done = done.is_some_and(|(what, when): (_, Instant)| what == now && when.elapsed() < AGAIN);
        if is_done || store.is_away() || !(is_quiet || put_off > PUT_OFF) {
            continue;
        }
        put_off = 0;
        match prepare(&store) {
            Ok(true) => done = Some((now, Instant::now())),
            Ok(false) => {}
            Err(StoreError::Full) => {
                // What can be made again has no right to the room that records need.
                let forgotten = store.preparer().and_then(|mut preparer| preparer.forget());
                tracing::warn!(?forgotten, "the disk is full: no records are written out beforehand any more");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "records could not be written out beforehand");
                done = Some((now, Instant::now()));
            }
        }
    }
}

/// Writes out what is missing, in small steps: others who write wait for each. Gives whether all is there; not so where somebody
/// wrote meanwhile.
pub fn prepare(store: &Store) -> StoreResult<bool> {
    let layouts = Arc::clone(store.layouts());
    let mut plan = Plan::default();
    let revision = store.read(&Pin::default(), |snapshot| {
        let changed = match prepared::known_at(snapshot.connection)? {
            Some(known) => Changed::between(snapshot.connection, known, snapshot.revision, CHANGES)?,
            None => None,
        };
        for layout in layouts.iter() {
            plan.add(snapshot, layout.record_type, changed.as_ref())?;
        }
        Ok::<_, StoreError>(snapshot.revision)
    })?;
    let mut preparer = store.preparer()?;
    let mut step = Step::begin();
    for stale in plan.stale.chunks(REMOVED) {
        preparer.remove(stale)?;
        step.next();
    }
    preparer.know(revision)?;
    let mut waiting: Vec<Run> = Vec::new();
    for Stretch { record_type, mut after, until } in plan.missing {
        loop {
            let run = store.read(&Pin::default(), |snapshot| {
                if snapshot.revision == revision { make(snapshot, record_type, &after, until.as_deref()).map(Some) } else { Ok(None) }
            })?;
            let Some(run) = run else { return Ok(false) };
            let is_last = run.as_ref().is_none_or(|run| run.is_short(RECORDS) || until.as_ref() == Some(&run.last));
            if let Some(run) = run {
                after.clone_from(&run.last);
                waiting.push(run);
            }
            if waiting.len() == TOGETHER {
                if !preparer.add(revision, &std::mem::take(&mut waiting))? {
                    return Ok(false);
                }
                step.next();
            }
            if is_last {
                break;
            }
        }
    }
    preparer.add(revision, &waiting)
}

/// A step, which takes three times as long again as it took: most of the time is others', who may wait to write.
struct Step(Instant);

impl Step {
    fn begin() -> Self {
        Self(Instant::now())
    }

    fn next(&mut self) {
        std::thread::sleep(3 * self.0.elapsed());
        *self = Self::begin();
    }
}

impl Plan {
    /// Adds what is to be done for the records of a type.
    fn add(&mut self, snapshot: &mut Snapshot<'_>, record_type: &'static RecordType, changed: Option<&Changed>) -> StoreResult<()> {
        let design = design(snapshot.layouts);
        let mut at = String::new();
        let mut before: Option<Run> = None;
        prepared::outlines(snapshot.connection, record_type.name, |run| {
            if run.after < at || !changed.is_some_and(|changed| changed.leaves(&run, &snapshot.today, design)) {
                self.stale.push(run.key());
                return;
            }
            if run.after > at {
                if run.is_short(RECORDS / 2) {
                    return self.stale.push(run.key());
                }
                self.miss(record_type, &at, Some(run.after.clone()), before.take());
            }
            at.clone_from(&run.last);
            before = Some(run);
        })?;
        self.miss(record_type, &at, None, before);
        Ok(())
    }

    /// Adds a stretch, with the run before it where that is short, as the short ones after it: else there would be ever more of them.
    fn miss(&mut self, record_type: &'static RecordType, after: &str, until: Option<String>, before: Option<Run>) {
        let after = match before.filter(|run| run.is_short(RECORDS / 2)) {
            Some(short) => {
                self.stale.push(short.key());
                short.after
            }
            None => after.to_owned(),
        };
        self.missing.push(Stretch { record_type, after, until });
    }
}
