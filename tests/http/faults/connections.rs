//! Clients that hold connections open without using them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{UNCACHED, assert_recovers, enter};
use crate::support::{Api, Response};

/// The maximum time that a client waits while others hold connections.
const MAX_WAIT: Duration = Duration::from_secs(3);

/// Opens up to this many connections that send nothing.
fn idle(api: &Api, count: usize) -> Vec<TcpStream> {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    // The server has the same limit of open files, and other tests need some.
    let allowed = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(512);
    if allowed < count {
        eprintln!(
            "*** only {allowed} of {count} connections can be opened here: the limit of open \
            files is {files} ***"
        );
    }
    let address = api.address().parse().unwrap();
    (0..count.min(allowed))
        .map(|_| TcpStream::connect_timeout(&address, MAX_WAIT).unwrap())
        .collect()
}

/// Asserts that another client gets a response in time.
fn answered(api: &Api, path: &str, status: u16) -> Response {
    let began = Instant::now();
    let response = api.get(path);
    assert_eq!(response.status, status, "{path}: {}", response.text);
    assert!(began.elapsed() < MAX_WAIT, "it took {:?}", began.elapsed());
    response
}

/// Returns the number of sockets and files that the server has open.
fn files(api: &Api) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", api.id())).unwrap().count()
}

#[test]
fn serves_others_beside_idle_connections_and_slow_heads() {
    let api = Api::sqlite(&UNCACHED);
    // The first request allocates memory.
    answered(&api, "/v1/people?limit=1", 200);
    let before = api.memory();
    let idle = idle(&api, 2_000);
    for mut stream in idle.iter().take(200) {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow").unwrap();
    }
    answered(&api, "/v1/people?limit=1", 200);
    let each = api.memory().saturating_sub(before) / idle.len() as u64;
    assert!(each < 16 << 10, "{each} bytes for each connection");
}

#[test]
fn answers_503_when_all_connections_are_in_use() {
    let api = Api::sqlite(&["--max-connections", "50", "--cache-size", "1"]);
    let key = api.key();
    answered(&api, "/v1/people?limit=1", 200);
    let revision = api.revision();
    // More connections than the maximum, and more than can be rejected at a time.
    let idle = idle(&api, 700);
    for path in ["/v1/people?limit=1", "/v1/people?limit=2"] {
        let refused = answered(&api, path, 503);
        assert_eq!(refused.json()["code"], "service-unavailable");
        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(refused.header("connection"), "close");
    }
    assert_eq!(enter(&api, &key, "refused").unwrap().status, 503);
    answered(&api, "/health/live", 200);
    drop(idle);
    assert_recovers(|| api.get("/v1/people?limit=1"), 200);
    assert_eq!(api.revision(), revision, "a rejected write has no effect");
}

#[test]
#[ignore = "takes most of a minute"]
fn closes_ten_thousand_idle_connections() {
    let api = Api::sqlite(&UNCACHED);
    let (memory, before, began) = (api.memory(), files(&api), Instant::now());
    // On a slow machine, the first connections are closed before the last ones are open.
    let all = idle(&api, 9_900);
    let opened = began.elapsed();
    for _ in 0..20 {
        answered(&api, "/v1/people?limit=1", 200);
    }
    let grown = api.memory().saturating_sub(memory);
    assert!(grown < (16 << 10) * all.len() as u64, "{grown} bytes for {} connections", all.len());
    let began = Instant::now();
    while files(&api) > before + 20 {
        assert!(began.elapsed() < Duration::from_secs(40), "{} files are still open", files(&api));
        std::thread::sleep(Duration::from_millis(500));
    }
    eprintln!(
        "{} idle connections: opened in {opened:?}, {grown} bytes, all gone {:?} later",
        all.len(),
        began.elapsed()
    );
    answered(&api, "/v1/people?limit=1", 200);
}

#[test]
fn serves_others_beside_a_stalled_reader() {
    let api = Api::sqlite(&[]);
    // More readers than database connections, each with a response larger than the socket buffers.
    let stalled: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(api.address()).unwrap();
            stream
                .write_all(
                    "GET /v1/commitments?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n"
                        .repeat(40)
                        .as_bytes(),
                )
                .unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    for _ in 0..10 {
        assert_eq!(api.get("/v1/commitments?format=csv").status, 200);
    }
    drop(stalled);
}

/// Reads the response of `/health/live`.
fn read_answer(stream: &mut TcpStream) {
    let mut response = Vec::new();
    while !response.ends_with(b"}") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        response.extend(byte);
    }
}

#[test]
#[ignore = "takes most of a minute"]
fn closes_stalled_connections() {
    let api = Api::sqlite(&[]);
    let key = api.key();
    let connect = || {
        let stream = TcpStream::connect(api.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
        stream
    };
    let mut head = connect();
    head.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let mut later_head = connect();
    later_head.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_answer(&mut later_head);
    later_head.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let mut body = connect();
    let request = format!(
        "POST /v1/people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: \
        application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    body.write_all(request.as_bytes()).unwrap();
    let mut reader = connect();
    reader
        .write_all(
            "GET /v1/commitments?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n".repeat(60).as_bytes(),
        )
        .unwrap();
    let response = |mut stream: TcpStream| {
        let mut response = [0; 12];
        stream.read_exact(&mut response).unwrap();
        String::from_utf8_lossy(&response).into_owned()
    };
    assert_eq!(response(head), "HTTP/1.1 408");
    assert_eq!(response(later_head), "HTTP/1.1 408");
    assert_eq!(response(body), "HTTP/1.1 408");
    let before = files(&api);
    std::thread::sleep(Duration::from_secs(45));
    assert!(files(&api) < before, "a stalled reader keeps its connection");
}
