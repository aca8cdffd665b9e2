//! Requests with an idempotency key that are in progress: a second one with the same key is refused
//! meanwhile.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::problem::{CONFLICT, Problem};

/// The requests that this server is processing.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<HashSet<String>>);

/// A request in progress, until it is dropped.
#[derive(Debug)]
pub(crate) struct Flight<'a> {
    among: &'a InFlight,
    request: String,
}

impl InFlight {
    /// Begins a request, unless the same one is in progress.
    pub(crate) fn begin(&self, request: &str) -> Result<Flight<'_>, Problem> {
        if self.lock().insert(request.to_owned()) {
            return Ok(Flight { among: self, request: request.to_owned() });
        }
        Err(Problem::header(
            &CONFLICT,
            "Idempotency-Key",
            "belongs to a request that is being done; send it again when that has been answered",
        ))
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.among.lock().remove(&self.request);
    }
}
