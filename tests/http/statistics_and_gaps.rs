//! Statistics and gaps.

use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS};

fn records(api: &Api, path: &str) -> Vec<Json> {
    api.all(&format!("/v1/{path}?limit=200"))
}

#[rstest]
fn statistics_match_the_lists(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let statistics = api.get("/v1/statistics").json();
    assert_eq!(statistics["revision"], 1);
    for (path, _) in LISTS {
        let records = records(api, path);
        let name = records[0]["type"].as_str().unwrap();
        assert_eq!(statistics["records"][name], records.len());
        let sourced = records.iter().filter(|record| record["sources"] != json!([])).count() as f64
            / records.len() as f64;
        match statistics["sourced"].get(name) {
            Some(share) => assert!((share.as_f64().unwrap() - sourced).abs() <= 0.01, "{name}"),
            None => assert_eq!(name, "document", "documents need no source"),
        }
    }
    for (path, member, name, facet) in [
        ("meetings", "meetings", "by_year", "year"),
        ("commitments", "commitments", "by_status", "status"),
        ("commitments", "commitments", "by_department", "departments"),
        ("commitments", "commitments", "by_pillar", "pillars"),
        ("commitments", "commitments", "by_topic", "topics"),
        ("commitments", "commitments", "by_year", "year"),
    ] {
        let facets =
            api.get(&format!("/v1/{path}?facets={facet}&limit=1")).json()["facets"][facet].clone();
        assert!(!facets.as_array().unwrap().is_empty());
        assert_eq!(statistics[member][name], facets, "{member} {name}");
    }
    let members = records(api, "council-members");
    for (name, value) in [("by_cohort", "/cohort"), ("by_state", "/home_state/region")] {
        for entry in statistics["council_members"][name].as_array().unwrap() {
            assert_eq!(
                entry["count"],
                members
                    .iter()
                    .filter(|member| member.pointer(value) == Some(&entry["value"]))
                    .count(),
                "{entry}"
            );
        }
    }
    let kinds = statistics["award_recipients"]["by_kind"].as_array().unwrap();
    assert_eq!(
        kinds.iter().map(|entry| entry["count"].as_u64().unwrap()).sum::<u64>(),
        records(api, "award-recipients").len() as u64
    );
    let dated: u64 = statistics["date_precision"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    let all: u64 = LISTS
        .iter()
        .filter(|(path, _)| *path != "people")
        .map(|(path, _)| records(api, path).len() as u64)
        .sum();
    assert_eq!(dated, all);
    let nothing = api.get("/v1/statistics?revision=0").json();
    assert_eq!(
        (
            &nothing["records"]["meeting"],
            &nothing["sourced"]["meeting"],
            &nothing["meetings"]["by_year"]
        ),
        (&json!(0), &Json::Null, &json!([]))
    );
    assert_eq!(api.get("/v1/statistics?revision=9").status, 400);
}

#[rstest]
fn lists_gaps(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let enter = |path: &str, body: Json| {
        assert_eq!(
            api.change(&key, "POST", &format!("/v1/{path}"), &[], &body.to_string()).status,
            201
        )
    };
    enter("people", json!({ "id": "twin-a", "name": "Jörg Testperson" }));
    enter("people", json!({ "id": "twin-b", "name": "Jorg Testpersen" }));
    enter(
        "documents",
        json!({ "id": "ghost", "name": "Ghost", "kind": "report",
        "availability": "announced" }),
    );
    let source = json!([{ "document": "ghost", "field": "/due", "says": "2019" }]);
    enter(
        "commitments",
        json!({ "id": "late", "name": "Late", "due": "2020",
        "made_on": "2019-05-01", "sources": source }),
    );
    enter(
        "commitments",
        json!({ "id": "done", "name": "Done", "due": "2020",
        "made_on": "2019-05-01", "status": "completed" }),
    );
    enter("commitments", json!({ "id": "alive", "name": "Alive", "made_on": "2019-05-01" }));
    let year =
        api.get("/v1/commitments/alive").json()["created_at"].as_str().unwrap()[..4].to_owned();
    enter(
        "progress-updates",
        json!({ "id": "news", "name": "News", "commitment": "alive",
        "date": year, "text": "The work continues." }),
    );
    let all = api.all("/v1/gaps?limit=200");
    let has = |kind: &str, record_type: &str, id: &str, field: Json| {
        all.iter().any(|gap| {
            gap["kind"] == kind
                && gap["type"] == record_type
                && gap["id"] == id
                && gap["field"] == field
        })
    };
    assert!(
        has("duplicate", "person", "twin-a", json!("/name"))
            && has("duplicate", "person", "twin-b", json!("/name"))
    );
    assert!(has("incomplete", "person", "twin-a", json!("/positions")));
    assert!(
        has("unlinked", "document", "ghost", json!("/url"))
            && !has("unsourced", "document", "ghost", json!("/sources"))
    );
    assert!(
        has("imprecise", "commitment", "late", json!("/due"))
            && !has("imprecise", "commitment", "late", json!("/made_on"))
    );
    assert!(
        has("overdue", "commitment", "late", json!("/due"))
            && !has("overdue", "commitment", "done", json!("/due"))
    );
    assert!(
        has("silent", "commitment", "late", Json::Null)
            && !has("silent", "commitment", "done", Json::Null)
            && !has("silent", "commitment", "alive", Json::Null)
    );
    assert!(
        has("contradicted", "commitment", "late", json!("/due"))
            && !has("unsourced", "commitment", "late", json!("/sources"))
    );
    let page = api.get("/v1/gaps?limit=3").json();
    assert_eq!(page["page"]["total"], all.len());
    for facet in page["facets"]["kind"].as_array().unwrap() {
        let kind = facet["value"].as_str().unwrap();
        let found = api.all(&format!("/v1/gaps?kind={kind}&limit=7"));
        assert_eq!(facet["count"], found.len());
        assert_eq!(
            found,
            all.iter().filter(|gap| gap["kind"] == kind).cloned().collect::<Vec<_>>()
        );
    }
    let next = page["page"]["next"].as_str().unwrap();
    assert!(api.get("/v1/gaps?limit=3").has_next_page());
    assert_eq!(api.get(&next.replace("/gaps", "/search")).json()["code"], "invalid-cursor");
    assert_eq!(api.get(&format!("{next}&kind=silent")).status, 400, "a cursor carries the query");
    assert_eq!(api.get(&format!("{next}x")).json()["code"], "invalid-cursor");
    let people = api.all("/v1/gaps?type=person,award&kind=incomplete,unsourced&limit=200");
    assert_eq!(
        people,
        all.iter()
            .filter(|gap| ["person", "award"].contains(&gap["type"].as_str().unwrap())
                && ["incomplete", "unsourced"].contains(&gap["kind"].as_str().unwrap()))
            .cloned()
            .collect::<Vec<_>>()
    );
    let total = |record_type: &str| {
        let path = format!("/v1/gaps?kind=unsourced&type={record_type}&limit=1");
        api.get(&path).json()["page"]["total"].clone()
    };
    let unsourced = records(&api, "commitments")
        .iter()
        .filter(|commitment| commitment["sources"] == json!([]))
        .count();
    assert!(unsourced > 0);
    assert_eq!(
        (total("commitment"), total("document")),
        (json!(unsourced), json!(0)),
        "documents are sources themselves"
    );
    enter("people", json!({ "id": "later", "name": "Entered While Somebody Walks" }));
    let mut walked = page["data"].as_array().unwrap().clone();
    walked.extend(api.all(next));
    assert_eq!(walked, all, "all pages show one state");
    for (query, hint) in
        [("kind=imprecis", "imprecise"), ("type=meetings", "meeting"), ("knd=silent", "kind")]
    {
        let problem = api.get(&format!("/v1/gaps?{query}")).json();
        assert_eq!(
            (&problem["code"], &problem["errors"][0]["hint"]),
            (&json!("invalid-parameter"), &json!(hint))
        );
    }
}

#[rstest]
fn redacted_names_are_no_duplicates(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let body = json!({ "fields": ["/name", "/sort_name"], "reason": "Asked for" }).to_string();
    for person in ["antony-blinken", "john-kerry"] {
        let path = format!("/v1/people/{person}/redactions");
        assert_eq!(api.change(&key, "POST", &path, &[], &body).status, 200);
    }
    let gaps = api.get("/v1/gaps?kind=duplicate").json();
    assert_eq!(gaps["page"]["total"], 0, "{gaps}");
}

#[rstest]
fn the_parameters_of_a_cursor_can_be_repeated(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let entered = api.get("/v1/people/john-kerry").json()["updated_at"].clone();
    let entered = entered.as_str().unwrap().to_owned();
    for (first, same, other) in [
        ("/v1/gaps?kind=silent&limit=2", "kind=silent", "kind=unsourced"),
        ("/v1/gaps?type=commitment&limit=2&revision=1", "revision=1&type=commitment", "revision=0"),
        ("/v1/gaps?kind=silent,imprecise&limit=2", "kind=imprecise,silent", "kind=silent"),
        ("/v1/organizations/state/roles?limit=1&revision=1", "revision=1", "revision=0"),
        (
            &format!("/v1/organizations/state/roles?limit=1&as_of={entered}"),
            &format!("as_of={entered}"),
            "as_of=2001-01-01T00:00:00Z",
        ),
    ] {
        let next = api.get(first).json()["page"]["next"].as_str().unwrap().to_owned();
        let (again, differs) = (format!("{next}&{same}"), format!("{next}&{other}"));
        assert_eq!(api.get(&again).text, api.get(&next).text, "{first}");
        let refused = api.get(&differs).json();
        assert_eq!(refused["code"], "invalid-cursor", "{first}: {refused}");
    }
}
