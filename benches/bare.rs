//! The baseline of the measurements in this folder: a server of the same framework that responds
//! from memory.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a program for measurements may stop at its first fault"
)]

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};

/// Takes the address to listen on, and a file with the response: the status, a line for each
/// header, an empty line, the body.
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().expect("an address");
    let answer = std::fs::read(arguments.next().expect("a file"))?;
    let end =
        answer.windows(2).position(|pair| pair == b"\n\n").expect("an empty line after the head");
    let head = std::str::from_utf8(&answer[..end]).expect("a head of text");
    let (status, lines) = head.split_once('\n').expect("a status before the headers");
    let status: StatusCode = status.parse().expect("a status");
    let headers: HeaderMap = lines
        .lines()
        .map(|line| {
            let (name, value) = line.split_once(": ").expect("a name and a value");
            (
                name.parse::<HeaderName>().expect("a name"),
                HeaderValue::from_str(value).expect("a value"),
            )
        })
        .collect();
    let body = web::Bytes::copy_from_slice(&answer[end + 2..]);
    HttpServer::new(move || {
        let (headers, body) = (headers.clone(), body.clone());
        let answer = move || {
            let mut answer = HttpResponse::build(status).body(body.clone());
            *answer.headers_mut() = headers.clone();
            async move { answer }
        };
        App::new().default_service(web::to(answer))
    })
    .workers(1)
    .bind(address)?
    .run()
    .await
}
