//! Runs the program in a separate process, and sends requests to it over HTTP.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use serde_json::Value as Json;

use crate::fixtures::{self, Records};
use crate::postgres;

/// Every list: its path, and the member of a bundle with its records.
pub const LISTS: [(&str, &str); 9] = [
    ("organizations", "organizations"),
    ("people", "people"),
    ("documents", "documents"),
    ("awards", "awards"),
    ("meetings", "meetings"),
    ("council-members", "council_members"),
    ("award-recipients", "award_recipients"),
    ("commitments", "commitments"),
    ("progress-updates", "progress_updates"),
];

/// A running server.
pub struct Api {
    base: String,
    database: String,
    process: Mutex<Child>,
    folder: Arc<tempfile::TempDir>,
}

/// A response.
pub struct Response {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Returns whether a `Link` header leads to the next page.
    pub fn has_next_page(&self) -> bool {
        self.headers
            .get_all("link")
            .iter()
            .any(|link| link.to_str().is_ok_and(|link| link.contains("rel=\"next\"")))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Api {
    pub fn sqlite(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = fixtures::sqlite(&folder.path().join("record.db"), Records::with(arguments));
        Self::start(database, Arc::new(folder), arguments)
    }

    pub fn postgres(arguments: &[&str]) -> Self {
        let database = fixtures::postgres(Records::with(arguments));
        Self::start(database, Arc::new(tempfile::tempdir().unwrap()), arguments)
    }

    /// Starts a server on an existing database.
    pub fn start(database: String, folder: Arc<tempfile::TempDir>, arguments: &[&str]) -> Self {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(folder.path().join("log"))
            .unwrap();
        Self::start_with(&[], database, folder, arguments, log.into())
    }

    /// Starts a server on an existing database through another program.
    pub fn start_by(
        program: &[&str],
        database: String,
        folder: Arc<tempfile::TempDir>,
        arguments: &[&str],
    ) -> Self {
        Self::start_with(program, database, folder, arguments, Stdio::inherit())
    }

    /// Starts a server on a new database, with this log.
    pub fn start_logging_to(log: Stdio) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let database = fixtures::sqlite(&folder.path().join("record.db"), Records::Bundled);
        Self::start_with(&[], database, folder, &[], log)
    }

    /// Starts a server that ends with the test process. Since statics are never dropped, a shell
    /// stops the server and removes its folder when the kernel closes the pipe to it.
    fn start_shared(database: String, folder: tempfile::TempDir) -> Self {
        const UNTIL_THE_END: &str = r#""$@" & server=$!
            trap "" HUP INT TERM; cat >/dev/null; exec 2>/dev/null
            kill -9 $server; wait $server; rm -r "$0""#;
        let path = folder.path().display().to_string();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        Self::start_with(
            &["sh", "-c", UNTIL_THE_END, &path],
            database,
            Arc::new(folder),
            &[],
            log.into(),
        )
    }

    fn start_with(
        program: &[&str],
        database: String,
        folder: Arc<tempfile::TempDir>,
        arguments: &[&str],
        log: Stdio,
    ) -> Self {
        let program = [program, &[env!("CARGO_BIN_EXE_taskforce")]].concat();
        let mut process = Command::new(program[0])
            .args(&program[1..])
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url", &database])
            .args(if arguments.contains(&"--rate-limit") {
                &[][..]
            } else {
                &["--rate-limit", "0"]
            })
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| {
                panic!(
                    "it printed {line:?}: {}",
                    std::fs::read_to_string(folder.path().join("log")).unwrap()
                )
            })
            .to_owned();
        Self { base, database, process: Mutex::new(process), folder }
    }

    /// Starts another server on the same database.
    pub fn beside(&self) -> Self {
        Self::start(self.database.clone(), Arc::clone(&self.folder), &[])
    }

    /// Backs up the database, restores it into a database of the other kind, and serves that.
    pub fn moved(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup.db").display().to_string();
        assert_eq!(self.run(&["backup", &backup]).1, 0);
        let database = match self.database.starts_with("sqlite:") {
            true => postgres::database(),
            false => format!("sqlite:{}", folder.path().join("record.db").display()),
        };
        let restored = Command::new(env!("CARGO_BIN_EXE_taskforce"))
            .args(["restore", &backup, "--database-url", &database])
            .status()
            .unwrap();
        assert!(restored.success());
        Self::start(database, Arc::new(folder), &[])
    }

