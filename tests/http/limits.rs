//! Limits on rates, sizes and times, and the metrics and logs of requests.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value as Json;

use crate::support::Api;

#[test]
fn limits_the_rate_of_a_client_and_reports_it() {
    let api = Api::sqlite(&["--rate-limit", "2", "--trusted-proxy", "127.0.0.0/8,::1"]);
    let get = |client: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("X-Forwarded-For", client)];
        headers.extend(more);
        api.send("GET", "/v1/people/alex-azar", &headers, "")
    };
    let first = get("192.0.2.1", &[]);
    assert_eq!(
        (first.header("ratelimit"), first.header("ratelimit-policy")),
        ("\"client\";r=7;t=1", "\"client\";q=8;w=4")
    );
    let tag = first.header("etag").to_owned();
    for _ in 0..20 {
        assert_eq!(
            get("192.0.2.1", &[("If-None-Match", &tag)]).status,
            304,
            "a 304 costs no token"
        );
    }
    let statuses: Vec<u16> = (0..12).map(|_| get("192.0.2.1", &[]).status).collect();
    assert!(statuses.starts_with(&[200; 7]) && statuses.ends_with(&[429]), "{statuses:?}");
    let refused = get("192.0.2.1", &[("Origin", "https://example.org")]);
    assert_eq!(
        (refused.status, &refused.json()["code"], refused.header("retry-after")),
        (429, &Json::from("too-many-requests"), "1")
    );
    assert!(
        refused.header("ratelimit").starts_with("\"client\";r=0"),
        "{}",
        refused.header("ratelimit")
    );
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_eq!(
        get("203.0.113.5, 192.0.2.1", &[]).status,
        429,
        "a client cannot claim another address"
    );
    assert_eq!(get("192.0.2.2", &[]).status, 200, "other clients have their own limits");
    assert_eq!(
        api.send("GET", "/health/ready", &[("X-Forwarded-For", "192.0.2.1")], "").status,
        200
    );
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(get("192.0.2.1", &[]).status, 200, "the limit is refilled");
}

#[test]
fn limits_failed_keys_more_strictly() {
    let api = Api::sqlite(&["--rate-limit", "1000000"]);
    let (good, body) = (api.key(), r#"{"name":"X"}"#);
    let statuses: Vec<u16> =
        (0..80).map(|_| api.change("tfk_0_0_0", "POST", "/v1/people", &[], body).status).collect();
    assert!(statuses.starts_with(&[401; 60]) && statuses.ends_with(&[429]), "{statuses:?}");
    assert_eq!(
        api.change(&good, "POST", "/v1/people?dry_run=true", &[], body).status,
        429,
        "keys of this client are not looked up"
    );
    assert_eq!(api.get("/v1/people").status, 200, "reads continue");
}

#[test]
fn a_redirect_reports_the_rate_limit() {
    let api = Api::sqlite(&["--rate-limit", "1000"]);
    let merge = r#"{"into":"alex-azar"}"#;
    let merged =
        api.change(&api.admin_key(), "POST", "/v1/people/antony-blinken/merge", &[], merge);
    assert_eq!(merged.status, 200, "{}", merged.text);
    let redirect = api.get("/v1/people/antony-blinken");
    assert_eq!(redirect.status, 308);
    assert!(redirect.header("ratelimit").starts_with("\"client\";r="));
    assert_eq!(redirect.header("ratelimit-policy"), "\"client\";q=4000;w=4");
}

#[test]
fn reports_no_rate_limit_if_there_is_none() {
    let api = Api::sqlite(&["--rate-limit", "0"]);
    assert_eq!(api.get("/").header("ratelimit"), "");
}

#[test]
fn rejects_decompression_bombs() {
    let api = Api::sqlite(&[]);
    let key = api.key();
    let before = api.memory();
    let zeros = vec![b' '; 256 << 20];
    let bombs: [(&str, Vec<u8>); 2] = [
        ("gzip", {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(&zeros).unwrap();
            gzip.finish().unwrap()
        }),
        ("br", {
            let mut packed = Vec::new();
            brotli::CompressorWriter::new(&mut packed, 4_096, 1, 22).write_all(&zeros).unwrap();
            packed
        }),
    ];
    for (encoding, bomb) in &bombs {
        assert!(bomb.len() < 2 << 20);
        let headers = [("Content-Encoding", *encoding)];
        let response = api.send_bytes(
            "POST",
            "/v1/people",
            &[
                ("Authorization", &format!("Bearer {key}")),
                ("Content-Type", "application/json"),
                headers[0],
            ],
            bomb,
        );
        assert_eq!(
            (response.status, &response.json()["code"]),
            (413, &Json::from("payload-too-large")),
            "{encoding}"
        );
    }
    let mut small = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    small.write_all(b"{\"id\":\"packed\",\"name\":\"Packed\"}").unwrap();
    let small = small.finish().unwrap();
    let response = api.send_bytes(
        "POST",
        "/v1/people",
        &[
            ("Authorization", &format!("Bearer {key}")),
            ("Content-Type", "application/json"),
            ("Content-Encoding", "gzip"),
        ],
        &small,
    );
    assert_eq!(response.status, 201, "{}", response.text);
    assert!(api.memory() < before + (48 << 20), "{} then {}", before, api.memory());
}

#[test]
fn shuts_down_gracefully() {
    let api = Api::sqlite(&["--shutdown-delay", "1"]);
    let mut idle = TcpStream::connect(api.address()).unwrap();
    let mut get = |path: &str| {
        idle.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        let mut response = [0; 4_096];
        let length = idle.read(&mut response).unwrap();
        String::from_utf8_lossy(&response[..length]).into_owned()
    };
    assert!(get("/health/ready").starts_with("HTTP/1.1 200"));
    api.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));
    assert!(get("/health/ready").starts_with("HTTP/1.1 503"), "no longer ready");
    assert!(get("/health/live").starts_with("HTTP/1.1 200"), "but alive");
    assert_eq!(api.get("/v1/people?limit=1").status, 200, "and responding");
    assert_eq!(
        api.ended(Duration::from_secs(8)),
        Some(0),
        "an idle connection does not delay the shutdown"
    );
}

