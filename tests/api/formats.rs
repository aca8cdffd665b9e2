//! Formats and the manners of HTTP.

use serde_json::{Value, json};

use crate::support::{Api, RESOURCES, each_database};

/// Rows of RFC 4180.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.push(letters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(cell.is_empty() && row.is_empty(), "the last row is not ended");
    rows
}

/// The value of a column, in a record as JSON.
fn cell(record: &Value, column: &str) -> String {
    let value = record.get(column).cloned().unwrap_or_else(|| {
        let split = column.match_indices('_').find(|(at, _)| record.get(&column[..*at]).is_some_and(|v| v.is_object() || v.is_null()));
        let whole = (1..column.len()).rev().find(|at| column.is_char_boundary(*at) && column.as_bytes()[*at] == b'_' && record.get(&column[..*at]).is_some());
        let at = whole.or(split.map(|(at, _)| at)).unwrap_or_else(|| panic!("no field for the column {column}"));
        let (field, member) = (&column[..at], &column[at + 1..]);
        let object = &record[field];
        object.get(member).cloned().unwrap_or_else(|| member.split_once('_').map_or(Value::Null, |(outer, inner)| object[outer][inner].clone()))
    });
    let plain = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(_) => value["id"].as_str().or(value["name"].as_str()).unwrap_or_default().to_owned(),
        other => other.to_string(),
    };
    match &value {
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join("; "),
        value => plain(value),
    }
}

/// Columns that hold lists of objects, as JSON.
const AS_JSON: [&str; 6] = ["sources", "documents", "participants", "figures", "places", "positions"];

each_database! {
    fn csv_says_what_json_says(api: Api) {
        for (path, _, _) in RESOURCES {
            let records = api.all(&format!("/v1/{path}?limit=200&sort=name"));
            let csv = api.get(&format!("/v1/{path}?format=csv&sort=name"));
            assert!(csv.status == 200 && csv.header("content-type").starts_with("text/csv"));
            let rows = rows(&csv.body);
            assert_eq!(rows.len(), records.len() + 1, "{path}: all records, not a page of them");
            for (row, record) in rows[1..].iter().zip(&records) {
                assert_eq!(row.len(), rows[0].len());
                for (column, found) in rows[0].iter().zip(row) {
                    if AS_JSON.contains(&column.as_str()) {
                        let list: Value = if found.is_empty() { json!([]) } else { serde_json::from_str(found).unwrap() };
                        assert_eq!(list, record[column], "{path} {column}");
                    } else {
                        assert_eq!(found.trim_start_matches('\''), cell(record, column).trim_start_matches('\''), "{path} {column}");
                    }
                }
            }
            assert_eq!(api.send("GET", &format!("/v1/{path}?sort=name"), &[("accept", "text/csv")], "").body, csv.body);
            assert_eq!(self::rows(&api.get(&format!("/v1/{path}?format=csv&limit=1")).body).len(), 2);
        }
    }

    fn cells_are_not_run_as_formulas(api: Api) {
        let api = api.with_key();
        for (id, name) in [("f1", "=1+1"), ("f2", "+cmd"), ("f3", "-cmd"), ("f4", "@sum"), ("f5", "plain = text")] {
            api.write("POST", "/v1/awards", &[], &json!({"id": id, "name": name, "other_names": [name]})).expect(201);
            let rows = rows(&api.get(&format!("/v1/awards?format=csv&id={id}&fields=id,name,other_names")).body);
            let safe = if id == "f5" { name.to_owned() } else { format!("'{name}") };
            assert_eq!(rows, [vec!["id".to_owned(), "name".to_owned(), "other_names".to_owned()], vec![id.to_owned(), safe.clone(), safe]]);
        }
    }

    fn ndjson_is_a_record_a_line(api: Api) {
        for (path, _, _) in RESOURCES {
            let records = api.all(&format!("/v1/{path}?limit=200"));
            let answer = api.get(&format!("/v1/{path}?format=ndjson"));
            assert!(answer.header("content-type").starts_with("application/x-ndjson"), "{:?}", answer.headers);
            let lines: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines, records, "{path}");
            assert!(answer.body.ends_with('\n'));
        }
    }

    fn every_path_knows_its_methods(api: Api) {
        api.send("GET", "/v1/awards", &[("accept", "image/png")], "").problem(406, "not-acceptable");
        api.send("GET", "/v1/awards/presidential-award", &[("accept", "text/csv")], "").problem(406, "not-acceptable");
        for path in ["/", "/openapi.json", "/health/live", "/v1/awards", "/v1/awards/presidential-award", "/v1/changes", "/v1/awards/presidential-award/history"] {
            let (get, head) = (api.get(path), api.send("HEAD", path, &[], ""));
            assert_eq!((head.status, head.body.as_str(), head.header("etag"), head.header("content-type")), (200, "", get.header("etag"), get.header("content-type")), "{path}");
            let options = api.send("OPTIONS", path, &[], "");
            assert!([200, 204].contains(&options.status), "{path}: {}", options.status);
            assert!(options.header("allow").contains("GET") && options.header("allow").contains("OPTIONS"), "{path}: {:?}", options.headers);
            let wrong = api.send("REPORT", path, &[], "");
            wrong.problem(405, "method-not-allowed");
            assert_eq!(wrong.header("allow"), options.header("allow"), "{path}");
        }
        let import = api.get("/v1/import");
        import.problem(405, "method-not-allowed");
        assert!(import.header("allow").contains("POST"));
    }

    fn every_error_is_a_problem_that_has_a_page(api: Api) {
        for (path, status) in [("/nowhere", 404), ("/v1/nothing", 404), ("/v1/awards/x/y/z", 404), ("/v1/awards?x=1", 400), ("/v1/awards/none", 404), ("/v1/awards/%FF", 404)] {
            let answer = api.get(path);
            assert!(answer.status == status || path.ends_with("%FF") && answer.status == 400, "{path}: {}", answer.status);
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
            let problem = answer.json();
            let code = problem["code"].as_str().unwrap();
            assert_eq!((&problem["type"], &problem["status"]), (&json!(format!("/problems/{code}")), &json!(answer.status)));
            assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["errors"].is_array());
            assert_eq!(problem["request_id"], answer.header("x-request-id"));
            assert_eq!(api.get(&format!("/problems/{code}")).status, 200);
        }
        let long = api.get(&format!("/v1/awards?name={}", "x".repeat(9_000)));
        long.problem(414, "uri-too-long");
    }

    fn answers_and_errors_may_be_read_from_anywhere(api: Api) {
        for path in ["/v1/awards", "/v1/awards?x=1", "/nowhere", "/openapi.json"] {
            let answer = api.send("GET", path, &[("origin", "https://elsewhere.example"), ("x-request-id", "my-own-id")], "");
            assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
            for exposed in ["etag", "link", "location", "x-request-id", "retry-after"] {
                assert!(answer.header("access-control-expose-headers").to_lowercase().contains(exposed), "{path} {exposed}");
            }
            assert_eq!(answer.header("x-request-id"), "my-own-id");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(answer.headers.get("server").is_none());
            let insane = api.send("GET", path, &[("x-request-id", "a b<script>")], "");
            assert!(!insane.header("x-request-id").is_empty() && !insane.header("x-request-id").contains('<'));
        }
    }
}
