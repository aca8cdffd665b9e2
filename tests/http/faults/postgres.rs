//! Faults of PostgreSQL. Each test has its own PostgreSQL server.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::disk::SmallDisk;
use super::{Load, UNCACHED, assert_recovers, assert_unavailable, assert_verified, enter, folder};
use crate::postgres::Server;
use crate::random::Random;
use crate::support::{Api, Response};

/// Starts a server on its own PostgreSQL, which the test may damage.
fn start_on_own_postgres() -> (Server, Api) {
    let server = Server::launch();
    let api = Api::start(server.database(), folder(), &UNCACHED);
    (server, api)
}

#[test]
#[ignore = "takes ten seconds, with its own PostgreSQL"]
fn recovers_from_a_restart_of_postgres() {
    let (server, api) = start_on_own_postgres();
    let key = api.key();
    for _ in 0..3 {
        assert_eq!(api.get("/v1/people?limit=1").status, 200);
        assert_eq!(api.get("/v1/people?limit=1&revision=0").status, 200);
    }
    assert_eq!(enter(&api, &key, "before").unwrap().status, 201);
    assert!(server.terminate_connections(api.database()) > 0);
    assert_eq!(api.get("/v1/people/before").status, 200, "a lost connection fails no read");
    assert_eq!(
        enter(&api, &key, "between").unwrap().status,
        201,
        "a lost connection fails no write"
    );
    server.restart();
    assert_recovers(|| api.get("/v1/people/between"), 200);
    server.stop();
    for _ in 0..3 {
        assert_unavailable(|| api.get("/v1/people/between"));
        assert_unavailable(|| enter(&api, &key, "lost").unwrap());
        assert_unavailable(|| api.get("/health/ready"));
        assert_eq!(api.get("/health/live").status, 200);
    }
    server.start();
    assert_recovers(|| api.get("/v1/people/between"), 200);
    assert_recovers(|| enter(&api, &key, "after").unwrap(), 201);
    assert_eq!(api.get("/v1/people/lost").status, 404);
    assert_verified(&api);
}

#[test]
#[ignore = "takes ten seconds, with its own PostgreSQL"]
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
        assert_recovers(|| api.get("/v1/people?limit=1"), 200);
        std::thread::sleep(Duration::from_millis(300));
    });
    load.assert_intact(&api);
}

#[test]
#[ignore = "takes ten seconds, with its own PostgreSQL"]
fn loses_no_write_when_postgres_is_killed_under_load() {
    let server = Server::launch();
    server.execute("ALTER ROLE postgres SET synchronous_commit = on");
    let api = Api::start(server.database(), folder(), &["--no-bundled-records"]);
    let (key, load) = (api.key(), Load::default());
    load.during(&api, &key, "k", || {
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(300));
            server.kill();
            assert_unavailable(|| api.get("/v1/people?limit=1"));
            server.start();
            assert_recovers(|| api.get("/v1/people?limit=1"), 200);
        }
        std::thread::sleep(Duration::from_millis(300));
    });
    load.assert_intact(&api);
}

/// A PostgreSQL server whose processes are stopped, as if the network were down. Dropping this
/// resumes them.
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
#[ignore = "takes ten seconds, with its own PostgreSQL"]
fn times_out_when_postgres_does_not_respond() {
    let (server, api) = start_on_own_postgres();
    let key = api.key();
    assert_eq!(api.get("/v1/people?limit=1").status, 200);
    let stopped = Stopped::new(&server);
    std::thread::scope(|scope| {
        scope.spawn(|| assert_unavailable(|| api.get("/v1/people?limit=2")));
        scope.spawn(|| assert_unavailable(|| api.get("/v1/people?limit=2&revision=0")));
        scope.spawn(|| assert_unavailable(|| api.get("/health/ready")));
        scope.spawn(|| assert_unavailable(|| enter(&api, &key, "silent").unwrap()));
    });
    let began = Instant::now();
    assert_unavailable(|| api.get("/v1/people?limit=3"));
    assert!(began.elapsed() < Duration::from_secs(2), "a known outage is reported immediately");
    drop(stopped);
    assert_recovers(|| api.get("/v1/people?limit=4"), 200);
    assert_recovers(|| enter(&api, &key, "after").unwrap(), 201);
    assert_verified(&api);
}

#[test]
#[ignore = "waits 15 seconds"]
fn answers_503_while_a_table_is_locked() {
    let (server, api) = start_on_own_postgres();
    std::thread::scope(|scope| {
        let lock = "BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(11); COMMIT";
        scope.spawn(|| server.execute_in(api.database(), lock));
        std::thread::sleep(Duration::from_millis(700));
        for _ in 0..30 {
            scope.spawn(|| assert_unavailable(|| api.get("/v1/people?limit=1")));
        }
    });
    assert_recovers(|| api.get("/v1/people?limit=1"), 200);
    assert_eq!(api.get("/v1/meetings?limit=1").status, 200);
}

