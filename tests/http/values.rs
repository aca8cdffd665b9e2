//! Values: numbers and texts are returned as sent, are normalized and folded consistently, and
//! match the format of their field.

use rstest::rstest;
use std::io::Write as _;
use std::process::Command;

use serde_json::{Value as Json, json};
use taskforce::model::{number, text};

use crate::random::Random;
use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, Response};

fn post(api: &Api, key: &str, list: &str, body: &str) -> Response {
    api.change(key, "POST", &format!("/v1/{list}"), &[], body)
}

/// Posts an invalid body, and returns the pointer and the code of its only fault.
fn fault(api: &Api, key: &str, list: &str, body: &str) -> (String, String) {
    let response = post(api, key, list, body);
    let errors = response.json()["errors"].clone();
    assert_eq!(
        (response.status, errors.as_array().map(Vec::len)),
        (422, Some(1)),
        "{body}: {}",
        response.text
    );
    let word = |name: &str| errors[0][name].as_str().unwrap_or_default().to_owned();
    (word("pointer"), word("code"))
}

fn ids(api: &Api, path: &str, parameter: &str, value: &str) -> Vec<String> {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair(parameter, value).finish();
    let found = api.all(&format!("{path}?{query}"));
    found.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

/// Returns storable numbers of all magnitudes.
fn numbers(random: &mut Random) -> Vec<f64> {
    let mut numbers = vec![
        0.09090909090909091,
        92216466852314.27,
        5e-324,
        f64::MIN_POSITIVE,
        9007199254740991.0,
        0.1 + 0.2,
        -1.5e-7,
    ];
    while numbers.len() < 300 {
        let number =
            f64::from_bits(((random.below(1 << 32) as u64) << 32) | random.below(1 << 32) as u64);
        let scaled = (random.below(1 << 53) as f64) / 10_f64.powi(random.below(18) as i32);
        numbers.extend(
            [number, scaled].into_iter().filter(|number| number.abs() < 9007199254740992.0),
        );
    }
    numbers.truncate(300);
    numbers
}

/// Returns texts with characters that are easily lost or changed.
fn texts(random: &mut Random) -> Vec<String> {
    let pieces = [
        "a",
        "Z",
        "9",
        " ",
        "  ",
        "é",
        "e\u{301}",
        "ß",
        "İ",
        "ł",
        "東",
        "京",
        "ก็",
        "हि",
        "한",
        "\u{1112}\u{1161}",
        "🏳\u{FE0F}\u{200D}🌈",
        "\u{FEFF}",
        "\u{200B}",
        "\u{200D}",
        "\u{A0}",
        "\u{3000}",
        "\u{FFFD}",
        "\u{E000}",
        "\u{10FFFD}",
        "=",
        "+",
        "-",
        "@",
        "'",
        "\"",
        ",",
        ";",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "\u{2028}",
        "<",
        "&",
        "%",
        "\u{85}",
        "\u{FFFE}",
        "\u{202E}",
        "\u{2800}",
        "\u{E0041}",
        "’",
        "//",
        "\u{300}",
    ];
    (0..60)
        .map(|_| (0..1 + random.below(8)).map(|_| *random.choose(&pieces).unwrap()).collect())
        .collect()
}

/// Returns the cells of the row with this id in a CSV table, by column.
fn csv_row(table: &str, id: &str) -> impl Fn(&str) -> String + use<> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let row =
        reader.records().map(Result::unwrap).find(|row| row.iter().nth(1) == Some(id)).unwrap();
    move |name: &str| {
        let cell = row.get(columns.iter().position(|column| column == name).unwrap()).unwrap();
        cell.strip_prefix('\'')
            .filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']))
            .unwrap_or(cell)
            .to_owned()
    }
}

fn line_of(lines: &str, id: &str) -> Json {
    let records = lines.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    records.into_iter().find(|record| record["id"] == id || record["record"]["id"] == id).unwrap()
}

