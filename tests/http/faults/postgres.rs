//! What is done to PostgreSQL: each test has a server of its own.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::disk::SmallDisk;
use super::{Load, UNKEPT, away, enter, folder, heals, is_whole};
use crate::dice::Dice;
use crate::postgres::Server;
use crate::support::Api;

/// A server on a PostgreSQL of its own, to which harm may be done.
fn fragile() -> (Server, Api) {
    let server = Server::launch();
    let api = Api::start(server.database(), folder(), &UNKEPT);
    (server, api)
}

#[test]
#[ignore = "takes ten seconds, with a PostgreSQL of its own"]
fn recovers_from_a_restart_of_postgres() {
    let (server, api) = fragile();
    let key = api.key();
    for _ in 0..3 {
        assert_eq!(api.get("/v1/people?limit=1").status, 200);
        assert_eq!(api.get("/v1/people?limit=1&revision=0").status, 200);
    }
    assert_eq!(enter(&api, &key, "before").unwrap().status, 201);
    assert!(server.terminate_connections(api.database()) > 0);
    assert_eq!(api.get("/v1/people/before").status, 200, "a lost connection costs no request");
    assert_eq!(enter(&api, &key, "between").unwrap().status, 201, "nor a write");
    server.restart();
    heals(|| api.get("/v1/people/between"), 200);
    server.stop();
    for _ in 0..3 {
        away(|| api.get("/v1/people/between"));
        away(|| enter(&api, &key, "lost").unwrap());
        away(|| api.get("/health/ready"));
        assert_eq!(api.get("/health/live").status, 200);
    }
    server.start();
    heals(|| api.get("/v1/people/between"), 200);
    heals(|| enter(&api, &key, "after").unwrap(), 201);
    assert_eq!(api.get("/v1/people/lost").status, 404);
    is_whole(&api);
}

#[test]
#[ignore = "takes ten seconds, with a PostgreSQL of its own"]
fn loses_no_write_when_postgres_restarts_under_load() {
    let server = Server::launch();
    let api = Api::start(server.database(), folder(), &["--no-bundled-records"]);
    let (key, load) = (api.key(), Load::default());
    load.during(&api, &key, "p", || {
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(300));
            server.terminate_connections(api.database());
            server.restart();
        }
        heals(|| api.get("/v1/people?limit=1"), 200);
        std::thread::sleep(Duration::from_millis(300));
    });
    load.is_kept(&api);
}

#[test]
#[ignore = "takes ten seconds, with a PostgreSQL of its own"]
fn loses_no_write_when_postgres_is_killed_under_load() {
    let server = Server::launch();
    server.execute("ALTER ROLE postgres SET synchronous_commit = on");
    let api = Api::start(server.database(), folder(), &["--no-bundled-records"]);
    let (key, load) = (api.key(), Load::default());
    load.during(&api, &key, "k", || {
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(300));
            server.kill();
            away(|| api.get("/v1/people?limit=1"));
            server.start();
            heals(|| api.get("/v1/people?limit=1"), 200);
        }
        std::thread::sleep(Duration::from_millis(300));
    });
    load.is_kept(&api);
}

/// A server whose processes are stopped, as if the network hid it; they go on when this is dropped.
struct Stopped<'s>(&'s Server);

impl<'s> Stopped<'s> {
    fn new(server: &'s Server) -> Self {
        server.signal("STOP");
        Self(server)
    }
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.signal("CONT");
    }
}

#[test]
#[ignore = "takes ten seconds, with a PostgreSQL of its own"]
fn times_out_when_postgres_does_not_respond() {
    let (server, api) = fragile();
    let key = api.key();
    assert_eq!(api.get("/v1/people?limit=1").status, 200);
    let stopped = Stopped::new(&server);
    std::thread::scope(|scope| {
        scope.spawn(|| away(|| api.get("/v1/people?limit=2")));
        scope.spawn(|| away(|| api.get("/v1/people?limit=2&revision=0")));
        scope.spawn(|| away(|| api.get("/health/ready")));
        scope.spawn(|| away(|| enter(&api, &key, "silent").unwrap()));
    });
    let began = Instant::now();
    away(|| api.get("/v1/people?limit=3"));
    assert!(began.elapsed() < Duration::from_secs(2), "once it is known, it is told at once");
    drop(stopped);
    heals(|| api.get("/v1/people?limit=4"), 200);
    heals(|| enter(&api, &key, "after").unwrap(), 201);
    is_whole(&api);
}

