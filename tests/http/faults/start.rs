//! A server that is killed during its first start: while it creates the schema, imports the bundled
//! records, or in between.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{UNCACHED, assert_verified, folder};
use crate::postgres;
use crate::support::Api;

/// Starts on each database, is killed at moments spread over the duration of a start, and
/// then starts completely. The first start measures the duration.
fn kill_during_first_start(mut databases: impl Iterator<Item = String>, rounds: u32, kills: u32) {
    let began = Instant::now();
    drop(Api::start(databases.next().unwrap(), folder(), &UNCACHED));
    let whole = began.elapsed();
    for (round, database) in (0..rounds).zip(databases) {
        for kill in 0..kills {
            // Each kill of a round is later than the one before, since more is done already.
            let moment = whole * (kill * rounds + round + 1) / (kills * rounds);
            let command = if (kill + round) % 2 == 0 { "serve" } else { "migrate" };
            let arguments = if command == "serve" {
                &["serve", "--listen", "127.0.0.1:0"][..]
            } else {
                &["migrate"]
            };
            let mut process = Command::new(env!("CARGO_BIN_EXE_taskforce"))
                .args(arguments)
                .args(["--database-url", &database])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(moment.max(Duration::from_millis(2)));
            process.kill().unwrap();
            process.wait().unwrap();
        }
        let api = Api::start(database, folder(), &UNCACHED);
        assert_eq!(api.revision(), 1, "the bundled records were imported once");
        let (output, code) = api.run(&["import", "records/records.json", "--dry-run"]);
        assert!(code == 0 && output.starts_with("no changes: 0 created, 0 updated, "), "{output}");
        assert_verified(&api);
    }
}

fn kill_during_first_start_on_sqlite(rounds: u32, kills: u32) {
    let folder = folder();
    kill_during_first_start(
        (0..).map(|number| {
            format!("sqlite:{}", folder.path().join(format!("{number}.db")).display())
        }),
        rounds,
        kills,
    );
}

fn kill_during_first_start_on_postgres(rounds: u32, kills: u32) {
    kill_during_first_start(std::iter::repeat_with(postgres::database), rounds, kills);
}

#[test]
#[ignore = "takes most of a minute"]
fn recovers_from_a_killed_first_start_sqlite() {
    kill_during_first_start_on_sqlite(2, 5);
}

#[test]
#[ignore = "takes most of a minute"]
fn recovers_from_a_killed_first_start_postgres() {
    kill_during_first_start_on_postgres(2, 5);
}

#[test]
#[ignore = "takes many minutes; skipped in CI"]
fn recovers_from_many_killed_first_starts() {
    kill_during_first_start_on_sqlite(40, 3);
    kill_during_first_start_on_postgres(40, 3);
}