/// Checks that a record is the same in every response, and that writing it back changes nothing.
fn check_same_everywhere(api: &Api, key: &str, list: &str, id: &str, csv_column: &str) {
    let path = format!("/v1/{list}/{id}");
    let record = api.get(&path).json();
    assert_eq!(line_of(&api.get(&format!("/v1/{list}?format=ndjson")).text, id), record);
    assert_eq!(api.get(&format!("{path}/history")).json()["data"][0]["record"], record);
    let export = api.get("/v1/export?format=ndjson").text;
    assert!(export.lines().any(|line| line.contains(&record.to_string())), "{record}");
    let cell = csv_row(&api.get(&format!("/v1/{list}?format=csv")).text, id)(csv_column);
    match &record[csv_column] {
        Json::Array(_) => {
            assert_eq!(serde_json::from_str::<Json>(&cell).unwrap(), record[csv_column])
        }
        value => assert_eq!(cell, value.as_str().unwrap_or_default()),
    }
    let revision = api.revision();
    let put = api.change(key, "PUT", &path, &[("If-Match", "*")], &record.to_string());
    assert_eq!((put.status, put.json()), (200, record.clone()));
    let bundle = api.get("/v1/export?format=json").text;
    let imported = api.change(key, "POST", "/v1/import", &[], &bundle);
    assert_eq!(
        (imported.status, &imported.json()["updated"]),
        (200, &json!(0)),
        "{}",
        imported.text
    );
    assert_eq!(api.revision(), revision);
}

