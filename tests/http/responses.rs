//! Properties of every response, from any layer of the server.

use rstest::rstest;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, Response};

/// Paths that are served by different layers (cache, handlers, pages, fixed files), and errors of
/// each kind.
const PATHS: [&str; 14] = [
    "/v1/people?limit=2",
    "/v1/people/minh-dang",
    "/v1/people?format=csv&limit=3",
    "/v1/statistics",
    "/",
    "/openapi.json",
    "/openapi.yaml",
    "/style.css",
    "/docs",
    "/people",
    "/v1/people/never-was",
    "/v1/people?nme=x",
    "/nowhere",
    "/v1/people/%00",
];

fn has_default_headers(response: &Response, what: &str) {
    assert_eq!(response.header("access-control-allow-origin"), "*", "{what}");
    assert!(response.header("access-control-expose-headers").contains("ETag"), "{what}");
    assert!(!response.header("x-request-id").is_empty(), "{what}");
    assert_eq!(response.header("x-content-type-options"), "nosniff", "{what}");
    assert!(!response.header("vary").to_lowercase().contains("origin"), "{what}");
    if response.status >= 400 {
        assert_eq!(response.header("cache-control"), "no-store", "{what}");
    }
}

/// Sends a raw request, and returns the response in lowercase: up to its length, or else to the end
/// of the connection.
fn raw(api: &Api, request: &str) -> String {
    let mut stream = BufReader::new(std::net::TcpStream::connect(api.address()).unwrap());
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "{head}");
    }
    let lines = head.to_lowercase();
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = Vec::new();
    stream.take(length.unwrap_or(u64::MAX)).read_to_end(&mut body).unwrap();
    head + &String::from_utf8_lossy(&body)
}

#[rstest]
fn every_response_has_the_default_headers(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    for path in PATHS {
        for headers in
            [&[][..], &[("Origin", "https://example.org")], &[("Accept", "text/html, */*;q=0.1")]]
        {
            for method in ["GET", "HEAD", "DELETE", "OPTIONS", "BREW"] {
                let response = api.send(method, path, headers, "");
                let what = format!("{method} {path} {headers:?}");
                has_default_headers(&response, &what);
                if response.status >= 400
                    && headers.iter().all(|(name, _)| *name != "Accept")
                    && method != "HEAD"
                {
                    assert_eq!(
                        response.json()["request_id"],
                        response.header("x-request-id"),
                        "{what}"
                    );
                    assert_eq!(
                        response.header("content-type"),
                        "application/problem+json",
                        "{what}"
                    );
                }
            }
        }
    }
    let deleted =
        api.change(&api.key(), "DELETE", "/v1/people/minh-dang", &[("If-Match", "*")], "");
    assert_ne!(deleted.status, 500);
    has_default_headers(&deleted, "DELETE");
    let tag = api.get("/v1/meetings").header("etag").to_owned();
    has_default_headers(&api.send("GET", "/v1/meetings", &[("If-None-Match", &tag)], ""), "304");
}

#[rstest]
fn accepts_a_preflight_without_allowing_writes(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for (method, path) in [
        ("PUT", "/v1/people/x"),
        ("PATCH", "/v1/people/x"),
        ("DELETE", "/v1/people/x"),
        ("POST", "/v1/people"),
        ("GET", "/nowhere"),
    ] {
        let headers = [
            ("Origin", "https://example.org"),
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "if-match,x-request-id"),
        ];
        let response = api.send("OPTIONS", path, &headers, "");
        assert_eq!((response.status, response.text.as_str()), (204, ""), "{method}");
        assert_eq!(response.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
        assert_eq!(response.header("access-control-allow-headers"), "if-match,x-request-id");
        has_default_headers(&response, method);
    }
    let plain = api.send("OPTIONS", "/v1/people", &[("Origin", "https://example.org")], "");
    assert_eq!((plain.status, plain.header("allow")), (204, "GET, HEAD, POST, OPTIONS"));
}

#[rstest]
fn head_reports_the_length_of_get(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for path in PATHS {
        for encoding in ["identity", "br", "gzip"] {
            let headers = [("Accept-Encoding", encoding)];
            // HEAD comes first, so that it does not use the cached response to GET.
            let head = api.send("HEAD", path, &headers, "");
            let get = api.send("GET", path, &headers, "");
            for name in ["content-length", "content-type", "content-encoding", "etag"] {
                assert_eq!(
                    head.header(name),
                    get.header(name),
                    "{name} of {path} as \
                    {encoding}"
                );
            }
            assert_eq!(head.text, "");
            let is_stream =
                path.contains("format=csv") || !get.header("content-encoding").is_empty();
            assert!(is_stream || !get.header("content-length").is_empty(), "{path} as {encoding}");
        }
    }
    let page = [("Accept", "text/html")];
    let (head, get) = (
        api.send("HEAD", "/people/never-was", &page, ""),
        api.send("GET", "/people/never-was", &page, ""),
    );
    assert_eq!((head.status, head.header("content-length")), (404, get.header("content-length")));
}

