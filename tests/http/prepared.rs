//! Lines that were written out beforehand are those that the records tell, whatever was written since.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use taskforce::formats::json::write_record;
use taskforce::model::{Faults, Moment};
use taskforce::reading::{Batches, Lines, Memory, check_prepared, parse_query, prepare};
use taskforce::records::CATALOGUE;
use taskforce::store::prepared::{self, Run};
use taskforce::store::{Location, Pin, Store, StoreError};

use crate::support::Api;

/// Servers that prepare nothing by themselves.
fn on_each_database(check: impl Fn(&Api)) {
    check(&Api::sqlite(&["--no-prepared-lines"]));
    Api::postgres(&["--no-prepared-lines"]).iter().for_each(check);
}

/// All records of a type as lines, on a day: as they are streamed, and as they are read one batch after the other.
fn lines(store: &Store, name: &str, day: &str) -> (String, String) {
    let query = parse_query(CATALOGUE.get(name).unwrap(), &[], &mut Faults::default());
    let pin = Pin { revision: Some(store.revision()), day: Some(day.to_owned()) };
    let (mut streamed, mut read) = (Vec::new(), Vec::new());
    let mut stream = Lines::of(&query).unwrap();
    let mut counted = 0;
    while !stream.are_done() {
        counted += store.read::<_, StoreError>(&pin, |snapshot| stream.next(snapshot, &mut streamed)).unwrap().count;
    }
    let memory = Memory::new(0);
    let mut batches = Batches::new(&query, &memory, None);
    let write = |read: &mut Vec<u8>, batches: &mut Batches<'_>| {
        store.read::<_, StoreError>(&pin, |snapshot| {
            batches.next(snapshot, 1_000, |record, shape| {
                write_record(read, record, shape);
                read.push(b'\n');
            })
        })
    };
    while write(&mut read, &mut batches).unwrap().count > 0 {}
    let (streamed, read) = (String::from_utf8(streamed).unwrap(), String::from_utf8(read).unwrap());
    assert_eq!(counted, read.lines().count());
    (streamed, read)
}

/// Compares them for every type; today, and on a day by which other commitments are overdue.
fn compare(store: &Store, when: &str) {
    for record_type in CATALOGUE.iter() {
        for day in [Moment::now().day().to_string().as_str(), "2031-06-15", "2019-02-03"] {
            let (streamed, read) = lines(store, record_type.name, day);
            assert!(streamed == read, "{when}: {} on {day}", record_type.name);
        }
    }
}

/// How many commitments are told by runs, and by how many.
fn told(store: &Store) -> (i64, usize) {
    let (mut records, mut runs) = (0, 0);
    let mut count = |run: Run| {
        records += run.records;
        runs += 1;
    };
    store.read::<_, StoreError>(&Pin::default(), |snapshot| prepared::outlines(snapshot.connection, "commitment", &mut count)).unwrap();
    (records, runs)
}

fn total(api: &Api) -> i64 {
    api.get("/v1/commitments?limit=1").json()["page"]["total"].as_i64().unwrap()
}

fn open(api: &Api) -> Arc<Store> {
    Store::open(&Location::parse(api.database()).unwrap(), CATALOGUE).unwrap()
}

fn commitment(number: usize) -> Json {
    let due = ["2031-06-14", "2031-06-15", "2031-06", "2031", "2031-07-01", "2019-02", "2019-02-03"][number % 7];
    json!({
        "id": format!("p-{:04}", number * 10), "name": format!("Prepare the {number}th report"), "departments": ["justice"],
        "due": due, "status": if number.is_multiple_of(5) { "completed" } else { "announced" },
        "meeting": "pitf-2013-05-17", "sources": [{ "document": "fsap-2013-2017" }],
    })
}

