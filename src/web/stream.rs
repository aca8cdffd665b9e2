//! Streamed response bodies, in constant memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody};
use actix_web::web::{self, Bytes};
use futures_util::StreamExt as _;
use futures_util::stream::{iter, poll_fn};
use tokio::sync::{Semaphore, mpsc};

use super::blocking::wait_until_available;
use super::problem::Problem;
use crate::store::{Store, StoreError, StoreResult};

/// The number of batches buffered for a slow client.
const CHANNEL_CAPACITY: usize = 4;

/// The number of streams at a time, since each has a thread, and the time to wait for a permit.
static PERMITS: Semaphore = Semaphore::const_new(64);
const PERMIT_TIMEOUT: Duration = Duration::from_secs(8);

/// The time within which a client must take a batch. Slower clients would occupy threads.
const READER_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends the chunks of a body.
pub(crate) struct Sender(mpsc::Sender<Result<Bytes, StoreError>>);

impl Sender {
    /// Sends a chunk. Fails if the client has disconnected or is too slow.
    pub(crate) fn send(&self, chunk: impl Into<Bytes>) -> StoreResult<()> {
        let chunk = chunk.into();
        if chunk.is_empty() {
            return Ok(());
        }
        let sent = tokio::runtime::Handle::current()
            .block_on(self.0.send_timeout(Ok(chunk), READER_TIMEOUT));
        sent.map_err(|error| {
            StoreError::Unavailable(format!("the client has disconnected or is too slow: {error}"))
        })
    }
}

/// Runs `write` on a blocking thread and streams its chunks. An error before the first chunk is a
/// problem; a later one ends the stream early, which clients can detect.
pub(crate) async fn stream_body(
    store: &Arc<Store>,
    write: impl FnOnce(&Sender) -> StoreResult<()> + Send + 'static,
) -> Result<BoxBody, Problem> {
    let permit = tokio::time::timeout(PERMIT_TIMEOUT, PERMITS.acquire())
        .await
        .map_err(|_| StoreError::Unavailable("too many streams".to_owned()))?;
    let (sender, mut receiver) = mpsc::channel(CHANNEL_CAPACITY);
    // Set after the last chunk: without it, the stream was interrupted.
    let complete = Arc::new(AtomicBool::new(false));
    let is_complete = Arc::clone(&complete);
    drop(web::block(move || {
        let (_permit, sender) = (permit, Sender(sender));
        match write(&sender) {
            Ok(()) => is_complete.store(true, Ordering::Release),
            Err(error) => {
                tracing::warn!(%error, "a streamed response failed");
                let _ = sender.0.try_send(Err(error));
            }
        }
    }));
    let first = wait_until_available(store, receiver.recv()).await?.transpose()?;
    let rest = poll_fn(move |context| {
        receiver.poll_recv(context).map(|chunk| match chunk {
            None if !complete.load(Ordering::Acquire) => {
                Some(Err(StoreError::Unavailable("a response was interrupted".to_owned())))
            }
            chunk => chunk,
        })
    });
    Ok(BoxBody::new(BodyStream::new(iter(first.map(Ok)).chain(rest))))
}