#[rstest]
fn fixed_responses_have_strong_etags(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for path in [
        "/",
        "/openapi.json",
        "/openapi.yaml",
        "/style.css",
        "/icon.svg",
        "/docs",
        "/docs/init.js",
        "/docs/scalar.js",
        "/robots.txt",
        "/problems/gone",
        "/.well-known/api-catalog",
    ] {
        for encoding in ["identity", "gzip"] {
            let response = api.send("GET", path, &[("Accept-Encoding", encoding)], "");
            let tag = response.header("etag").to_owned();
            assert!(tag.starts_with('"'), "{path}: {tag}");
            let again = api.send(
                "GET",
                path,
                &[("Accept-Encoding", encoding), ("If-None-Match", &tag)],
                "",
            );
            assert_eq!((again.status, again.header("etag")), (304, tag.as_str()), "{path}");
        }
        let tags = ["br", "gzip", "identity"].map(|encoding| {
            api.send("GET", path, &[("Accept-Encoding", encoding)], "").header("etag").to_owned()
        });
        assert!(tags[0] != tags[1] && tags[1] != tags[2], "{path}");
    }
}

#[rstest]
fn accepts_etags_changed_by_proxies(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    for path in ["/openapi.json", "/v1/people", "/v1/people?format=csv", "/people"] {
        let tag = api.get(path).header("etag").trim_matches('"').to_owned();
        for sent in [
            format!("\"{tag}-gzip\""),
            format!("\"{tag}-br\""),
            format!("\"{tag};gzip\""),
            format!("\"{tag}--gzip\""),
            format!("W/\"{tag}\""),
            format!("W/\"{tag}-gzip\", \"x\""),
        ] {
            assert_eq!(
                api.send("GET", path, &[("If-None-Match", &sent)], "").status,
                304,
                "{path} {sent}"
            );
        }
        assert_eq!(
            api.send("GET", path, &[("If-None-Match", &format!("\"{tag}-x\""))], "").status,
            200
        );
    }
    let tag = api.get("/v1/people/minh-dang").header("etag").trim_matches('"').to_owned();
    let key = api.key();
    for sent in [format!("\"{tag};gzip\""), format!("\"{tag}-br\""), "\"1;gzip\"".to_owned()] {
        let response =
            api.change(&key, "PATCH", "/v1/people/minh-dang", &[("If-Match", &sent)], "{}");
        assert_eq!(response.status, 200, "{sent}: {}", response.text);
    }
    assert_eq!(
        api.change(&key, "PATCH", "/v1/people/minh-dang", &[("If-Match", "\"9;gzip\"")], "{}")
            .status,
        412
    );
}

#[rstest]
fn joins_repeated_header_lines(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let get = |path: &str, lines: &str| {
        raw(
            api,
            &format!(
                "GET {path} HTTP/1.1\r\nHost: \
        x\r\nConnection: close\r\n{lines}\r\n\r\n"
            ),
        )
        .to_lowercase()
    };
    let json = get("/v1/people?limit=1", "Accept: text/html\r\nAccept: application/json");
    assert!(json.starts_with("http/1.1 200") && json.contains("application/json"), "{json}");
    let csv = get(
        "/v1/people?limit=1",
        "Accept: application/json;q=0.1\r\nAccept: \
        text/csv;Q=0.9",
    );
    assert!(csv.contains("text/csv"), "{csv}");
    // The cache distinguishes the two.
    assert!(
        get("/", "Accept: application/json\r\nAccept: text/html;q=0.5")
            .contains("content-type: application/json")
    );
    assert!(
        get("/", "Accept: application/json;q=0.1\r\nAccept: text/html;q=0.5")
            .contains("content-type: text/html")
    );
    assert!(
        get("/v1/people", "Accept-Encoding: br;Q=0\r\nAccept-Encoding: gzip")
            .contains("content-encoding: gzip")
    );
    assert!(get("/v1/people", "Accept: APPLICATION/JSON;Q=0, text/csv").contains("text/csv"));
    assert!(get("/v1/people", "Accept: text/html;q=0.9").starts_with("http/1.1 406"));
}

