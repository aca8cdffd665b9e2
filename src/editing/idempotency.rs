//! Requests that are done once however often they are sent: the first answer is kept for a day, written with what it tells of.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::EditError;
use crate::model::Moment;
use crate::store::{Cell, Statement, StoreError, Transaction};

/// How long an answer is kept, in hours.
const KEPT: i64 = 24;

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
    let oldest =
        (transaction.moment.date_time() - chrono::TimeDelta::hours(KEPT)).to_rfc3339().parse::<Moment>().unwrap_or(transaction.moment);
    let mut forget = Statement::new("DELETE FROM idempotent_answers WHERE created_at < ");
    forget.bind(oldest.to_string());
    forget.execute(transaction.connection)?;
    let mut select = Statement::new("SELECT body_digest, answer FROM idempotent_answers WHERE request = ");
    select.bind(once.request.as_str());
    if let Some(row) = select.first(transaction.connection)? {
        if row.text(0) != Some(once.body_digest.as_str()) {
            return Err(EditError::KeyReused);
        }
        let answer = row.text(1).unwrap_or_default();
        return serde_json::from_str(answer).map_err(|error| StoreError::Internal(format!("a kept answer cannot be read: {error}")).into());
    }
    let answer = work(transaction)?;
    let kept = serde_json::to_string(&answer).map_err(|error| StoreError::Internal(format!("an answer cannot be kept: {error}")))?;
    let mut insert = Statement::new("INSERT INTO idempotent_answers (request, body_digest, answer, created_at) VALUES (");
    insert
        .bind_all([Cell::from(once.request), Cell::from(once.body_digest), Cell::from(kept), Cell::from(transaction.moment.to_string())])
        .push(")");
    insert.execute(transaction.connection)?;
    Ok(answer)
}
