//! Backups that are made while others write.

use std::collections::BTreeSet;
use std::process::Command;

use super::{Load, folder, is_whole, people};
use crate::postgres;
use crate::support::Api;

/// What is restored from a backup that was made under load is the record at one revision: all that
/// was acknowledged up to it, and nothing else.
fn backed_up_under_load(api: &Api, rounds: usize) {
    let (key, load, folder) = (api.key(), Load::default(), folder());
    let file = |round: usize| folder.path().join(format!("{round}.backup")).display().to_string();
    let mut acknowledged_before = Vec::new();
    load.during(api, &key, "b", || {
        for round in 0..rounds {
            std::thread::sleep(std::time::Duration::from_millis(200));
            acknowledged_before
                .push(load.acknowledged.lock().unwrap().values().copied().max().unwrap_or(0));
            let (told, code) = api.run(&["backup", &file(round)]);
            assert_eq!(code, 0, "{told}");
        }
    });
    let acknowledged = load.acknowledged.lock().unwrap();
    for (round, before) in acknowledged_before.into_iter().enumerate() {
        // Into either kind in turn.
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
            "revision {before} was acknowledged before the backup began, which stands at {revision}"
        );
        let right: BTreeSet<String> = acknowledged
            .iter()
            .filter(|(_, made)| **made <= revision)
            .map(|(id, _)| id.clone())
            .collect();
        assert_eq!(people(&restored), right);
        is_whole(&restored);
    }
}

#[test]
#[ignore = "takes most of a minute"]
fn a_backup_under_load_is_one_revision_sqlite() {
    backed_up_under_load(&Api::sqlite(&["--no-bundled-records"]), 4);
}

#[test]
#[ignore = "takes most of a minute"]
fn a_backup_under_load_is_one_revision_postgres() {
    backed_up_under_load(&Api::postgres(&["--no-bundled-records"]), 4);
}
