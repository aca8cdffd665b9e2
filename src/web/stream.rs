//! Bodies that are written while they are read, in constant memory.

use std::pin::Pin as Pinned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes};
use tokio::sync::{Semaphore, mpsc};

use super::blocking::wait_until_available;
use super::problem::Problem;
use crate::store::{Store, StoreError, StoreResult};

/// Batches that wait for a slow reader.
const WAITING: usize = 4;

/// Streams that are written at once, each by a thread, and how long another one waits for its turn.
static TURNS: Semaphore = Semaphore::const_new(64);
const TURN: Duration = Duration::from_secs(8);

/// How long a batch may wait for its reader: slower ones would keep threads for as long as they
/// like.
const PATIENCE: Duration = Duration::from_secs(60);

/// A body that is written while it is read.
pub(crate) struct Stream {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Result<Bytes, StoreError>>,
    /// Set once all is written: an end without it is none.
    whole: Arc<AtomicBool>,
}

impl MessageBody for Stream {
    type Error = StoreError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pinned<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, StoreError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.rest.poll_recv(context).map(|batch| match batch {
            None if !self.whole.load(Ordering::Acquire) => {
                Some(Err(StoreError::Unavailable("an answer was cut short".to_owned())))
            }
            batch => batch,
        })
    }
}

/// The way to whoever reads a body.
pub(crate) struct Sender(mpsc::Sender<Result<Bytes, StoreError>>);

impl Sender {
    /// Hands a piece on; an error where whoever asked has gone, or takes nothing.
    pub(crate) fn send(&self, piece: impl Into<Bytes>) -> StoreResult<()> {
        let piece = piece.into();
        if piece.is_empty() {
            return Ok(());
        }
        let sent =
            tokio::runtime::Handle::current().block_on(self.0.send_timeout(Ok(piece), PATIENCE));
        sent.map_err(|error| {
            StoreError::Unavailable(format!("its reader is gone or takes nothing: {error}"))
        })
    }
}

/// A body that this writes, on a thread that may block. What fails before the first piece is a
/// problem; after that, the stream ends in the middle, which clients can tell.
pub(crate) async fn written(
    store: &Arc<Store>,
    write: impl FnOnce(&Sender) -> StoreResult<()> + Send + 'static,
) -> Result<Stream, Problem> {
    let turn = tokio::time::timeout(TURN, TURNS.acquire())
        .await
        .map_err(|_| StoreError::Unavailable("too many streams".to_owned()))?;
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let whole = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&whole);
    drop(web::block(move || {
        let (_turn, sender) = (turn, Sender(sender));
        match write(&sender) {
            Ok(()) => done.store(true, Ordering::Release),
            Err(error) => {
                tracing::warn!(%error, "an answer could not be written to its end");
                let _ = sender.0.try_send(Err(error));
            }
        }
    }));
    let first = wait_until_available(store, receiver.recv()).await?.transpose()?;
    Ok(Stream { first, rest: receiver, whole })
}