#[test]
#[ignore = "waits 15 seconds"]
fn a_request_waits_for_a_lock_only_once() {
    let (server, api) = start_on_own_postgres();
    let key = api.key();
    let is_single_wait = |request: &dyn Fn() -> Response| {
        let begun = Instant::now();
        assert_eq!(request().status, 503);
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    };
    let post = |path: &str| api.change(&key, "POST", path, &[], r#"{"name":"A"}"#);
    let locked = |table: &str, request: &(dyn Fn() -> Response + Sync)| {
        let lock = format!(
            "BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(9); COMMIT"
        );
        std::thread::scope(|scope| {
            scope.spawn(|| server.execute_in(api.database(), &lock));
            std::thread::sleep(Duration::from_millis(700));
            let waiting = scope.spawn(|| is_single_wait(request));
            std::thread::sleep(Duration::from_millis(700));
            // A revision in the meantime would make the read repeat.
            if table != "keys" {
                assert_eq!(post("/v1/people").status, 201);
            }
            waiting.join().unwrap();
        });
    };
    locked("commitments", &|| api.get("/v1/commitments?sort=-name&limit=7"));
    locked("keys", &|| post("/v1/people"));
}

#[test]
#[ignore = "takes most of a minute"]
fn redacts_a_name_that_many_records_show() {
    let api = Api::postgres(&["--no-bundled-records"]);
    let commitments: Vec<_> = (0..8_000)
        .map(
            |number| json!({ "id": format!("c-{number}"), "name": "A", "departments": ["office"] }),
        )
        .collect();
    let office = json!({ "id": "office", "name": "Office", "other_names": ["Secret", "Other"] });
    api.import(&json!({ "organizations": [office], "commitments": commitments }).to_string());
    let body = json!({ "fields": ["/other_names/0"], "reason": "At their request." }).to_string();
    let path = "/v1/organizations/office/redactions";
    let response = api.change(&api.admin_key(), "POST", path, &[], &body);
    assert_eq!(response.status, 200, "{}", response.text);
    let total =
        |word: &str| api.get(&format!("/v1/commitments?q={word}")).json()["page"]["total"].clone();
    assert_eq!((total("secret"), total("other")), (json!(0), json!(8_000)));
}

#[test]
#[ignore = "takes ten seconds, with its own PostgreSQL"]
fn reports_a_full_disk_of_postgres_tables_and_recovers() {
    let Some(disk) = SmallDisk::new("48m") else { return };
    let server = Server::launch();
    // The directory must belong to PostgreSQL's user.
    chown(disk.path(), Some(std::fs::metadata(server.directory()).unwrap().uid()), None).unwrap();
    let tables = disk.path().join("tables");
    std::fs::create_dir(&tables).unwrap();
    chown(&tables, Some(std::fs::metadata(server.directory()).unwrap().uid()), None).unwrap();
    server.execute(&format!("CREATE TABLESPACE small LOCATION '{}'", tables.display()));
    server.execute("ALTER ROLE postgres SET default_tablespace = small");
    let api = Api::start(server.database(), folder(), &UNCACHED);
    let key = api.key();
    let mut random = Random::new(7);
    // Texts that cannot be compressed.
    let mut write = |number: usize| {
        let text: String = (0..15_000).map(|_| char::from(b'!' + random.below(90) as u8)).collect();
        let body =
            json!({ "id": format!("f-{number}"), "name": "Fills the disk", "summary": text })
                .to_string();
        api.change(&key, "POST", "/v1/people", &[], &body)
    };
    disk.fill(1 << 20);
    let full = (0..500).find(|number| {
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
    assert_eq!(write(full).status, 507);
    assert_eq!(
        api.get(&format!("/v1/people/f-{full}")).status,
        404,
        "a failed write leaves nothing"
    );
    for path in [
        "/v1/people?limit=200&sort=-name",
        "/v1/commitments?format=csv",
        "/v1/search?q=state",
        "/v1/meetings?revision=1",
    ] {
        assert_eq!(api.get(path).status, 200, "reads continue: {path}");
    }
    disk.free();
    assert_eq!(write(full).status, 201);
    assert_verified(&api);
}

#[test]
#[ignore = "takes ten seconds, with its own PostgreSQL"]
fn reports_a_full_disk_of_the_postgres_log_and_recovers() {
    let Some(disk) = SmallDisk::new("80m") else { return };
    let server = Server::launch();
    // Acknowledged writes must survive the panic of PostgreSQL.
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
                let response = api.get(path);
                assert!([200, 503].contains(&response.status), "{path}: {}", response.text);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        disk.free();
        server.restart();
        assert_recovers(|| api.get("/v1/people?limit=1"), 200);
        std::thread::sleep(Duration::from_millis(300));
    });
    assert_recovers(|| enter(&api, &key, "w-after").unwrap(), 201);
    load.sent.lock().unwrap().insert("w-after".to_owned());
    load.assert_intact(&api);
}
