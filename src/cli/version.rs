//! The version that `--version` prints.

/// The version, with the commit, if known, and the features.
pub(super) const VERSION: &str = if cfg!(feature = "tls") { WITH_TLS } else { WITHOUT_TLS };

const WITH_TLS: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("TASKFORCE_COMMIT"),
    "; databases: SQLite, PostgreSQL with TLS)"
);

const WITHOUT_TLS: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("TASKFORCE_COMMIT"),
    "; databases: SQLite, PostgreSQL without TLS)"
);
