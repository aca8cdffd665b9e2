//! How far long work has come, on a terminal; nothing where there is none.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many steps; without their number, a count that runs. Goes away when it is dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(what: &'static str, steps: Option<u64>) -> Self {
        let (bar, template) = match steps {
            Some(steps) => {
                (ProgressBar::new(steps), "{msg} {wide_bar} {human_pos}/{human_len}, {eta} left")
            }
            None => (ProgressBar::new_spinner(), "{spinner} {msg} {human_pos}, {elapsed}"),
        };
        // Both templates are ours, and good.
        let bar = bar.with_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Tells that so many steps are done.
    pub(super) fn at(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
