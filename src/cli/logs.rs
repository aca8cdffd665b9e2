//! The log, on standard error.

use clap::ValueEnum;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The events that are logged if `RUST_LOG` does not select others.
const DEFAULT_FILTER: &str = "warn,taskforce=info";

/// Starts logging on a separate thread, so that a full disk or a blocked pipe loses lines instead
/// of delaying requests. Dropping the guard writes the remaining lines.
pub(super) fn start(format: Format) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let selected = std::env::var("RUST_LOG").ok().filter(|selected| !selected.is_empty());
    let selected = selected.as_deref().unwrap_or(DEFAULT_FILTER);
    let (filter, fault) = match selected.parse::<Targets>() {
        Ok(filter) => (Some(filter), None),
        Err(fault) => (DEFAULT_FILTER.parse().ok(), Some(fault)),
    };
    let lines = tracing_subscriber::fmt::layer::<Registry>().with_writer(writer);
    let lines = match format {
        Format::Text => lines.with_ansi(false).boxed(),
        Format::Json => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    let result = tracing_subscriber::registry().with(lines).with(filter).try_init();
    // Fails only if the program that uses this library has set a logger.
    drop(result);
    if let Some(fault) = fault {
        tracing::warn!(
            "RUST_LOG is ignored: {fault}; use LEVEL or TARGET=LEVEL, such as {DEFAULT_FILTER}"
        );
    }
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(
            place = panic.location().map(ToString::to_string),
            "panic: {}",
            panic.payload_as_str().unwrap_or("no message")
        );
    }));
    guard
}
