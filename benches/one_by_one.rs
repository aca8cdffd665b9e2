//! The baseline of durable writes: creates commitments one by one, each in its own transaction,
//! with the statements of the server but without the server.
#![allow(
    missing_docs,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for measurements may stop at its first fault"
)]

use std::time::{Duration, Instant};

use serde_json::json;
use taskforce::editing;
use taskforce::records::CATALOGUE;
use taskforce::store::{Location, Reason, Store};

/// Takes the URL of the database and the number of seconds to write for. Prints the number of
/// commitments written per second.
fn main() {
    let mut arguments = std::env::args().skip(1);
    let location =
        Location::parse(&arguments.next().expect("a database URL")).expect("a database URL");
    let seconds: u64 = arguments.next().expect("seconds").parse().expect("a number of seconds");
    let store = Store::open(&location, CATALOGUE).expect("a database");
    let record_type = CATALOGUE.get("commitment").expect("commitments are declared");
    let (began, first) = (Instant::now(), store.revision());
    let mut number = 0_u64;
    while began.elapsed() < Duration::from_secs(seconds) {
        number += 1;
        let record = json!({
            "id": format!("alone-{first}-{number}"),
            "name": format!("Train frontline personnel ({first}-{number})"),
            "text": "The department will work with its partners to carry this out, and publish \
            what was learnt.",
            "kind": "commitment", "departments": ["justice"], "meeting": "pitf-2013-05-17",
            "made_on": "2024-01-01",
            "status": "announced", "topics": ["training"], "pillars": ["prevention"],
        });
        let reason = Reason { actor: "a measurement".to_owned(), ..Reason::default() };
        let written = store.write(reason, false, move |transaction| {
            editing::create(transaction, record_type, record)
        });
        written
            .blocking_recv()
            .expect("an answer")
            .map_err(|error| format!("{error:?}"))
            .expect("the record is good");
    }
    println!("{:.0}", number as f64 / began.elapsed().as_secs_f64());
}
