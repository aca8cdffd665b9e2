//! Search: the hits of any query, and their order.

use rstest::rstest;
use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::sample;
use crate::support::Api;
use crate::support::Database::{self, Postgres, Sqlite};

/// Typical queries, each with the type and id of the hit that must come first.
const RELEVANCE: [(&str, &str); 42] = [
    ("DOJ", "organization justice"),
    ("department of justice", "organization justice"),
    ("Department of State", "organization state"),
    ("dos", "organization state"),
    ("darpa", "organization darpa"),
    ("TIP office grants", "progress_update p-2012-state-grants"),
    ("J/TIP", "organization tip-office"),
    ("united states advisory council on human trafficking", "organization us-advisory-council"),
    ("survivor alliance", "organization survivor-alliance"),
    ("D'Souza", "person harold-dsouza"),
    ("D’Souza", "person harold-dsouza"),
    ("HAROLD DSOUZA", "person harold-dsouza"),
    ("maria otero", "person maria-otero"),
    ("María Otero", "person maria-otero"),
    ("otero, maria", "person maria-otero"),
    ("Antony J. Blinken", "person antony-blinken"),
    ("blinken antony", "person antony-blinken"),
    ("Michael R. Pompeo", "person mike-pompeo"),
    ("joe biden", "person joe-biden"),
    ("Suamhirs Piraino–Guzman", "person suamhirs-piraino-guzman"),
    ("Shelia White", "person sheila-white"),
    ("shelia", "council_member appt-2015-sheila-white"),
    ("Ima Matul", "person ima-matul"),
    ("becer*", "person xavier-becerra"),
    ("hilda solis", "person hilda-solis"),
    ("Pub. L. 106-386", "document tvpa-2000"),
    ("trafficking victims protection act of 2000", "document tvpa-2000"),
    ("SOAR", "commitment c-2019-hhs-soar-million"),
    ("soar 5,078", "progress_update p-2019-hhs-soar"),
    ("supply unchained", "commitment c-2016-01-supply-unchained"),
    ("\"know your rights\" pamphlet and video", "commitment c-2024-state-wilberforce"),
    ("H-2 visa workshops", "commitment c-2024-state-h2-workshops"),
    ("gaming industry casinos", "commitment c-2022-treasury-casino"),
    ("fbi team", "progress_update p-2024-fbi-team"),
    ("global horizons thai", "progress_update p-2016-01-eeoc-global-horizons"),
    ("truckers against trafficking", "organization truckers-against-trafficking"),
    ("restore nyc", "organization restore-nyc"),
    ("Minh Dang", "person minh-dang"),
    ("2019 meeting", "meeting pitf-2019-10-29"),
    ("public-private partnership advisory council to end human trafficking", "organization pppac"),
    ("massachusetts", "council_member appt-2024-jose-alfaro"),
    ("U.S. Mission to the United Nations", "organization usun"),
];

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Returns all hits in order, as type and id.
fn hits(api: &Api, q: &str) -> Vec<String> {
    let describe =
        |hit: &Json| format!("{} {}", hit["type"].as_str().unwrap(), hit["id"].as_str().unwrap());
    api.all(&format!("/v1/search?limit=200&q={}", encoded(q))).iter().map(describe).collect()
}

