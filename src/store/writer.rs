//! The writer thread. Queued writes share a transaction, and thus one flush to disk. Each has its
//! own revision and savepoint, so a failed write does not affect the others. Results are sent after
//! the commit. A write alone in its transaction needs no savepoint, for which SQLite would copy
//! every changed page.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{
    Receiver, RecvError, RecvTimeoutError, SyncSender, TrySendError, sync_channel,
};
use std::time::Duration;

use tokio::sync::oneshot;

use super::background::spawn;
use super::connection::{AnyConnection, BUSY_TIMEOUT, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::index::Indexes;
use super::latest_revision::LatestRevision;
use super::record_status::LastRevision;
use super::search::Terms;
use super::statement::Statement;
use super::transaction::{Reason, Transaction};
use super::watch;

const MAX_QUEUED_WRITES: usize = 1_024;
/// Maximum number of writes that share a transaction.
const MAX_GROUPED_WRITES: usize = 64;

/// The smallest number of changes that may be a large part of the dataset.
const MANY_CHANGES: usize = 500;

/// Interval between attempts to truncate a write-ahead log that may contain erased values.
const WAL_CLEANUP_INTERVAL: Duration = Duration::from_secs(1);

/// Sends the result to the caller, once the result of the commit is known.
type Notify = Box<dyn FnOnce(StoreResult<()>) + Send>;
type Job = Box<dyn FnOnce(StoreResult<&mut Group<'_>>) -> Executed + Send>;

/// The open transaction of a group of writes.
struct Group<'g> {
    connection: &'g mut AnyConnection,
    indexes: &'g Indexes,
    /// Whether several writes share the transaction, so that each needs a savepoint.
    shared: bool,
    terms: Terms,
    /// The latest revision, which may not be committed yet.
    last: Option<LastRevision>,
}

/// The effects of a write after a successful commit.
#[derive(Clone, Copy, Debug, Default)]
struct Effects {
    revision: Option<i64>,
    /// The number of changes.
    changes: usize,
    /// Whether values were erased.
    erased: bool,
    /// Whether names were changed or removed.
    renamed: bool,
}

/// The result of a write with its effects, and the error that broke the transaction.
type Attempt<T, E> = (Result<(T, Effects), E>, Option<StoreError>);

/// A write that was executed and is not committed yet.
struct Executed {
    /// The effects of a write that must be committed.
    effects: Option<Effects>,
    /// The error after which the transaction cannot be continued or committed.
    broken: Option<StoreError>,
    notify: Notify,
}

/// A handle to the writer thread.
pub(super) struct Writer {
    jobs: SyncSender<Job>,
    queued: Arc<AtomicUsize>,
}

impl Writer {
    pub(super) fn start(
        location: Location,
        connection: AnyConnection,
        indexes: Arc<Indexes>,
        latest: Arc<LatestRevision>,
    ) -> StoreResult<Self> {
        let (sender, jobs) = sync_channel::<Job>(MAX_QUEUED_WRITES);
        let queued = Arc::new(AtomicUsize::new(0));
        let thread = Thread { jobs, queued: Arc::clone(&queued), location, indexes, latest };
        spawn("writer", move || thread.run(connection))?;
        Ok(Self { jobs: sender, queued })
    }

    /// Returns the number of queued writes.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    pub(super) fn submit<T, E>(
        &self,
        reason: Reason,
        dry_run: bool,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |group| {
            let (result, broken) = match group {
                // The caller has timed out, so the write is not started.
                Ok(_) if sender.is_closed() => {
                    let error = StoreError::Unavailable("the caller no longer waits".to_owned());
                    (Err(E::from(error)), None)
                }
                Ok(group) => execute(group, &reason, dry_run, work),
                Err(error) => (Err(E::from(error)), None),
            };
            let effects = result.as_ref().ok().filter(|_| !dry_run).map(|(_, effects)| *effects);
            let result = result.map(|(value, _)| value);
            let notify: Notify = Box::new(move |committed| {
                let _ = sender.send(match committed {
                    Ok(()) => result,
                    Err(error) => result.and(Err(E::from(error))),
                });
            });
            Executed { effects, broken, notify }
        });
        self.queued.fetch_add(1, Ordering::Relaxed);
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) =
            self.jobs.try_send(job)
        {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            reject(job, StoreError::Unavailable("too many writes are queued".to_owned()));
        }
        receiver
    }
}

