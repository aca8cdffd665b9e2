//! Backups during writes.

use std::collections::BTreeSet;
use std::process::Command;

use super::{Load, assert_verified, folder, people};
use crate::postgres;
use crate::support::Api;

/// Restores a backup that was made under load, and checks that it is the dataset at one revision:
/// everything acknowledged up to it, and nothing else.
fn check_backup_under_load(api: &Api, rounds: usize) {
    let (key, load, folder) = (api.key(), Load::default(), folder());
    let file = |round: usize| folder.path().join(format!("{round}.backup")).display().to_string();
    let mut acknowledged_before = Vec::new();
    load.during(api, &key, "b", || {
        for round in 0..rounds {
            std::thread::sleep(std::time::Duration::from_millis(200));
            acknowledged_before
                .push(load.acknowledged.lock().unwrap().values().copied().max().unwrap_or(0));
            let (output, code) = api.run(&["backup", &file(round)]);
            assert_eq!(code, 0, "{output}");
        }
    });
    let acknowledged = load.acknowledged.lock().unwrap();
    for (round, before) in acknowledged_before.into_iter().enumerate() {
        // Alternates between both kinds of databases.
        let database = match round % 2 {
            0 => format!("sqlite:{}", folder.path().join(format!("{round}.db")).display()),
            _ => postgres::database(),
        };
        let restored = Command::new(env!("CARGO_BIN_EXE_taskforce"))
            .args(["restore", &file(round), "--database-url", &database])
            .output()
            .unwrap();
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        let restored = Api::start(database, folder.clone(), &["--no-bundled-records"]);
        let revision = restored.revision();
        assert!(
            revision >= before,
            "revision {before} was acknowledged before the backup began, which is at {revision}"
        );
        let right: BTreeSet<String> = acknowledged
            .iter()
            .filter(|(_, made)| **made <= revision)
            .map(|(id, _)| id.clone())
            .collect();
        assert_eq!(people(&restored), right);
        assert_verified(&restored);
    }
}

#[test]
#[ignore = "takes most of a minute"]
fn a_backup_under_load_is_one_revision_sqlite() {
    check_backup_under_load(&Api::sqlite(&["--no-bundled-records"]), 4);
}

#[test]
#[ignore = "takes most of a minute"]
fn a_backup_under_load_is_one_revision_postgres() {
    check_backup_under_load(&Api::postgres(&["--no-bundled-records"]), 4);
}
