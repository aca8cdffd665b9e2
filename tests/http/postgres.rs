//! PostgreSQL databases for tests: a throwaway server per test process.
//!
//! [`database`] creates empty databases on a server that all tests share. It is started for the
//! first one. [`Server::launch`] starts another server for a test that damages it.
//!
//! A server belongs to a *supervisor*: a shell that makes a directory, creates and starts a server
//! in it and then reads its standard input, a pipe from the test process. The kernel closes that
//! pipe when the process ends for any reason, including `SIGKILL`, and the supervisor then stops
//! the server and removes the directory. So no database needs to be dropped, which would cost a
//! checkpoint each and take longer than the test itself.
//!
//! The server listens on a Unix socket in its directory and not on TCP: an outgoing connection of a
//! test could take a port that was just free, especially during a restart.
//!
//! Needs the server's programs (PostgreSQL 14 or later), or `TEST_DATABASE_URL`: the URL of a
//! database, on a running server, whose user may create others. These are not removed.

use std::env;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

/// Executes commands from standard input, one per line: `create` for a running server or `follow
/// FOLDER` for a standby of the one in that folder, then those of `pg_ctl`. Answers each with `ok
/// <socket directory>`; or, after a failure, with the end of the log, and exits. Removes the server
/// when the input ends.
///
/// Root runs it (`$SUPERVISOR`) as another user, since PostgreSQL refuses to run as root. `TMPDIR`
/// cannot be used if it is too long for the path of a socket (about 100 bytes), not accessible to
/// that user, or not valid in a URL and in libpq's list of hosts. `PIPE` is among the trapped
/// signals because the test process may be gone before the response.
const SUPERVISOR: &str = r#"
exec 2>&1
if [ "$(id -u)" = 0 ]; then
    for user in postgres nobody; do id "$user" >/dev/null 2>&1 && break; done
    as_user="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
    if $as_user true 2>/dev/null; then exec $as_user sh -c "$SUPERVISOR"; fi
    exec su -s /bin/sh -c "$SUPERVISOR" "$user"