/// Sends an error to the caller of a write without executing it.
fn reject(job: Job, error: StoreError) {
    (job(Err(error)).notify)(Ok(()));
}

struct Thread {
    jobs: Receiver<Job>,
    queued: Arc<AtomicUsize>,
    location: Location,
    indexes: Arc<Indexes>,
    latest: Arc<LatestRevision>,
}

impl Thread {
    fn run(self, connection: AnyConnection) {
        let mut connection = Some(connection);
        // Whether the write-ahead log may contain erased values, as it may after a restart.
        let mut wal_dirty = true;
        while let Ok(first) = self.next(wal_dirty) {
            let Some(first) = first else {
                wal_dirty =
                    !connection.as_mut().is_some_and(|open| truncate_wal(open, Duration::ZERO));
                continue;
            };
            let mut group: Vec<Job> = std::iter::once(first)
                .chain(self.jobs.try_iter().take(MAX_GROUPED_WRITES - 1))
                .collect();
            match self.begin(connection.take()) {
                Ok((open, last)) => connection = self.write(open, last, group, &mut wal_dirty),
                Err(error) => {
                    // Writes that arrived in the meantime would only wait for the same error.
                    group.extend(self.jobs.try_iter());
                    self.dequeued(group.len());
                    let error = error.into_unavailable();
                    group.into_iter().for_each(|job| reject(job, error.clone()));
                }
            }
        }
    }