/// Returns the ids of the hits of a list, in order.
fn found(api: &Api, path: &str, q: &str) -> Vec<String> {
    let records = api.all(&format!(
        "/v1/{path}{}q={}&fields=id",
        if path.contains('?') { "&" } else { "?" },
        encoded(q)
    ));
    records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

#[rstest]
fn an_excluded_term_excludes_what_it_would_find(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let total = |query: &str| {
        let encoded = encoded(query);
        let list = api.get(&format!("/v1/search?q={encoded}&limit=1")).json();
        list["page"]["total"].as_u64().unwrap_or_else(|| panic!("{query}: {list}"))
    };
    let all = total("trafficking");
    for (term, is_found) in [
        ("AT&T", false),
        ("HHS/ACF", true),
        ("J/TIP", true),
        ("1,000", false),
        ("anti-traff*", true),
        ("Trafficking,anti-trafficking", true),
        ("\"human trafficking\"", true),
        ("U.S.", true),
    ] {
        let found = total(&format!("trafficking {term}"));
        assert_eq!(found + total(&format!("trafficking -{term}")), all, "{term}");
        assert_eq!(found > 0, is_found, "{term}: {found}");
    }
}

#[rstest]
fn ranks_the_expected_hit_first(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let wrong: Vec<String> = RELEVANCE
        .iter()
        .filter_map(|(q, first)| {
            let hits = hits(api, q);
            (hits.first().map(String::as_str) != Some(*first))
                .then(|| format!("{q}: {:?} instead of {first}", &hits[..hits.len().min(4)]))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Finds records by year, chair and place; by the short name of a department; by program.
    for (path, q, id) in [
        ("meetings", "2014", "pitf-2014-04-08"),
        ("meetings", "kerry", "pitf-2014-04-08"),
        ("meetings", "washington d.c. 2010", "pitf-2010-02-03"),
        ("meetings", "district of columbia", "pitf-2024-02-13"),
        ("commitments", "doj", "c-2022-doj-screening"),
        ("commitments", "soar", "c-2018-hhs-training"),
        ("council-members", "massachusetts", "appt-2024-jose-alfaro"),
        ("award-recipients", "ciw", "award-ciw"),
    ] {
        assert!(found(api, path, q).iter().any(|found| found == id), "{path} {q}");
    }
}

#[test]
fn both_databases_return_the_same_hits_in_the_same_order() {
    let postgres = Api::postgres(&[]);
    let sqlite = Api::sqlite(&[]);
    let more = [
        "the",
        "trafficking",
        "traff*",
        "a*",
        "-state",
        "state -department",
        "\"task force\" -\"annual meeting\"",
        "2024",
        "human trafficking training",
        "\"combat trafficking\" report",
        "u.s. government",
        "1 2",
        "é",
        "東京",
    ];
    for q in RELEVANCE.iter().map(|(q, _)| *q).chain(more) {
        assert_eq!(hits(&sqlite, q), hits(&postgres, q), "{q}");
        let path = format!("/v1/search?q={}", encoded(q));
        assert_eq!(sqlite.get(&path).json()["data"], postgres.get(&path).json()["data"], "{q}");
    }
}

#[rstest]
fn combines_q_with_all_parameters_of_a_list(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let all = api.all("/v1/commitments?limit=200");
    let hits = found(api, "commitments", "trafficking");
    let of = |test: &dyn Fn(&Json) -> bool| -> Vec<String> {
        hits.iter()
            .filter(|id| all.iter().any(|record| record["id"] == ***id && test(record)))
            .cloned()
            .collect()
    };
    // Filters and facets apply to the hits, `sort` sorts them, and pages continue each other.
    let by_state = |record: &Json| {
        record["departments"]
            .as_array()
            .unwrap()
            .iter()
            .any(|department| department["id"] == "state")
    };
    assert_eq!(found(api, "commitments?department=state", "trafficking"), of(&by_state));
    assert_eq!(
        found(api, "commitments?year=2024&status[ne]=completed", "trafficking"),
        of(&|record| record["made_on"].as_str().is_some_and(|date| date.starts_with("2024"))
            && record["status"] != "completed")
    );
    let page = api.get("/v1/commitments?q=trafficking&facets=status,departments&limit=1").json();
    assert_eq!(
        (page["page"]["total"].as_u64(), &page["page"]["total_is_exact"]),
        (Some(hits.len() as u64), &json!(true))
    );
    for entry in page["facets"]["status"].as_array().unwrap() {
        assert_eq!(
            entry["count"],
            json!(of(&|record| record["status"] == entry["value"]).len()),
            "{entry}"
        );
    }
    assert_eq!(
        page["facets"]["departments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["value"] == "state")
            .unwrap()["count"],
        json!(of(&by_state).len())
    );
    let mut sorted = hits.clone();
    sorted.sort_by(|one, other| other.cmp(one));
    assert_eq!(found(api, "commitments?sort=-id", "trafficking"), sorted);
    for limit in [1, 7] {
        assert_eq!(found(api, &format!("commitments?limit={limit}"), "trafficking"), hits);
        assert_eq!(
            found(api, &format!("commitments?limit={limit}&sort=-id"), "trafficking"),
            sorted
        );
    }
    let everywhere: Vec<Json> = api.all("/v1/search?q=trafficking&type=commitment,meeting&limit=9");
    assert_eq!(
        everywhere,
        api.all("/v1/search?q=trafficking&limit=200")
            .into_iter()
            .filter(|hit| hit["type"] == "commitment" || hit["type"] == "meeting")
            .collect::<Vec<_>>()
    );
    // A hit has all members of the record, and the highlight.
    let shown =
        api.get("/v1/commitments?q=soar+training&include=departments&fields=id,name").json();
    for record in shown["data"].as_array().unwrap() {
        assert!(record["highlight"].as_str().unwrap().contains("<mark>SOAR</mark>"), "{record}");
        assert!(record["departments"][0]["short_name"].is_string());
    }
    let mut record = api.get("/v1/commitments?q=soar").json()["data"][0].take();
    record.as_object_mut().unwrap().remove("highlight");
    assert_eq!(
        record,
        api.get(&format!("/v1/commitments/{}", record["id"].as_str().unwrap())).json()
    );
    // The other formats contain all hits in the same order.
    let lines: Vec<Json> = api
        .get("/v1/commitments?q=trafficking&format=ndjson")
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, api.all("/v1/commitments?q=trafficking&limit=200"));
    let table = api.get("/v1/commitments?q=trafficking&format=csv&fields=id").text;
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[0], "id,highlight");
    assert_eq!(
        rows[1..].iter().map(|row| row.split(',').next().unwrap()).collect::<Vec<_>>(),
        hits
    );
    assert_eq!(
        api.get("/v1/commitments?q=trafficking&format=ndjson&limit=3").text.lines().count(),
        3
    );
}

#[rstest]
fn finds_records_by_their_computed_names(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let hits = |q: &str| {
        let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let found = api.get(&format!("/v1/search?q={q}")).json();
        let ids = found["data"].as_array().unwrap().iter().map(|hit| hit["id"].clone());
        ids.collect::<Vec<Json>>()
    };
    let id = "award-2023-minh-dang";
    let name = api.get(&format!("/v1/award-recipients/{id}")).json()["name"].clone();
    let name = name.as_str().unwrap().to_owned();
    let document = json!({ "kind": "news", "name": format!("Interview: {name}, and others") });
    assert_eq!(api.change(&key, "POST", "/v1/documents", &[], &document.to_string()).status, 201);
    assert_eq!(hits(&name)[0], id, "the whole name is the best match");
    assert!(hits("\"Minh Dang, Presidential Award\"").contains(&json!(id)));
    // Without the whole name, the first of the two would come first.
    for name in ["A Rep of Zulu", "Rep Rep Zulu"] {
        let person = json!({ "name": name }).to_string();
        assert_eq!(api.change(&key, "POST", "/v1/people", &[], &person).status, 201);
    }
    assert_eq!(hits("Rep Rep Zulu")[0], "rep-rep-zulu");
    // A new name of the person is part of the computed name.
    let patch = r#"{"name":"Zebulon Example"}"#;
    let any = [("If-Match", "*")];
    assert_eq!(api.change(&key, "PATCH", "/v1/people/minh-dang", &any, patch).status, 200);
    assert_eq!(hits(&name.replace("Minh Dang", "Zebulon Example"))[0], id);
    assert!(!hits("\"Minh Dang, Presidential Award\"").contains(&json!(id)));
}

#[rstest]
fn rejects_invalid_search_parameters(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for (path, parameter, code) in [
        ("/v1/meetings?q=a&revision=1", "revision", "conflict"),
        ("/v1/meetings?as_of=2026-01-01T00:00:00Z&q=a", "as_of", "conflict"),
        ("/v1/search", "q", "missing"),
        ("/v1/search?q=a&type=meetings", "type", "wrong-value"),
        ("/v1/search?q=a&type=meeting,meeting", "type", "repeated"),
        ("/v1/search?q=a&limit=201", "limit", "out-of-range"),
        ("/v1/search?limit=0&type=meetings", "limit", "out-of-range"),
        ("/v1/search?q=a&revision=1", "revision", "unknown-parameter"),
        ("/v1/search?q=a&q=b", "q", "repeated"),
        ("/v1/search?cursor=abc", "cursor", "invalid-cursor"),
    ] {
        let response = api.get(path);
        let problem = response.json();
        assert_eq!(
            (response.status, &problem["errors"][0]["parameter"], &problem["errors"][0]["code"]),
            (400, &json!(parameter), &json!(code)),
            "{path}"
        );
    }
    for list in ["search", "people"] {
        assert_eq!(api.get(&format!("/v1/{list}?q={}", "%C3%A9".repeat(500))).status, 200);
        let long = api.get(&format!("/v1/{list}?q={}", "a".repeat(501)));
        assert_eq!(
            (long.status, long.json()["errors"][0]["code"].as_str()),
            (400, Some("too-long"))
        );
    }
    let (first, other) = (
        api.get("/v1/search?q=training&limit=1").json(),
        api.get("/v1/commitments?q=training&limit=1").json(),
    );
    let cursor =
        |page: &Json| page["page"]["next"].as_str().unwrap().split('=').nth(1).unwrap().to_owned();
    assert_eq!(api.get(&format!("/v1/search?cursor={}", cursor(&other))).status, 400);
    assert_eq!(api.get(&format!("/v1/commitments?cursor={}", cursor(&first))).status, 400);
    assert_eq!(api.get(&format!("/v1/search?q=other&cursor={}", cursor(&first))).status, 400);
    assert_eq!(api.get(&format!("/v1/search?q=training&cursor={}", cursor(&first))).status, 200);
    // Like every read, it has an ETag and a link, and negotiates the format.
    let response = api.get("/v1/search?q=training&limit=1");
    assert!(
        response
            .headers
            .get_all("link")
            .iter()
            .any(|link| link.to_str().unwrap().contains("rel=\"next\""))
    );
    assert_eq!(
        api.send(
            "GET",
            "/v1/search?q=training&limit=1",
            &[("If-None-Match", response.header("etag"))],
            ""
        )
        .status,
        304
    );
    assert_eq!(api.send("GET", "/v1/search?q=training", &[("Accept", "text/csv")], "").status, 406);
}

#[rstest]
fn responds_to_every_query(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let nothing = ["", " ", "!?", "\"\"", "***", "- -", "🙂", "—…“”", "'", "()", "\\"];
    for q in nothing {
        let page = api.get(&format!("/v1/search?q={}", encoded(q))).json();
        assert_eq!((&page["data"], &page["page"]["total"]), (&json!([]), &json!(0)), "{q:?}");
        assert_eq!(
            api.get(&format!("/v1/people?q={}&sort=name&facets=given_name", encoded(q))).status,
            400
        );
        assert_eq!(
            api.get(&format!("/v1/people?q={}&sort=name", encoded(q))).json()["page"]["total"],
            0,
            "{q:?}"
        );
    }
    let words: Vec<String> =
        (0..250).map(|number| char::from(b'a' + (number % 26) as u8).to_string()).collect();
    let odd = [
        words.join(" "),
        (0..160).map(|number| format!("{number:03}")).collect::<Vec<_>>().join(" ")[..500]
            .to_owned(),
        format!("-{}", words.join("-")),
        "\"a b\" ".repeat(80),
        (0..120).map(|number| format!("a{number}*")).collect::<Vec<_>>().join(" ")[..500]
            .to_owned(),
        "x".repeat(500),
        "NEAR(a b, 3) AND OR NOT ^state {names} : * + a:b".to_owned(),
        "'; DROP TABLE search_entries; --".to_owned(),
        "a & b | !c <-> d:*A".to_owned(),
        "\u{202e}\u{200b}\u{feff}x\u{301}\u{0}y".to_owned(),
        "% _ \\ %%".to_owned(),
        "ᄀ가각 ﷺ ß ẞ İ ı Ǆ".to_owned(),
    ];
    for q in odd {
        for list in ["search", "commitments", "meetings"] {
            let response = api.get(&format!("/v1/{list}?q={}", encoded(&q)));
            assert_eq!(response.status, 200, "{q:?}: {}", response.text);
        }
    }
    assert_eq!(api.get("/v1/search?q=state").json()["page"]["total_is_exact"], true);
}

#[rstest]
fn finds_the_text_of_every_field(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    // Each word of a text finds its record.
    for (path, field) in [
        ("commitments", "text"),
        ("meetings", "summary"),
        ("people", "name"),
        ("organizations", "summary"),
        ("documents", "name"),
        ("award-recipients", "citation"),
        ("council-members", "name"),
        ("progress-updates", "note"),
    ] {
        let mut tried = 0;
        for record in api
            .all(&format!("/v1/{path}?limit=200&fields=id,{field}"))
            .iter()
            .filter(|record| record[field].is_string())
        {
            let text = record[field].as_str().unwrap();
            let Some(word) = text
                .split(|character: char| !character.is_ascii_alphanumeric())
                .max_by_key(|word| word.len())
                .filter(|word| text.is_ascii() && word.len() > 3)
            else {
                continue;
            };
            tried += 1;
            if tried > 8 {
                break;
            }
            let hits = found(api, path, word);
            let holding: Vec<Json> = api.all(
                &format!("/v1/{path}?limit=200&fields=id&{field}[contains]={word}")
                    .replace('[', "%5B")
                    .replace(']', "%5D"),
            );
            assert!(hits.iter().any(|id| record["id"] == **id), "{path} {word}");
            let whole = |id: &str| {
                api.get(&format!("/v1/{path}/{id}?fields={field}")).json()[field]
                    .as_str()
                    .unwrap()
                    .to_lowercase()
                    .split(|character: char| !character.is_alphanumeric())
                    .any(|other| other == word.to_lowercase())
            };
            for holder in &holding {
                let id = holder["id"].as_str().unwrap();
                assert!(
                    hits.iter().any(|found| found == id) || !whole(id),
                    "{path} {id} contains {word} and is not found"
                );
            }
        }
        assert!(tried > 0, "{path} {field}");
    }
}

/// Returns the ids on the first three pages, and the reported total.
fn three_pages(api: &Api, q: &str) -> (Vec<String>, Json, Json) {
    let first = api.get(&format!("/v1/commitments?limit=25&q={}", encoded(q))).json();
    let (mut ids, mut page) = (Vec::new(), first.clone());
    for _ in 0..3 {
        ids.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|hit| hit["id"].as_str().unwrap().to_owned()),
        );
        page = api.get(page["page"]["next"].as_str().unwrap()).json();
    }
    (ids, first["page"]["total"].clone(), first["page"]["total_is_exact"].clone())
}

/// Checks that the first three pages of these searches among this many commitments, and their
/// totals, are the same on both databases.
fn check_same_order(count: usize, searches: &[(&str, bool)]) {
    let postgres = Api::postgres(&[]);
    let sqlite = Api::sqlite(&[]);
    let bundle = sample::bundle(count);
    sqlite.import(&bundle);
    postgres.import(&bundle);
    let (one, other) = (sqlite, postgres);
    for (q, exact) in searches {
        let found = three_pages(&one, q);
        assert_eq!(found.2, *exact, "{q}: {}", found.1);
        assert_eq!(found.0.iter().collect::<BTreeSet<_>>().len(), 75, "{q}");
        assert_eq!(found, three_pages(&other, q), "{q}");
    }
}

#[test]
#[ignore = "takes a minute"]
fn both_databases_order_many_hits_alike() {
    // More hits than are counted, and fewer.
    check_same_order(
        16_000,
        &[("learned", false), ("learned -offices", false), ("procurement", true), ("17", true)],
    );
}