    /// Returns the lines of a response as they arrive. It may have no end.
    pub fn lines(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> impl Iterator<Item = String> + use<> {
        let mut request = ureq::get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        BufReader::new(request.call().unwrap().into_body().into_reader())
            .lines()
            .map_while(Result::ok)
    }

    /// Runs the program on the same database, and returns its output and its exit code.
    pub fn run(&self, arguments: &[&str]) -> (String, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_taskforce"))
            .args(arguments)
            .args(["--database-url", &self.database])
            .output()
            .unwrap();
        (
            String::from_utf8(output.stdout).unwrap().trim().to_owned(),
            output.status.code().unwrap_or(-1),
        )
    }

    /// Runs the program on the same database, and returns its standard error.
    pub fn errors_of(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_taskforce"))
            .args(arguments)
            .args(["--database-url", &self.database])
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    }

    /// Imports a bundle with the command line.
    pub fn import(&self, bundle: &str) {
        let file = self.folder.path().join("bundle.json");
        std::fs::write(&file, bundle).unwrap();
        let (output, code) = self.run(&["import", file.to_str().unwrap()]);
        assert_eq!(code, 0, "{output}");
    }

    /// Returns the URL of the database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Creates a key with the scope `write`.
    pub fn key(&self) -> String {
        let (key, code) = self.run(&["keys", "create", "--name", "a test", "--scope", "write"]);
        assert_eq!(code, 0);
        key
    }

    /// Creates a key with the scope `admin`.
    pub fn admin_key(&self) -> String {
        let (key, code) = self.run(&["keys", "create", "--name", "an admin", "--scope", "admin"]);
        assert_eq!(code, 0);
        key
    }

    /// Changes the database without the server.
    pub fn sql(&self, sql: &str) {
        match self.database.strip_prefix("sqlite:") {
            // The server or a command may hold the file's lock for a moment.
            Some(file) => {
                let mut connection = SqliteConnection::establish(file).unwrap();
                connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                connection.batch_execute(sql).unwrap();
            }
            None => PgConnection::establish(&self.database).unwrap().batch_execute(sql).unwrap(),
        }
    }

    /// Reads from the SQLite file in one transaction until the result is dropped.
    pub fn keep_reading(&self) -> SqliteConnection {
        let file = self.database.strip_prefix("sqlite:").unwrap();
        let mut connection = SqliteConnection::establish(file).unwrap();
        connection.batch_execute("BEGIN; SELECT count(*) FROM people").unwrap();
        connection
    }

    /// Blocks every writer until the result is dropped.
    pub fn block_writers(&self) -> Box<dyn std::any::Any> {
        match self.database.strip_prefix("sqlite:") {
            Some(file) => {
                let mut connection = SqliteConnection::establish(file).unwrap();
                connection.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").unwrap();
                Box::new(connection)
            }
            None => {
                let mut connection = PgConnection::establish(&self.database).unwrap();
                connection.batch_execute("SELECT pg_advisory_lock(7001)").unwrap();
                Box::new(connection)
            }
        }
    }

    /// Returns the bytes of the SQLite file and its log.
    pub fn bytes(&self) -> Vec<u8> {
        let Some(file) = self.database.strip_prefix("sqlite:") else { return Vec::new() };
        ["", "-wal"]
            .into_iter()
            .flat_map(|end| std::fs::read(format!("{file}{end}")).unwrap_or_default())
            .collect()
    }

    pub fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], "")
    }

    /// Sends a write, with a key and the media type of its body.
    pub fn change(
        &self,
        key: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let bearer = format!("Bearer {key}");
        let media_type =
            if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let mut all = vec![("Authorization", bearer.as_str()), ("Content-Type", media_type)];
        all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        all.extend(headers);
        self.send(method, path, &all, body)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        self.send_bytes(method, path, headers, body.as_bytes())
    }

    pub fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        self.try_send(method, path, headers, body).unwrap()
    }

    /// Sends a request that may get no response.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response, ureq::Error> {
        let address =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // No shorter than the server's own limit for imports and exports.
            .timeout_global(Some(Duration::from_secs(600)))
            .build()
            .into();
        let mut request = ureq::http::Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = if body.is_empty() {
            agent.run(request.body(())?)?
        } else {
            agent.run(request.body(body)?)?
        };
        let bytes = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Response {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text,
            bytes,
        })
    }

    /// Returns the address and port.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Returns the id of the process.
    pub fn id(&self) -> u32 {
        self.process.lock().unwrap().id()
    }

    /// Returns the resident memory of the process, in bytes.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Returns the peak resident memory of the process, in bytes.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    }

    /// Sends the process a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for the end of the process, and returns its exit code (-1 after a signal). Returns
    /// `None` if it does not end in time.
    pub fn ended(&self, within: Duration) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < within {
            if let Some(status) = self.process.lock().unwrap().try_wait().unwrap() {
                return Some(status.code().unwrap_or(-1));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Returns the log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Restarts the server on the same database, killing it if necessary.
    pub fn restart(self, arguments: &[&str]) -> Self {
        let (database, folder) = (self.database.clone(), Arc::clone(&self.folder));
        drop(self);
        Self::start(database, folder, arguments)
    }

    /// Returns all records of a list, page by page.
    pub fn all(&self, path: &str) -> Vec<Json> {
        let mut records = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let response = self.get(&path);
            assert_eq!(response.status, 200, "{path}: {}", response.text);
            let page = response.json();
            records.extend(page["data"].as_array().unwrap().iter().cloned());
            next = page["page"]["next"].as_str().map(str::to_owned);
            let is_linked = next.as_ref().is_some_and(|next| next.len() <= 8_192);
            assert_eq!(response.has_next_page(), is_linked, "{path}");
        }
        records
    }

    /// Returns the latest revision.
    pub fn revision(&self) -> i64 {
        self.get("/").json()["revision"].as_i64().unwrap()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let mut process = self.process.lock().unwrap();
        let _ = process.kill();
        let _ = process.wait();
    }
}

/// The databases that a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// Starts a server on a new database with the bundled records.
    pub fn serve(self) -> Api {
        self.serve_with(&[])
    }

    /// Starts a server on a new database with the bundled records, and with these arguments.
    pub fn serve_with(self, arguments: &[&str]) -> Api {
        match self {
            Self::Sqlite => Api::sqlite(arguments),
            Self::Postgres => Api::postgres(arguments),
        }
    }

    /// Returns the server that all read-only tests share.
    pub fn shared(self) -> &'static Api {
        static SQLITE: LazyLock<Api> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            let database = fixtures::sqlite(&folder.path().join("record.db"), Records::Bundled);
            Api::start_shared(database, folder)
        });
        static POSTGRES: LazyLock<Api> = LazyLock::new(|| {
            let database = fixtures::postgres(Records::Bundled);
            Api::start_shared(database, tempfile::tempdir().unwrap())
        });
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
    }
}
