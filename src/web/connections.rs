//! Limits the number of open connections. A client above the maximum gets a response that says so,
//! instead of waiting until another client disconnects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the open connections.
#[derive(Debug)]
pub struct Connections {
    open: AtomicUsize,
    max: usize,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    pool: Arc<Connections>,
    is_over_limit: bool,
}

impl Connections {
    /// Creates a counter with this maximum.
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), max })
    }

    /// Counts a new connection.
    pub fn open(self: &Arc<Self>) -> Connection {
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        Connection { pool: Arc::clone(self), is_over_limit: before >= self.max }
    }
}

impl Connection {
    /// Returns whether the maximum was reached when it was opened.
    pub fn is_over_limit(&self) -> bool {
        self.is_over_limit
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.pool.open.fetch_sub(1, Ordering::Relaxed);
    }
}
