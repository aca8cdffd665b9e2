//! Idempotent requests: the response to the first one is stored for a day, in the same transaction
//! as the change, and returned again.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::EditError;
use crate::store::schema::idempotent_answers;
use crate::store::{StoreError, Transaction};

/// The time for which a response is stored.
const RETENTION: TimeDelta = TimeDelta::hours(24);

/// The identity of an idempotent request.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    /// A digest of client, method, path and idempotency key.
    pub request: String,
    /// A digest of these and the body.
    pub body_digest: String,
}

/// Runs the work, or returns the stored response of the first request. Without an idempotency key,
/// always runs the work.
pub fn run_once<T: Serialize + DeserializeOwned>(
    transaction: &mut Transaction<'_>,
    request: Option<IdempotentRequest>,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, EditError>,
) -> Result<T, EditError> {
    let Some(request) = request else { return work(transaction) };
    let oldest = transaction.moment.minus(RETENTION);
    let connection = &mut *transaction.connection;
    let expired = idempotent_answers::created_at.lt(oldest.to_string());
    diesel::delete(idempotent_answers::table.filter(expired))
        .execute(connection)
        .map_err(StoreError::from)?;
    let stored = idempotent_answers::table
        .find(&request.request)
        .select((idempotent_answers::body_digest, idempotent_answers::answer))
        .get_result::<(String, String)>(connection)
        .optional()
        .map_err(StoreError::from)?;
    if let Some((body_digest, answer)) = stored {
        if body_digest != request.body_digest {
            return Err(EditError::KeyReused);
        }
        return serde_json::from_str(&answer).map_err(|error| {
            StoreError::Internal(format!("a stored response cannot be read: {error}")).into()
        });
    }
    let answer = work(transaction)?;
    let stored = serde_json::to_string(&answer)
        .map_err(|error| StoreError::Internal(format!("a response cannot be stored: {error}")))?;
    let row = (
        idempotent_answers::request.eq(request.request),
        idempotent_answers::body_digest.eq(request.body_digest),
        idempotent_answers::answer.eq(stored),
        idempotent_answers::created_at.eq(transaction.moment.to_string()),
    );
    let insert = diesel::insert_into(idempotent_answers::table).values(row);
    insert.execute(transaction.connection).map_err(StoreError::from)?;
    Ok(answer)
}
