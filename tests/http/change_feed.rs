//! The change feed: a client that follows it has the complete dataset.

use rstest::rstest;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};
use taskforce::model::LabelPart;
use taskforce::records::CATALOGUE;

use crate::random::Random;
use crate::support::Api;
use crate::support::Database::{self, Postgres, Sqlite};

const EVENTS: (&str, &str) = ("Accept", "text/event-stream");

/// Returns the revisions of an event stream as they arrive, and checks the ids of the events.
fn events(api: &Api, path: &str, headers: &[(&str, &str)]) -> impl Iterator<Item = Json> + use<> {
    let mut id = None;
    api.lines(path, &[headers, &[EVENTS]].concat()).filter_map(move |line| {
        if let Some(number) = line.strip_prefix("id: ") {
            id = number.parse::<i64>().ok();
        }
        let revision: Json = serde_json::from_str(line.strip_prefix("data: ")?).unwrap();
        assert_eq!(revision["revision"].as_i64(), id);
        Some(revision)
    })
}

/// A copy of the dataset that is updated only from the feed.
#[derive(Debug, Default, PartialEq)]
struct Mirror(BTreeMap<(String, String), Json>);

impl Mirror {
    fn apply(&mut self, revision: &Json) {
        for change in revision["changes"].as_array().unwrap() {
            let key = (
                change["type"].as_str().unwrap().to_owned(),
                change["id"].as_str().unwrap().to_owned(),
            );
            match &change["record"] {
                Json::Null => drop(self.0.remove(&key)),
                record => drop(self.0.insert(key, record.clone())),
            }
        }
    }

    /// Returns the records with derived values computed as of a day.
    fn derived(&self, day: &str) -> Vec<Json> {
        let mut names: BTreeMap<(String, String), String> = self
            .0
            .iter()
            .map(|(key, record)| (key.clone(), record["name"].as_str().unwrap().to_owned()))
            .collect();
        // Computed names contain only names that are not computed.
        let computed: Vec<((String, String), String)> = self
            .0
            .iter()
            .filter_map(|(key, record)| {
                Some((key.clone(), label(CATALOGUE.get(&key.0)?.label?, &renamed(record, &names))))
            })
            .collect();
        names.extend(computed);
        let mut records = Vec::new();
        for record_type in CATALOGUE.iter() {
            for (key, record) in self.0.iter().filter(|(key, _)| key.0 == record_type.name) {
                let mut record = renamed(record, &names);
                record["name"] = json!(names[key]);
                if record_type.name == "commitment" {
                    let passed = record["due"].as_str().is_some_and(|due| due < &day[..due.len()]);
                    record["overdue"] = json!(
                        passed
                            && !matches!(
                                record["status"].as_str(),
                                Some("completed" | "discontinued")
                            )
                    );
                }
                records.push(record);
            }
        }
        records
    }
}

/// Returns a record with the names of the records that it refers to.
fn renamed(json: &Json, names: &BTreeMap<(String, String), String>) -> Json {
    match json {
        Json::Array(entries) => entries.iter().map(|entry| renamed(entry, names)).collect(),
        Json::Object(members) => {
            let mut members: serde_json::Map<String, Json> =
                members.iter().map(|(name, value)| (name.clone(), renamed(value, names))).collect();
            if let (3, Some(record_type), Some(id)) = (
                members.len(),
                members.get("type").and_then(Json::as_str),
                members.get("id").and_then(Json::as_str),
            ) {
                let name = names[&(record_type.to_owned(), id.to_owned())].clone();
                members.insert("name".to_owned(), json!(name));
            }
            Json::Object(members)
        }
        other => other.clone(),
    }
}

fn label(parts: &[LabelPart], record: &Json) -> String {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parts
        .iter()
        .map(|part| match part {
            LabelPart::Text(text) => (*text).to_owned(),
            LabelPart::With(before, field) if !record[field].is_null() => {
                format!("{before}{}", text(&record[field]))
            }
            LabelPart::With(..) => String::new(),
            LabelPart::NameOf(field) => {
                record[field]["name"].as_str().unwrap_or_default().to_owned()
            }
        })
        .collect()
}

