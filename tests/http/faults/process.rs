//! Faults of the process, and of concurrent processes.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::{Value as Json, json};

use super::{Load, MAX_WAIT, assert_verified, enter, file_of, folder, wait_until};
use crate::support::Api;

fn killed_under_load(mut api: Api, rounds: usize) {
    let (key, load) = (api.key(), Load::default());
    for round in 0..rounds {
        load.during(&api, &key, &format!("r{round}"), || {
            std::thread::sleep(Duration::from_millis(400 + 37 * (round as u64 % 10)));
            api.signal("KILL");
        });
        assert_eq!(api.ended(MAX_WAIT), Some(-1));
        api = api.restart(&["--no-bundled-records"]);
        load.assert_intact(&api);
    }
    let acknowledged = load.acknowledged.lock().unwrap().len();
    assert!(acknowledged > rounds, "nothing was written");
    eprintln!("{rounds} kills under load: {acknowledged} writes acknowledged, none lost");
}

fn killed_while_importing(mut api: Api, rounds: usize) {
    let key = api.key();
    let (mut whole, mut none) = (0, 0);
    for round in 0..rounds {
        let people: Vec<Json> = (0..1_500)
            .map(|number| json!({ "id": format!("i{round}-{number}"), "name": "Imported" }))
            .collect();
        let bundle = json!({ "people": people }).to_string();
        let before = api.revision();
        let acknowledged = std::thread::scope(|scope| {
            let bearer = format!("Bearer {key}");
            let api = &api;
            let import = scope.spawn(move || {
                api.try_send(
                    "POST",
                    "/v1/import",
                    &[("Authorization", &bearer), ("Content-Type", "application/json")],
                    bundle.as_bytes(),
                )
            });
            std::thread::sleep(Duration::from_millis(150 + 90 * (round as u64 % 20)));
            api.signal("KILL");
            import.join().unwrap().is_ok_and(|response| response.status == 200)
        });
        assert_eq!(api.ended(MAX_WAIT), Some(-1));
        api = api.restart(&["--no-bundled-records"]);
        let found = api.get(&format!("/v1/people?id[starts_with]=i{round}-&limit=1")).json()["page"]
            ["total"]
            .as_i64()
            .unwrap();
        assert!(
            found == 1_500 || (found == 0 && !acknowledged),
            "{found} of 1500 exist; acknowledged: {acknowledged}"
        );
        assert_eq!(api.revision(), before + i64::from(found > 0));
        assert_verified(&api);
        if found > 0 { whole += 1 } else { none += 1 }
    }
    eprintln!(
        "{rounds} kills while importing: {whole} imports were complete, {none} had no effect"
    );
}

#[test]
fn acknowledged_writes_survive_a_kill_sqlite() {
    killed_under_load(Api::sqlite(&["--no-bundled-records"]), 2);
    killed_while_importing(Api::sqlite(&["--no-bundled-records"]), 2);
}

#[test]
fn acknowledged_writes_survive_a_kill_postgres() {
    killed_under_load(Api::postgres(&["--no-bundled-records"]), 2);
    killed_while_importing(Api::postgres(&["--no-bundled-records"]), 2);
}

#[test]
#[ignore = "takes minutes"]
fn twenty_kills_sqlite() {
    killed_under_load(Api::sqlite(&["--no-bundled-records"]), 20);
    killed_while_importing(Api::sqlite(&["--no-bundled-records"]), 20);
}

#[test]
#[ignore = "takes minutes"]
fn twenty_kills_postgres() {
    killed_under_load(Api::postgres(&["--no-bundled-records"]), 20);
    killed_while_importing(Api::postgres(&["--no-bundled-records"]), 20);
}

#[test]
fn loses_no_write_on_a_signal_under_load() {
    let api = Api::sqlite(&["--no-bundled-records", "--shutdown-delay", "1"]);
    let (key, load) = (api.key(), Load::default());
    load.during(&api, &key, "s", || {
        std::thread::sleep(Duration::from_millis(300));
        api.signal("TERM");
        assert_eq!(api.ended(Duration::from_secs(15)), Some(0));
    });
    load.assert_intact(&api.restart(&["--no-bundled-records"]));
}

/// Increments one number from two servers, and checks that every acknowledged increment counts.
fn check_no_update_is_lost(one: &Api, other: &Api) {
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
                        let count = read.json()["note"]
                            .as_str()
                            .map_or(0, |note| note.parse::<i64>().unwrap());
                        let body = json!({ "note": (count + 1).to_string() }).to_string();
                        let response = server.change(
                            key,
                            "PATCH",
                            "/v1/people/counter",
                            &[("If-Match", read.header("etag"))],
                            &body,
                        );
                        match response.status {
                            200 => break,
                            412 => {}
                            status => panic!("{status}: {}", response.text),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(one.get("/v1/people/counter").json()["note"], "60");
    assert_verified(one);
    assert_eq!(one.revision(), before + 60);
    wait_until(|| other.revision() == one.revision());
}

#[test]
fn two_processes_on_one_file_lose_no_update() {
    let one = Api::sqlite(&["--no-bundled-records"]);
    let other = Api::start(one.database().to_owned(), folder(), &[]);
    check_no_update_is_lost(&one, &other);
}

#[test]
fn two_servers_on_one_postgres_lose_no_update() {
    let one = Api::postgres(&["--no-bundled-records"]);
    let other = Api::start(one.database().to_owned(), folder(), &[]);
    check_no_update_is_lost(&one, &other);
}

#[test]
fn timestamps_increase_when_the_clock_is_set_back() {
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
fn a_panic_fails_only_its_own_request() {
    use taskforce::store::{Location, Pin, Reason, Snapshot, Store, StoreError, Transaction};
    let folder = folder();
    let location =
        Location::parse(&format!("sqlite:{}", folder.path().join("record.db").display())).unwrap();
    let store = Store::open(&location, taskforce::records::CATALOGUE).unwrap();
    let fine = |number: i64| {
        store.write(Reason::default(), false, move |_: &mut Transaction<'_>| {
            Ok::<_, StoreError>(number)
        })
    };
    let responses: Vec<_> = (0..50)
        .map(|number| match number % 10 {
            5 => store.write(
                Reason::default(),
                false,
                |_: &mut Transaction<'_>| -> Result<i64, StoreError> { panic!("on purpose") },
            ),
            _ => fine(number),
        })
        .collect();
    for (number, response) in (0..).zip(responses) {
        match response.blocking_recv().unwrap() {
            Ok(written) => assert_eq!(written, number),
            Err(error) => {
                assert!(number % 10 == 5 && error.kind() == "internal", "{number}: {error}")
            }
        }
    }
    for _ in 0..20 {
        let read = || {
            store.read(&Pin::default(), |_: &mut Snapshot<'_>| -> Result<(), StoreError> {
                panic!("on purpose")
            })
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).is_err());
    }
    let revision = store.read(&Pin::default(), |snapshot: &mut Snapshot<'_>| {
        Ok::<_, StoreError>(snapshot.revision)
    });
    assert_eq!(revision.unwrap(), 0);
}
