//! Requests with an idempotency key that are in progress. A second request with the same key is
//! refused.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::problem::{CONFLICT, Problem};

/// The requests that this server is processing.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<HashSet<String>>);

/// Registers a request until it is dropped.
#[derive(Debug)]
pub(crate) struct InFlightRequest<'a> {
    requests: &'a InFlight,
    key: String,
}

impl InFlight {
    /// Registers a request, unless the same one is in progress.
    pub(crate) fn begin(&self, key: &str) -> Result<InFlightRequest<'_>, Problem> {
        if self.lock().insert(key.to_owned()) {
            return Ok(InFlightRequest { requests: self, key: key.to_owned() });
        }
        Err(Problem::header(
            &CONFLICT,
            "Idempotency-Key",
            "belongs to a request that is still in progress; try again after it has completed",
        ))
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlightRequest<'_> {
    fn drop(&mut self) {
        self.requests.lock().remove(&self.key);
    }
}
