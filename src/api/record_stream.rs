//! All records of a list as CSV or NDJSON, in batches from one state.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::web;

use crate::formats::csv::Table;
use crate::formats::json::write_record;
use crate::reading::{Batches, ListQuery};
use crate::store::{Pin, SqlValue, StoreError, StoreResult};
use crate::web::app::App;
use crate::web::negotiation::Format;
use crate::web::problem::Problem;
use crate::web::stream::{Sender, stream_body};

/// The number of records that are read together from SQLite. More would exceed the caches of
/// processors.
const SQLITE_BATCH: usize = 500;

/// The number of records that are read together from PostgreSQL, which begins each batch again.
/// With half of it, NDJSON takes 6% more time.
const POSTGRES_BATCH: usize = 1_000;

/// Streams all matching records, or as many as the limit.
pub(super) async fn records(
    app: web::Data<App>,
    query: ListQuery,
    after: Option<Vec<SqlValue>>,
    pin: Pin,
    format: Format,
    byte_order_mark: bool,
) -> Result<BoxBody, Problem> {
    let store = Arc::clone(&app.store);
    let mut table = Table::default();
    if byte_order_mark {
        table.byte_order_mark();
    }
    stream_body(&store, move |sender| write_all(&app, &query, after, &pin, format, table, sender))
        .await
}

/// A block that is larger than everything that a batch allocates. With 0, freed memory is returned.
const KEPT_BYTES: usize = 4 << 20;

/// Makes glibc keep freed memory for the next batch. It returns free memory at the end of a heap to
/// the system, above a threshold, so that each batch would fault its pages in again. Freeing a
/// larger block raises the threshold (`M_MMAP_THRESHOLD` in `mallopt(3)`).
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT_BYTES)));
}

fn write_all(
    app: &App,
    query: &ListQuery,
    after: Option<Vec<SqlValue>>,
    pin: &Pin,
    format: Format,
    mut table: Table,
    sender: &Sender,
) -> StoreResult<()> {
    keep_freed_memory();
    let mut pin = pin.clone();
    let mut batches = Batches::new(query, &app.results, after);
    let mut remaining = query.limit.unwrap_or(usize::MAX);
    let full_batch = if app.store.is_embedded() { SQLITE_BATCH } else { POSTGRES_BATCH };
    let mut out = Vec::new();
    if format == Format::Csv {
        table.header(query.record_type, &query.fields, query.search.is_some());
    }
    loop {
        let batch_size = remaining.min(full_batch);
        let (count, next) = app.store.read(&pin, |snapshot| {
            let count = batches.next(snapshot, batch_size, |document, shape| {
                if format == Format::Csv {
                    table.row(
                        query.record_type,
                        document.text()?,
                        &query.fields,
                        shape.highlight(document.key),
                    )?;
                } else {
                    write_record(&mut out, document, shape)?;
                    out.push(b'\n');
                }
                Ok(())
            })?;
            Ok::<_, StoreError>((count, snapshot.pin()))
        })?;
        pin = next;
        if format == Format::Csv {
            out = std::mem::take(&mut table).into_bytes();
        }
        let length = out.len();
        sender.send(std::mem::take(&mut out))?;
        remaining -= count;
        if batches.is_done || remaining == 0 {
            return Ok(());
        }
        if format == Format::Ndjson {
            // The next batch has about the same length.
            out.reserve(length + length / 8);
        }
    }
}
