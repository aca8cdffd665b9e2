//! All records of a list, one after the other, in constant memory: batches from one state of the record.

use std::pin::Pin as Pinned;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes};
use tokio::sync::mpsc;

use super::App;
use super::negotiation::Format;
use crate::formats::csv::Table;
use crate::formats::json::write_record;
use crate::reading::{Batch, ListQuery, Walk, batches};
use crate::store::{Pin, StoreError};

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

/// The records that the query finds, all of them unless it has a limit.
pub(super) fn records(app: web::Data<App>, query: ListQuery, walk: Option<Walk>, pin: Pin, format: Format) -> Stream {
    let (sender, receiver) = mpsc::channel(WAITING);
    let write = move || {
        let result = write_all(&app, &query, walk, &pin, format, &sender);
        if let Err(error) = result {
            tracing::warn!(%error, "a list could not be written to its end");
            let _ = sender.blocking_send(Err(error));
        }
    };
    drop(web::block(write));
    Stream(receiver)
}

fn write_all(
    app: &App,
    query: &ListQuery,
    walk: Option<Walk>,
    pin: &Pin,
    format: Format,
    sender: &mpsc::Sender<Result<Bytes, StoreError>>,
) -> Result<(), StoreError> {
    let mut pin = pin.clone();
    let mut after = walk.map(|walk| walk.after);
    let mut left = query.limit.unwrap_or(usize::MAX);
    let mut out = Vec::new();
    let mut table = Table::default();
    if format == Format::Csv {
        table.header(query.record_type, &query.fields);
    }
    loop {
        let wanted = left.min(BATCH);
        let Batch { position, count, revision, day } = app.store.read(&pin, |snapshot| {
            batches(snapshot, query, after.as_deref(), wanted, &app.memory, |record, shape| match format {
                Format::Csv => table.row(record, &query.fields),
                _ => {
                    write_record(&mut out, record, shape);
                    out.push(b'\n');
                }
            })
        })?;
        pin = Pin { revision: Some(revision), day: Some(day) };
        if format == Format::Csv {
            out = std::mem::take(&mut table).into_bytes();
        }
        if !out.is_empty() && sender.blocking_send(Ok(Bytes::from(std::mem::take(&mut out)))).is_err() {
            // Whoever asked has gone.
            return Ok(());
        }
        left -= count;
        after = Some(position);
        if count < wanted || left == 0 {
            return Ok(());
        }
    }
}