#[test]
#[ignore = "waits 15 seconds"]
fn answers_503_while_a_table_is_locked() {
    let (server, api) = fragile();
    std::thread::scope(|scope| {
        let lock = "BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(11); COMMIT";
        scope.spawn(|| server.execute_in(api.database(), lock));
        std::thread::sleep(Duration::from_millis(700));
        for _ in 0..30 {
            scope.spawn(|| away(|| api.get("/v1/people?limit=1")));
        }
    });
    heals(|| api.get("/v1/people?limit=1"), 200);
    assert_eq!(api.get("/v1/meetings?limit=1").status, 200);
}

#[test]
#[ignore = "takes ten seconds, with a PostgreSQL of its own"]
fn reports_a_full_disk_of_postgres_tables_and_recovers() {
    let Some(disk) = SmallDisk::new("48m") else { return };
    let server = Server::launch();
    // PostgreSQL wants a directory of its own user's.
    chown(disk.path(), Some(std::fs::metadata(server.directory()).unwrap().uid()), None).unwrap();
    let tables = disk.path().join("tables");
    std::fs::create_dir(&tables).unwrap();
    chown(&tables, Some(std::fs::metadata(server.directory()).unwrap().uid()), None).unwrap();
    server.execute(&format!("CREATE TABLESPACE small LOCATION '{}'", tables.display()));
    server.execute("ALTER ROLE postgres SET default_tablespace = small");
    let api = Api::start(server.database(), folder(), &UNKEPT);
    let key = api.key();
    let mut dice = Dice::new(7);
    // Texts that cannot be compressed.
    let mut write = |number: usize| {
        let text: String = (0..15_000).map(|_| char::from(b'!' + dice.roll(90) as u8)).collect();
        let body =
            json!({ "id": format!("f-{number}"), "name": "Fills the disk", "summary": text })
                .to_string();
        api.change(&key, "POST", "/v1/people", &[], &body)
    };
    disk.fill(1 << 20);
    let full = (0..500).find(|number| {
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
    assert_eq!(write(full).status, 507);
    assert_eq!(api.get(&format!("/v1/people/f-{full}")).status, 404, "nothing of it was kept");
    for path in [
        "/v1/people?limit=200&sort=-name",
        "/v1/commitments?format=csv",
        "/v1/search?q=state",
        "/v1/meetings?revision=1",
    ] {
        assert_eq!(api.get(path).status, 200, "reading goes on: {path}");
    }
    disk.free();
    assert_eq!(write(full).status, 201);
    is_whole(&api);
}

#[test]
#[ignore = "takes ten seconds, with a PostgreSQL of its own"]
fn reports_a_full_disk_of_the_postgres_log_and_recovers() {
    let Some(disk) = SmallDisk::new("80m") else { return };
    let server = Server::launch();
    // What is acknowledged is to outlive the panic that PostgreSQL answers with.
    server.execute("ALTER ROLE postgres SET synchronous_commit = on");
    server.stop();
    let log = format!("{}/pg_wal", server.directory());
    let moved = disk.path().join("pg_wal");
    assert!(Command::new("mv").arg(&log).arg(&moved).status().unwrap().success());
    std::os::unix::fs::symlink(&moved, &log).unwrap();
    server.start();
    let api = Api::start(server.database(), folder(), &["--no-bundled-records"]);
    let (key, load) = (api.key(), Load::default());
    load.during(&api, &key, "w", || {
        std::thread::sleep(Duration::from_millis(300));
        disk.fill(0);
        let message = "SELECT pg_logical_emit_message(false, 'fills', repeat('x', 1000000))";
        let panicked = (0..100).any(|_| server.try_execute_in(api.database(), message).is_err());
        assert!(panicked, "the log should be full");
        for _ in 0..5 {
            for path in ["/v1/people?limit=1", "/v1/people?revision=0", "/health/ready"] {
                let answer = api.get(path);
                assert!([200, 503].contains(&answer.status), "{path}: {}", answer.text);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        disk.free();
        server.restart();
        heals(|| api.get("/v1/people?limit=1"), 200);
        std::thread::sleep(Duration::from_millis(300));
    });
    heals(|| enter(&api, &key, "w-after").unwrap(), 201);
    load.sent.lock().unwrap().insert("w-after".to_owned());
    load.is_kept(&api);
}
