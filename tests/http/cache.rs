//! The response cache never returns the response to another request, or one older than an
//! acknowledged write.

use rstest::rstest;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::dev::Service as _;
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{App as ActixApp, web};
use clap::Parser as _;
use serde_json::json;
use taskforce::api::event_stream::Feed;
use taskforce::api::openapi::document;
use taskforce::records::CATALOGUE;
use taskforce::settings::Settings;
use taskforce::store::{Location, Store};
use taskforce::web::app::App;
use taskforce::web::client::Proxies;
use taskforce::web::limits::Limits;

use crate::faults::wait_until;
use crate::fixtures::{self, Records};
use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, Response};

/// The default settings.
#[derive(clap::Parser)]
struct Defaults {
    #[command(flatten)]
    settings: Settings,
}

fn app(folder: &tempfile::TempDir, cache: u64) -> web::Data<App> {
    let url = fixtures::sqlite(&folder.path().join("test.db"), Records::Bundled);
    let store = Store::open(&Location::parse(&url).unwrap(), CATALOGUE).unwrap();
    let settings = Defaults::parse_from(["test"]).settings;
    web::Data::new(App::new(store, settings, document, cache, Limits::new(0, Proxies::default())))
}

/// Sends a request, and returns the status, the ETag and the body.
macro_rules! request {
    ($service:expr, $path:expr $(, $name:literal: $value:expr)*) => {{
        let request = TestRequest::get().uri($path)$(.insert_header(($name, $value)))*.to_request();
        let response = $service.call(request).await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (status, tag, encoding) = (response.status().as_u16(), header("etag"),
            header("content-encoding"));
        (status, tag, encoding, read_body(response).await)
    }};
}

#[test]
fn caches_a_response_for_equal_requests_only() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, 64 << 20);
    actix_web::rt::System::new().block_on(async {
        let feed = web::Data::new(Feed::start(&app.store, app.shutting_down.subscribe()).unwrap());
        let state = ActixApp::new().app_data(app.clone()).app_data(feed);
        let service =
            init_service(taskforce::wrapped!(state).configure(taskforce::server::routes)).await;
        let list = "/v1/commitments?status=announced&limit=5";
        let first = request!(service, list);
        assert_eq!(
            (first.0, app.cache.statistics().hits, app.cache.statistics().misses),
            (200, 0, 1)
        );
        for same in [
            list,
            "/v1/commitments?limit=5&status=announced",
            "/v1/commitments?limit=5&status=%61nnounced",
        ] {
            assert_eq!(request!(service, same), first, "{same}");
        }
        assert_eq!(request!(service, list, "accept": "*/*"), first);
        assert_eq!((app.cache.statistics().hits, app.cache.statistics().misses), (4, 1));

        // Each format and each encoding has its own bytes and ETag. The order of encodings in the
        // header does not matter.
        let mut tags = vec![first.1.clone()];
        for encoding in ["br", "gzip"] {
            let packed =
                request!(service, list, "accept-encoding": format!("{encoding}, identity;q=0.5"));
            assert_eq!((packed.0, packed.2.as_str()), (200, encoding));
            assert_eq!(
                request!(service, list, "accept-encoding": format!("identity;q=0.1,{encoding}")),
                packed
            );
            assert!(packed.3.len() < first.3.len());
            tags.push(packed.1);
        }
        for other in [
            "/v1/commitments?status=announced&limit=6",
            "/v1/commitments?status=announced",
            "/v1/meetings?status=announced&limit=5",
        ] {
            tags.push(request!(service, other).1);
        }
        tags.push(request!(service, list, "accept": "text/csv").1);
        let count = tags.len();
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), count, "no two responses have the same ETag");
        assert_eq!(request!(service, list, "accept": "application/json;q=0.9"), first);
        assert_eq!(request!(service, list, "accept": "image/png").0, 406);

        // Errors and streams are not cached.
        let responses = app.cache.statistics().responses;
        for path in [
            "/v1/commitments?limit=0",
            "/v1/commitments/never-was",
            "/v1/commitments?format=csv",
            "/v1/commitments?format=ndjson",
        ] {
            let twice = (request!(service, path), request!(service, path));
            assert_eq!(twice.0.0, twice.1.0, "{path}");
        }
        assert_eq!(app.cache.statistics().responses, responses);

        // A client never receives the same response twice, cached or not.
        for path in [
            list,
            "/v1/commitments/c-2024-state-reaffirm",
            "/v1/statistics",
            "/v1/gaps",
            "/v1/changes",
        ] {
            assert_eq!(request!(service, path, "if-none-match": "*").0, 304, "{path}");
            let (_, tag, _, body) = request!(service, path);
            for known in [tag.clone(), format!("W/{tag}"), format!("\"1-0\", {tag}")] {
                let again = request!(service, path, "if-none-match": known);
                assert_eq!((again.0, again.1, again.3.len()), (304, tag.clone(), 0), "{path}");
            }
            assert_eq!(request!(service, path, "if-none-match": "\"1-000000000000\"").3, body);
        }
        assert_eq!(request!(service, "/v1/commitments/never-was", "if-none-match": "*").0, 404);
    });
}

