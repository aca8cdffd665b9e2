//! Progress bars on terminals.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar, or a counter if the number of steps is unknown. It disappears when it is
/// dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(message: &'static str, steps: Option<u64>) -> Self {
        let (bar, template) = match steps {
            Some(steps) => {
                (ProgressBar::new(steps), "{msg} {wide_bar} {human_pos}/{human_len}, {eta} left")
            }
            None => (ProgressBar::new_spinner(), "{spinner} {msg} {human_pos}, {elapsed}"),
        };
        // The templates are valid.
        let bar = bar.with_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(message);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Sets the number of completed steps.
    pub(super) fn set(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
