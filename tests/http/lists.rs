//! Lists and records: filters, orders, paging, formats.

use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::LISTS;

const BUNDLE: &str = include_str!("../../records/records.json");

fn ids(records: &[Json]) -> Vec<&str> {
    records.iter().map(|record| record["id"].as_str().unwrap()).collect()
}

#[rstest]
fn serves_all_bundled_records(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let bundle: Json = serde_json::from_str(BUNDLE).unwrap();
    for (path, member) in LISTS {
        let records = api.all(&format!("/v1/{path}?limit=200"));
        assert_eq!(records.len(), bundle[member].as_array().unwrap().len(), "{path}");
        for record in records.iter().take(30) {
            assert_eq!(
                api.get(&format!("/v1/{path}/{}", record["id"].as_str().unwrap())).json(),
                *record
            );
        }
        for given in bundle[member].as_array().unwrap() {
            let served = records.iter().find(|record| record["id"] == given["id"]).unwrap();
            for field in
                ["summary", "text", "date", "due", "credited_as", "citation", "url", "note"]
            {
                assert_eq!(served[field], given[field], "{path} {} {field}", given["id"]);
            }
        }
    }
    assert_eq!(api.get("/v1/meetings/never-was").status, 404);
    assert_eq!(api.get("/v1/nothing").json()["code"], "not-found");
}

#[rstest]
fn a_record_is_the_same_in_every_list(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for (path, word) in [
        ("commitments", "state"),
        ("meetings", "trafficking"),
        ("people", "secretary"),
        ("documents", "report"),
        ("progress-updates", "trafficking"),
        ("organizations", "department"),
        ("council-members", "council"),
        ("award-recipients", "award"),
    ] {
        for query in [
            format!("q={word}&limit=9"),
            "sort=-id&limit=50".to_owned(),
            format!("q={word}&sort=-id"),
            "include=sources&sort=-id".to_owned(),
        ] {
            let mut records = api.get(&format!("/v1/{path}?{query}")).json()["data"].take();
            assert!(
                records.as_array().is_some_and(|records| !records.is_empty()),
                "{path} {query}"
            );
            for record in records.as_array_mut().unwrap() {
                record.as_object_mut().unwrap().shift_remove("highlight");
                let include = if query.contains("include") { "?include=sources" } else { "" };
                let item = api
                    .get(&format!("/v1/{path}/{}{include}", record["id"].as_str().unwrap()))
                    .json();
                assert_eq!(*record, item, "{path} {query}");
            }
        }
    }
}

#[rstest]
fn paging_in_any_order_returns_every_record_once(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for (path, sort) in [
        ("commitments", "-due,name"),
        ("commitments", "made_on,-position"),
        ("documents", "-issued"),
        ("documents", "issued,name"),
        ("people", "sort_name"),
        ("council-members", "-name"),
        ("award-recipients", "-year,name"),
        ("commitments", "overdue,-id"),
        ("people", "-type,name"),
        ("meetings", "location.city,-date"),
    ] {
        let whole = api.all(&format!("/v1/{path}?sort={sort}&limit=200"));
        for limit in [1, 7] {
            let walked = api.all(&format!("/v1/{path}?sort={sort}&limit={limit}&fields=id"));
            assert_eq!(ids(&walked), ids(&whole), "{path} {sort} {limit}");
        }
        let mut once = ids(&whole);
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), whole.len());
    }
    let dues = api.all("/v1/commitments?sort=-due&limit=200");
    let key = |record: &Json| {
        (
            record["due"].is_null(),
            std::cmp::Reverse(record["due"].as_str().unwrap_or_default().to_owned()),
            record["id"].as_str().unwrap().to_owned(),
        )
    };
    assert!(dues.is_sorted_by_key(key), "nulls last, then by id");
}

