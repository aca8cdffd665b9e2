//! Code shared by the background threads of a store.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::error::{StoreError, StoreResult};

/// Starts a thread.
pub(super) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> StoreResult<()> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    started.map(drop).map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// The time of the last success.
#[derive(Debug)]
pub(super) struct LastSuccess {
    started: Instant,
    /// In milliseconds since the start.
    last: AtomicU64,
}

impl LastSuccess {
    /// Returns now.
    pub(super) fn now() -> Self {
        Self { started: Instant::now(), last: AtomicU64::new(0) }
    }

    /// Sets the time to now.
    pub(super) fn renew(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Release);
    }

    /// Returns the time since then.
    pub(super) fn elapsed(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Acquire));
        self.started.elapsed().saturating_sub(last)
    }
}