#[rstest]
fn sends_no_chunks_to_http_1_0_clients(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for path in [
        "/v1/people?format=ndjson",
        "/v1/people?format=csv",
        "/v1/people?limit=1",
        "/v1/changes",
        "/openapi.json",
    ] {
        for encoding in ["identity", "gzip"] {
            let response = raw(
                api,
                &format!(
                    "GET {path} HTTP/1.0\r\nConnection: \
                keep-alive\r\nAccept-Encoding: {encoding}\r\n\r\n"
                ),
            );
            let (head, body) = response.split_once("\r\n\r\n").unwrap();
            let head = head.to_lowercase();
            assert!(head.contains(" 200 ") && !head.contains("chunked"), "{path}: {head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            assert!(
                !body.is_empty() && (length.is_some() || !head.contains("connection: keep-alive")),
                "{path}: {head}"
            );
            if path.ends_with("ndjson") && encoding == "identity" {
                assert_eq!(body.lines().next().unwrap().chars().next(), Some('{'));
            }
        }
    }
}

#[rstest]
fn pages_ignore_unknown_parameters_and_drop_empty_ones(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.shared();
    let page = |path: &str| api.send("GET", path, &[("Accept", "text/html")], "");
    let plain = page("/people").text;
    for path in ["/people?fbclid=x", "/people?utm_source=a&utm_source=b", "/people?x=%FF"] {
        let response = page(path);
        assert_eq!((response.status, response.text == plain), (200, true), "{path}");
    }
    for path in [
        "/",
        "/about",
        "/search",
        "/changes",
        "/docs",
        "/people/minh-dang",
        "/people/minh-dang/history",
        "/meetings",
    ] {
        assert_eq!(page(&format!("{path}?gclid=1")).status, 200, "{path}");
        let moved = page(&format!("{path}?gclid=&ref=%20a&q="));
        assert_eq!(
            (moved.status, moved.header("location")),
            (303, format!("{path}?ref=%20a").as_str()),
            "{path}"
        );
    }
    assert_eq!(page("/commitments?department=&status=").header("location"), "/commitments");
    assert_eq!(page("/commitments?limit=many").status, 400);
    assert_eq!(page("/commitments?status=dne").status, 400);
    assert_eq!(page("/commitments?status=completed&status=announced").status, 400);
    assert_eq!(page("/commitments?due[gtee]=2020").status, 400);
    for path in ["/v1/people?fbclid=x", "/v1/people?name=", "/v1/search?q=a&utm_source=x"] {
        assert_eq!(api.get(path).status, 400, "{path}");
    }
}

#[rstest]
fn a_page_before_the_first_revision_explains_itself(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let first = api.get("/v1/changes?limit=1").json()["data"][0]["recorded_at"].as_str().unwrap()
        [..4]
        .to_owned();
    for path in ["/commitments", "/", "/meetings"] {
        let text = api
            .send("GET", &format!("{path}?as_of=2001-02-03"), &[("Accept", "text/html")], "")
            .text;
        assert!(
            text.contains("No records had been entered by 3 February 2001.")
                || text.contains("No records had been entered by February 3, 2001."),
            "{path}: {text}"
        );
        assert!(text.contains("The dataset begins on") && text.contains(&first), "{path}");
    }
    assert_eq!(
        api.get("/v1/commitments?as_of=2001-02-03T00:00:00Z").json()["data"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[rstest]
fn hints_suggest_parameters_of_the_list(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for (query, hint) in [
        ("commitments?page=2", "cursor"),
        ("commitments?offset=20", "cursor"),
        ("organizations?pageNumber=2", "cursor"),
        ("people?page[size]=9", "limit"),
        ("people?per_page=9", "limit"),
        ("people?pageSize=9", "limit"),
        ("people?size=9", "limit"),
        ("people?order=name", "sort"),
        ("people?order_by=name", "sort"),
        ("people?sortBy=name", "sort"),
        ("people?search=x", "q"),
        ("commitments?sort=date", "made_on"),
        ("commitments?sort=-date", "-made_on"),
        ("documents?sort=date", "issued"),
        ("commitments?sort=due desc", "-due"),
        ("commitments?date=2024", "made_on"),
        ("council-members?home_state=US-AK", "home_state.region"),
        ("council-members?home_state=US", "home_state.country"),
        ("council-members?region=US-AK", "home_state.region"),
        ("council-members?sort=home_state", "home_state.name"),
        ("meetings?city=Washington", "location.city"),
        ("commitments?department_id=state", "department"),
        ("commitments?Department=state", "department"),
        ("commitments?due__gte=2020", "due[gte]"),
        ("commitments?due_after=2020", "due[gt]"),
        ("commitments?fields=id,date", "made_on"),
        ("changes?page=2", "after"),
        ("people/minh-dang/roles?per_page=3", "limit"),
        ("gaps?pageSize=3", "limit"),
    ] {
        let response = api.get(&format!("/v1/{}", query.replace(' ', "%20")));
        assert_eq!(
            (response.status, &response.json()["errors"][0]["hint"]),
            (400, &serde_json::json!(hint)),
            "{query}: {}",
            response.text
        );
    }
    assert!(
        api.get("/v1/people?page=2").json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("page.next")
    );
}

#[rstest]
fn allows_a_byte_order_mark_for_csv_only(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let mark = "\u{feff}".as_bytes();
    let (with, without) =
        (api.get("/v1/people?format=csv&bom=true"), api.get("/v1/people?format=csv&bom=false"));
    assert_eq!(with.bytes.strip_prefix(mark), Some(without.bytes.as_slice()));
    assert_ne!(with.header("etag"), without.header("etag"));
    assert!(
        api.send("GET", "/v1/people?bom=true", &[("Accept", "text/csv")], "")
            .bytes
            .starts_with(mark)
    );
    // Generated clients send the default of every parameter.
    assert_eq!(api.get("/v1/people?bom=false").status, 200);
    for query in ["bom=true", "bom=true&format=ndjson", "bom=maybe&format=csv", "bom=&format=csv"] {
        let response = api.get(&format!("/v1/people?{query}"));
        assert_eq!(
            (response.status, &response.json()["errors"][0]["parameter"]),
            (400, &serde_json::json!("bom")),
            "{query}: {}",
            response.text
        );
    }
}

#[rstest]
fn lists_in_csv_cells_can_be_parsed(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let body = r#"{"name":"Tabular","other_names":["a; b","c\\d"],"short_name":"＝1+1"}"#;
    assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], body).status, 201);
    let table =
        api.get("/v1/organizations?format=csv&id=tabular&fields=short_name,other_names").text;
    assert!(table.contains("\"a\\; b; c\\\\d\"") && table.contains("'＝1+1"), "{table}");
    let agents = api.get("/v1/people?format=csv").text;
    assert!(agents.starts_with("type,id,name"), "{agents}");
}

