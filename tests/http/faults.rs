//! What goes wrong around the server: it says so in time, loses nothing that it acknowledged, and heals without a restart.
//!
//! The long rounds are ignored; `cargo test --test http faults -- --include-ignored` runs them too.

use std::collections::BTreeSet;
use std::os::unix::fs::FileExt as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::{Value as Json, json};

use crate::postgres::Server;
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

/// A server on a PostgreSQL of its own, to which harm may be done.
fn fragile() -> Option<(Server, Api)> {
    let server = Server::launch()?;
    let api = Api::start(server.database(), folder(), &UNKEPT);
    Some((server, api))
}

fn enter(api: &Api, key: &str, id: &str) -> Result<Answer, ureq::Error> {
    let body = json!({ "id": id, "name": id }).to_string();
    let bearer = format!("Bearer {key}");
    api.try_send("POST", "/v1/people", &[("Authorization", &bearer), ("Content-Type", "application/json")], body.as_bytes())
}

/// Asserts that the store is told to be away, in time and as it should be.
fn away(ask: impl FnOnce() -> Answer) {
    let began = Instant::now();
    let answer = ask();
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("service-unavailable")), "{}", answer.text);
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

/// What writers did until they were stopped: the ids that they sent, and those that were acknowledged.
#[derive(Default)]
struct Load {
    sent: Mutex<BTreeSet<String>>,
    acknowledged: Mutex<BTreeSet<String>>,
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
                            Ok(answer) if answer.status == 201 => drop(self.acknowledged.lock().unwrap().insert(id)),
                            Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
                            Err(_) => return,
                        }
                        if self.enough.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            }
            harm();
            self.enough.store(true, Ordering::Relaxed);
        });
    }

    /// Asserts that all that was acknowledged is there, nothing is that was never sent, and the record is whole.
    fn is_kept(&self, api: &Api) {
        let kept: BTreeSet<String> =
            api.all("/v1/people?limit=200&fields=id").iter().map(|person| person["id"].as_str().unwrap().to_owned()).collect();
        let lost: Vec<_> = self.acknowledged.lock().unwrap().difference(&kept).cloned().collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let unknown: Vec<_> = kept.difference(&self.sent.lock().unwrap()).cloned().collect();
        assert!(unknown.is_empty(), "never sent: {unknown:?}");
        is_whole(api);
    }
}