#[rstest]
fn returns_numbers_as_sent(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let written: Vec<String> =
        numbers(&mut Random::new(53)).into_iter().map(|value| number(value).to_string()).collect();
    let figures: Vec<String> =
        written.iter().map(|number| format!(r#"{{"value":{number},"unit":"percent"}}"#)).collect();
    let body = format!(r#"{{"id":"numbers","name":"Numbers","figures":[{}]}}"#, figures.join(","));
    let made = post(&api, &key, "commitments", &body);
    assert_eq!(made.status, 201, "{}", made.text);
    let patched = api.change(
        &key,
        "PATCH",
        "/v1/commitments/numbers",
        &[("If-Match", "*")],
        r#"{"note":"Changed."}"#,
    );
    for response in [
        &made,
        &patched,
        &api.get("/v1/commitments/numbers"),
        &api.get("/v1/commitments?q=numbers"),
    ] {
        for number in &written {
            assert!(
                response.text.contains(&format!(r#"{{"value":{number},"#)),
                "{number}: {}",
                response.text
            );
        }
    }
    for number in written.iter().step_by(10) {
        assert!(
            ids(&api, "/v1/commitments", "figures.value", number).contains(&"numbers".to_owned()),
            "{number}"
        );
        assert!(
            ids(&api, "/v1/commitments", "figures.value[gte]", number)
                .contains(&"numbers".to_owned()),
            "{number}"
        );
    }
    check_same_everywhere(&api, &key, "commitments", "numbers", "figures");
    let moved = api.moved();
    assert_eq!(moved.get("/v1/commitments/numbers").text, api.get("/v1/commitments/numbers").text);
}

#[rstest]
fn rejects_numbers_that_cannot_be_stored_exactly(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let at_value = |value: &str| {
        format!(
            r#"{{"name":"N","figures":[{{"value":1,"unit":"people"}},{{"value":{value},"unit":"people"}}]}}"#
        )
    };
    for value in [
        "18446744073709551617",
        "9007199254740992",
        "9007199254740993.0",
        "-1e300",
        "9.007199254740993e15",
        "1e400",
        "1e-400",
        "-0.01e-999",
    ] {
        assert_eq!(
            fault(&api, &key, "commitments", &at_value(value)),
            ("/figures/1/value".to_owned(), "out-of-range".to_owned()),
            "{value}"
        );
        let bundle = format!(
            r#"{{"commitments":[{{"id":"n","name":"N"}},{{"id":"o","name":"O","figures":[{{"value":{value},"unit":"people"}}]}}]}}"#
        );
        assert_eq!(
            fault(&api, &key, "import", &bundle).0,
            "/commitments/1/figures/0/value",
            "{value}"
        );
        let refused = api.get(&format!("/v1/commitments?figures.value={value}"));
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (400, &json!("invalid-parameter")),
            "{value}"
        );
    }
    assert_eq!(fault(&api, &key, "commitments", r#"{"name":"N","position":1e400}"#).0, "/position");
    assert_eq!(
        fault(&api, &key, "commitments", r#"{"name":"N","position":1.5}"#),
        ("/position".to_owned(), "wrong-type".to_owned())
    );
    for (value, stored) in [
        ("-0", 0),
        ("0e10", 0),
        ("0.000", 0),
        ("1.0", 1),
        ("1e2", 100),
        ("9007199254740991", 9_007_199_254_740_991_i64),
    ] {
        let made = post(&api, &key, "commitments", &at_value(value));
        assert_eq!(
            (made.status, made.json()["figures"][1]["value"].to_string()),
            (201, stored.to_string()),
            "{value}"
        );
    }
    assert_eq!(
        post(&api, &key, "commitments", r#"{"name":"N","position":1.0}"#).json()["position"]
            .to_string(),
        "1"
    );
    assert_eq!(post(&api, &key, "commitments", r#"{"a":1e400"#).json()["code"], "malformed-body");
}

#[rstest]
fn returns_accepted_text_unchanged_everywhere(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let all = texts(&mut Random::new(8));
    let visible = |text: &&String, lines: bool| {
        text::clean(text, lines).is_ok_and(|cleaned| !cleaned.is_empty())
    };
    let names: Vec<&String> = all.iter().filter(|text| visible(text, false)).collect();
    let summaries: Vec<&String> = all.iter().filter(|text| visible(text, true)).collect();
    assert!(
        names.len() > 10 && summaries.len() > names.len(),
        "{} {}",
        names.len(),
        summaries.len()
    );
    let people: Vec<Json> = (0..names.len())
        .map(|index| {
            json!({ "id": format!("t-{index}"), "name": names[index],
            "summary": summaries[index % summaries.len()] })
        })
        .collect();
    let imported = post(&api, &key, "import", &json!({ "people": people }).to_string());
    assert_eq!(imported.status, 200, "{}", imported.text);
    for (index, sent) in people.iter().enumerate() {
        let id = format!("t-{index}");
        let record = api.get(&format!("/v1/people/{id}")).json();
        for (field, lines) in [("name", false), ("summary", true)] {
            let cleaned = text::clean(sent[field].as_str().unwrap(), lines).unwrap();
            assert_eq!(text::clean(&cleaned, lines).as_ref(), Ok(&cleaned));
            assert_eq!(record[field], cleaned.as_str(), "{sent}");
        }
        for name in [sent["name"].as_str().unwrap(), record["name"].as_str().unwrap()] {
            let value = name.replace(',', "\\,");
            assert!(ids(&api, "/v1/people", "name", &value).contains(&id), "{sent}");
            assert!(
                ids(&api, "/v1/people", "name[contains]", record["name"].as_str().unwrap())
                    .contains(&id),
                "{sent}"
            );
        }
    }
    for index in [0, names.len() / 2, names.len() - 1] {
        check_same_everywhere(&api, &key, "people", &format!("t-{index}"), "name");
        check_same_everywhere(&api, &key, "people", &format!("t-{index}"), "summary");
    }
    let moved = api.moved();
    assert_eq!(
        moved.get("/v1/people?format=ndjson").text,
        api.get("/v1/people?format=ndjson").text
    );
}

#[rstest]
fn rejects_invisible_text_and_noncharacters(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (name, code) in [
        (r"\u200b", "empty"),
        (r"\u3164", "empty"),
        (r"\u2800 \u00a0", "empty"),
        (r"\udb40\udc41", "empty"),
        (r"\u2028", "empty"),
        (r"a\ufffe", "invalid-text"),
        (r"a\ufdd0b", "invalid-text"),
        (r"a\ud83f\udffeb", "invalid-text"),
        (r"a\u2028b", "invalid-text"),
        (r"a\nb", "invalid-text"),
        (r"a\u0085b", "invalid-text"),
        (r"a\u007fb", "invalid-text"),
        (r"\ud800", "invalid-text"),
        (r"a\udc00b", "invalid-text"),
    ] {
        assert_eq!(
            fault(&api, &key, "people", &format!(r#"{{"name":"{name}"}}"#)),
            ("/name".to_owned(), code.to_owned()),
            "{name}"
        );
        let agent = format!(r#"{{"name":"C","made_by":{{"type":"label","name":"{name}"}}}}"#);
        assert_eq!(
            fault(&api, &key, "commitments", &agent),
            ("/made_by/name".to_owned(), code.to_owned()),
            "{name}"
        );
    }
    let stripped = post(
        &api,
        &key,
        "people",
        r#"{"name":"\ufeffAda\u200b\r\n","summary":"one\r\ntwo\u2028three\rfour","positions":[{"title":"T","organization":" state "}]}"#,
    );
    assert_eq!(stripped.status, 201, "{}", stripped.text);
    assert_eq!(
        (&stripped.json()["id"], &stripped.json()["name"], &stripped.json()["summary"]),
        (&json!("ada"), &json!("Ada"), &json!("one\ntwo\nthree\nfour"))
    );
    assert_eq!(ids(&api, "/v1/people", "name", "Ada"), ["ada"]);
    assert_eq!(ids(&api, "/v1/people", "name", "\u{FEFF}Ada "), ["ada"]);
    assert_eq!(api.get("/v1/people?name=a%EF%BF%BE").status, 400);
}

#[rstest]
fn accepts_the_replacement_character(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    assert_eq!(post(&api, &key, "people", r#"{"id":"r","name":"R\ufffdS"}"#).status, 201);
    assert_eq!(ids(&api, "/v1/people", "name", "R\u{FFFD}S"), ["r"]);
    assert_eq!(api.get("/v1/people?q=%EF%BF%BD").status, 200);
    // A cached response is not returned for a query that is not UTF-8.
    for query in ["q=%FF", "q=%EF%BF%BD&name=%C3", "%FF=1"] {
        let refused = api.get(&format!("/v1/people?{query}"));
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["message"]),
            (400, &json!("is not UTF-8")),
            "{query}"
        );
    }
}

#[rstest]
fn search_and_filters_fold_text_alike(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (name, id) in [
        ("Łukasz Żółkiewski", "lukasz-zolkiewski"),
        ("Jürgen Strauß", "jurgen-strauss"),
        ("Hamad Đoković", "hamad-dokovic"),
        ("Þóra Ærø", "thora-aero"),
        ("Kawika Kaʻōpua", "kawika-kaopua"),
        ("Siobhán O’Brien", "siobhan-obrien"),
        ("İpek Işık", "ipek-isik"),
        ("Xaver Soft\u{AD}ly", "xaver-softly"),
    ] {
        let made = post(&api, &key, "people", &json!({ "name": name }).to_string());
        assert_eq!((made.status, &made.json()["id"]), (201, &json!(id)), "{name}");
    }
    assert_eq!(post(&api, &key, "people", r#"{"id":"odysseus","name":"Οδυσσεύς"}"#).status, 201);
    for (typed, id) in [
        ("Lukasz", "lukasz-zolkiewski"),
        ("ZOLKIEWSKI", "lukasz-zolkiewski"),
        ("STRAUSS", "jurgen-strauss"),
        ("strauß", "jurgen-strauss"),
        ("ΟΔΥΣΣΕΥΣ", "odysseus"),
        ("dokovic", "hamad-dokovic"),
        ("thora", "thora-aero"),
        ("AERO", "thora-aero"),
        ("ipek", "ipek-isik"),
        ("IŞIK", "ipek-isik"),
        ("softly", "xaver-softly"),
        ("soft\u{200B}ly", "xaver-softly"),
    ] {
        assert_eq!(ids(&api, "/v1/people", "q", typed), [id], "{typed}");
        assert_eq!(ids(&api, "/v1/people", "name[contains]", typed), [id], "{typed}");
    }
    for typed in ["kaopua", "kaʻopua", "ka'opua", "KA’ŌPUA"] {
        assert_eq!(ids(&api, "/v1/people", "q", typed), ["kawika-kaopua"], "{typed}");
    }
    for typed in ["ka'o", "Kaʻō", "KA‘O", "ka`o"] {
        assert_eq!(ids(&api, "/v1/people", "name[contains]", typed), ["kawika-kaopua"], "{typed}");
    }
    assert_eq!(ids(&api, "/v1/people", "name[starts_with]", "SIOBHAN O'"), ["siobhan-obrien"]);
    let hit = &api.get("/v1/people?q=strauss").json()["data"][0]["highlight"];
    assert_eq!(hit, "Jürgen <mark>Strauß</mark>");
    for name in ["東京太郎", "Юлия", "Γεωργία", "김민준"] {
        let id = post(&api, &key, "people", &json!({ "name": name }).to_string()).json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(!id.starts_with("record") && id.len() > 3, "{name}: {id}");
    }
}

#[rstest]
fn checks_the_format_of_every_field(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let organization = |website: &str| json!({ "name": "W", "website": website }).to_string();
    for website in [
        "https:example.org",
        "https:///x",
        "http://",
        "example.org",
        "ftp://example.org",
        "https://a b.org",
    ] {
        let response = post(&api, &key, "organizations", &organization(website));
        let error = &response.json()["errors"][0];
        assert_eq!(
            (response.status, &error["pointer"], error["hint"].is_string()),
            (422, &json!("/website"), true),
            "{website}: {}",
            response.text
        );
    }
    let made = post(&api, &key, "organizations", &organization("HTTPS://Example.org/Path"));
    assert_eq!(made.json()["website"], "https://Example.org/Path");
    assert_eq!(ids(&api, "/v1/organizations", "website", "HTTPS://Example.org/Path").len(), 1);
    let document = |language: &str| {
        json!({ "name": "D", "kind": "news",
        "language": language })
        .to_string()
    };
    for language in ["en-a", "e", "en_US", "en-"] {
        assert_eq!(fault(&api, &key, "documents", &document(language)).0, "/language");
    }
    for (language, stored) in [
        ("en-us", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("i-klingon", "i-klingon"),
        ("es-419", "es-419"),
    ] {
        let made = post(&api, &key, "documents", &document(language)).json();
        assert_eq!(made["language"], stored, "{made}");
        assert!(
            ids(&api, "/v1/documents", "language", language)
                .contains(&made["id"].as_str().unwrap().to_owned())
        );
    }
    let commitment = |unit: &str| {
        json!({ "name": "U",
        "figures": [{ "value": 1, "unit": unit }] })
        .to_string()
    };
    for unit in ["ABC", "XQZ", "Usd"] {
        assert_eq!(fault(&api, &key, "commitments", &commitment(unit)).0, "/figures/0/unit");
    }
    for unit in ["USD", "EUR", "KES", "people"] {
        assert_eq!(post(&api, &key, "commitments", &commitment(unit)).status, 201, "{unit}");
    }
}

#[rstest]
fn rejects_intervals_that_end_before_they_start(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (list, body, start, end) in [
        ("meetings", json!({ "name": "M", "organization": "pitf" }), "date", "end_date"),
        ("organizations", json!({ "name": "O" }), "established", "dissolved"),
        ("organizations", json!({ "name": "O" }), "task_force_since", "task_force_until"),
        (
            "council-members",
            json!({ "person": "antony-blinken", "council": "pitf" }),
            "term_start",
            "term_end",
        ),
    ] {
        let with = |first: &str, last: &str| {
            let mut body = body.clone();
            (body[start], body[end]) = (json!(first), json!(last));
            body.to_string()
        };
        for (first, last) in [
            ("2024-02-13", "2024-02-12"),
            ("2024-03", "2024-02"),
            ("2024", "2023-12-31"),
            ("2024-02-13", "2023"),
        ] {
            let response = post(&api, &key, list, &with(first, last));
            let error = &response.json()["errors"][0];
            assert_eq!(
                (response.status, &error["pointer"]),
                (422, &json!(format!("/{end}"))),
                "{}",
                response.text
            );
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains(first) && message.contains(last) && message.contains(start),
                "{message}"
            );
        }
        for (first, last) in [
            ("2024-02-13", "2024-02-13"),
            ("2024-02-13", "2024-02"),
            ("2024-02-13", "2024"),
            ("2024", "2024-01-01"),
        ] {
            let dry = api.change(
                &key,
                "POST",
                &format!("/v1/{list}?dry_run=true"),
                &[],
                &with(first, last),
            );
            assert_eq!(dry.status, 201, "{}", dry.text);
        }
    }
    let person = |from: &str, to: &str| {
        json!({ "name": "P",
        "positions": [{ "title": "A" },
            { "title": "B", "from": from, "to": to }] })
        .to_string()
    };
    assert_eq!(fault(&api, &key, "people", &person("2021", "2020-12")).0, "/positions/1/to");
    assert_eq!(post(&api, &key, "people", &person("2021-06", "2021")).status, 201);
    assert_eq!(
        post(
            &api,
            &key,
            "meetings",
            r#"{"id":"later","name":"L","organization":"pitf","date":"2024-05-01"}"#
        )
        .status,
        201
    );
    let patch = api.change(
        &key,
        "PATCH",
        "/v1/meetings/later",
        &[("If-Match", "*")],
        r#"{"end_date":"2024-04"}"#,
    );
    assert_eq!((patch.status, &patch.json()["errors"][0]["pointer"]), (422, &json!("/end_date")));
}

#[rstest]
fn accepts_a_reason_as_an_extended_value(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let send = |reason: &str| {
        api.change(&key, "POST", "/v1/people", &[("Change-Reason", reason)], r#"{"name":"Reason"}"#)
    };
    for (index, (reason, stored)) in [
        ("UTF-8''R%C3%A9sum%C3%A9", "Résumé"),
        ("utf-8'fr'%EF%BB%BFd%C3%A9j%C3%A0%20vu", "déjà vu"),
        ("Résumé", "Résumé"),
        ("It's 100% right", "It's 100% right"),
    ]
    .into_iter()
    .enumerate()
    {
        let made = send(reason);
        assert_eq!(made.status, 201, "{}", made.text);
        let changes = api.get(&format!("/v1/changes?after={}", index + 1)).json();
        assert_eq!(changes["data"][0]["reason"], stored);
    }
    for reason in ["UTF-8''%E9", "UTF-8''%C", "UTF-8''a%zz", "iso-8859-1''%E9"] {
        let refused = send(reason);
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["header"]),
            (400, &json!("Change-Reason")),
            "{reason}"
        );
    }
    for reason in ["odd \u{FFFF} end", "UTF-8''a%07b", "UTF-8''a%0Ab", "UTF-8''%EF%B7%90"] {
        let refused = send(reason);
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["header"]),
            (422, &json!("Change-Reason")),
            "{reason}"
        );
    }
}

#[rstest]
fn the_feed_is_valid_xml_for_any_stored_text(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    assert_eq!(post(&api, &key, "people", r#"{"name":"Feed"}"#).status, 201);
    api.sql(
        "UPDATE revisions SET reason = 'odd \u{FFFF}\u{FFFE}\u{1} end', actor = \
        'a\u{1}ctor' WHERE revision = 2",
    );
    let feed = api.get("/v1/changes.atom").text;
    assert!(
        feed.contains("odd  end")
            && feed.contains("actor")
            && !feed.contains(['\u{FFFF}', '\u{FFFE}', '\u{1}']),
        "{feed}"
    );
}

#[rstest]
fn accepts_a_byte_order_mark_in_a_body(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    assert_eq!(post(&api, &key, "people", "\u{FEFF}{\"name\":\"Bom\"}").status, 201);
    assert_eq!(
        post(&api, &key, "people", "\u{FEFF}\u{FEFF}{\"name\":\"Bom\"}").json()["code"],
        "malformed-body"
    );
    let bundle = "\u{FEFF}{\"people\":[{\"id\":\"b\",\"name\":\"B\"},{\"id\":\"c\",\"name\":7}]}";
    assert_eq!(
        fault(&api, &key, "import", bundle),
        ("/people/1/name".to_owned(), "wrong-type".to_owned())
    );
    assert_eq!(post(&api, &key, "import", &bundle.replace('7', "\"C\"")).json()["created"], 2);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all("\u{FEFF}{\"people\":[{\"id\":\"d\",\"name\":\"D\"}]}".as_bytes()).unwrap();
    let path = file.path().display().to_string();
    assert_eq!(api.run(&["import", &path, "--reason", " \u{FEFF}From a file "]).1, 0);
    let change = &api.get("/v1/people/d/history").json()["data"][0];
    assert_eq!(
        (&change["reason"], &change["actor"]),
        (&json!("From a file"), &json!("command line"))
    );
    for content_type in [
        "application/json; charset=utf8",
        "application/json; \
        charset=\"UTF-8\"",
        "application/json;charset=Utf8",
    ] {
        assert_eq!(
            api.change(
                &key,
                "POST",
                "/v1/people",
                &[("Content-Type", content_type)],
                r#"{"name":"P"}"#
            )
            .status,
            201,
            "{content_type}"
        );
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all("\u{FEFF}{\"name\":\"Gzip\"}".as_bytes()).unwrap();
    let bearer = format!("Bearer {key}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Content-Encoding", "X-Gzip"),
    ];
    assert_eq!(
        api.send_bytes("POST", "/v1/people", &headers, &encoder.finish().unwrap()).status,
        201
    );
}

#[rstest]
fn reports_numbers_in_an_imported_file_that_cannot_be_stored(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(
        br#"{"commitments":[{"id":"n","name":"N","figures":[{"value":1e-400,"unit":"people"}]}]}"#,
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_taskforce"))
        .args(["import", &file.path().display().to_string(), "--database-url", api.database()])
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && errors.contains("/commitments/0/figures/0/value"),
        "{errors}"
    );
}

#[test]
fn normalizes_options_like_text() {
    let api = Api::sqlite(&["--title", " \u{FEFF}Our re\u{301}cord "]);
    assert_eq!(api.get("/").json()["title"], "Our récord");
    for arguments in [
        &["keys", "create", "--scope", "write", "--name", "a\u{7}b"][..],
        &["keys", "create", "--scope", "write", "--name", "\u{200B}"],
        &["import", "-", "--reason", "a\u{FFFF}"],
        &["openapi", "--title", "a\u{1}b"],
    ] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_taskforce")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let (_, code) = api.run(&["keys", "create", "--scope", "write", "--name", " Ada\u{200B} "]);
    assert!(code == 0 && api.run(&["keys", "list"]).0.contains("\tAda\t"));
}