/// Makes random edits of every kind.
fn edit(api: &Api, steps: usize) {
    let (key, mut random) = (api.admin_key(), Random::new(0x1234_5678_9abc_def1));
    let ids = |path: &str| -> Vec<String> {
        let all = api.all(&format!("/v1/{path}?fields=id&limit=200"));
        all.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut done = BTreeMap::<u16, usize>::new();
    for step in 0..steps {
        let path = ["people", "organizations", "commitments"][random.below(3)];
        let id = random.choose(&ids(path)).unwrap().clone();
        let address = format!("/v1/{path}/{id}");
        let name = format!("Name <{step}> “Ä” \\ \"quoted\"");
        let note = format!("{name}\r\n\u{2028}data: a line break in every form");
        let response = match random.below(8) {
            0 | 1 => api.change(
                &key,
                "POST",
                &format!("/v1/{path}"),
                &[],
                &json!({ "name": name }).to_string(),
            ),
            2..=4 => api.change(
                &key,
                "PATCH",
                &address,
                &[("If-Match", "*")],
                &json!({ "name": name, "note": note }).to_string(),
            ),
            5 => {
                let created =
                    ids(path).into_iter().find(|id| id.starts_with("name-")).unwrap_or(id);
                api.change(
                    &key,
                    "DELETE",
                    &format!("/v1/{path}/{created}"),
                    &[("If-Match", "*")],
                    "",
                )
            }
            6 if path != "commitments" => {
                let into = random.choose(&ids(path)).unwrap().clone();
                api.change(
                    &key,
                    "POST",
                    &format!("{address}/merge"),
                    &[],
                    &json!({ "into": into }).to_string(),
                )
            }
            _ => api.change(
                &key,
                "POST",
                &format!("{address}/redactions"),
                &[],
                r#"{"fields":["/note"],"reason":"requested"}"#,
            ),
        };
        *done.entry(response.status).or_default() += 1;
        assert!(
            matches!(response.status, 200 | 201 | 204 | 409 | 422),
            "{address}: {}",
            response.text
        );
    }
    assert!([200, 201, 204].iter().all(|status| done.contains_key(status)), "{done:?}");
}

#[rstest]
fn a_mirror_that_follows_the_feed_equals_the_dataset(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let live = events(&api, "/v1/changes?after=0", &[]);
    edit(&api, 60);
    let newest = api.revision();
    let mut streamed = Mirror::default();
    for (number, revision) in (1..=newest).zip(live) {
        assert_eq!(revision["revision"], number);
        streamed.apply(&revision);
    }
    let mut read = Mirror::default();
    let pages = api.all("/v1/changes?limit=7");
    assert_eq!(
        pages.iter().map(|revision| revision["revision"].as_i64().unwrap()).collect::<Vec<_>>(),
        (1..=newest).collect::<Vec<_>>()
    );
    pages.iter().for_each(|revision| read.apply(revision));
    let day = pages.last().unwrap()["recorded_at"].as_str().unwrap()[..10].to_owned();
    let export = api.get("/v1/export");
    let records: Vec<Json> =
        export.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(records.len() > 450);
    for mirror in [streamed, read] {
        let derived = mirror.derived(&day);
        for (one, other) in derived.iter().zip(&records) {
            assert_eq!(one, other);
        }
        assert_eq!(derived.len(), records.len());
    }
}

#[rstest]
fn a_reconnecting_listener_misses_no_event(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let (key, other) = (api.key(), api.beside());
    let newest = api.revision() + 60;
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let server = if writer % 2 == 0 { &api } else { &other };
            let key = &key;
            scope.spawn(move || {
                for step in 0..15 {
                    let body = json!({ "name": format!("Body {writer} {step}") }).to_string();
                    assert_eq!(
                        server.change(key, "POST", "/v1/organizations", &[], &body).status,
                        201
                    );
                }
            });
        }
        let mut last = newest - 60;
        while last < newest {
            let before = last.to_string();
            // The header takes precedence over the parameter, since a reconnecting browser sends
            // both.
            for revision in events(&api, "/v1/changes?after=0", &[("Last-Event-ID", &before)])
                .take(usize::try_from(newest - last).unwrap().min(7))
            {
                assert_eq!(revision["revision"], last + 1);
                assert_eq!(revision["changes"].as_array().unwrap().len(), 1);
                last += 1;
            }
        }
    });
}