#[test]
fn serves_metrics_separately_and_logs_no_secrets() {
    // No other test uses this address, so the port stays free.
    let free = std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap();
    let metrics = free.to_string();
    let api = Api::sqlite(&["--metrics-listen", &metrics, "--log-format", "json"]);
    let key = api.key();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers =
        [("traceparent", &*format!("00-{trace}-00f067aa0ba902b7-01")), ("X-Request-Id", "mine-1")];
    for _ in 0..2 {
        assert_eq!(
            api.send("GET", "/v1/people/alex-azar?fields=id", &headers, "").status,
            200,
            "the first is from the store, the second from the cache"
        );
    }
    let tag = api.get("/v1/awards?limit=1").header("etag").to_owned();
    assert_eq!(api.send("GET", "/v1/awards?limit=1", &[("If-None-Match", &tag)], "").status, 304);
    assert_eq!(api.send("HEAD", "/v1/awards?limit=1", &[], "").status, 200);
    assert_eq!(
        api.change(&key, "POST", "/v1/people?dry_run=true", &[], r#"{"name":"Secret Name"}"#)
            .status,
        201
    );
    assert_eq!(api.change("tfk_0_0_0", "POST", "/v1/people", &[], "{}").status, 401);
    assert_eq!(api.get(&format!("/v1/people/{key}")).status, 404);
    assert_eq!(api.get("/metrics").status, 404, "not on the public listener");
    let exported = api.get(&format!("http://{metrics}/metrics")).text;
    for line in [
        "taskforce_http_requests_total{method=\"GET\",route=\"/v1/people/{id}\",status=\"200\"} 2",
        "taskforce_http_requests_total{method=\"GET\",route=\"/v1/awards\",status=\"200\"} 1",
        "taskforce_http_requests_total{method=\"GET\",route=\"/v1/awards\",status=\"304\"} 1",
        "taskforce_http_requests_total{method=\"HEAD\",route=\"/v1/awards\",status=\"200\"} 1",
        "taskforce_http_requests_total{method=\"POST\",route=\"/v1/people\",status=\"201\"} 1",
        "taskforce_http_request_duration_seconds_count{method=\"GET\",route=\"/v1/people/{id}\"} 3",
        "taskforce_http_problems_total{code=\"unauthorized\"} 1",
        "taskforce_revision 1",
        "taskforce_store_up 1",
        "taskforce_cache_hits_total 3",
        "taskforce_writes_waiting 0",
    ] {
        assert!(exported.lines().any(|other| other == line), "{line} is not in {exported}");
    }
    api.signal("INT");
    assert_eq!(api.ended(Duration::from_secs(8)), Some(0));
    let log = api.log();
    let lines: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mine = lines.iter().find(|line| line["request_id"] == "mine-1").unwrap();
    assert_eq!(
        (&mine["trace_id"], &mine["route"], &mine["status"], &mine["method"]),
        (&trace.into(), &"/v1/people/{id}".into(), &200.into(), &"GET".into())
    );
    assert!(mine["duration_ms"].is_number());
    for secret in [key.as_str(), "fields=id", "Secret Name"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[test]
fn serves_well_known_files() {
    let api = Api::sqlite(&[
        "--public-url",
        "https://record.example.gov/",
        "--security-contact",
        "safe@example.gov",
        "--no-bundled-records",
    ]);
    let catalog = api.get("/.well-known/api-catalog");
    assert!(catalog.header("content-type").starts_with("application/linkset+json"));
    let anchored = &catalog.json()["linkset"][1];
    assert_eq!(anchored["anchor"], "https://record.example.gov/");
    let document = api.get("/openapi.json").json();
    assert_eq!(document["servers"][0]["url"], "https://record.example.gov");
    for relation in ["service-desc", "service-doc", "status"] {
        let target = anchored[relation][0]["href"]
            .as_str()
            .unwrap()
            .replace("https://record.example.gov", "");
        assert_eq!(api.get(&target).status, 200, "{target}");
    }
    for path in ["/", "/.well-known/api-catalog"] {
        let link = api.send("HEAD", path, &[], "").header("link").to_owned();
        assert!(
            link.contains(
                "<https://record.example.gov/.well-known/api-catalog>; rel=\"api-catalog\""
            ),
            "{link}"
        );
    }
    let exported = api.get("/.well-known/security.txt");
    assert_eq!(exported.header("content-type"), "text/plain; charset=utf-8");
    assert!(exported.text.contains("Contact: mailto:safe@example.gov\n"), "{}", exported.text);
    let expires = exported.text.lines().find_map(|line| line.strip_prefix("Expires: ")).unwrap();
    let days = (chrono::DateTime::parse_from_rfc3339(expires).unwrap().to_utc()
        - chrono::Utc::now())
    .num_days();
    assert!((30..366).contains(&days), "{expires}");
}

#[test]
fn the_healthcheck_reports_by_its_exit_code() {
    let api = Api::sqlite(&["--no-bundled-records"]);
    let check = |address: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_taskforce"))
            .args(["healthcheck", "--listen", address])
            .status()
            .unwrap()
    };
    assert_eq!(check(api.address()).code(), Some(0));
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert_eq!(check(&free).code(), Some(1));
}