#[test]
fn the_cache_stays_within_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, 200_000);
    let none = web::Data::new(App::new(
        app.store.clone(),
        app.settings.clone(),
        document,
        0,
        Limits::new(0, Proxies::default()),
    ));
    actix_web::rt::System::new().block_on(async {
        let small = init_service(
            taskforce::wrapped!(ActixApp::new().app_data(app.clone()))
                .configure(taskforce::server::routes),
        )
        .await;
        let off = init_service(
            taskforce::wrapped!(ActixApp::new().app_data(none.clone()))
                .configure(taskforce::server::routes),
        )
        .await;
        for limit in 1..=40 {
            let path = format!("/v1/commitments?limit={limit}");
            let responses = [
                request!(small, &path),
                request!(small, &path),
                request!(off, &path),
                request!(off, &path),
            ];
            assert!(responses.iter().all(|response| *response == responses[0]), "{path}");
        }
        let counts = app.cache.statistics();
        assert!(counts.responses > 0 && counts.bytes > 0 && counts.bytes <= 200_000, "{counts:?}");
        assert_eq!(
            (
                none.cache.statistics().responses,
                none.cache.statistics().hits,
                none.cache.statistics().misses
            ),
            (0, 0, 0)
        );
    });
}

#[test]
fn a_cached_response_equals_the_first_one() {
    let api = Api::sqlite(&["--rate-limit", "1000"]);
    let own = ["date", "ratelimit", "x-request-id"];
    for (path, route) in [
        ("/v1/meetings?limit=2", "/v1/meetings"),
        ("/v1/people/alex-azar", "/v1/people/{id}"),
        ("/people/alex-azar", "/people/{id}"),
    ] {
        for headers in [&[][..], &[("Accept-Encoding", "br")], &[("Origin", "https://example.org")]]
        {
            let get = |id: &str, more: &[(&str, &str)]| {
                api.send("GET", path, &[headers, &[("X-Request-Id", id)], more].concat(), "")
            };
            let comparable = |response: &Response| {
                let mut comparable: Vec<(String, String)> = response
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                    .collect();
                comparable.retain(|(name, _)| !own.contains(&name.as_str()));
                comparable.sort();
                comparable
            };
            let (first, cached) = (get("first", &[]), get("cached", &[]));
            assert_eq!(
                (comparable(&cached), &cached.bytes),
                (comparable(&first), &first.bytes),
                "{path}"
            );
            assert_eq!(
                (first.header("x-request-id"), cached.header("x-request-id")),
                ("first", "cached"),
                "{path}"
            );
            assert!(cached.header("ratelimit").starts_with("\"client\";r="), "{path}");
            let unchanged = get("unchanged", &[("If-None-Match", first.header("etag"))]);
            assert_eq!(
                (unchanged.status, unchanged.header("x-request-id"), unchanged.bytes.len()),
                (304, "unchanged", 0),
                "{path}"
            );
            let made = api.send("GET", path, headers, "");
            assert_eq!(made.header("x-request-id").len(), 24, "{path}");
            let head = api.send("HEAD", path, headers, "");
            assert_eq!(
                (head.status, head.header("etag"), head.bytes.len()),
                (200, first.header("etag"), 0),
                "{path}"
            );
        }
        let logged = |id: &str| {
            let mark = format!("request_id=\"{id}\"");
            api.log()
                .lines()
                .filter(|line| line.contains(&mark) && line.contains(&format!("route=\"{route}\"")))
                .count()
        };
        let began = Instant::now();
        while ["first", "cached", "unchanged"].map(logged) != [3; 3] {
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "{path}: {:?}",
                ["first", "cached", "unchanged"].map(logged)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

const WRITTEN: i64 = 60;

/// Reads until `over` is set, and checks each response against the revision in its ETag.
fn read_and_check(
    api: &Api,
    written: &Mutex<BTreeMap<i64, String>>,
    acknowledged: &AtomicI64,
    over: &AtomicBool,
) -> u32 {
    let mut newest = 0;
    let mut bodies: HashMap<String, String> = HashMap::new();
    let mut claims: Vec<(i64, String, i64)> = Vec::new();
    while !over.load(Ordering::Acquire) {
        let known = acknowledged.load(Ordering::Acquire);
        for path in ["/v1/awards?name[starts_with]=version&fields=id,name", "/v1/awards/changing"] {
            let response = api.get(path);
            if response.status == 404 {
                continue;
            }
            let json = response.json();
            let body = bodies
                .entry(response.header("etag").to_owned())
                .or_insert_with(|| response.text.clone());
            assert_eq!(*body, response.text, "one ETag has one body");
            match json["data"].as_array() {
                Some(data) => {
                    let revision = json["revision"].as_i64().unwrap();
                    assert!(
                        revision >= known,
                        "a response of {revision} after {known} was acknowledged here"
                    );
                    assert!(revision >= newest, "a response of {revision} after one of {newest}");
                    newest = revision;
                    let name = data
                        .first()
                        .map(|award| award["name"].as_str().unwrap().to_owned())
                        .unwrap_or_default();
                    assert_eq!(json["page"]["total"], json!(data.len()));
                    claims.push((revision, name, 0));
                }
                None => claims.push((
                    json["revision"].as_i64().unwrap(),
                    json["name"].as_str().unwrap().to_owned(),
                    known,
                )),
            }
        }
    }
    let written = written.lock().unwrap();
    for (revision, name, known) in &claims {
        let expected = written
            .range(..=revision)
            .next_back()
            .map(|(_, name)| name.as_str())
            .unwrap_or_default();
        assert_eq!(name, expected, "as of {revision}");
        assert!(
            written.range(..=known).next_back().is_none_or(|(last, _)| revision >= last),
            "{revision} after {known}"
        );
    }
    claims.len() as u32
}

/// Writes through one server while clients read from the same or another one.
fn write_while_reading(reader: &Api, writer: &Api, same: bool) {
    let key = writer.key();
    let written = Mutex::new(BTreeMap::new());
    let (acknowledged, over) = (AtomicI64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| read_and_check(reader, &written, &acknowledged, &over)))
            .collect();
        for number in 0..WRITTEN {
            let name = format!("Version {number}");
            let headers: &[(&str, &str)] = if number == 0 { &[] } else { &[("If-Match", "*")] };
            let response = writer.change(
                &key,
                "PUT",
                "/v1/awards/changing",
                headers,
                &json!({ "name": name }).to_string(),
            );
            let revision = response.json()["revision"].as_i64().unwrap();
            written.lock().unwrap().insert(revision, name);
            if same {
                acknowledged.store(revision, Ordering::Release);
            }
        }
        let last = *written.lock().unwrap().keys().next_back().unwrap();
        let begun = Instant::now();
        while reader.get("/v1/awards/changing").json()["revision"].as_i64() != Some(last) {
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "another server's write is seen within a second"
            );
        }
        over.store(true, Ordering::Release);
        for reader in readers {
            assert!(reader.join().unwrap() > 20);
        }
    });
}

