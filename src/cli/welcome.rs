//! The first output of the server.

use std::io::IsTerminal as _;

use super::print_line;
use crate::store::Location;

/// Prints the address of the server on one line and, on a terminal, the next steps.
pub(super) fn print(address: &str, revision: i64, database: &Location) {
    print_line(format_args!("taskforce: serving revision {revision} on {address}"));
    if std::io::stdout().is_terminal() {
        print_line(format_args!("{}", next_steps(address, &database.display())));
    }
}

fn next_steps(address: &str, database: &str) -> String {
    format!(
        "
  Pages            {address}
  API reference    {address}/docs
  Database         {database}

  To create a key that may write, run in another terminal:
    taskforce keys create --name \"Your name\" --scope write --database-url {database}

  Press Ctrl+C to stop.
"
    )
}

#[cfg(test)]
mod tests {
    use super::next_steps;

    #[test]
    fn shows_the_addresses_and_the_database() {
        let steps = next_steps("http://127.0.0.1:8080", "sqlite:/data/record.db");
        for expected in [
            "Pages            http://127.0.0.1:8080\n",
            "API reference    http://127.0.0.1:8080/docs\n",
            "Database         sqlite:/data/record.db\n",
            "--database-url sqlite:/data/record.db\n",
        ] {
            assert!(steps.contains(expected), "{steps}");
        }
    }
}
