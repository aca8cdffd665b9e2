//! Limits the number of open connections. A client above the maximum gets a response that says so,
//! instead of waiting until another client disconnects.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The connections that may still be opened.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Semaphore>);

/// An open connection, without a permit if it is above the maximum.
#[derive(Debug)]
pub struct Connection(Option<OwnedSemaphorePermit>);

impl Connections {
    /// Allows this many connections.
    pub fn new(max: usize) -> Self {
        Self(Arc::new(Semaphore::new(max)))
    }

    /// Counts a new connection until it is dropped.
    pub fn open(&self) -> Connection {
        Connection(Arc::clone(&self.0).try_acquire_owned().ok())
    }
}

impl Connection {
    /// Returns whether the maximum was reached when it was opened.
    pub fn is_over_limit(&self) -> bool {
        self.0.is_none()
    }
}
