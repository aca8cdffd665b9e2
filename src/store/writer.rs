//! The thread that writes. Writes that wait are put into one transaction, a savepoint and a
//! revision each, so that they share one flush to disk; each is answered only when that has
//! happened, and one that fails, fails alone. A write that has the transaction for itself needs no
//! savepoint, which would keep a copy of every page that it changes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{
    Receiver, RecvError, RecvTimeoutError, SyncSender, TrySendError, sync_channel,
};
use std::time::Duration;

use tokio::sync::oneshot;

use super::connection::{AnyConnection, BUSY_TIMEOUT, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::index::Indexes;
use super::latest_revision::LatestRevision;
use super::search::{PendingTerms, Terms};
use super::transaction::{Reason, Transaction};

/// How many writes may wait, and how many share a transaction.
const MAX_QUEUED_WRITES: usize = 1_024;
const MAX_GROUPED_WRITES: usize = 64;

/// How often it is tried to empty a log that may hold what was erased.
const LOG_CLEANUP_INTERVAL: Duration = Duration::from_secs(1);

/// What a write did.
#[derive(Debug)]
pub struct Written<T> {
    /// Its answer.
    pub answer: T,
    /// The revision that it made; None where nothing was changed.
    pub revision: Option<i64>,
}

/// Tells whoever waits how it ended, once it is known whether the transaction is on disk.
type Notify = Box<dyn FnOnce(StoreResult<()>) + Send>;
type Job = Box<
    dyn FnOnce(StoreResult<&mut AnyConnection>, RolledBack, &Indexes, &mut Terms) -> Done + Send,
>;

/// How a write that fails is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RolledBack {
    /// To its savepoint, in a transaction that others share.
    ToSavepoint,
    /// With its transaction.
    Whole,
}

/// What a write leaves behind when the commit succeeds.
#[derive(Clone, Copy, Debug, Default)]
struct Made {
    revision: Option<i64>,
    erased: bool,
}

/// How a write went, with whether it erased values of the past; and why the transaction is lost, if
/// it is.
type Attempt<T, E> = (Result<(Written<T>, bool), E>, Option<StoreError>);

/// A write that has been tried within its transaction.
struct Done {
    made: Made,
    /// Whether there is something to commit.
    keep: bool,
    /// Why the transaction can hold no further write, nor be committed.
    broken: Option<StoreError>,
    tell: Notify,
}

/// The way to the thread that writes.
pub(super) struct Writer {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    pub(super) fn start(
        location: Location,
        connection: AnyConnection,
        indexes: Arc<Indexes>,
        newest: Arc<LatestRevision>,
    ) -> StoreResult<Self> {
        let (sender, jobs) = sync_channel::<Job>(MAX_QUEUED_WRITES);
        let waiting = Arc::new(AtomicUsize::new(0));
        let thread = Thread { jobs, waiting: Arc::clone(&waiting), location, indexes, newest };
        let run = move || thread.run(connection);
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(run)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { jobs: sender, waiting })
    }

    /// How many writes wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn submit<T, E>(
        &self,
        reason: Reason,
        dry_run: bool,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> oneshot::Receiver<Result<Written<T>, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection, taken_back, indexes, terms| {
            let (done, broken) = match connection {
                // Whoever asked was told that it takes too long: what nobody waits for is not
                // begun.
                Ok(_) if answer.is_closed() => {
                    (Err(E::from(StoreError::Unavailable("nobody waits".to_owned()))), None)
                }
                Ok(connection) => {
                    tried(connection, taken_back, indexes, terms, &reason, dry_run, work)
                }
                Err(error) => (Err(E::from(error)), None),
            };
            let made = match &done {
                Ok((written, erased)) if !dry_run => {
                    Made { revision: written.revision, erased: *erased }
                }
                _ => Made::default(),
            };
            let keep = done.is_ok() && !dry_run;
            let done = done.map(|(written, _)| written);
            let tell: Notify = Box::new(move |committed| {
                let _ = answer.send(match committed {
                    Ok(()) => done,
                    Err(error) => done.and(Err(E::from(error))),
                });
            });
            Done { made, keep, broken, tell }
        });
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) =
            self.jobs.try_send(job)
        {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            refuse(job, StoreError::Unavailable("too many writes are waiting".to_owned()));
        }
        receiver
    }
}

/// Answers a write without trying it.
fn refuse(job: Job, why: StoreError) {
    (job(
        Err(why),
        RolledBack::Whole,
        &Indexes::new(crate::model::Catalogue(&[])),
        &mut Terms::default(),
    )
    .tell)(Ok(()));
}

struct Thread {
    jobs: Receiver<Job>,
    waiting: Arc<AtomicUsize>,
    location: Location,
    indexes: Arc<Indexes>,
    newest: Arc<LatestRevision>,
}

impl Thread {
    fn run(self, connection: AnyConnection) {
        let mut kept = Some(connection);
        // Whether the log may hold what was erased. Of the time before this start, nobody knows.
        let mut stained = true;
        while let Ok(first) = self.next(stained) {
            let Some(first) = first else {
                stained = !kept.as_mut().is_some_and(|open| is_emptied(open, Duration::ZERO));
                continue;
            };
            let mut group: Vec<Job> = std::iter::once(first)
                .chain(self.jobs.try_iter().take(MAX_GROUPED_WRITES - 1))
                .collect();
            match self.begin(kept.take()) {
                Ok(open) => kept = self.write(open, group, &mut stained),
                Err(error) => {
                    // All that came while this was tried would wait as long in vain.
                    group.extend(self.jobs.try_iter());
                    self.taken(group.len());
                    let error = error.of_surroundings();
                    group.into_iter().for_each(|job| refuse(job, error.clone()));
                }
            }
        }
    }