#[rstest]
fn paging_reads_one_revision(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let before = api.all("/v1/organizations?sort=-name&limit=200");
    let first = api.get("/v1/organizations?sort=-name&limit=20").json();
    for name in ["Zebra", "Middle", "Aardvark"] {
        assert_eq!(
            api.change(
                &key,
                "POST",
                "/v1/organizations",
                &[],
                &json!({ "name": name }).to_string()
            )
            .status,
            201
        );
    }
    let mut walked = first["data"].as_array().unwrap().clone();
    walked.extend(api.all(first["page"]["next"].as_str().unwrap()));
    assert_eq!(walked, before);
    assert_eq!(
        api.get("/v1/organizations?limit=1").json()["page"]["total"],
        json!(before.len() + 3)
    );
    // The list, the record and the filter as of the first revision.
    assert_eq!(api.all("/v1/organizations?sort=-name&limit=200&revision=1"), before);
    assert_eq!(api.get("/v1/organizations/zebra?revision=1").status, 404);
    assert_eq!(api.get("/v1/organizations?name=Zebra&revision=1").json()["page"]["total"], 0);
    assert_eq!(api.get("/v1/organizations?revision=0").json()["page"]["total"], 0);
    assert_eq!(api.get("/v1/organizations?revision=99").status, 400);
    assert_eq!(api.get("/v1/organizations?as_of=2199-01-01T00:00:00Z").status, 400);
    let now = api.get("/v1/organizations/zebra").json();
    let moment = now["updated_at"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/organizations/zebra?as_of={moment}")).json(), now);
}

#[rstest]
fn filters_match_a_plain_model(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let commitments = api.all("/v1/commitments?limit=200");
    let meetings = api.all("/v1/meetings?limit=200");
    let text = |record: &Json, field: &str| record[field].as_str().map(str::to_owned);
    let holds = |record: &Json, list: &str, id: &str| {
        record[list].as_array().unwrap().iter().any(|entry| entry == id || entry["id"] == id)
    };
    type Model<'m> = Box<dyn Fn(&Json) -> bool + 'm>;
    let cases: Vec<(&str, Model<'_>)> = vec![
        (
            "status=completed,in_progress",
            Box::new(|record| {
                ["completed", "in_progress"].contains(&record["status"].as_str().unwrap())
            }),
        ),
        ("status[ne]=completed", Box::new(|record| record["status"] != "completed")),
        ("department=state", Box::new(|record| holds(record, "departments", "state"))),
        ("departments[ne]=state", Box::new(|record| !holds(record, "departments", "state"))),
        (
            "topics=training,housing",
            Box::new(|record| {
                holds(record, "topics", "training") || holds(record, "topics", "housing")
            }),
        ),
        (
            "text[contains]=TRAFFICKING",
            Box::new(|record| {
                text(record, "text").is_some_and(|text| text.to_lowercase().contains("trafficking"))
            }),
        ),
        (
            "name[starts_with]=develop",
            Box::new(|record| text(record, "name").unwrap().to_lowercase().starts_with("develop")),
        ),
        (
            "made_on=2024",
            Box::new(|record| text(record, "made_on").is_some_and(|date| date.starts_with("2024"))),
        ),
        (
            "year=2022,2024",
            Box::new(|record| {
                text(record, "made_on")
                    .is_some_and(|date| date.starts_with("2022") || date.starts_with("2024"))
            }),
        ),
        ("due[exists]=false", Box::new(|record| record["due"].is_null())),
        ("partners[exists]=true", Box::new(|record| record["partners"] != json!([]))),
        (
            "due[gte]=2020-06-01",
            Box::new(|record| {
                text(record, "due").is_some_and(|due| {
                    due.as_str() >= "2020-06-01" || due == "2020" || due == "2020-06"
                })
            }),
        ),
        (
            "due[gt]=2019",
            Box::new(|record| text(record, "due").is_some_and(|due| due.as_str() > "2019-12-31")),
        ),
        (
            "due[lt]=2020",
            Box::new(|record| text(record, "due").is_some_and(|due| due.as_str() < "2020")),
        ),
        (
            "due[lte]=2020",
            Box::new(|record| text(record, "due").is_some_and(|due| due.as_str() <= "2020-12-31")),
        ),
        (
            "position[gte]=3",
            Box::new(|record| record["position"].as_i64().is_some_and(|position| position >= 3)),
        ),
        ("overdue=true", Box::new(|record| record["overdue"] == true)),
        ("made_by[exists]=false", Box::new(|record| record["made_by"].is_null())),
    ];
    for (query, model) in cases {
        let found = api.all(&format!("/v1/commitments?limit=200&{query}"));
        let expected: Vec<Json> =
            commitments.iter().filter(|record| model(record)).cloned().collect();
        assert_eq!(ids(&found), ids(&expected), "{query}");
        assert!(expected.len() < commitments.len(), "{query} matches every record");
    }
    let serving = api.all("/v1/council-members?on=2017&limit=200");
    assert!(
        !serving.is_empty()
            && serving
                .iter()
                .all(|member| member["announced_on"].as_str().is_none_or(|date| date < "2018"))
    );
    let participant = api.all("/v1/meetings?participant=antony-blinken");
    let expected: Vec<Json> = meetings
        .iter()
        .filter(|meeting| {
            meeting["participants"]
                .as_array()
                .unwrap()
                .iter()
                .any(|entry| entry["agent"]["id"] == "antony-blinken")
        })
        .cloned()
        .collect();
    assert_eq!(participant, expected);
    assert!(!expected.is_empty());
    let facets = api.get("/v1/commitments?facets=status,year,departments&limit=1").json();
    for entry in facets["facets"]["status"].as_array().unwrap() {
        let count = commitments.iter().filter(|record| record["status"] == entry["value"]).count();
        assert_eq!(entry["count"], json!(count), "{entry}");
    }
    assert_eq!(
        facets["facets"]["departments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["value"] == "state")
            .unwrap()["name"],
        "Department of State"
    );
}

#[rstest]
fn a_facet_counts_the_records_that_its_values_select(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.shared();
    let specification = api.get("/openapi.json").json();
    let mut counted = 0;
    for (path, _) in LISTS {
        let parameters = specification["paths"][format!("/v1/{path}")]["get"]["parameters"].clone();
        let parameters = parameters.as_array().unwrap();
        let facets = parameters.iter().find(|parameter| parameter["name"] == "facets").unwrap();
        let (_, names) = facets["description"].as_str().unwrap().split_once("Any of: ").unwrap();
        let names: Vec<&str> = names.trim_end_matches('.').split(", ").collect();
        let url = format!("/v1/{path}?facets={}&limit=1", names.join(","));
        let found = api.get(&url).json()["facets"].clone();
        for name in names {
            for entry in found[name].as_array().unwrap().iter().take(3) {
                let value = entry["value"].as_str().map_or_else(
                    || entry["value"].to_string(),
                    |text| text.replace(',', "\\,").replace(' ', "+"),
                );
                let url = format!("/v1/{path}?{name}={value}&limit=1");
                let selected = api.get(&url).json()["page"]["total"].clone();
                assert_eq!(selected, entry["count"], "{url}");
                counted += 1;
            }
        }
    }
    assert!(counted > 100, "{counted}");
    let regions = api.get("/v1/council-members?facets=home_state.region&limit=1").json();
    let regions = regions["facets"]["home_state.region"].as_array().unwrap().clone();
    assert!(!regions.is_empty());
}

#[rstest]
fn includes_everything_for_a_meeting_in_one_request(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.shared();
    let included = "participants,commitments,award_recipients,council_members,progress_updates";
    let meeting = api.get(&format!("/v1/meetings/pitf-2024-02-13?include={included}")).json();
    assert_eq!(meeting["council_members"].as_array().unwrap().len(), 3);
    assert!(
        meeting["council_members"]
            .as_array()
            .unwrap()
            .iter()
            .all(|member| member["home_state"]["region"].is_string())
    );
    let kinds: Vec<&str> = meeting["award_recipients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|award| award["recipient"]["type"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"person") && kinds.contains(&"organization"));
    let chair = meeting["participants"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["role"] == "chair")
        .unwrap();
    assert!(chair["agent"]["positions"].is_array(), "the chair is a full record");
    assert!(
        meeting["commitments"]
            .as_array()
            .unwrap()
            .iter()
            .all(|commitment| commitment["meeting"]["id"] == "pitf-2024-02-13")
    );
    let roles = api.get("/v1/people/antony-blinken/roles").json();
    assert!(
        roles["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|role| role["role"] == "chair" && role["record"]["id"] == "pitf-2024-02-13")
    );
    let cited = api.get("/v1/documents/src-wirenn-2024?include=cited_by").json();
    assert!(
        cited["cited_by"]
            .as_array()
            .unwrap()
            .iter()
            .any(|record| record["id"] == "pitf-2024-02-13")
    );
}

#[rstest]
fn serves_lists_as_csv_and_ndjson(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    for (path, _) in LISTS {
        let records = api.all(&format!("/v1/{path}?limit=200"));
        let lines =
            api.send("GET", &format!("/v1/{path}"), &[("Accept", "application/x-ndjson")], "");
        let parsed: Vec<Json> =
            lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(parsed, records, "{path}");
        let table = api.get(&format!("/v1/{path}?format=csv"));
        assert!(table.header("content-type").starts_with("text/csv"));
        assert!(table.text.starts_with("type,id,name,") && table.text.contains("\r\n"));
    }
    let table = api.get("/v1/council-members?format=csv&fields=id,person,home_state&limit=1");
    assert_eq!(
        table.text.lines().next().unwrap(),
        "id,person_id,person_name,home_state_name,home_state_city,home_state_region,home_state_country"
    );
    assert_eq!(table.text.lines().count(), 2);
    let key = api.key();
    assert_eq!(
        api.change(&key, "POST", "/v1/organizations", &[], r#"{"id":"formula","name":"=1+1"}"#)
            .status,
        201
    );
    assert!(api.get("/v1/organizations?format=csv&id=formula&fields=name").text.contains("'=1+1"));
    assert_eq!(
        api.send("GET", "/v1/people", &[("Accept", "image/png")], "").json()["code"],
        "not-acceptable"
    );
    assert_eq!(api.get("/v1/people?format=xml").status, 400);
    assert_eq!(
        api.get("/v1/commitments?format=csv&include=meeting").json()["errors"][0]["parameter"],
        "include"
    );
    assert_eq!(
        api.get("/v1/commitments?format=ndjson&facets=status").json()["errors"][0]["parameter"],
        "facets"
    );
}

#[rstest]
fn every_list_is_paged_by_its_own_cursors(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let lists = [
        "commitments?sort=name",
        "people/antony-blinken/roles",
        "organizations/state/roles",
        "gaps?kind=imprecise",
        "search?q=labor",
    ];
    let mut cursors: Vec<(&str, String)> = Vec::new();
    for list in lists {
        let joint = if list.contains('?') { '&' } else { '?' };
        let whole = api.get(&format!("/v1/{list}{joint}limit=200")).json();
        let whole = whole["data"].as_array().unwrap();
        let first = api.get(&format!("/v1/{list}{joint}limit=2")).json();
        let next = first["page"]["next"].as_str().unwrap().to_owned();
        let second = api.get(&next).json();
        assert_eq!(second["data"].as_array().unwrap(), &whole[2..whole.len().min(4)], "{list}");
        assert_eq!(second["page"]["total"], first["page"]["total"], "{list}");
        let walked = api.all(&format!("/v1/{list}{joint}limit=37"));
        assert_eq!(first["page"]["total"], walked.len(), "{list}");
        assert_eq!(&walked[..whole.len()], whole, "{list}");
        cursors.push((
            list.split('?').next().unwrap(),
            next.split("cursor=").nth(1).unwrap().to_owned(),
        ));
    }
    for (index, (list, _)) in cursors.iter().enumerate() {
        let (_, foreign) = &cursors[(index + 1) % cursors.len()];
        let response = api.get(&format!("/v1/{list}?cursor={foreign}"));
        assert_eq!(
            (response.status, response.json()["code"].as_str()),
            (400, Some("invalid-cursor")),
            "{list}"
        );
    }
}

#[rstest]
fn pages_through_the_history_by_cursor(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    api.change(
        &key,
        "POST",
        "/v1/people",
        &[],
        r#"{"name": "Ada Example",
        "family_name": "Example"}"#,
    );
    for note in ["one", "two", "three"] {
        let patch = format!(r#"{{"note": "{note}"}}"#);
        assert_eq!(
            api.change(&key, "PATCH", "/v1/people/ada-example", &[("If-Match", "*")], &patch)
                .status,
            200
        );
    }
    let versions = api.all("/v1/people/ada-example/history?limit=1");
    let revisions: Vec<i64> =
        versions.iter().map(|version| version["revision"].as_i64().unwrap()).collect();
    assert_eq!(revisions, [5, 4, 3, 2]);
    let first = api.get("/v1/people/ada-example/history?limit=2").json();
    let patch = r#"{"note": "four"}"#;
    api.change(&key, "PATCH", "/v1/people/ada-example", &[("If-Match", "*")], patch);
    let second = api.get(first["page"]["next"].as_str().unwrap()).json();
    assert_eq!(
        (&second["page"]["total"], &second["revision"], &second["data"][0]["revision"]),
        (&json!(4), &json!(5), &json!(3)),
        "a walk reads one revision"
    );
}

#[rstest]
fn an_id_of_another_type_is_not_an_agent_of_this_type(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let agent = |record_type: &str| json!({ "type": record_type, "id": "same" });
    let bundle = json!({
        "organizations": [{ "id": "same", "name": "An organization" }],
        "people": [{ "id": "same", "name": "A person" }, { "id": "other", "name": "Another" }],
        "awards": [{ "id": "aw", "name": "An award" }],
        "award_recipients": [
            { "id": "by-person", "award": "aw", "recipient": agent("person") },
            { "id": "by-organization", "award": "aw", "recipient": agent("organization") },
            { "id": "of-organization", "award": "aw",
                "recipient": { "type": "person", "id": "other" },
                "affiliation": { "organization": "same" } },
            { "id": "label", "award": "aw", "recipient": { "type": "label", "name": "same" } },
        ],
    });
    api.import(&bundle.to_string());
    for (query, expected) in [
        ("person=same", ["by-person", "label"].as_slice()),
        ("person=other", &["of-organization"]),
        ("organization=same", &["by-organization", "label", "of-organization"]),
        ("organization=organization:same", &["by-organization", "of-organization"]),
        ("person=organization:same", &[]),
        ("organization=other", &[]),
    ] {
        let found = api.all(&format!("/v1/award-recipients?award=aw&sort=id&{query}"));
        assert_eq!(ids(&found), expected, "{query}");
    }
    let facet = api.get("/v1/award-recipients?award=aw&facets=recipient&limit=1").json();
    let names: Vec<&Json> =
        facet["facets"]["recipient"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Another", "same", "An organization", "A person"]);
}

#[rstest]
fn the_id_of_a_later_record_hides_no_short_name_in_the_past(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve_with(&["--no-bundled-records"]);
    let office = json!({ "id": "office", "name": "Office", "short_name": "zz" });
    let commitment = json!({ "id": "c", "name": "A", "departments": ["office"] });
    api.import(&json!({ "organizations": [office], "commitments": [commitment] }).to_string());
    let revision = api.get("/v1/commitments").json()["revision"].clone();
    let other = json!({ "id": "zz", "name": "Other" }).to_string();
    assert_eq!(api.change(&api.key(), "POST", "/v1/organizations", &[], &other).status, 201);
    let total = |list: &str| api.get(list).json()["page"]["total"].clone();
    assert_eq!(total("/v1/commitments?department=zz"), 0);
    assert_eq!(total(&format!("/v1/commitments?department=zz&revision={revision}")), 1);
}

#[rstest]
fn the_roles_of_an_appointment_differ(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let appointment = api.get("/v1/council-members?limit=200").json();
    let appointment = appointment["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|appointment| !appointment["appointed_by"].is_null())
        .unwrap();
    for (field, role) in [
        ("person", appointment["role"].as_str().unwrap()),
        ("council", "council"),
        ("appointed_by", "appointed_by"),
    ] {
        let agent = &appointment[field];
        let list = if agent["type"] == "person" { "people" } else { "organizations" };
        let roles =
            api.all(&format!("/v1/{list}/{}/roles?limit=200", agent["id"].as_str().unwrap()));
        let found: Vec<&Json> = roles
            .iter()
            .filter(|found| found["record"]["id"] == appointment["id"])
            .map(|found| &found["role"])
            .collect();
        assert_eq!(found, [role], "{field}");
    }
}

#[rstest]
fn missing_values_of_roles_and_gaps_come_last(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let bundle = json!({
        "organizations": [{ "id": "zz-office", "name": "Office" }],
        "documents": [{ "id": "zz-report", "name": "Report", "kind": "report" }],
        "people": [{ "id": "zz-ada", "name": "Ada", "note": "x", "sources": [
            { "document": "zz-report", "says": "one" },
            { "document": "zz-report", "field": "/note", "says": "two" }] }],
        "meetings": [{ "id": "zz-meeting", "name": "Meeting", "organization": "zz-office",
            "date": "2024", "participants": [
            { "agent": { "type": "person", "id": "zz-ada" }, "role": "speaker" },
            { "agent": { "type": "person", "id": "zz-ada" }, "role": "speaker",
                "credited_as": "Dr. Ada" }] }],
    });
    assert_eq!(api.change(&key, "POST", "/v1/import", &[], &bundle.to_string()).status, 200);
    let roles = api.all("/v1/people/zz-ada/roles");
    let names: Vec<&Json> = roles.iter().map(|role| &role["credited_as"]).collect();
    assert_eq!(names, [&json!("Dr. Ada"), &json!(null)]);
    let mut gaps = api.all("/v1/gaps?kind=contradicted&type=person&limit=200");
    gaps.retain(|gap| gap["id"] == "zz-ada");
    let fields: Vec<&Json> = gaps.iter().map(|gap| &gap["field"]).collect();
    assert_eq!(fields, [&json!("/note"), &json!(null)]);
}

#[rstest]
fn a_page_after_the_last_role_has_the_total(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let bundle = json!({
        "people": [{ "id": "zz-ada", "name": "Ada" }],
        "meetings": [{ "id": "zz-meeting", "name": "Meeting", "organization": "pitf",
            "date": "2024", "participants": [
            { "agent": { "type": "person", "id": "zz-ada" }, "role": "speaker" },
            { "agent": { "type": "person", "id": "zz-ada" }, "role": "speaker",
                "credited_as": "Dr. Ada" }] }],
    });
    assert_eq!(api.change(&api.key(), "POST", "/v1/import", &[], &bundle.to_string()).status, 200);
    let first = api.get("/v1/people/zz-ada/roles?limit=1").json();
    assert_eq!(first["page"]["total"], 2);
    // Without the name, the roles are one, also at the revision of the cursor.
    let fields = json!({ "fields": ["/participants/1/credited_as"], "reason": "requested" });
    let path = "/v1/meetings/zz-meeting/redactions";
    let redacted = api.change(&api.admin_key(), "POST", path, &[], &fields.to_string());
    assert_eq!(redacted.status, 200, "{}", redacted.text);
    let next = api.get(first["page"]["next"].as_str().unwrap()).json();
    assert_eq!((&next["data"], &next["page"]["total"]), (&json!([]), &json!(1)));
}

#[rstest]
fn long_queries_and_values_have_a_next_page(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let text = |number: usize| format!("{}{number}", "\u{4e00}".repeat(19_000));
    let commitment = |number: usize| {
        json!({ "id": format!("long-{number}"), "name": "Long", "departments": ["state"],
            "text": text(number) })
    };
    let commitments: Vec<Json> = (0..3).map(commitment).collect();
    api.import(&json!({ "commitments": commitments }).to_string());
    let ids = |path: &str| -> Vec<Json> {
        api.all(path).into_iter().map(|record| record["id"].clone()).collect()
    };
    let document = |id: &str, end: &str| {
        json!({ "id": id, "name": "Long", "kind": "other",
            "url": format!("https://example.org/{}{end}", "a".repeat(1_900)) })
    };
    let documents = [document("long-1", "z"), document("long-2", "m"), document("long-3", "a")];
    api.import(&json!({ "documents": documents }).to_string());
    let by_url = ids("/v1/documents?sort=url&limit=1&name=Long");
    assert_eq!(by_url, ["long-3", "long-2", "long-1"]);
    // Beyond their first characters, long texts are in the order of ids.
    let by_text = ids("/v1/commitments?sort=-text&limit=1&name=Long");
    assert_eq!(by_text, ["long-0", "long-1", "long-2"]);
    let name = |number: usize| format!("{}{number}", "a".repeat(478));
    let others = (10..25).map(name).collect::<Vec<_>>().join(",");
    let query = format!("/v1/commitments?name[ne]={others}&limit=100");
    assert!(query.len() > 7_000 && query.len() < 8_192);
    assert_eq!(ids(&query).len(), ids("/v1/commitments?limit=200").len());
}

#[rstest]
fn the_feed_of_changes_links_to_its_next_page(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for name in ["one", "two"] {
        let body = json!({ "name": name }).to_string();
        assert_eq!(api.change(&key, "POST", "/v1/people", &[], &body).status, 201);
    }
    assert_eq!(api.all("/v1/changes?limit=1").len(), 3);
}