fi
base=${TMPDIR:-/tmp}
case $base in [!/]* | *[!A-Za-z0-9/._-]*) base=/tmp ;; esac
[ ${#base} -le 60 ] && [ -w "$base" ] || base=/tmp
dir=$(mktemp -d "$base/test-postgres.XXXXXX") || exit
trap 'trap "" HUP INT TERM; ctl stop -m immediate; rm -rf "$dir"' EXIT
trap exit HUP INT TERM PIPE
ctl() {
    "$PG_CTL" "$@" -D "$dir/data" -l "$dir/log" -w -s </dev/null >>"$dir/log" 2>&1
}
create() {
    "${PG_CTL%/*}/initdb" -D "$dir/data" --username=postgres --auth=trust --no-sync \
        --locale=C.UTF-8 --encoding=UTF8 </dev/null >>"$dir/log" 2>&1 || return
    cat >>"$dir/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '.'
port = 5432
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
END
    ctl start
}
follow() {
    "${PG_CTL%/*}/pg_basebackup" -h "$1" -p 5432 -U postgres -D "$dir/data" -R -X stream \
        -c fast </dev/null >>"$dir/log" 2>&1 || return
    rm -f "$dir"/data/.s.PGSQL.*
    ctl start
}
while read -r command; do
    if $command; then echo "ok $dir/data"; else tail -n 40 "$dir/log"; exit 1; fi
done
"#;

/// Returns the URL of a new, empty database for one test. Panics if PostgreSQL is not installed, so
/// that half of the tests are not skipped silently.
pub fn database() -> String {
    shared().database()
}

/// Returns the URL of a new copy of a database that [`database`] created, to which no client may be
/// connected.
pub fn copy_of(template: &str) -> String {
    let (_, name, _) = split_url(template);
    shared().create(name)
}

fn shared() -> &'static Server {
    // The failure is stored too, so that every test reports it and not only the first.
    static SHARED: LazyLock<Result<Server, String>> =
        LazyLock::new(|| match env::var("TEST_DATABASE_URL").unwrap_or_default() {
            unset if unset.is_empty() => Server::try_launch(),
            admin_url => Ok(Server { admin_url, supervisor: None }),
        });
    SHARED.as_ref().unwrap_or_else(|error| panic!("{error}"))
}

const ABSENCE: &str = "PostgreSQL's server programs are not installed (Debian: apt-get install \
    postgresql). To test SQLite alone: cargo test -- --skip Postgres --skip postgres";

/// A PostgreSQL server, which is removed when this value is dropped or the process ends.
pub struct Server {
    /// The URL of a database such as `postgres`, for commands to the server.
    admin_url: String,
    /// `None` if the server was started externally (`TEST_DATABASE_URL`).
    supervisor: Option<Mutex<Supervisor>>,
}

impl Server {
    /// Starts a server only for the caller. Panics like [`database`].
    pub fn launch() -> Self {
        Self::try_launch().unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_launch() -> Result<Self, String> {
        Self::try_launch_by("create")
    }

    /// Starts a standby of this server from a base backup.
    pub fn standby(&self) -> Self {
        let standby = Self::try_launch_by(&format!("follow {}", self.directory()));
        standby.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the URL of this standby's copy of a database.
    pub fn copy_of(&self, database_url: &str) -> String {
        let ((_, name, _), (start, _, end)) = (split_url(database_url), split_url(&self.admin_url));
        format!("{start}{name}{end}")
    }

    fn try_launch_by(command: &str) -> Result<Self, String> {
        let pg_ctl = PG_CTL.as_deref().ok_or(ABSENCE)?;
        let mut supervisor = Supervisor::spawn(pg_ctl);
        let host = supervisor.obey(command)?;
        // Host and user are parameters, since not every parser accepts `//user@/` without a host.
        let admin_url = format!("postgres:///postgres?host={host}&port=5432&user=postgres");
        let supervisor = Some(Mutex::new(supervisor));
        Ok(Self { admin_url, supervisor })
    }

    /// Creates an empty database and returns its URL.
    pub fn database(&self) -> String {
        // No client can be connected to template0, which would be an error, and it is unchanged.
        self.create("template0")
    }

    /// Creates a copy of a database and returns its URL.
    fn create(&self, template: &str) -> String {
        let (start, _, end) = split_url(&self.admin_url);
        let name = format!("test_{:016x}", RandomState::new().build_hasher().finish());
        // The default strategy, WAL_LOG since PostgreSQL 15, needs no checkpoint.
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        format!("{start}{name}{end}")
    }

    /// Terminates all connections to the database with this URL, and returns their number.
    pub fn terminate_connections(&self, database_url: &str) -> usize {
        let (_, name, _) = split_url(database_url);
        let count = self.execute(&format!(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
             WHERE datname = '{name}' AND backend_type = 'client backend'"
        ));
        count.parse().expect("psql did not print a count")
    }

    /// Stops the server and its connections. Its databases remain.
    pub fn stop(&self) {
        self.control("stop");
    }

    /// Starts the server after [`stop`](Self::stop); the URLs stay the same.
    pub fn start(&self) {
        self.control("start");
    }

    /// Promotes a standby to a primary.
    pub fn promote(&self) {
        self.control("promote");
    }

    /// Stops and starts the server.
    pub fn restart(&self) {
        self.control("restart");
    }

    /// Sends a signal to all of the server's processes.
    pub fn signal(&self, name: &str) {
        for (number, process) in self.processes().iter().enumerate() {
            let sent = Command::new("kill")
                .args([&format!("-{name}"), process])
                .stderr(Stdio::null())
                .status()
                .expect("kill cannot be started");
            // The others, such as a worker of autovacuum, may have ended in the meantime.
            assert!(sent.success() || number > 0, "the postmaster has ended");
        }
    }

    /// Kills all processes of the server. [`start`](Self::start) then recovers from their files.
    pub fn kill(&self) {
        // Processes that notice the death of others may end before they are killed.
        let kill =
            Command::new("kill").arg("-KILL").args(self.processes()).stderr(Stdio::null()).status();
        kill.expect("kill cannot be started");
        // If no parent waits for an ended process, its id stays in use and would look like a
        // running server.
        for file in ["postmaster.pid", ".s.PGSQL.5432.lock"] {
            let _ = std::fs::remove_file(format!("{}/{file}", self.directory()));
        }
    }

    /// Returns the ids of the server's processes, the postmaster first.
    fn processes(&self) -> Vec<String> {
        let file = std::fs::read_to_string(format!("{}/postmaster.pid", self.directory()))
            .expect("the server runs");
        let postmaster = file.lines().next().expect("the file begins with its id");
        let children = Command::new("ps")
            .args(["-o", "pid=", "--ppid", postmaster])
            .output()
            .expect("ps cannot be started");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        std::iter::once(postmaster).chain(children.split_whitespace()).map(str::to_owned).collect()
    }

    /// Returns the data directory.
    pub fn directory(&self) -> &str {
        self.admin_url
            .split("host=")
            .nth(1)
            .and_then(|rest| rest.split('&').next())
            .expect("the URL names a directory")
    }

    fn control(&self, command: &str) {
        let supervisor = self.supervisor.as_ref().expect("the tests started the server");
        let response = supervisor.lock().unwrap().obey(&format!("ctl {command}"));
        response.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Runs one SQL command and returns its output.
    pub fn execute(&self, sql: &str) -> String {
        self.execute_in(&self.admin_url, sql)
    }

    /// Runs one SQL command in the database with this URL, and returns its output.
    pub fn execute_in(&self, url: &str, sql: &str) -> String {
        self.try_execute_in(url, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs one SQL command in the database with this URL, and returns its output or its error.
    pub fn try_execute_in(&self, url: &str, sql: &str) -> Result<String, String> {
        let psql = PG_CTL.as_ref().map(|path| path.with_file_name("psql"));
        let output = Command::new(psql.unwrap_or_else(|| "psql".into()))
            .args(["-XqAtw", "-d", url, "-c", sql])
            .stdin(Stdio::null())
            .output()
            .expect("psql cannot be started");
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

/// The shell that owns a server; see [`SUPERVISOR`].
struct Supervisor {
    child: Child,
    responses: BufReader<ChildStdout>,
}

impl Supervisor {
    fn spawn(pg_ctl: &Path) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", SUPERVISOR])
            .env("SUPERVISOR", SUPERVISOR)
            .env("PG_CTL", pg_ctl)
            .env("LC_ALL", "C")
            .current_dir("/") // the other user may have no access to the current one
            .process_group(0) // so that Ctrl-C ends the tests but not the supervisor
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh cannot be started");
        let responses = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, responses }
    }

    /// Sends a command, and returns the directory of the socket or the end of the server's log.
    fn obey(&mut self, command: &str) -> Result<String, String> {
        let commands = self.child.stdin.as_mut().expect("stdin is piped");
        let _ = writeln!(commands, "{command}"); // if it has exited, the reason is in its output
        let mut response = String::new();
        let _ = self.responses.read_line(&mut response);
        if let Some(directory) = response.strip_prefix("ok ") {
            return Ok(directory.trim_end().to_owned());
        }
        let _ = self.responses.read_to_string(&mut response);
        Err(format!("PostgreSQL server: `{command}` failed:\n{response}"))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.child.wait(); // closes its standard input first
    }
}

/// `pg_ctl`, which is in the same directory as the other programs: from the `PATH`, after following
/// symbolic links, or else the newest one in Debian's directories.
static PG_CTL: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter_map(|dir| dir.join("pg_ctl").canonicalize().ok());
    let debian = Path::new("/usr/lib/postgresql");
    let entries = debian.read_dir().into_iter().flatten().flatten();
    let versions = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.max();
    let installed = newest.map(|version| debian.join(format!("{version}/bin/pg_ctl")));
    on_path.chain(installed).find(|pg_ctl| {
        let mut needed = ["pg_ctl", "initdb", "psql"].iter();
        needed.all(|name| pg_ctl.with_file_name(name).is_file())
    })
});

/// Splits the URL of a database into the parts before its name, the name, and the rest.
fn split_url(url: &str) -> (&str, &str, &str) {
    let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let slash = path.rfind('/').filter(|&at| !path[..at].ends_with(":/"));
    let name = slash.expect("the URL should name a database") + 1;
    (&path[..name], &path[name..], query)
}