#[rstest]
fn never_serves_a_response_older_than_acknowledged_writes(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    write_while_reading(&api, &api, true);
}

#[rstest]
fn serves_changes_written_by_another_server(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    write_while_reading(&api, &api.beside(), false);
}

#[rstest]
fn totals_and_facets_follow_the_latest_revision(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let list = "/v1/commitments?facets=status&limit=1&status=in_progress";
    let before = api.get(list).json()["page"]["total"].as_i64().unwrap();
    for more in 1..=5 {
        let body = json!({ "name": format!("Another {more}"),
            "status": "in_progress" })
        .to_string();
        assert_eq!(api.change(&key, "POST", "/v1/commitments", &[], &body).status, 201);
        let page = api.get(list).json();
        assert_eq!(
            (&page["page"]["total"], &page["facets"]["status"][0]["count"]),
            (&json!(before + more), &json!(before + more))
        );
        assert_eq!(api.get(list).json(), page);
    }
}

/// Reads without a transaction while another server renames an office and adds commitments.
#[rstest]
fn every_page_is_of_one_state(#[values(Sqlite, Postgres)] database: Database) {
    let writer = database.serve_with(&["--no-bundled-records"]);
    let reader = Api::start(
        writer.database().to_owned(),
        Arc::new(tempfile::tempdir().unwrap()),
        &["--no-bundled-records", "--cache-size", "0"],
    );
    let commitment = |number: usize| json!({ "id": format!("c-{number}"), "name": "A", "departments": ["office"] });
    let office = |name: &str| json!({ "organizations": [{ "id": "office", "name": name }] });
    writer.import(&office("Office").to_string());
    let first = json!({ "commitments": (0..30).map(commitment).collect::<Vec<_>>() });
    writer.import(&first.to_string());
    let key = writer.key();
    // The name and the total at each revision.
    let first = writer.get("/v1/commitments").json()["revision"].as_i64().unwrap();
    let states = Mutex::new(BTreeMap::from([(first, ("Office".to_owned(), 30))]));
    let state = |revision: i64| {
        let found = || states.lock().unwrap().get(&revision).cloned();
        wait_until(|| found().is_some());
        found().unwrap()
    };
    let over = AtomicBool::new(false);
    let read = || {
        let mut revisions = HashSet::new();
        while !over.load(Ordering::Acquire) {
            for list in ["/v1/commitments?department=office", "/v1/commitments?sort=-name"] {
                let page = reader.get(list).json();
                let revision = page["revision"].as_i64().unwrap();
                let (name, total) = state(revision);
                assert_eq!(page["page"]["total"], total, "{list} at {revision}");
                for record in page["data"].as_array().unwrap() {
                    assert_eq!(record["departments"][0]["name"], name, "{list} at {revision}");
                }
                revisions.insert(revision);
            }
        }
        revisions.len()
    };
    std::thread::scope(|scope| {
        let readers = [scope.spawn(read), scope.spawn(read)];
        let (mut name, mut total) = ("Office".to_owned(), 30);
        for number in 0..60 {
            let response = if number % 2 == 0 {
                name = format!("Office {number}");
                let body = json!({ "name": name }).to_string();
                writer.change(
                    &key,
                    "PATCH",
                    "/v1/organizations/office",
                    &[("If-Match", "*")],
                    &body,
                )
            } else {
                total += 1;
                let body = commitment(total).to_string();
                writer.change(&key, "POST", "/v1/commitments", &[], &body)
            };
            let revision = response.json()["revision"].as_i64().unwrap();
            states.lock().unwrap().insert(revision, (name.clone(), total));
        }
        over.store(true, Ordering::Release);
        for reader in readers {
            assert!(reader.join().unwrap() > 5);
        }
    });
}

