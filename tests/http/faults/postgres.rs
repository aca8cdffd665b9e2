//! What is done to PostgreSQL: each test has a server of its own.

use std::time::{Duration, Instant};

use super::{Load, UNKEPT, away, enter, folder, heals, is_whole};
use crate::postgres::Server;
use crate::support::Api;

/// A server on a PostgreSQL of its own, to which harm may be done.
fn fragile() -> Option<(Server, Api)> {
    let server = Server::launch()?;
    let api = Api::start(server.database(), folder(), &UNKEPT);
    Some((server, api))
}

#[test]
fn a_postgres_that_restarts_stops_and_starts() {
    let Some((server, api)) = fragile() else { return };
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
fn a_postgres_that_restarts_under_load_loses_nothing() {
    let Some(server) = Server::launch() else { return };
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
fn a_postgres_that_says_nothing_is_not_waited_for() {
    let Some((server, api)) = fragile() else { return };
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
fn readers_who_wait_for_one_another_are_told() {
    let Some((server, api)) = fragile() else { return };
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
