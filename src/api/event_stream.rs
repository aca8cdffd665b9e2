//! The changes as server-sent events.
//!
//! One thread waits for revisions and serializes the event of each once. All subscribers get the
//! same bytes. An idle subscriber costs a connection and a place in a channel, but no thread and no
//! timer. A subscriber that resumes, or has missed events, reads them from the store.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::sync::{broadcast, watch};
use tokio::time::{interval, sleep};

use crate::reading::{Revision, RevisionRange, revision_chunk, revisions};
use crate::store::{Pin, Store, StoreError, StoreResult};

/// The interval of comments that keep idle connections open.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);

/// The interval of retries while the store is unavailable.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The number of events that a subscriber may lag behind before it is disconnected.
const CHANNEL_CAPACITY: usize = 64;

/// The size of the chunks of a response.
const CHUNK_BYTES: usize = 32 << 10;

/// Makes clients reconnect after 2,000 ms.
const RETRY_FIELD: &[u8] = b"retry: 2000\n\n";

/// A message to every subscriber.
#[derive(Clone, Debug)]
enum Event {
    /// A revision with its event, or without it if it is so large that subscribers read it in
    /// chunks.
    Revision(i64, Option<Bytes>),
    Heartbeat,
}

/// Broadcasts revisions.
pub struct Feed {
    events: broadcast::Sender<Event>,
    store: Arc<Store>,
    /// True after SIGTERM.
    shutting_down: watch::Receiver<bool>,
}

impl Feed {
    /// Starts the thread that waits for revisions.
    pub fn start(store: &Arc<Store>, shutting_down: watch::Receiver<bool>) -> io::Result<Self> {
        let feed = Self {
            events: broadcast::Sender::new(CHANNEL_CAPACITY),
            store: Arc::clone(store),
            shutting_down,
        };
        let (events, latest_revision, store) =
            (feed.events.clone(), store.follow(), Arc::downgrade(store));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        std::thread::Builder::new()
            .name("feed".to_owned())
            .spawn(move || runtime.block_on(broadcast_revisions(store, latest_revision, events)))?;
        Ok(feed)
    }

    /// Streams the revisions after one, or future ones only.
    pub(crate) fn follow(&self, after: Option<i64>, request: &HttpRequest) -> HttpResponse {
        // Subscribes before reading the latest revision, so that none is missed in between.
        let events = self.events.subscribe();
        let latest_revision = self.store.revision();
        let subscriber = Subscriber {
            shutting_down: self.shutting_down.clone(),
            store: Arc::clone(&self.store),
            events,
            sent: after.unwrap_or(latest_revision),
            latest: latest_revision,
            partial: None,
            pending: Bytes::from_static(RETRY_FIELD),
        };
        let mut response = HttpResponse::Ok();
        response
            .insert_header((CONTENT_TYPE, "text/event-stream"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((VARY, "Accept"))
            // Compression and proxy buffers would delay events.
            .insert_header((CONTENT_ENCODING, "identity"))
            .insert_header(("X-Accel-Buffering", "no"));
        if request.method() == Method::HEAD {
            return response.streaming(stream::empty::<io::Result<Bytes>>());
        }
        response.streaming(stream::unfold(subscriber, Subscriber::next))
    }
}

/// Broadcasts each revision in order until the store is closed.
async fn broadcast_revisions(
    store: Weak<Store>,
    mut latest_revision: watch::Receiver<i64>,
    events: broadcast::Sender<Event>,
) {
    let mut sent = *latest_revision.borrow_and_update();
    let mut heartbeat = interval(HEARTBEAT_INTERVAL);
    loop {
        tokio::select! {
            _ = heartbeat.tick() => drop(events.send(Event::Heartbeat)),
            latest = latest_revision.changed() => if latest.is_err() { return },
        }
        let latest = *latest_revision.borrow_and_update();
        while sent < latest {
            let Some(store) = store.upgrade() else { return };
            if events.receiver_count() == 0 {
                // New subscribers read earlier revisions from the store.
                sent = latest;
                break;
            }
            match read_event(&store, sent, None) {
                Ok(EventChunk { bytes, partial, .. }) => {
                    sent += 1;
                    let _ = events.send(Event::Revision(sent, partial.is_none().then_some(bytes)));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot read a revision for subscribers yet");
                    sleep(RETRY_INTERVAL).await;
                    latest_revision.mark_changed();
                    break;
                }
            }
        }
    }
}

/// A client of the stream.
struct Subscriber {
    store: Arc<Store>,
    events: broadcast::Receiver<Event>,
    /// True after SIGTERM.
    shutting_down: watch::Receiver<bool>,
    /// The last revision that the client has.
    sent: i64,
    /// The latest revision to send.
    latest: i64,
    /// The revision that is being sent, and the change at which its next chunk begins.
    partial: Option<(Revision, usize)>,
    pending: Bytes,
}

impl Subscriber {
    /// Returns the next chunk, or None at the end of the stream. The client can then resume.
    async fn next(mut self) -> Option<(Result<Bytes, StoreError>, Self)> {
        loop {
            if !self.pending.is_empty() {
                let chunk = self.pending.split_to(self.pending.len().min(CHUNK_BYTES));
                return Some((Ok(chunk), self));
            }
            if *self.shutting_down.borrow() {
                return None;
            }
            if self.sent < self.latest {
                let (store, sent, partial) =
                    (Arc::clone(&self.store), self.sent, self.partial.take());
                let EventChunk { bytes, partial } =
                    web::block(move || read_event(&store, sent, partial)).await.ok()?.ok()?;
                self.sent += i64::from(partial.is_none());
                (self.pending, self.partial) = (bytes, partial);
                continue;
            }
            let events = tokio::select! {
                _ = self.shutting_down.changed() => continue,
                events = self.events.recv() => events,
            };
            match events {
                Ok(Event::Revision(revision, Some(event))) if revision == self.sent + 1 => {
                    (self.sent, self.latest, self.pending) = (revision, revision, event);
                }
                Ok(Event::Revision(revision, _)) => self.latest = self.latest.max(revision),
                Ok(Event::Heartbeat) => self.pending = Bytes::from_static(b":\n\n"),
                Err(_) => return None,
            }
        }
    }
}

/// A chunk of an event, and the start of the next one unless the event is complete.
struct EventChunk {
    bytes: Bytes,
    partial: Option<(Revision, usize)>,
}

/// Reads the event of the next revision, or its next chunk.
fn read_event(
    store: &Store,
    sent: i64,
    partial: Option<(Revision, usize)>,
) -> StoreResult<EventChunk> {
    let mut out = Vec::new();
    let (revision, from) = match partial {
        Some(partial) => partial,
        None => {
            let range =
                RevisionRange { after: sent, before: sent + 2, limit: 1, descending: false };
            let found = store.read(&Pin::default(), |snapshot| revisions(snapshot, range))?.pop();
            let revision =
                found.ok_or_else(|| StoreError::Internal(format!("no revision follows {sent}")))?;
            out.extend_from_slice(
                format!("event: revision\nid: {}\ndata: ", revision.number).as_bytes(),
            );
            (revision, 0)
        }
    };
    let (bytes, next) = revision_chunk(store, &revision, from)?;
    out.extend_from_slice(&bytes);
    if next.is_none() {
        out.extend_from_slice(b"\n\n");
    }
    Ok(EventChunk { bytes: Bytes::from(out), partial: next.map(|next| (revision, next)) })
}