/// Reads a list that PostgreSQL plans for its values, which needs a transaction after all.
#[rstest]
fn a_list_that_needs_a_transaction_logs_no_fault(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let list = api.get("/v1/commitments?status=in_progress,announced,completed&sort=name&limit=2");
    assert_eq!((list.status, list.json()["data"].as_array().unwrap().len()), (200, 2));
    let log = api.log();
    assert!(!log.contains("unavailable"), "{log}");
}

/// Names in other records are cached until any name changes.
#[rstest]
fn shown_names_are_current_on_every_server(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let (other, key, admin) = (api.beside(), api.key(), api.admin_key());
    let patched = &[("If-Match", "*")];
    let put = |path: &str, body: serde_json::Value| {
        let exists = api.get(path).status == 200;
        let headers: &[(&str, &str)] = if exists { patched } else { &[] };
        let response = api.change(&key, "PUT", path, headers, &body.to_string());
        assert!(matches!(response.status, 200 | 201), "{path}: {}", response.text);
    };
    let shown = |expected: &[&str]| {
        // Another server's response cache may be a tenth of a second behind.
        let begun = Instant::now();
        while other.revision() < api.revision() {
            assert!(begun.elapsed() < Duration::from_secs(5));
        }
        let record = "/v1/commitments/shown";
        for (server, path) in
            [(&api, record), (&other, record), (&other, "/v1/commitments?id=shown")]
        {
            // The second response comes from the caches.
            for _ in 0..2 {
                let json = server.get(path).json();
                let record = json["data"].get(0).unwrap_or(&json);
                let departments = record["departments"].as_array().unwrap();
                let names: Vec<&str> =
                    departments.iter().map(|shown| shown["name"].as_str().unwrap()).collect();
                assert_eq!(names, expected, "{path}");
            }
        }
    };
    put("/v1/organizations/office", json!({ "name": "First" }));
    put("/v1/commitments/shown", json!({ "name": "A", "departments": ["office"] }));
    shown(&["First"]);
    put("/v1/organizations/office", json!({ "name": "Second" }));
    shown(&["Second"]);
    put("/v1/commitments/shown", json!({ "name": "A", "departments": [] }));
    assert_eq!(api.change(&key, "DELETE", "/v1/organizations/office", patched, "").status, 204);
    shown(&[]);
    let restore = "/v1/organizations/office/restore";
    assert_eq!(api.change(&key, "POST", restore, patched, r#"{"revision":4}"#).status, 200);
    put("/v1/organizations/office", json!({ "name": "Third" }));
    put("/v1/commitments/shown", json!({ "name": "A", "departments": ["office"] }));
    shown(&["Third"]);
    let body = r#"{"fields":["/name"],"reason":"requested"}"#;
    let path = "/v1/organizations/office/redactions";
    let redacted = api.change(&admin, "POST", path, patched, body);
    assert_eq!(redacted.status, 200, "{}", redacted.text);
    let name = api.get("/v1/organizations/office").json()["name"].as_str().unwrap().to_owned();
    assert_ne!(name, "Third");
    shown(&[&name]);
}