#[rstest]
fn an_event_stream_resumes_after_the_last_event_id(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for name in ["One", "Two"] {
        assert_eq!(
            api.change(&key, "POST", "/v1/organizations", &[], &format!(r#"{{"name":"{name}"}}"#))
                .status,
            201
        );
    }
    let first = |path: &str, headers: &[(&str, &str)]| {
        let headers = [headers, &[("Accept", "text/event-stream")]].concat();
        api.lines(path, &headers)
            .find_map(|line| line.strip_prefix("id: ").map(str::to_owned))
            .unwrap()
    };
    assert_eq!(first("/v1/changes?lastEventId=2", &[]), "3");
    assert_eq!(first("/v1/changes?after=1", &[("Last-Event-ID", "")]), "2");
    assert_eq!(first("/v1/changes?after=1&lastEventId=", &[]), "2");
    assert_eq!(first("/v1/changes?lastEventId=1", &[("Last-Event-ID", "2")]), "3");
    for path in ["/v1/changes?lastEventId=x", "/v1/changes?lastEventId=99"] {
        assert_eq!(
            api.send("GET", path, &[("Accept", "text/event-stream")], "").status,
            400,
            "{path}"
        );
    }
    assert_eq!(api.get("/v1/changes?lastEventId=1").status, 400);
}

#[rstest]
fn lists_shared_recordings_but_not_unsourced_documents_as_gaps(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let gaps = |query: &str| api.get(&format!("/v1/gaps?limit=200&{query}")).json();
    assert_eq!(gaps("kind=unsourced&type=document")["page"]["total"], 0);
    assert!(api.get("/v1/statistics").json()["sourced"].get("document").is_none());
    let before = gaps("kind=shared_recording")["page"]["total"].as_i64().unwrap();
    let key = api.key();
    let enter = |path: &str, body: &str| {
        assert_eq!(api.change(&key, "POST", path, &[], body).status, 201, "{body}")
    };
    enter("/v1/documents", r#"{"id":"tape","name":"The tape","kind":"video"}"#);
    let meeting = |id: &str, rel: &str| {
        enter(
            "/v1/meetings",
            &format!(
                r#"{{"id":"{id}","name":"Meeting {id}","organization":{{"id":"state"}},"documents":[{{"rel":"{rel}","document":{{"id":"tape"}}}}]}}"#
            ),
        );
    };
    meeting("m-one", "recording");
    meeting("m-other", "about");
    assert_eq!(gaps("kind=shared_recording")["page"]["total"], before);
    meeting("m-two", "recording");
    let found = gaps("kind=shared_recording");
    assert_eq!(found["page"]["total"], before + 2);
    let one = found["data"].as_array().unwrap().iter().find(|gap| gap["id"] == "m-one").unwrap();
    assert_eq!(
        (&one["type"], &one["field"]),
        (&serde_json::json!("meeting"), &serde_json::json!("/documents"))
    );
    assert!(
        one["message"].as_str().unwrap().contains("m-two")
            && one["message"].as_str().unwrap().contains("The tape"),
        "{one}"
    );
}
