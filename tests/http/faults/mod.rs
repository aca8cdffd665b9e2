//! What goes wrong around the server: it says so in time, loses nothing that it acknowledged, and
//! heals without a restart.
//!
//! Tests that take long are ignored; `cargo test --test http faults -- --include-ignored` runs them
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

use crate::support::{Answer, Api};

/// Every answer comes from the store.
const UNKEPT: [&str; 2] = ["--cache-size", "0"];

const PATIENCE: Duration = Duration::from_secs(10);

fn folder() -> Arc<tempfile::TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

fn file_of(api: &Api) -> &str {
    api.database().trim_start_matches("sqlite:")
}

fn enter(api: &Api, key: &str, id: &str) -> Result<Answer, ureq::Error> {
    let body = json!({ "id": id, "name": id }).to_string();
    let bearer = format!("Bearer {key}");
    api.try_send(
        "POST",
        "/v1/people",
        &[("Authorization", &bearer), ("Content-Type", "application/json")],
        body.as_bytes(),
    )
}

/// Asserts that the store is told to be away, in time and as it should be.
fn away(ask: impl FnOnce() -> Answer) {
    let began = Instant::now();
    let answer = ask();
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (503, &json!("service-unavailable")),
        "{}",
        answer.text
    );
    assert!(!answer.header("retry-after").is_empty());
    assert!(began.elapsed() < PATIENCE, "it hung for {:?}", began.elapsed());
}

/// Asserts that this works again soon, and that nothing but 503 is answered until then.
fn heals(ask: impl Fn() -> Answer, status: u16) {
    let began = Instant::now();
    loop {
        let answer = ask();
        if answer.status == status {
            return;
        }
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(began.elapsed() < PATIENCE, "it does not heal: {}", answer.text);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits for what servers on one database agree on within a second.
fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(3), "they do not agree");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What writers did until they were stopped: the ids that they sent, and those that were
/// acknowledged, with their revisions.
#[derive(Default)]
struct Load {
    sent: Mutex<BTreeSet<String>>,
    acknowledged: Mutex<BTreeMap<String, i64>>,
    enough: AtomicBool,
}

impl Load {
    /// Writes from some threads at once while something is done to the server.
    fn during(&self, api: &Api, key: &str, name: &str, harm: impl FnOnce()) {
        self.enough.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for number in 0.. {
                        let id = format!("{name}-{thread}-{number}");
                        self.sent.lock().unwrap().insert(id.clone());
                        match enter(api, key, &id) {
                            Ok(answer) if answer.status == 201 => {
                                let revision = answer.json()["revision"].as_i64().unwrap();
                                self.acknowledged.lock().unwrap().insert(id, revision);
                            }
                            Ok(answer) => {
                                assert!([503, 507].contains(&answer.status), "{}", answer.text)
                            }
                            Err(_) => return,
                        }
                        if self.enough.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            }
            // Also where it panics, or the writers would go on for ever.
            let done = catch_unwind(AssertUnwindSafe(harm));
            self.enough.store(true, Ordering::Relaxed);
            done.unwrap_or_else(|panic| resume_unwind(panic));
        });
    }

    /// Asserts that all that was acknowledged is there, nothing is that was never sent, and the
    /// record is whole.
    fn is_kept(&self, api: &Api) {
        let kept = people(api);
        let lost: Vec<_> = self
            .acknowledged
            .lock()
            .unwrap()
            .keys()
            .filter(|id| !kept.contains(*id))
            .cloned()
            .collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let unknown: Vec<_> = kept.difference(&self.sent.lock().unwrap()).cloned().collect();
        assert!(unknown.is_empty(), "never sent: {unknown:?}");
        is_whole(api);
    }
}

/// The ids of everybody in the record.
fn people(api: &Api) -> BTreeSet<String> {
    api.all("/v1/people?limit=200&fields=id")
        .iter()
        .map(|person| person["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Asserts that the revisions have no gap and that the record passes its own verification.
fn is_whole(api: &Api) {
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
    until(|| api.revision() == after);
    let (told, code) = api.run(&["verify"]);
    assert_eq!(code, 0, "{told}");
}