/// Asserts that the revisions have no gap and that the record passes its own verification.
fn is_whole(api: &Api) {
    let mut after = 0;
    loop {
        let page = api.get(&format!("/v1/changes?after={after}&limit=200")).json();
        let revisions: Vec<i64> = page["data"].as_array().unwrap().iter().map(|entry| entry["revision"].as_i64().unwrap()).collect();
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

fn killed_under_load(mut api: Api, rounds: usize) {
    let (key, load) = (api.key(), Load::default());
    for round in 0..rounds {
        load.during(&api, &key, &format!("r{round}"), || {
            std::thread::sleep(Duration::from_millis(400 + 37 * (round as u64 % 10)));
            api.signal("KILL");
        });
        assert_eq!(api.ended(PATIENCE), Some(-1));
        api = api.again(&["--no-bundled-records"]);
        load.is_kept(&api);
    }
    let acknowledged = load.acknowledged.lock().unwrap().len();
    assert!(acknowledged > rounds, "nothing was written");
    eprintln!("{rounds} kills under load: {acknowledged} writes acknowledged, none lost");
}

fn killed_while_importing(mut api: Api, rounds: usize) {
    let key = api.key();
    let (mut whole, mut none) = (0, 0);
    for round in 0..rounds {
        let people: Vec<Json> = (0..1_500).map(|number| json!({ "id": format!("i{round}-{number}"), "name": "Imported" })).collect();
        let bundle = json!({ "people": people }).to_string();
        let before = api.revision();
        let acknowledged = std::thread::scope(|scope| {
            let bearer = format!("Bearer {key}");
            let api = &api;
            let import = scope.spawn(move || {
                api.try_send("POST", "/v1/import", &[("Authorization", &bearer), ("Content-Type", "application/json")], bundle.as_bytes())
            });
            std::thread::sleep(Duration::from_millis(150 + 90 * (round as u64 % 20)));
            api.signal("KILL");
            import.join().unwrap().is_ok_and(|answer| answer.status == 200)
        });
        assert_eq!(api.ended(PATIENCE), Some(-1));
        api = api.again(&["--no-bundled-records"]);
        let kept = api.get(&format!("/v1/people?id[starts_with]=i{round}-&limit=1")).json()["page"]["total"].as_i64().unwrap();
        assert!(kept == 1_500 || (kept == 0 && !acknowledged), "{kept} of 1500 are there; acknowledged: {acknowledged}");
        assert_eq!(api.revision(), before + i64::from(kept > 0));
        is_whole(&api);
        if kept > 0 { whole += 1 } else { none += 1 }
    }
    eprintln!("{rounds} kills while importing: {whole} times all of it was there, {none} times nothing");
}

#[test]
fn what_was_acknowledged_survives_a_kill_sqlite() {
    killed_under_load(Api::sqlite(&["--no-bundled-records"]), 2);
    killed_while_importing(Api::sqlite(&["--no-bundled-records"]), 2);
}

#[test]
fn what_was_acknowledged_survives_a_kill_postgres() {
    if let (Some(under_load), Some(importing)) = (Api::postgres(&["--no-bundled-records"]), Api::postgres(&["--no-bundled-records"])) {
        killed_under_load(under_load, 2);
        killed_while_importing(importing, 2);
    }
}

#[test]
#[ignore = "minutes"]
fn twenty_kills_sqlite() {
    killed_under_load(Api::sqlite(&["--no-bundled-records"]), 20);
    killed_while_importing(Api::sqlite(&["--no-bundled-records"]), 20);
}

#[test]
#[ignore = "minutes"]
fn twenty_kills_postgres() {
    if let (Some(under_load), Some(importing)) = (Api::postgres(&["--no-bundled-records"]), Api::postgres(&["--no-bundled-records"])) {
        killed_under_load(under_load, 20);
        killed_while_importing(importing, 20);
    }
}

#[test]
fn a_signal_under_load_loses_nothing() {
    let api = Api::sqlite(&["--no-bundled-records", "--shutdown-delay", "1"]);
    let (key, load) = (api.key(), Load::default());
    load.during(&api, &key, "s", || {
        std::thread::sleep(Duration::from_millis(300));
        api.signal("TERM");
        assert_eq!(api.ended(Duration::from_secs(15)), Some(0));
    });
    load.is_kept(&api.again(&["--no-bundled-records"]));
}

/// A small file system of its own, where the system lets one be made.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(size: &str) -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        if disk.mount(&format!("size={size}")) {
            return Some(disk);
        }
        eprintln!("*** no file system can be mounted here: a full disk was NOT tried ***");
        None
    }

    fn mount(&self, options: &str) -> bool {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(self.0.path()).stderr(Stdio::null()).status();
        mount.is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told_and_heals() {
    let Some(disk) = SmallDisk::new("16m") else { return };
    let api = Api::start(format!("sqlite:{}", disk.0.path().join("record.db").display()), folder(), &UNKEPT);
    let key = api.key();
    let long = "x".repeat(15_000);
    let write = |number: usize| {
        let body = json!({ "id": format!("f-{number}"), "name": "Fills the disk", "summary": long }).to_string();
        api.change(&key, "POST", "/v1/people", &[], &body)
    };
    let full = (0..2_000).find(|number| {
        let answer = write(*number);
        if answer.status != 201 {
            assert_eq!((answer.status, &answer.json()["code"]), (507, &json!("storage-full")), "{}", answer.text);
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
fn a_full_disk_for_the_log_harms_nobody() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else { return };
    let api = Api::start_logging_to(full.into());
    for _ in 0..200 {
        assert_eq!(api.get("/v1/people?limit=1").status, 200);
    }
}

#[test]
fn garbage_in_the_file_is_told_and_heals() {
    let api = Api::sqlite(&UNKEPT);
    let key = api.key();
    let path = file_of(&api).to_owned();
    let mut other = SqliteConnection::establish(&path).unwrap();
    other.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(other);
    let good = std::fs::read(&path).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.write_all_at(&vec![0xA5; good.len()], 0).unwrap();
    let lists =
        ["/v1/commitments?limit=200", "/v1/meetings?facets=status", "/v1/people?format=csv", "/v1/awards?revision=1", "/health/ready"];
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
fn damaged_pages_are_told_where_they_are_met() {
    let api = Api::sqlite(&UNKEPT);
    let path = file_of(&api).to_owned();
    SqliteConnection::establish(&path).unwrap().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut bad = good.clone();
    for page in bad.chunks_mut(4_096).filter(|page| page.windows(7).any(|bytes| bytes == b"c-2024-")) {
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
fn a_lock_of_another_process_is_waited_for_and_told() {
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
fn what_cannot_be_written_to_is_read() {
    let folder = folder();
    let permit = |mode: &str| assert!(Command::new("chmod").args(["-R", mode]).arg(folder.path()).status().unwrap().success());
    let api = Api::start(format!("sqlite:{}", folder.path().join("record.db").display()), Arc::clone(&folder), &[]);
    let (database, key) = (api.database().to_owned(), api.key());
    drop(api);
    permit("a=rX");
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if Command::new(nobody[0]).args(&nobody[1..]).arg("true").status().is_ok_and(|status| status.success()) {
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

/// Two servers count up one number in turns; every step that was acknowledged counts.
fn no_update_is_lost(one: &Api, other: &Api) {
    let key = one.key();
    assert_eq!(enter(one, &key, "counter").unwrap().status, 201);
    let before = one.revision();
    std::thread::scope(|scope| {
        for server in [one, other, one, other] {
            let key = &key;
            scope.spawn(move || {
                for _ in 0..15 {
                    loop {
                        let read = server.get("/v1/people/counter");
                        let count = read.json()["note"].as_str().map_or(0, |note| note.parse::<i64>().unwrap());
                        let body = json!({ "note": (count + 1).to_string() }).to_string();
                        let answer = server.change(key, "PATCH", "/v1/people/counter", &[("If-Match", read.header("etag"))], &body);
                        match answer.status {
                            200 => break,
                            412 => {}
                            status => panic!("{status}: {}", answer.text),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(one.get("/v1/people/counter").json()["note"], "60");
    is_whole(one);
    assert_eq!(one.revision(), before + 60);
    until(|| other.revision() == one.revision());
}

#[test]
fn two_processes_on_one_file_lose_no_update() {
    let one = Api::sqlite(&["--no-bundled-records"]);
    let other = Api::start(one.database().to_owned(), folder(), &[]);
    no_update_is_lost(&one, &other);
}

#[test]
fn two_servers_on_one_postgres_lose_no_update() {
    if let Some(one) = Api::postgres(&["--no-bundled-records"]) {
        let other = Api::start(one.database().to_owned(), folder(), &[]);
        no_update_is_lost(&one, &other);
    }
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

#[test]
fn a_clock_that_was_set_back_does_not_turn_the_order_of_moments() {
    let api = Api::sqlite(&["--no-bundled-records"]);
    let key = api.key();
    assert_eq!(enter(&api, &key, "early").unwrap().status, 201);
    let future = "2190-01-01T00:00:00.000000Z";
    let mut other = SqliteConnection::establish(file_of(&api)).unwrap();
    other.batch_execute(&format!("UPDATE revisions SET recorded_at = '{future}'")).unwrap();
    assert_eq!(enter(&api, &key, "late").unwrap().status, 201);
    let changes = api.get("/v1/changes").json();
    assert_eq!(changes["data"][0]["recorded_at"], future);
    assert!(changes["data"][1]["recorded_at"].as_str() > Some(future), "{changes}");
}

#[test]
fn a_panic_harms_only_what_panicked() {
    use taskforce::store::{Location, Pin, Reason, Snapshot, Store, StoreError, Transaction};
    let folder = folder();
    let location = Location::parse(&format!("sqlite:{}", folder.path().join("record.db").display())).unwrap();
    let store = Store::open(&location, taskforce::records::CATALOGUE).unwrap();
    let fine = |number: i64| store.write(Reason::default(), false, move |_: &mut Transaction<'_>| Ok::<_, StoreError>(number));
    let answers: Vec<_> = (0..50)
        .map(|number| match number % 10 {
            5 => store.write(Reason::default(), false, |_: &mut Transaction<'_>| -> Result<i64, StoreError> { panic!("on purpose") }),
            _ => fine(number),
        })
        .collect();
    for (number, answer) in (0..).zip(answers) {
        match answer.blocking_recv().unwrap() {
            Ok(written) => assert_eq!(written.answer, number),
            Err(error) => assert!(number % 10 == 5 && error.kind() == "internal", "{number}: {error}"),
        }
    }
    for _ in 0..20 {
        let read = || store.read(&Pin::default(), |_: &mut Snapshot<'_>| -> Result<(), StoreError> { panic!("on purpose") });
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).is_err());
    }
    let revision = store.read(&Pin::default(), |snapshot: &mut Snapshot<'_>| Ok::<_, StoreError>(snapshot.revision));
    assert_eq!(revision.unwrap(), 0);
}

#[test]
#[ignore = "most of a minute"]
fn who_sends_or_takes_nothing_is_let_go() {
    use std::io::{Read as _, Write as _};
    let api = Api::sqlite(&[]);
    let key = api.key();
    let connect = || {
        let stream = std::net::TcpStream::connect(api.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
        stream
    };
    let mut head = connect();
    head.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let mut body = connect();
    let request = format!(
        "POST /v1/people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    body.write_all(request.as_bytes()).unwrap();
    let mut reader = connect();
    reader.write_all("GET /v1/commitments?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n".repeat(60).as_bytes()).unwrap();
    let answer = |mut stream: std::net::TcpStream| {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert_eq!(answer(head), "HTTP/1.1 408");
    assert_eq!(answer(body), "HTTP/1.1 408");
    let sockets = || std::fs::read_dir(format!("/proc/{}/fd", api.id())).unwrap().count();
    let before = sockets();
    std::thread::sleep(Duration::from_secs(45));
    assert!(sockets() < before, "a reader who takes nothing keeps its connection");
}