/// Compares prepared lines with the records after writes of every kind.
fn prepared_lines_follow_every_write(api: &Api) {
    let key = api.admin_key();
    let change = |method: &str, path: &str, body: Json| {
        let condition = if method == "PUT" { ("If-None-Match", "*") } else { ("If-Match", "*") };
        let answer = api.change(&key, method, path, &[condition], &body.to_string());
        assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
    };
    change("POST", "/v1/import", json!({ "commitments": (0..500).map(commitment).collect::<Vec<_>>() }));
    let store = open(api);
    compare(&store, "nothing prepared");
    assert!(prepare(&store).unwrap());
    assert!(told(&store).0 == total(api) && told(&store).1 > 4, "{:?}", told(&store));
    compare(&store, "all prepared");
    assert_eq!(check_prepared(&store).unwrap(), [""; 0]);

    let steps: [(&str, &str, &str, Json); 9] = [
        ("a name that all show", "PATCH", "/v1/organizations/justice", json!({ "name": "Department of Justice and Mercy" })),
        ("one of a run", "PATCH", "/v1/commitments/p-0070", json!({ "text": "a secret" })),
        ("one between two", "PUT", "/v1/commitments/p-0075", json!({ "name": "Between" })),
        ("the last one", "PUT", "/v1/commitments/zz", json!({ "name": "Last" })),
        ("the first one", "PUT", "/v1/commitments/a", json!({ "name": "First" })),
        ("one that goes", "DELETE", "/v1/commitments/p-1280", Json::Null),
        ("the last that goes", "DELETE", "/v1/commitments/zz", Json::Null),
        ("one that comes back", "POST", "/v1/commitments/p-1280/restore", json!({ "revision": 2 })),
        ("a redaction", "POST", "/v1/commitments/p-0070/redactions", json!({ "fields": ["/text"], "reason": "asked" })),
    ];
    for (when, method, path, body) in steps {
        change(method, path, body);
        let store = open(api);
        compare(&store, when);
        assert!(prepare(&store).unwrap());
        compare(&store, when);
        assert_eq!(told(&store).0, total(api), "{when}");
        assert_eq!(check_prepared(&store).unwrap(), [""; 0], "{when}");
    }

    // They are what is sent; where one of them changed, what the record tells is.
    api.sql("UPDATE prepared_lines SET lines = replace(lines, 'report', 'rapport') WHERE lines LIKE '%p-0070%'");
    assert!(api.get("/v1/commitments?format=ndjson").text.contains("Prepare the 8th rapport"));
    assert_eq!(check_prepared(&open(api)).unwrap().len(), 1);
    assert_eq!(api.run(&["verify"]).1, 1);
    change("PATCH", "/v1/commitments/p-0090", json!({ "text": "Another." }));
    assert!(api.get("/v1/commitments?format=ndjson").text.contains("Prepare the 8th report"));
    api.sql("UPDATE prepared_lines SET lines = replace(lines, 'Mercy', 'mercy')");
    assert_eq!(api.run(&["verify", "--repair"]).1, 0);
    assert_eq!(told(&open(api)), (0, 0));
}

#[test]
fn prepared_lines_are_what_the_records_tell_sqlite() {
    prepared_lines_follow_every_write(&Api::sqlite(&["--no-prepared-lines"]));
}

#[test]
fn prepared_lines_are_what_the_records_tell_postgres() {
    Api::postgres(&["--no-prepared-lines"]).iter().for_each(prepared_lines_follow_every_write);
}

#[test]
fn what_is_redacted_is_in_no_line_that_was_prepared() {
    on_each_database(|api| {
        let key = api.admin_key();
        let body = json!({ "name": "Hush", "text": "the quokka hides" }).to_string();
        assert_eq!(api.change(&key, "PUT", "/v1/commitments/hush", &[], &body).status, 201);
        let store = open(api);
        assert!(prepare(&store).unwrap());
        let hidden = || {
            let runs =
                store.read::<_, StoreError>(&Pin::default(), |snapshot| prepared::runs(snapshot.connection, "commitment", "", 1_000, true));
            !runs.unwrap().iter().any(|run| run.lines.contains("quokka"))
        };
        assert!(!hidden());
        let asked = json!({ "fields": ["/text"], "reason": "asked" }).to_string();
        assert_eq!(api.change(&key, "POST", "/v1/commitments/hush/redactions", &[], &asked).status, 200);
        assert!(hidden());
    });
}

#[test]
fn a_server_prepares_lines_when_nobody_writes() {
    for api in [Some(Api::sqlite(&[])), Api::postgres(&[])].into_iter().flatten() {
        wait(&api);
        compare(&open(&api), "prepared by the server");
    }
}

/// Waits until a server has written out all commitments.
pub fn wait(api: &Api) {
    let (store, all, began) = (open(api), total(api), std::time::Instant::now());
    while told(&store).0 < all {
        assert!(began.elapsed().as_secs() < 600, "{:?} of {all}", told(&store));
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
