//! A database of its own for each test, and the program's commands on it.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::postgres;

/// An empty database for one test.
pub struct Database {
    pub url: String,
    pub directory: TempDir,
}

impl Database {
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { url: format!("sqlite:{}", directory.path().join("record.db").display()), directory }
    }

    pub fn postgres() -> Option<Self> {
        Some(Self { url: postgres::database()?, directory: tempfile::tempdir().unwrap() })
    }

    /// Runs a command on this database to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        taskforce().args(arguments).args(["--database-url", &self.url]).output().unwrap()
    }

    /// A new key.
    pub fn key(&self, scope: &str) -> String {
        let output = self.run(&["keys", "create", "--name", "test", "--scope", scope]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// The program, unconfigured by the environment.
pub fn taskforce() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskforce"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TASKFORCE_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}
