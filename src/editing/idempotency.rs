//! Requests that are done once however often they are sent: the first answer is kept for a day,
//! written with what it tells of.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::EditError;
use crate::store::schema::idempotent_answers;
use crate::store::{StoreError, Transaction};

/// The time for which a response is stored.
const RETENTION: TimeDelta = TimeDelta::hours(24);

/// What tells a request apart from others.
#[derive(Clone, Debug)]
pub struct Once {
    /// A digest of who sends it, by what method, to what path, under which key.
    pub request: String,
    /// A digest of all that and of its body.
    pub body_digest: String,
}

/// Does the work, or gives the answer of the first time. Without a key, does the work.
pub fn once<T: Serialize + DeserializeOwned>(
    transaction: &mut Transaction<'_>,
    once: Option<Once>,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, EditError>,
) -> Result<T, EditError> {
    let Some(once) = once else { return work(transaction) };
    let oldest = transaction.moment.minus(RETENTION);
    let connection = &mut *transaction.connection;
    let expired = idempotent_answers::created_at.lt(oldest.to_string());
    diesel::delete(idempotent_answers::table.filter(expired))
        .execute(connection)
        .map_err(StoreError::from)?;
    let stored = idempotent_answers::table
        .find(&once.request)
        .select((idempotent_answers::body_digest, idempotent_answers::answer))
        .first::<(String, String)>(connection)
        .optional()
        .map_err(StoreError::from)?;
    if let Some((body_digest, answer)) = stored {
        if body_digest != once.body_digest {
            return Err(EditError::KeyReused);
        }
        return serde_json::from_str(&answer).map_err(|error| {
            StoreError::Internal(format!("a kept answer cannot be read: {error}")).into()
        });
    }
    let answer = work(transaction)?;
    let kept = serde_json::to_string(&answer)
        .map_err(|error| StoreError::Internal(format!("an answer cannot be kept: {error}")))?;
    let row = (
        idempotent_answers::request.eq(once.request),
        idempotent_answers::body_digest.eq(once.body_digest),
        idempotent_answers::answer.eq(kept),
        idempotent_answers::created_at.eq(transaction.moment.to_string()),
    );
    let insert = diesel::insert_into(idempotent_answers::table).values(row);
    insert.execute(transaction.connection).map_err(StoreError::from)?;
    Ok(answer)
}
