//! Clients that hold connections and do nothing with them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Api;

#[test]
fn many_idle_connections_and_slow_heads_hold_up_nobody() {
    let api = Api::sqlite(&[]);
    let idle: Vec<TcpStream> = (0..2_000).map(|_| TcpStream::connect(api.address()).unwrap()).collect();
    for mut stream in idle.iter().take(200) {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow").unwrap();
    }
    assert_eq!(api.get("/v1/people?limit=1").status, 200);
    drop(idle);
}

#[test]
fn a_reader_who_takes_nothing_holds_up_nobody() {
    let api = Api::sqlite(&[]);
    // More than there are connections to the database, each with more to come than sockets hold.
    let stalled: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(api.address()).unwrap();
            stream.write_all("GET /v1/commitments?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n".repeat(40).as_bytes()).unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    for _ in 0..10 {
        assert_eq!(api.get("/v1/commitments?format=csv").status, 200);
    }
    drop(stalled);
}

#[test]
#[ignore = "most of a minute"]
fn who_sends_or_takes_nothing_is_let_go() {
    let api = Api::sqlite(&[]);
    let key = api.key();
    let connect = || {
        let stream = TcpStream::connect(api.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
        stream
    };
    let mut head = connect();
    head.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let mut body = connect();
    let request = format!(
        "POST /v1/people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    body.write_all(request.as_bytes()).unwrap();
    let mut reader = connect();
    reader.write_all("GET /v1/commitments?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n".repeat(60).as_bytes()).unwrap();
    let answer = |mut stream: TcpStream| {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert_eq!(answer(head), "HTTP/1.1 408");
    assert_eq!(answer(body), "HTTP/1.1 408");
    let sockets = || std::fs::read_dir(format!("/proc/{}/fd", api.id())).unwrap().count();
    let before = sockets();
    std::thread::sleep(Duration::from_secs(45));
    assert!(sockets() < before, "a reader who takes nothing keeps its connection");
}
