//! Faults of the SQLite file and of its disk.

use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::json;

use super::{
    MAX_WAIT, UNCACHED, assert_recovers, assert_unavailable, assert_verified, enter, file_of,
    folder,
};
use crate::support::Api;

/// A small file system, if the machine allows mounting one.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    pub fn new(size: &str) -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        if disk.mount(&format!("size={size}")) {
            return Some(disk);
        }
        eprintln!("*** no file system can be mounted here: a full disk was NOT tested ***");
        None
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the disk up to this many free bytes.
    pub fn fill(&self, room: u64) {
        let mut file = std::fs::File::create(self.filling()).unwrap();
        while file.write_all(&[0; 65_536]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(room)).unwrap();
    }

    /// Frees the space again.
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
        &UNCACHED,
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
        let response = write(*number);
        if response.status != 201 {
            assert_eq!(
                (response.status, &response.json()["code"]),
                (507, &json!("storage-full")),
                "{}",
                response.text
            );
        }
        response.status != 201
    });
    let full = full.expect("the disk should be full");
    assert_eq!(
        api.get(&format!("/v1/people/f-{full}")).status,
        404,
        "a failed write leaves nothing"
    );
    assert_eq!(api.get(&format!("/v1/people/f-{}", full - 1)).status, 200, "reads continue");
    assert_eq!(api.get("/v1/commitments?format=csv").status, 200);
    assert!(disk.mount("remount,size=64m"));
    assert_recovers(|| write(full), 201);
    assert_verified(&api);
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
    let api = Api::sqlite(&UNCACHED);
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
    let mut reported = 0;
    for path in lists.iter().cycle().take(20) {
        let response = api.get(path);
        assert!([200, 503].contains(&response.status), "{path}: {}", response.text);
        reported += usize::from(response.status == 503);
    }
    assert!(reported > 0, "garbage was read as a record");
    assert_unavailable(|| {
        api.change(&key, "POST", "/v1/people", &[], r#"{"name":"Into garbage"}"#)
    });
    file.write_all_at(&good, 0).unwrap();
    for path in lists {
        assert_recovers(|| api.get(path), 200);
    }
    assert_recovers(|| enter(&api, &key, "after").unwrap(), 201);
    assert_verified(&api);
}

#[test]
fn reports_damaged_pages() {
    let api = Api::sqlite(&UNCACHED);
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
        api.ended(MAX_WAIT);
        std::fs::write(&path, &bad).unwrap();
        api.restart(&UNCACHED)
    };
    let mut reported = 0;
    for (list, _) in crate::support::LISTS {
        for query in ["limit=200", "facets=year", "format=csv", "revision=1&limit=200"] {
            let response = api.try_send("GET", &format!("/v1/{list}?{query}"), &[], b"");
            // A stream that reads a damaged page ends early, without its last chunk.
            let Ok(response) = response else {
                reported += 1;
                continue;
            };
            assert!(
                [200, 400, 503].contains(&response.status),
                "{list}?{query}: {}",
                response.text
            );
            reported += usize::from(response.status == 503);
        }
    }
    assert!(reported > 0, "no damaged page was read");
}

#[test]
fn waits_for_a_lock_of_another_process_and_reports_it() {
    let api = Api::sqlite(&UNCACHED);
    let key = api.key();
    let mut other = SqliteConnection::establish(file_of(&api)).unwrap();
    other.batch_execute("BEGIN EXCLUSIVE").unwrap();
    assert_unavailable(|| enter(&api, &key, "locked").unwrap());
    assert_eq!(api.get("/v1/people?limit=1").status, 200, "reads continue");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(enter(&api, &key, "unlocked").unwrap().status, 201);
    assert_eq!(api.get("/v1/people/locked").status, 404, "a rejected write is not executed later");
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
        assert_eq!(api.get("/v1/people?limit=1").status, 200, "reads continue");
        assert_unavailable(|| enter(&api, &key, "refused").unwrap());
        permit("a+rwX");
        let api = api.restart(&[]);
        assert_eq!(enter(&api, &key, "after").unwrap().status, 201);
    } else {
        permit("u+rwX");
        eprintln!("*** no other user is available here: a read-only directory was NOT tested ***");
    }
}
