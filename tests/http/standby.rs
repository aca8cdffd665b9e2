//! Reads from a standby of PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::monitoring::{self, metric};
use crate::postgres::Server;
use crate::support::Api;

/// A server with its own primary and standby.
struct Pair {
    primary: Server,
    standby: Server,
    api: Api,
    metrics: String,
    key: String,
}

fn folder() -> Arc<tempfile::TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

impl Pair {
    fn start() -> Self {
        let primary = Server::launch();
        let database = primary.database();
        let key = Api::start(database.clone(), folder(), &["--no-bundled-records"]).key();
        let standby = primary.standby();
        let metrics = monitoring::free_address();
        let arguments = [
            "--read-database-url",
            &standby.copy_of(&database),
            "--cache-size",
            "0",
            "--metrics-listen",
            &metrics,
        ];
        let api = Api::start(database, folder(), &arguments);
        let pair = Self { primary, standby, api, metrics, key };
        pair.until(1.0);
        pair
    }

    /// Waits until the standby is in use (1) or not (0).
    fn until(&self, up: f64) {
        let began = Instant::now();
        while self.metric("taskforce_standby_up") != up {
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "the state of the standby is not detected"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the standby has responded to another read.
    fn until_read(&self) {
        let began = Instant::now();
        let before = self.metric("taskforce_standby_reads_total");
        while self.metric("taskforce_standby_reads_total") == before {
            assert!(began.elapsed() < Duration::from_secs(10), "the standby responses no read");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn metric(&self, name: &str) -> f64 {
        metric(&self.api.get(&format!("http://{}/metrics", self.metrics)).text, name)
    }

    fn write(&self, id: &str) -> i64 {
        let body = json!({ "id": id, "name": id }).to_string();
        let response = self.api.change(&self.key, "POST", "/v1/people", &[], &body);
        assert_eq!(response.status, 201, "{}", response.text);
        response.json()["revision"].as_i64().unwrap()
    }

    /// Asserts that reads return this revision.
    fn reads(&self, id: &str, revision: i64) {
        assert_eq!(self.api.get(&format!("/v1/people/{id}")).json()["id"], id);
        let list = self.api.get("/v1/people?limit=1").json();
        assert_eq!(list["revision"], revision, "{list}");
        let pinned = self.api.get(&format!("/v1/people?limit=1&revision={revision}"));
        assert_eq!(pinned.json()["revision"], revision);
    }
}

#[test]
#[ignore = "takes ten seconds, with its own two PostgreSQL servers"]
fn a_standby_never_returns_an_older_state_than_the_client_has_seen() {
    let pair = Pair::start();
    let before = pair.metric("taskforce_standby_reads_total");
    for number in 0..20 {
        let id = format!("p-{number}");
        let revision = pair.write(&id);
        pair.reads(&id, revision);
    }
    std::thread::sleep(Duration::from_millis(300));
    pair.until(1.0);
    pair.api.get("/v1/people/p-0");
    assert!(pair.metric("taskforce_standby_reads_total") > before, "the standby responses");

    pair.standby.execute("SELECT pg_wal_replay_pause()");
    let revision = pair.write("while-it-lags");
    pair.reads("while-it-lags", revision);
    pair.until(0.0);
    pair.standby.execute("SELECT pg_wal_replay_resume()");
    pair.until(1.0);
    pair.reads("while-it-lags", revision);

    pair.standby.stop();
    pair.reads("while-it-lags", revision);
    pair.until(0.0);
    let revision = pair.write("while-it-is-stopped");
    pair.reads("while-it-is-stopped", revision);
    pair.standby.start();
    pair.until(1.0);

    pair.standby.promote();
    pair.until(0.0);
    let people = pair.standby.copy_of(pair.api.database());
    pair.standby.execute_in(&people, "UPDATE revisions SET reason = 'of another history'");
    let changes = pair.api.get("/v1/changes").json();
    assert!(changes["data"].as_array().is_some_and(|all| !all.is_empty()), "{changes}");
    assert!(!changes.to_string().contains("of another history"), "a promoted standby is not read");
    let revision = pair.write("after-the-promotion");
    pair.reads("after-the-promotion", revision);
    assert_eq!(pair.primary.execute("SELECT 1"), "1");
}

#[test]
#[ignore = "takes ten seconds, with its own two PostgreSQL servers"]
fn reads_during_writes_are_never_older_than_the_last_response() {
    let pair = Pair::start();
    let (done, pair, began) = (AtomicBool::new(false), &pair, Instant::now());
    // A writer that panics must not leave the readers running.
    let reading = || !done.load(Ordering::Relaxed) && began.elapsed() < Duration::from_secs(60);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut seen = 0;
                while reading() {
                    let response = pair.api.get("/v1/people?limit=1&sort=-updated_at").json();
                    let revision = response["revision"].as_i64().unwrap();
                    assert!(revision >= seen, "{revision} after {seen}");
                    let newest = &response["data"][0]["revision"];
                    assert_eq!(newest, &Json::from(revision), "the data is of that revision");
                    seen = revision;
                }
            });
        }
        for number in 0..100 {
            pair.write(&format!("p-{number}"));
            std::thread::sleep(Duration::from_millis(20));
            if number % 20 == 0 {
                pair.until_read();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn rejects_a_standby_of_sqlite() {
    let api = Api::sqlite(&[]);
    let output =
        api.errors_of(&["serve", "--listen", "127.0.0.1:0", "--read-database-url", "sqlite:x.db"]);
    assert!(output.contains("both URLs must begin with postgres://"), "{output}");
}
