//! What is done to the file of SQLite and to the disk that it lies on.

use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::json;

use super::{PATIENCE, UNKEPT, away, enter, file_of, folder, heals, is_whole};
use crate::support::Api;

/// A small file system of its own, where the system lets one be made.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    pub fn new(size: &str) -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        if disk.mount(&format!("size={size}")) {
            return Some(disk);
        }
        eprintln!("*** no file system can be mounted here: a full disk was NOT tried ***");
        None
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves this many bytes of room, at most.
    pub fn fill(&self, room: u64) {
        let mut file = std::fs::File::create(self.filling()).unwrap();
        while file.write_all(&[0; 65_536]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(room)).unwrap();
    }

    /// Makes room again.
    pub fn free(&self) {
        std::fs::remove_file(self.filling()).unwrap();
    }

    fn filling(&self) -> PathBuf {
        self.path().join("filling")
    }

    fn mount(&self, options: &str) -> bool {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(self.0.path())
            .stderr(Stdio::null())
            .status();
        mount.is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn reports_a_full_disk_and_recovers() {
    let Some(disk) = SmallDisk::new("16m") else { return };
    let api = Api::start(
        format!("sqlite:{}", disk.0.path().join("record.db").display()),
        folder(),
        &UNKEPT,
    );
    let key = api.key();
    let long = "x".repeat(15_000);
    let write = |number: usize| {
        let body =
            json!({ "id": format!("f-{number}"), "name": "Fills the disk", "summary": long })
                .to_string();
        api.change(&key, "POST", "/v1/people", &[], &body)
    };
    let full = (0..2_000).find(|number| {
        let answer = write(*number);
        if answer.status != 201 {
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (507, &json!("storage-full")),
                "{}",
                answer.text
            );
        }
        answer.status != 201
    });
    let full = full.expect("the disk should be full");
    assert_eq!(api.get(&format!("/v1/people/f-{full}")).status, 404, "nothing of it was kept");
    assert_eq!(api.get(&format!("/v1/people/f-{}", full - 1)).status, 200, "reading goes on");
    assert_eq!(api.get("/v1/commitments?format=csv").status, 200);
    assert!(disk.mount("remount,size=64m"));
    heals(|| write(full), 201);
    is_whole(&api);
}

#[test]
fn survives_a_full_disk_of_the_log() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else { return };
    let api = Api::start_logging_to(full.into());
    for _ in 0..200 {
        assert_eq!(api.get("/v1/people?limit=1").status, 200);
    }
}

#[test]
#[ignore = "takes a minute"]
fn reports_garbage_in_the_file_and_recovers() {
    let api = Api::sqlite(&UNKEPT);
    let key = api.key();
    let path = file_of(&api).to_owned();
    let mut other = SqliteConnection::establish(&path).unwrap();
    other.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(other);
    let good = std::fs::read(&path).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.write_all_at(&vec![0xA5; good.len()], 0).unwrap();
    let lists = [
        "/v1/commitments?limit=200",
        "/v1/meetings?facets=status",
        "/v1/people?format=csv",
        "/v1/awards?revision=1",
        "/health/ready",
    ];
    let mut told = 0;
    for path in lists.iter().cycle().take(20) {
        let answer = api.get(path);
        assert!([200, 503].contains(&answer.status), "{path}: {}", answer.text);
        told += usize::from(answer.status == 503);
    }
    assert!(told > 0, "garbage was taken for a record");
    away(|| api.change(&key, "POST", "/v1/people", &[], r#"{"name":"Into garbage"}"#));
    file.write_all_at(&good, 0).unwrap();
    for path in lists {
        heals(|| api.get(path), 200);
    }
    heals(|| enter(&api, &key, "after").unwrap(), 201);
    is_whole(&api);
}

#[test]
fn reports_damaged_pages() {
    let api = Api::sqlite(&UNKEPT);
    let path = file_of(&api).to_owned();
    SqliteConnection::establish(&path)
        .unwrap()
        .batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut bad = good.clone();
    for page in
        bad.chunks_mut(4_096).filter(|page| page.windows(7).any(|bytes| bytes == b"c-2024-"))
    {
        page.fill(0x5A);
    }
    let api = {
        api.signal("KILL");
        api.ended(PATIENCE);
        std::fs::write(&path, &bad).unwrap();
        api.again(&UNKEPT)
    };
    let mut told = 0;
    for (list, _) in crate::support::LISTS {
        for query in ["limit=200", "facets=year", "format=csv", "revision=1&limit=200"] {
            let answer = api.try_send("GET", &format!("/v1/{list}?{query}"), &[], b"");
            // A stream that meets the damage ends in the middle, without its last chunk.
            let Ok(answer) = answer else {
                told += 1;
                continue;
            };
            assert!([200, 400, 503].contains(&answer.status), "{list}?{query}: {}", answer.text);
            told += usize::from(answer.status == 503);
        }
    }
    assert!(told > 0, "the damage was not met");
}

#[test]
fn waits_for_a_lock_of_another_process_and_reports_it() {
    let api = Api::sqlite(&UNKEPT);
    let key = api.key();
    let mut other = SqliteConnection::establish(file_of(&api)).unwrap();
    other.batch_execute("BEGIN EXCLUSIVE").unwrap();
    away(|| enter(&api, &key, "locked").unwrap());
    assert_eq!(api.get("/v1/people?limit=1").status, 200, "reading goes on");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(enter(&api, &key, "unlocked").unwrap().status, 201);
    assert_eq!(api.get("/v1/people/locked").status, 404, "what was refused is not written later");
}

#[test]
fn reads_from_a_read_only_directory() {
    let folder = folder();
    let permit = |mode: &str| {
        assert!(
            Command::new("chmod").args(["-R", mode]).arg(folder.path()).status().unwrap().success()
        )
    };
    let api = Api::start(
        format!("sqlite:{}", folder.path().join("record.db").display()),
        Arc::clone(&folder),
        &[],
    );
    let (database, key) = (api.database().to_owned(), api.key());
    drop(api);
    permit("a=rX");
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if Command::new(nobody[0])
        .args(&nobody[1..])
        .arg("true")
        .status()
        .is_ok_and(|status| status.success())
    {
        let api = Api::start_by(&nobody, database, Arc::clone(&folder), &[]);
        assert_eq!(api.get("/v1/people?limit=1").status, 200, "reading goes on");
        away(|| enter(&api, &key, "refused").unwrap());
        permit("a+rwX");
        let api = api.again(&[]);
        assert_eq!(enter(&api, &key, "after").unwrap().status, 201);
    } else {
        permit("u+rwX");
        eprintln!("*** no other user can be had here: a read-only folder was NOT tried ***");
    }
}
