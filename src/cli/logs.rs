//! The log, on standard error.

use clap::ValueEnum;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts logging on a separate thread, so that a full disk or a blocked pipe loses lines instead
/// of delaying requests. Dropping the guard writes the remaining lines.
pub(super) fn start(format: Format) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,taskforce=info".into());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let result = match format {
        Format::Text => lines.with_ansi(false).try_init(),
        Format::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
    };
    // Fails only if the program that uses this library has set a logger.
    drop(result);
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(
            place = panic.location().map(ToString::to_string),
            "panic: {}",
            panic.payload_as_str().unwrap_or("no message")
        );
    }));
    guard
}
