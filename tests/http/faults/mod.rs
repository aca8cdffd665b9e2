//! Faults outside of the server. It must report them in time, lose no acknowledged write, and
//! recover without a restart.
//!
//! Slow tests are ignored; `cargo test --test http faults -- --include-ignored` runs them
//! too.

mod backup;
mod connections;
mod disk;
mod postgres;
mod process;
mod start;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Api, Response};

/// Options under which every response comes from the store.
const UNCACHED: [&str; 2] = ["--cache-size", "0"];

const MAX_WAIT: Duration = Duration::from_secs(10);

fn folder() -> Arc<tempfile::TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

fn file_of(api: &Api) -> &str {
    api.database().trim_start_matches("sqlite:")
}

fn enter(api: &Api, key: &str, id: &str) -> Result<Response, ureq::Error> {
    let body = json!({ "id": id, "name": id }).to_string();
    let bearer = format!("Bearer {key}");
    api.try_send(
        "POST",
        "/v1/people",
        &[("Authorization", &bearer), ("Content-Type", "application/json")],
        body.as_bytes(),
    )
}

/// Asserts that the store is reported as unavailable, in time.
fn assert_unavailable(ask: impl FnOnce() -> Response) {
    let began = Instant::now();
    let response = ask();
    assert_eq!(
        (response.status, &response.json()["code"]),
        (503, &json!("service-unavailable")),
        "{}",
        response.text
    );
    assert!(!response.header("retry-after").is_empty());
    assert!(began.elapsed() < MAX_WAIT, "it did not respond for {:?}", began.elapsed());
}

/// Asserts that a request succeeds again soon, and that it gets only 503 until then.
fn assert_recovers(ask: impl Fn() -> Response, status: u16) {
    let began = Instant::now();
    loop {
        let response = ask();
        if response.status == status {
            return;
        }
        assert_eq!(response.status, 503, "{}", response.text);
        assert!(began.elapsed() < MAX_WAIT, "it does not recover: {}", response.text);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits for a condition that servers on one database reach within a second.
pub fn wait_until(is_true: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < Duration::from_secs(3), "the servers do not agree");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The writes of a test: the ids that were sent, and the acknowledged ones with their revisions.
#[derive(Default)]
struct Load {
    sent: Mutex<BTreeSet<String>>,
    acknowledged: Mutex<BTreeMap<String, i64>>,
    enough: AtomicBool,
}

impl Load {
    /// Writes from several threads while `harm` damages the server.
    fn during(&self, api: &Api, key: &str, name: &str, harm: impl FnOnce()) {
        self.enough.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for number in 0.. {
                        let id = format!("{name}-{thread}-{number}");
                        self.sent.lock().unwrap().insert(id.clone());
                        match enter(api, key, &id) {
                            Ok(response) if response.status == 201 => {
                                let revision = response.json()["revision"].as_i64().unwrap();
                                self.acknowledged.lock().unwrap().insert(id, revision);
                            }
                            Ok(response) => {
                                assert!([503, 507].contains(&response.status), "{}", response.text)
                            }
                            Err(_) => return,
                        }
                        if self.enough.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            }
            // The writers must stop even if it panics.
            let done = catch_unwind(AssertUnwindSafe(harm));
            self.enough.store(true, Ordering::Relaxed);
            done.unwrap_or_else(|panic| resume_unwind(panic));
        });
    }

    /// Asserts that all acknowledged writes exist, nothing else does, and the database is intact.
    fn assert_intact(&self, api: &Api) {
        let stored = people(api);
        let lost: Vec<_> = self
            .acknowledged
            .lock()
            .unwrap()
            .keys()
            .filter(|id| !stored.contains(*id))
            .cloned()
            .collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let unknown: Vec<_> = stored.difference(&self.sent.lock().unwrap()).cloned().collect();
        assert!(unknown.is_empty(), "never sent: {unknown:?}");
        assert_verified(api);
    }
}

/// Returns the ids of all people.
fn people(api: &Api) -> BTreeSet<String> {
    api.all("/v1/people?limit=200&fields=id")
        .iter()
        .map(|person| person["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Asserts that the revisions have no gap and that `verify` finds no fault.
fn assert_verified(api: &Api) {
    let mut after = 0;
    loop {
        let page = api.get(&format!("/v1/changes?after={after}&limit=200")).json();
        let revisions: Vec<i64> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["revision"].as_i64().unwrap())
            .collect();
        assert_eq!(revisions, (after + 1..=after + revisions.len() as i64).collect::<Vec<_>>());
        after += revisions.len() as i64;
        if revisions.is_empty() {
            break;
        }
    }
    wait_until(|| api.revision() == after);
    let (output, code) = api.run(&["verify"]);
    assert_eq!(code, 0, "{output}");
}
