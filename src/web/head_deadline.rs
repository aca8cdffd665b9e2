//! A deadline for the heads of later requests on a connection. The framework bounds the first one
//! only, and stops its keep-alive timer at the first byte of the next.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The requests of a connection whose heads have arrived.
#[derive(Clone, Debug, Default)]
pub struct Requests(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: Cell<u64>,
    in_progress: Cell<usize>,
}

/// A request that is being handled.
#[derive(Debug)]
pub(crate) struct RequestGuard(Rc<Counts>);

impl Requests {
    /// Counts a request as in progress until the guard is dropped.
    pub(crate) fn begin(&self) -> RequestGuard {
        self.0.begun.set(self.0.begun.get() + 1);
        self.0.in_progress.set(self.0.in_progress.get() + 1);
        RequestGuard(Rc::clone(&self.0))
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.in_progress.set(self.0.in_progress.get() - 1);
    }
}

/// The time limit of the head that is arriving.
#[derive(Debug)]
pub(super) struct HeadDeadline {
    limit: Duration,
    requests: Requests,
    /// The number of requests that had begun when the first bytes of this head arrived.
    after: Option<u64>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl HeadDeadline {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, requests: Requests::default(), after: None, timer: None }
    }

    pub(super) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Records that bytes have arrived.
    pub(super) fn bytes_read(&mut self) {
        let begun = Some(self.requests.0.begun.get());
        if self.after != begun {
            (self.after, self.timer) = (begun, None);
        }
    }

    /// Records that part of a response was sent. The next head may have to wait for the rest.
    pub(super) fn bytes_written(&mut self) {
        if let Some(timer) = &mut self.timer {
            timer.as_mut().reset(Instant::now() + self.limit);
        }
    }

    /// Returns whether the head of a later request has taken too long. Called when no more bytes
    /// are available.
    pub(super) fn has_passed(&mut self, context: &mut Context<'_>) -> bool {
        let counts = &self.requests.0;
        let begun = counts.begun.get();
        if begun == 0 || counts.in_progress.get() > 0 || self.after != Some(begun) {
            (self.after, self.timer) = (None, None);
            return false;
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        let has_passed = timer.as_mut().poll(context).is_ready();
        if has_passed {
            (self.after, self.timer) = (None, None);
        }
        has_passed
    }
}
