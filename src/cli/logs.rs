//! What the program tells of its doings, on standard error.

use clap::ValueEnum;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Begins to log. What is written goes through a thread of its own: a full disk, or a reader who
/// does not read, costs lines and never a request. The guard, dropped, writes what is left.
pub(super) fn begin(format: Format) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,taskforce=info".into());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let begun = match format {
        Format::Text => lines.with_ansi(false).try_init(),
        Format::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
    };
    // Another logger was there first only where this is called as a library.
    drop(begun);
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(
            place = panic.location().map(ToString::to_string),
            "a panic: {}",
            panic.payload_as_str().unwrap_or("no words")
        );
    }));
    guard
}
