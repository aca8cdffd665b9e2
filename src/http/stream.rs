//! Bodies that are written while they are read, in constant memory; of lists, all records in batches from one state.

use std::pin::Pin as Pinned;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes};
use tokio::sync::mpsc;

use super::App;
use super::negotiation::Format;
use crate::formats::csv;
use crate::formats::json::write_record;
use crate::reading::{Batch, ListQuery, Walk, batches};
use crate::store::{Pin, StoreError, StoreResult};

/// Records that are read at once, and batches that wait for a slow reader.
const BATCH: usize = 1_000;
const WAITING: usize = 4;

/// A body that is written while it is read.
pub(super) struct Stream(mpsc::Receiver<Result<Bytes, StoreError>>);

impl MessageBody for Stream {
    type Error = StoreError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pinned<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, StoreError>>> {
        self.0.poll_recv(context)
    }
}

/// The way to whoever reads a body.
pub(super) struct Sender(mpsc::Sender<Result<Bytes, StoreError>>);

impl Sender {
    /// Sends a piece, waiting for a slow reader. Gives whether anybody reads on.
    pub(super) fn send(&self, piece: Vec<u8>) -> bool {
        piece.is_empty() || self.0.blocking_send(Ok(Bytes::from(piece))).is_ok()
    }
}

/// A body that this writes, on a thread that may block. Where it fails, the body breaks off.
pub(super) fn written(write: impl FnOnce(&Sender) -> StoreResult<()> + Send + 'static) -> Stream {
    let (sender, receiver) = mpsc::channel(WAITING);
    drop(web::block(move || {
        let sender = Sender(sender);
        if let Err(error) = write(&sender) {
            tracing::warn!(%error, "an answer could not be written to its end");
            let _ = sender.0.blocking_send(Err(error));
        }
    }));
    Stream(receiver)
}

/// The records that the query finds, all of them unless it has a limit.
pub(super) fn records(app: web::Data<App>, query: ListQuery, walk: Option<Walk>, pin: Pin, format: Format) -> Stream {
    written(move |sender| write_all(&app, &query, walk, &pin, format, sender))
}

fn write_all(app: &App, query: &ListQuery, walk: Option<Walk>, pin: &Pin, format: Format, sender: &Sender) -> StoreResult<()> {
    let mut pin = pin.clone();
    let mut after = walk.map(|walk| walk.after);
    let mut left = query.limit.unwrap_or(usize::MAX);
    let mut out = Vec::new();
    if format == Format::Csv {
        csv::write(&mut out, &csv::header(query.record_type, &query.fields));
    }
    loop {
        let wanted = left.min(BATCH);
        let Batch { position, count, revision, day } = app.store.read(&pin, |snapshot| {
            batches(snapshot, query, after.as_deref(), wanted, |record, shape| match format {
                Format::Csv => csv::write(&mut out, &csv::row(record, &query.fields)),
                _ => {
                    write_record(&mut out, record, shape);
                    out.push(b'\n');
                }
            })
        })?;
        pin = Pin { revision: Some(revision), day: Some(day) };
        if !sender.send(std::mem::take(&mut out)) {
            return Ok(());
        }
        left -= count;
        after = Some(position);
        if count < wanted || left == 0 {
            return Ok(());
        }
    }
}