#[rstest]
fn the_atom_feed_has_the_same_revisions_in_pages(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for step in 0..5 {
        let reason = format!("</summary> & \"{step}\"");
        let body = format!(r#"{{"name":"Body {step}"}}"#);
        assert_eq!(
            api.change(&key, "POST", "/v1/organizations", &[("Change-Reason", &reason)], &body)
                .status,
            201
        );
    }
    let (mut ids, mut titles, mut next) =
        (Vec::new(), Vec::new(), Some("/v1/changes.atom?limit=2".to_owned()));
    while let Some(path) = next {
        let response = api.get(&path);
        assert_eq!(response.status, 200, "{}", response.text);
        assert!(response.header("content-type").starts_with("application/atom+xml"));
        let feed = atom_syndication::Feed::read_from(response.bytes.as_slice()).unwrap();
        let link = |rel: &str| {
            feed.links.iter().find(|link| link.rel == rel).map(|link| link.href.clone())
        };
        assert_eq!(link("self"), Some(path));
        for entry in &feed.entries {
            ids.push(entry.id.clone());
            titles.push(entry.title.to_string());
            assert!(entry.updated.timestamp() > 0 && !entry.authors[0].name.is_empty());
        }
        if let Some(summary) =
            feed.entries.first().and_then(|entry| entry.summary.as_ref()).filter(|_| ids.len() == 2)
        {
            assert!(
                summary.value.starts_with("</summary> & \"4\"\ncreate organization body-4"),
                "{summary:?}"
            );
        }
        next = link("next");
    }
    assert_eq!(titles.len(), 6);
    assert_eq!(
        (titles[0].as_str(), titles[5].as_str()),
        ("Revision 6: 1 record", "Revision 1: 591 records")
    );
    let again = api.get("/v1/changes.atom?after=3");
    let feed = atom_syndication::Feed::read_from(again.bytes.as_slice()).unwrap();
    assert_eq!(feed.entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>(), ids[..3]);
    let tag = again.header("etag").to_owned();
    assert_eq!(
        api.send("GET", "/v1/changes.atom?after=3", &[("If-None-Match", &tag)], "").status,
        304
    );
}

#[test]
fn an_event_stream_checks_its_parameters_and_ends_with_the_server() {
    let api = Api::sqlite(&["--shutdown-delay", "0"]);
    for (path, headers) in [
        ("/v1/changes?limit=3", &[EVENTS][..]),
        ("/v1/changes?after=x", &[EVENTS]),
        ("/v1/changes", &[EVENTS, ("Last-Event-ID", "yesterday")]),
    ] {
        assert_eq!(api.send("GET", path, headers, "").status, 400, "{path}");
    }
    for place in ["after", "lastEventId"] {
        let problem = api.send("GET", &format!("/v1/changes?{place}=99"), &[EVENTS], "").json();
        assert_eq!(problem["errors"][0]["parameter"], place);
    }
    assert_eq!(api.send("GET", "/v1/changes", &[("Accept", "text/html")], "").status, 406);
    let head = api.send("HEAD", "/v1/changes", &[EVENTS, ("Accept-Encoding", "gzip")], "");
    assert_eq!(
        (head.header("content-type"), head.header("content-encoding")),
        ("text/event-stream", "")
    );
    assert_eq!(head.header("content-length"), "", "the stream has no length");
    let mut live = api.lines("/v1/changes", &[EVENTS]);
    assert!(live.next().unwrap().starts_with("retry: "));
    api.signal("TERM");
    assert_eq!(api.ended(Duration::from_secs(8)), Some(0), "the stream and the server end");
    assert_eq!(live.filter(|line| line.starts_with("data")).count(), 0);
}
