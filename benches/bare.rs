//! The least that a server of this framework can do: the bytes of a file, and the headers of the answer that they were.
//! What the measurements in this folder are compared with.
#![allow(missing_docs, clippy::expect_used, reason = "a program for measurements may stop at its first fault")]

use actix_web::{App, HttpResponse, HttpServer, web};

/// Arguments: the address to listen on, and a file with the bytes to answer.
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().expect("an address");
    let body = web::Bytes::from(std::fs::read(arguments.next().expect("a file"))?);
    let answer = move || {
        let body = body.clone();
        async move { HttpResponse::Ok().content_type("application/json").body(body) }
    };
    HttpServer::new(move || App::new().default_service(web::to(answer.clone()))).workers(1).bind(address)?.run().await
}
