//! A server of its own for each test, and what is needed to talk with it.

#[allow(dead_code, missing_docs, clippy::unwrap_used, clippy::expect_used)]
pub mod postgres;

mod answer;
mod database;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
pub use answer::{Answer, ids};
pub use database::{Database, taskforce};

/// Every resource: its path, its member in a bundle, its type.
pub const RESOURCES: [(&str, &str, &str); 9] = [
    ("organizations", "organizations", "organization"),
    ("people", "people", "person"),
    ("documents", "documents", "document"),
    ("awards", "awards", "award"),
    ("meetings", "meetings", "meeting"),
    ("council-members", "council_members", "council_member"),
    ("award-recipients", "award_recipients", "award_recipient"),
    ("commitments", "commitments", "commitment"),
    ("progress-updates", "progress_updates", "progress_update"),
];

/// Where the bundled records are.
pub const BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/records/records.json");

/// The bundled records.
pub fn bundle() -> Value {
    serde_json::from_str(&std::fs::read_to_string(BUNDLE).unwrap()).unwrap()
}

/// Makes each function a test on either database: `sqlite::name` and `postgres::name`.
macro_rules! each_database {
    ($(fn $name:ident($argument:ident: $kind:ty) $body:block)*) => {
        $(fn $name($argument: $kind) $body)*
        mod sqlite {
            #[allow(unused_imports)]
            use crate::support::{Api, Database, Empty, Start};
            $(#[test] fn $name() { super::$name(<$kind as Start>::start(Database::sqlite())); })*
        }
        mod postgres {
            #[allow(unused_imports)]
            use crate::support::{Api, Database, Empty, Start};
            $(#[test] fn $name() {
                if let Some(database) = Database::postgres() { super::$name(<$kind as Start>::start(database)); }
            })*
        }
    };
}
pub(crate) use each_database;

/// What a test can ask for.
pub trait Start {
    fn start(database: Database) -> Self;
}

/// A server of the bundled records.
pub struct Api {
    pub base: String,
    pub database: Database,
    key: Option<String>,
    server: Child,
}

/// A server without a record.
pub struct Empty(pub Api);

impl Start for Database {
    fn start(database: Database) -> Self {
        database
    }
}

impl Start for Api {
    fn start(database: Database) -> Self {
        Self::serve(database, &[])
    }
}

impl Start for Empty {
    fn start(database: Database) -> Self {
        Self(Api::serve(database, &["--no-bundled-records"]))
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Starts a server; gives it with its address once it listens.
fn listening(database: &Database, options: &[&str]) -> (Child, String) {
    let mut server = taskforce()
        .args(["serve", "--listen", "127.0.0.1:0", "--database-url", &database.url])
        .args(options)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let address = |line: String| line.find("http://127.0.0.1:").map(|at| line[at..].trim().to_owned());
    let base = lines.map_while(Result::ok).find_map(address).expect("the server ended before it listened");
    (server, base)
}

impl Api {
    pub fn serve(database: Database, options: &[&str]) -> Self {
        let (server, base) = listening(&database, options);
        Self { base, database, key: None, server }
    }

    /// Kills the server, and starts another on the same database.
    pub fn restart(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        (self.server, self.base) = listening(&self.database, &[]);
    }

    /// The server, with a key for what `write` sends.
    pub fn with_key(mut self) -> Self {
        self.key = Some(self.database.key("write"));
        self
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)));
        let config = config.accept("").user_agent("tests").build();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = ureq::Agent::new_with_config(config);
        let answer = if body.is_empty() { agent.run(request.body(()).unwrap()) } else { agent.run(request.body(body).unwrap()) };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let headers = answer.headers().clone();
        let body = answer.body_mut().with_config().limit(u64::MAX).read_to_string().unwrap();
        Answer { asked: format!("{method} {path}"), status: answer.status().as_u16(), headers, body }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// A write with the key; a body without a type is JSON (a merge patch for PATCH).
    pub fn write(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.write_text(method, path, headers, &text)
    }

    pub fn write_text(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.key.as_ref().expect("with_key"));
        let mut all = vec![("authorization", bearer.as_str())];
        let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", media));
        }
        all.extend_from_slice(headers);
        self.send(method, path, &all, body)
    }

    /// Every record of a list, page after page.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut records = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).ok();
            records.extend(page["data"].as_array().unwrap().iter().cloned());
            next = page["page"]["next"].as_str().map(str::to_owned);
        }
        records
    }

    /// The newest revision.
    pub fn revision(&self) -> i64 {
        self.get("/v1/awards?limit=1").ok()["revision"].as_i64().unwrap()
    }
}
