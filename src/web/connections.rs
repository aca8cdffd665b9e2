//! How many connections are open at once. Whoever comes when all places are taken is told so; left
//! to the system, they would wait unanswered until somebody else goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The connections that are open.
#[derive(Debug)]
pub struct Connections {
    open: AtomicUsize,
    most: usize,
}

/// One of them, for as long as it is open.
#[derive(Debug)]
pub struct Connection {
    among: Arc<Connections>,
    is_surplus: bool,
}

impl Connections {
    /// As many as may be open.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), most })
    }

    /// Counts one more.
    pub fn open(self: &Arc<Self>) -> Connection {
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        Connection { among: Arc::clone(self), is_surplus: before >= self.most }
    }
}

impl Connection {
    /// Whether it came when all places were taken.
    pub fn is_surplus(&self) -> bool {
        self.is_surplus
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.among.open.fetch_sub(1, Ordering::Relaxed);
    }
}
