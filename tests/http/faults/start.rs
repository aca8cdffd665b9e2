//! A first start that is killed: while the schema is made, while the bundled records are imported,
//! and between.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{UNKEPT, folder, is_whole};
use crate::postgres;
use crate::support::Api;

/// Begins on each of these databases as often as it has kills, at moments spread over the time that
/// a start takes, and lets a last start be. The first is only to see how long that takes.
fn killed_at_first(mut databases: impl Iterator<Item = String>, rounds: u32, kills: u32) {
    let began = Instant::now();
    drop(Api::start(databases.next().unwrap(), folder(), &UNKEPT));
    let whole = began.elapsed();
    for (round, database) in (0..rounds).zip(databases) {
        for kill in 0..kills {
            // Each kill of a round is later than the one before, for it finds more done.
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
        let api = Api::start(database, folder(), &UNKEPT);
        assert_eq!(api.revision(), 1, "one first revision");
        let (told, code) = api.run(&["import", "records/records.json", "--dry-run"]);
        assert!(code == 0 && told.starts_with("no changes: 0 created, 0 updated, "), "{told}");
        is_whole(&api);
    }
}

fn killed_at_first_on_sqlite(rounds: u32, kills: u32) {
    let folder = folder();
    killed_at_first(
        (0..).map(|number| {
            format!("sqlite:{}", folder.path().join(format!("{number}.db")).display())
        }),
        rounds,
        kills,
    );
}

fn killed_at_first_on_postgres(rounds: u32, kills: u32) {
    killed_at_first(std::iter::repeat_with(postgres::database), rounds, kills);
}

#[test]
#[ignore = "takes most of a minute"]
fn recovers_from_a_killed_first_start_sqlite() {
    killed_at_first_on_sqlite(2, 5);
}

#[test]
#[ignore = "takes most of a minute"]
fn recovers_from_a_killed_first_start_postgres() {
    killed_at_first_on_postgres(2, 5);
}

#[test]
#[ignore = "takes many minutes; skipped in CI"]
fn recovers_from_many_killed_first_starts() {
    killed_at_first_on_sqlite(40, 3);
    killed_at_first_on_postgres(40, 3);
}