    /// The next write; None where none came for a while, and the log is to be emptied.
    fn next(&self, stained: bool) -> Result<Option<Job>, RecvError> {
        if !stained {
            return self.jobs.recv().map(Some);
        }
        match self.jobs.recv_timeout(LOG_CLEANUP_INTERVAL) {
            Ok(job) => Ok(Some(job)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(RecvError),
        }
    }

    fn taken(&self, count: usize) {
        self.waiting.fetch_sub(count, Ordering::Relaxed);
    }

    /// A connection that has begun a transaction: the one that was kept, or a new one where that
    /// was lost.
    fn begin(&self, kept: Option<AnyConnection>) -> StoreResult<AnyConnection> {
        if let Some(mut open) = kept {
            match open.begin_write() {
                Ok(()) => return Ok(open),
                // It is alive, and what it waited for is not to be had: waiting again would only
                // take as long again.
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

    /// Writes a group in the transaction that has begun, and gives the connection back if it can be
    /// used further. `stained` is set where the log holds what was erased, and could not be
    /// emptied.
    fn write(
        &self,
        mut open: AnyConnection,
        group: Vec<Job>,
        stained: &mut bool,
    ) -> Option<AnyConnection> {
        self.taken(group.len());
        let (mut revision, mut redaction) = (None, None);
        let (mut keep, mut broken) = (false, None);
        let mut tells: Vec<Notify> = Vec::with_capacity(group.len());
        let mut terms = Terms::default();
        let taken_back = if group.len() == 1 { RolledBack::Whole } else { RolledBack::ToSavepoint };
        for job in group {
            let done = job(
                broken.clone().map_or(Ok(&mut open), Err),
                taken_back,
                &self.indexes,
                &mut terms,
            );
            keep |= done.keep;
            revision = done.made.revision.or(revision);
            redaction = done.made.revision.filter(|_| done.made.erased).or(redaction);
            broken = broken.or(done.broken);
            tells.push(done.tell);
        }
        let end = |open: &mut AnyConnection| {
            if keep {
                terms.write(open).and_then(|()| open.run("COMMIT"))
            } else {
                open.run("ROLLBACK")
            }
        };
        let committed =
            broken.map_or_else(|| end(&mut open), Err).map_err(StoreError::of_surroundings);
        // Dropped, a connection takes its open transaction with it.
        let kept = committed.is_ok().then_some(open).map(|mut open| {
            self.newest.learn(revision.unwrap_or(0), redaction);
            if redaction.is_some() || *stained {
                *stained = !is_emptied(
                    &mut open,
                    if redaction.is_some() { BUSY_TIMEOUT } else { Duration::ZERO },
                );
            }
            if redaction.is_some() && *stained {
                tracing::warn!(
                    "the write-ahead log holds what was redacted for as long as \
                    somebody reads from it"
                );
            }
            open
        });
        tells.into_iter().for_each(|tell| tell(committed.clone()));
        kept
    }
}

/// Empties the log, and tells whether it is.
fn is_emptied(open: &mut AnyConnection, patience: Duration) -> bool {
    open.empty_log(patience).unwrap_or_else(|error| {
        // It is tried again every second: a database that is away, or read-only, is told of
        // elsewhere.
        tracing::debug!(%error, "the write-ahead log could not be emptied");
        false
    })
}

/// Tries a write. A disk that fills up ends the transaction around it in SQLite, a connection that
/// breaks does in PostgreSQL, and what is run after that would be kept on its own.
fn tried<T, E: From<StoreError>>(
    connection: &mut AnyConnection,
    taken_back: RolledBack,
    indexes: &Indexes,
    terms: &mut Terms,
    reason: &Reason,
    dry_run: bool,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
) -> Attempt<T, E> {
    let shared = taken_back == RolledBack::ToSavepoint;
    if shared && let Err(error) = connection.run("SAVEPOINT write") {
        return (Err(E::from(error.clone())), Some(error));
    }
    let mut waiting = PendingTerms::after(terms);
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let mut transaction = Transaction::new(connection, indexes)?;
        let answer = work(&mut transaction)?;
        let erased = transaction.erased;
        Ok((Written { answer, revision: transaction.finish(reason, &mut waiting)? }, erased))
    }));
    let done = tried.unwrap_or_else(|_| {
        Err(E::from(StoreError::Internal("a write ended in a panic".to_owned())))
    });
    let keep = done.is_ok() && !dry_run;
    let rest = waiting.rest();
    if keep {
        // Where its savepoint cannot be released, nothing is committed.
        terms.append(rest);
    }
    if !shared {
        return (done, None);
    }
    match connection.run(if keep {
        "RELEASE SAVEPOINT write"
    } else {
        "ROLLBACK TO SAVEPOINT write; RELEASE SAVEPOINT write"
    }) {
        Ok(()) => (done, None),
        Err(error) => {
            let error = error.of_surroundings();
            // Its own failure, where there is one, tells more than that of cleaning up.
            (done.and(Err(E::from(error.clone()))), Some(error))
        }
    }
}