    /// Returns the next write, or `None` if it is time to truncate the log.
    fn next(&self, wal_dirty: bool) -> Result<Option<Job>, RecvError> {
        if !wal_dirty {
            return self.jobs.recv().map(Some);
        }
        match self.jobs.recv_timeout(WAL_CLEANUP_INTERVAL) {
            Ok(job) => Ok(Some(job)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(RecvError),
        }
    }

    fn dequeued(&self, count: usize) {
        self.queued.fetch_sub(count, Ordering::Relaxed);
    }

    /// Begins a transaction, and returns the latest revision. Renames and redactions of other
    /// servers become known before this one advances to a later revision.
    fn begin(
        &self,
        connection: Option<AnyConnection>,
    ) -> StoreResult<(AnyConnection, Option<LastRevision>)> {
        let mut open = self.begin_on(connection)?;
        let last = watch::refresh(&mut open, &self.latest)?;
        Ok((open, last))
    }

    /// Begins a transaction on this connection, or on a new one if it was lost.
    fn begin_on(&self, connection: Option<AnyConnection>) -> StoreResult<AnyConnection> {
        if let Some(mut open) = connection {
            match open.begin_write() {
                Ok(()) => return Ok(open),
                // The connection works, but the lock is not available. Waiting again would take as
                // long again.
                Err(error) if !open.is_postgres() || open.run("ROLLBACK").is_ok() => {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
        let mut open = self.location.connect_again(Purpose::Write)?;
        open.begin_write()?;
        Ok(open)
    }

    /// Executes a group of writes in the open transaction. Returns the connection if it is still
    /// usable. Sets `wal_dirty` if the log contains erased values and could not be truncated.
    fn write(
        &self,
        mut open: AnyConnection,
        last: Option<LastRevision>,
        jobs: Vec<Job>,
        wal_dirty: &mut bool,
    ) -> Option<AnyConnection> {
        self.dequeued(jobs.len());
        let (mut revision, mut redaction, mut rename) = (None, None, None);
        let (mut commit, mut changes, mut broken) = (false, 0, None);
        let mut notifications: Vec<Notify> = Vec::with_capacity(jobs.len());
        let (indexes, shared, terms) = (&*self.indexes, jobs.len() > 1, Terms::default());
        let mut group = Group { connection: &mut open, indexes, shared, terms, last };
        for job in jobs {
            let executed = job(broken.clone().map_or(Ok(&mut group), Err));
            commit |= executed.effects.is_some();
            let effects = executed.effects.unwrap_or_default();
            changes += effects.changes;
            revision = effects.revision.or(revision);
            redaction = effects.revision.filter(|_| effects.erased).or(redaction);
            rename = effects.revision.filter(|_| effects.renamed).or(rename);
            broken = broken.or(executed.broken);
            notifications.push(executed.notify);
        }
        let mut terms = group.terms;
        let committed = match broken {
            Some(error) => Err(error),
            None if commit => terms.write(&mut open).and_then(|()| open.run("COMMIT")),
            None => open.run("ROLLBACK"),
        }
        .map_err(StoreError::into_unavailable);
        // Dropping the connection after a failed commit rolls back its transaction.
        let reusable = committed.is_ok().then_some(open).map(|mut open| {
            self.latest.advance(revision.unwrap_or(0), redaction, rename);
            if is_large(&mut open, changes) {
                self.location.vacuum();
            }
            if redaction.is_some() {
                erase(&mut open);
            }
            if redaction.is_some() || *wal_dirty {
                let timeout = if redaction.is_some() { BUSY_TIMEOUT } else { Duration::ZERO };
                *wal_dirty = !truncate_wal(&mut open, timeout);
            }
            if redaction.is_some() && *wal_dirty {
                tracing::warn!(
                    "the write-ahead log may contain redacted values until it can be emptied"
                );
            }
            open
        });
        notifications.into_iter().for_each(|notify| notify(committed.clone()));
        reusable
    }
}

/// Returns whether changes are so large a part of a PostgreSQL database that its statistics are
/// wrong. Renames of records whose names are part of many others are left to autovacuum.
fn is_large(open: &mut AnyConnection, changes: usize) -> bool {
    if changes < MANY_CHANGES || !open.is_postgres() {
        return false;
    }
    let live = Statement::new(r#"SELECT CAST(sum("live") AS bigint) FROM "counts""#).number(open);
    live.is_ok_and(|live| usize::try_from(live).is_ok_and(|live| changes >= live / 10))
}

/// Rewrites the file after a redaction, first without the redacted values in the log: if the disk
/// becomes full, they must not stay there.
fn erase(open: &mut AnyConnection) {
    truncate_wal(open, BUSY_TIMEOUT);
    let why = match open.erase_unused_space() {
        Ok(None) => return,
        Ok(Some(why)) => why,
        Err(error) => error.to_string(),
    };
    tracing::warn!(
        why,
        "the file was not rewritten: unused parts of it may contain redacted values; run VACUUM"
    );
}

/// Truncates the write-ahead log. Returns whether it is empty.
fn truncate_wal(open: &mut AnyConnection, timeout: Duration) -> bool {
    open.truncate_wal(timeout).unwrap_or_else(|error| {
        // It is retried every second. Other messages report an unreachable or read-only database.
        tracing::debug!(%error, "the write-ahead log could not be truncated");
        false
    })
}

/// Executes a write. A full disk on SQLite and a lost connection on PostgreSQL end the surrounding
/// transaction. Later statements would be committed on their own, so the transaction is then
/// broken.
fn execute<T, E: From<StoreError>>(
    group: &mut Group<'_>,
    reason: &Reason,
    dry_run: bool,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
) -> Attempt<T, E> {
    if group.shared
        && let Err(error) = group.connection.run("SAVEPOINT write")
    {
        return (Err(E::from(error.clone())), Some(error));
    }
    // The pending terms of earlier writes, in case this one fails after it wrote them.
    let earlier_terms = group.terms.clone();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut transaction =
            Transaction::new(group.connection, group.indexes, group.last.as_ref())?;
        let value = work(&mut transaction)?;
        let changes = transaction.changes.len();
        let (erased, renamed) = (transaction.erased, transaction.names_changed);
        let written = transaction.finish(reason, &mut group.terms)?;
        let revision = written.as_ref().map(|written| written.revision);
        Ok((value, Effects { revision, changes, erased, renamed }, written))
    }));
    let result = result
        .unwrap_or_else(|_| Err(E::from(StoreError::Internal("a write panicked".to_owned()))));
    let succeeded = result.is_ok() && !dry_run;
    if !succeeded {
        group.terms = earlier_terms;
    }
    let result = result.map(|(value, effects, written)| {
        if succeeded {
            // If the savepoint cannot be released, nothing is committed.
            group.last = written.or(group.last.take());
        }
        (value, effects)
    });
    if !group.shared {
        return (result, None);
    }
    match group.connection.run(if succeeded {
        "RELEASE SAVEPOINT write"
    } else {
        "ROLLBACK TO SAVEPOINT write; RELEASE SAVEPOINT write"
    }) {
        Ok(()) => (result, None),
        Err(error) => {
            let error = error.into_unavailable();
            // An error of the write itself is the cause.
            (result.and(Err(E::from(error.clone()))), Some(error))
        }
    }
}
