//! The changes as they happen, as server-sent events.
//!
//! One thread waits for revisions and makes the event of each once; every listener gets the same
//! bytes. An idle listener is a connection and a place in a queue: no thread, no timer. Who missed
//! events, or takes up again, reads them from the store.

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

use crate::reading::{Revision, Span, piece, revisions};
use crate::store::{Pin, Store, StoreError, StoreResult};

/// How often an idle listener is told that the connection lives.
const BEAT: Duration = Duration::from_secs(15);

/// How long the thread waits where the store is away.
const PAUSE: Duration = Duration::from_secs(1);

/// Messages that a listener may be behind before it is cut.
const BEHIND: usize = 64;

/// Bytes that are handed to a connection at once.
const PIECE: usize = 32 << 10;

/// What listeners are told first: how soon, in milliseconds, to come back when the connection is
/// lost.
const GREETING: &[u8] = b"retry: 2000\n\n";

/// What every listener is told.
#[derive(Clone, Debug)]
enum News {
    /// A revision, with its event; without, where that is so large that each listener reads it
    /// piece by piece.
    Revision(i64, Option<Bytes>),
    /// Nothing has happened.
    Beat,
}

/// Where listeners are told of revisions.
pub struct Feed {
    news: broadcast::Sender<News>,
    store: Arc<Store>,
    /// Turns true when the server is asked to stop.
    leaving: watch::Receiver<bool>,
}

impl Feed {
    /// Begins to wait for revisions.
    pub fn start(store: &Arc<Store>, leaving: watch::Receiver<bool>) -> io::Result<Self> {
        let feed = Self { news: broadcast::Sender::new(BEHIND), store: Arc::clone(store), leaving };
        let (news, newest, store) = (feed.news.clone(), store.follow(), Arc::downgrade(store));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        std::thread::Builder::new()
            .name("feed".to_owned())
            .spawn(move || runtime.block_on(tell(store, newest, news)))?;
        Ok(feed)
    }

    /// Answers the revisions after one (none: those to come) as they happen.
    pub(crate) fn follow(&self, after: Option<i64>, request: &HttpRequest) -> HttpResponse {
        // The place in the queue is taken before the newest revision is looked at, so that none is
        // missed between the two.
        let news = self.news.subscribe();
        let newest = self.store.revision();
        let listener = Listener {
            leaving: self.leaving.clone(),
            store: Arc::clone(&self.store),
            news,
            told: after.unwrap_or(newest),
            known: newest,
            begun: None,
            pending: Bytes::from_static(GREETING),
        };
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((CONTENT_TYPE, "text/event-stream"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((VARY, "Accept"))
            // Events that wait in a compressor, or in a proxy's buffer, are late.
            .insert_header((CONTENT_ENCODING, "identity"))
            .insert_header(("X-Accel-Buffering", "no"));
        if request.method() == Method::HEAD {
            return answer.finish();
        }
        answer.streaming(stream::unfold(listener, Listener::next))
    }
}

/// Tells listeners of each revision, in order, until the store is gone.
async fn tell(store: Weak<Store>, mut newest: watch::Receiver<i64>, news: broadcast::Sender<News>) {
    let mut told = *newest.borrow_and_update();
    let mut beat = interval(BEAT);
    loop {
        tokio::select! {
            _ = beat.tick() => drop(news.send(News::Beat)),
            known = newest.changed() => if known.is_err() { return },
        }
        let known = *newest.borrow_and_update();
        while told < known {
            let Some(store) = store.upgrade() else { return };
            if news.receiver_count() == 0 {
                // Whoever comes later reads for itself what was before.
                told = known;
                break;
            }
            match event(&store, told, None) {
                Ok(Step { bytes, begun, .. }) => {
                    told += 1;
                    let _ = news.send(News::Revision(told, begun.is_none().then_some(bytes)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a revision cannot be told to listeners yet");
                    sleep(PAUSE).await;
                    newest.mark_changed();
                    break;
                }
            }
        }
    }
}

/// One who follows the changes.
struct Listener {
    store: Arc<Store>,
    news: broadcast::Receiver<News>,
    /// Turns true when the server is asked to stop.
    leaving: watch::Receiver<bool>,
    /// The last revision that was sent, or that the client has already.
    told: i64,
    /// The newest revision that there is to send.
    known: i64,
    /// The revision that is being sent, and the change at which its next piece begins.
    begun: Option<(Revision, usize)>,
    pending: Bytes,
}

impl Listener {
    /// The next bytes to send; None where the stream ends. The client may then take up again where
    /// it was.
    async fn next(mut self) -> Option<(Result<Bytes, StoreError>, Self)> {
        loop {
            if !self.pending.is_empty() {
                let piece = self.pending.split_to(self.pending.len().min(PIECE));
                return Some((Ok(piece), self));
            }
            if *self.leaving.borrow() {
                return None;
            }
            if self.told < self.known {
                let (store, told, begun) = (Arc::clone(&self.store), self.told, self.begun.take());
                let Step { bytes, begun } =
                    web::block(move || event(&store, told, begun)).await.ok()?.ok()?;
                self.told += i64::from(begun.is_none());
                (self.pending, self.begun) = (bytes, begun);
                continue;
            }
            let news = tokio::select! {
                _ = self.leaving.changed() => continue,
                news = self.news.recv() => news,
            };
            match news {
                Ok(News::Revision(revision, Some(event))) if revision == self.told + 1 => {
                    (self.told, self.known, self.pending) = (revision, revision, event);
                }
                Ok(News::Revision(revision, _)) => self.known = self.known.max(revision),
                Ok(News::Beat) => self.pending = Bytes::from_static(b":\n\n"),
                Err(_) => return None,
            }
        }
    }
}

/// A piece of an event, and where the next one begins; None where the event is whole.
struct Step {
    bytes: Bytes,
    begun: Option<(Revision, usize)>,
}

/// The event of the revision after this one, or its next piece.
fn event(store: &Store, told: i64, begun: Option<(Revision, usize)>) -> StoreResult<Step> {
    let mut out = Vec::new();
    let (revision, from) = match begun {
        Some(begun) => begun,
        None => {
            let span = Span { after: told, before: told + 2, limit: 1, newest_first: false };
            let found = store.read(&Pin::default(), |snapshot| revisions(snapshot, span))?.pop();
            let revision = found.ok_or_else(|| {
                StoreError::Internal(format!("there is no revision after {told}"))
            })?;
            out.extend_from_slice(
                format!("event: revision\nid: {}\ndata: ", revision.number).as_bytes(),
            );
            (revision, 0)
        }
    };
    let (bytes, next) = piece(store, &revision, from)?;
    out.extend_from_slice(&bytes);
    if next.is_none() {
        out.extend_from_slice(b"\n\n");
    }
    Ok(Step { bytes: Bytes::from(out), begun: next.map(|next| (revision, next)) })
}
