//! The thread that writes. Writes that wait are put into one transaction, a savepoint and a revision each, so that they
//! share one flush to disk; each is answered only when that has happened, and one that fails, fails alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use tokio::sync::oneshot;

use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::layout::Layouts;
use super::newest::Newest;
use super::transaction::{Reason, Transaction};

/// How many writes may wait, and how many share a transaction.
const QUEUE: usize = 1_024;
const GROUP: usize = 64;

/// What a write did.
#[derive(Debug)]
pub struct Written<T> {
    /// Its answer.
    pub answer: T,
    /// The revision that it made; None where nothing was changed.
    pub revision: Option<i64>,
}

/// Tells whoever waits how it ended, once it is known whether the transaction is on disk.
type Tell = Box<dyn FnOnce(StoreResult<()>) + Send>;
type Job = Box<dyn FnOnce(StoreResult<&mut AnyConnection>, &Layouts) -> (Made, Tell) + Send>;

/// What a job is to leave behind when the commit succeeds.
#[derive(Clone, Copy, Debug, Default)]
struct Made {
    revision: Option<i64>,
    erased: bool,
}

/// The way to the thread that writes.
pub(super) struct Writer(SyncSender<Job>);

impl Writer {
    pub(super) fn start(location: Location, connection: AnyConnection, layouts: Arc<Layouts>, newest: Arc<Newest>) -> StoreResult<Self> {
        let (sender, jobs) = sync_channel::<Job>(QUEUE);
        let run = move || write_all(&jobs, &location, Some(connection), &layouts, &newest);
        std::thread::Builder::new().name("writer".to_owned()).spawn(run).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self(sender))
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
        let job: Job = Box::new(move |connection, layouts| {
            let done = connection.map_err(E::from).and_then(|connection| in_savepoint(connection, layouts, &reason, dry_run, work));
            let made = match &done {
                Ok((written, erased)) if !dry_run => Made { revision: written.revision, erased: *erased },
                _ => Made::default(),
            };
            let done = done.map(|(written, _)| written);
            let tell: Tell = Box::new(move |committed| {
                let _ = answer.send(match committed {
                    Ok(()) => done,
                    Err(error) => done.and(Err(E::from(error))),
                });
            });
            (made, tell)
        });
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) = self.0.try_send(job) {
            let (_, tell) =
                job(Err(StoreError::Unavailable("too many writes are waiting".to_owned())), &Layouts::new(crate::model::Catalogue(&[])));
            tell(Ok(()));
        }
        receiver
    }
}

fn write_all(jobs: &Receiver<Job>, location: &Location, mut connection: Option<AnyConnection>, layouts: &Layouts, known: &Newest) {
    while let Ok(first) = jobs.recv() {
        let group: Vec<Job> = std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1)).collect();
        let begun = match connection.take() {
            Some(open) => Ok(open),
            None => location.connect(Purpose::Write),
        }
        .and_then(|mut open| open.begin_write().map(|()| open));
        let mut open = match begun {
            Ok(open) => open,
            Err(error) => {
                let told = error.to_string();
                for job in group {
                    let error = if matches!(error, StoreError::Full) { StoreError::Full } else { StoreError::Unavailable(told.clone()) };
                    job(Err(error), layouts).1(Ok(()));
                }
                continue;
            }
        };
        let (mut newest, mut redaction) = (None, None);
        let mut tells: Vec<Tell> = Vec::with_capacity(group.len());
        let ran = catch_unwind(AssertUnwindSafe(|| {
            for job in group {
                let (made, tell) = job(Ok(&mut open), layouts);
                newest = made.revision.or(newest);
                redaction = made.revision.filter(|_| made.erased).or(redaction);
                tells.push(tell);
            }
        }));
        let committed = match ran {
            Ok(()) => open.run("COMMIT"),
            Err(_) => Err(StoreError::Internal("a write ended in a panic".to_owned())),
        };
        match committed {
            Ok(()) => {
                if let Some(newest) = newest {
                    known.learn(newest, redaction);
                }
                if redaction.is_some() {
                    open.forget_erased();
                }
                connection = Some(open);
                tells.into_iter().for_each(|tell| tell(Ok(())));
            }
            Err(error) => {
                // The connection goes with its open transaction; the next group gets a new one.
                drop(open);
                let told = error.to_string();
                tells.into_iter().for_each(|tell| {
                    tell(Err(if matches!(error, StoreError::Full) { StoreError::Full } else { StoreError::Unavailable(told.clone()) }))
                });
            }
        }
    }
}

fn in_savepoint<T, E: From<StoreError>>(
    connection: &mut AnyConnection,
    layouts: &Layouts,
    reason: &Reason,
    dry_run: bool,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
) -> Result<(Written<T>, bool), E> {
    connection.run("SAVEPOINT write")?;
    let done = Transaction::new(connection, layouts).map_err(E::from).and_then(|mut transaction| {
        let answer = work(&mut transaction)?;
        let erased = transaction.erased;
        Ok((Written { answer, revision: transaction.finish(reason)? }, erased))
    });
    let keep = done.is_ok() && !dry_run;
    connection.run(if keep { "RELEASE SAVEPOINT write" } else { "ROLLBACK TO SAVEPOINT write; RELEASE SAVEPOINT write" })?;
    done
}
