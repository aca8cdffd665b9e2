//! PostgreSQL databases for tests: a throwaway server per test process.
//!
//! [`database`] hands out fresh, empty databases of a server which all tests share. It is started
//! when the first test asks. [`Server::launch`] starts another for a test that does harm to it.
//!
//! A server belongs to a *supervisor*: a shell that makes a directory, creates and starts a
//! server in it and then reads its standard input, a pipe from the test process. The kernel
//! closes that pipe however the process ends, be it by `SIGKILL`, and the supervisor then stops
//! the server and removes the directory. So no database needs to be dropped, which would cost a
//! checkpoint each, more than the test itself.
//!
//! The server listens on a Unix socket in its directory and not on TCP: a port that was free a
//! moment ago can be taken by any outgoing connection of a test, above all during a restart.
//!
//! Needs the server's programs (PostgreSQL 14 or later), or `TEST_DATABASE_URL`: the URL of a
//! database, on a running server, whose user may create others. These are left there.

use std::env;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

/// Obeys commands from standard input, one a line: `create` for a running server or `follow FOLDER`
/// for a standby of the one in that folder, then those of `pg_ctl`. Answers each with `ok <socket directory>`; or, when it went wrong, with the end of
/// the log, and gives up. Takes the server away when the input ends.
///
/// Root runs it (`$SUPERVISOR`) as another user, since PostgreSQL refuses to run as root. `TMPDIR`
/// will not do if it is too long for a socket's path (some 100 bytes), closed to that user, or
/// unfit for a URL and libpq's list of hosts as it stands. `PIPE` is among the trapped signals
/// because the test process may be gone before the answer.
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

/// Returns the URL of a new, empty database for one test. Panics where PostgreSQL is not installed:
/// half of the tests must not be skipped.
pub fn database() -> String {
    shared().database()
}

/// The URL of a fresh copy of a database that [`database`] created, which nobody may be connected
/// to.
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

/// A PostgreSQL server. It goes away when this value is dropped or the process ends.
pub struct Server {
    /// The URL of the database `postgres` or such, to which commands for the server go.
    admin_url: String,
    /// `None` if somebody else started the server (`TEST_DATABASE_URL`).
    supervisor: Option<Mutex<Supervisor>>,
}

impl Server {
    /// Starts a server for the caller alone. Panics as [`database`] does.
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

    /// The URL of this server's copy of a database of its primary.
    pub fn copy_of(&self, database_url: &str) -> String {
        let ((_, name, _), (start, _, end)) = (split_url(database_url), split_url(&self.admin_url));
        format!("{start}{name}{end}")
    }

    fn try_launch_by(command: &str) -> Result<Self, String> {
        let pg_ctl = PG_CTL.as_deref().ok_or(ABSENCE)?;
        let mut supervisor = Supervisor::spawn(pg_ctl);
        let host = supervisor.obey(command)?;
        // Host and user are parameters since `//user@/`, with no host, is not a valid URL to all.
        let admin_url = format!("postgres:///postgres?host={host}&port=5432&user=postgres");
        let supervisor = Some(Mutex::new(supervisor));
        Ok(Self { admin_url, supervisor })
    }

    /// Creates an empty database and returns its URL.
    pub fn database(&self) -> String {
        // Nobody can be connected to template0, which would be an error, and nobody has put
        // things into it.
        self.create("template0")
    }

    /// Creates a copy of a database and returns its URL.
    fn create(&self, template: &str) -> String {
        let (start, _, end) = split_url(&self.admin_url);
        let name = format!("test_{:016x}", RandomState::new().build_hasher().finish());
        // Copied by the default strategy, WAL_LOG since PostgreSQL 15: no checkpoint.
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        format!("{start}{name}{end}")
    }

    /// Cuts all connections to a database, given by its URL, and returns how many there were.
    pub fn terminate_connections(&self, database_url: &str) -> usize {
        let (_, name, _) = split_url(database_url);
        let count = self.execute(&format!(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
             WHERE datname = '{name}' AND backend_type = 'client backend'"
        ));
        count.parse().expect("psql did not print a count")
    }

    /// Stops the server, cutting its connections. Its databases are kept.
    pub fn stop(&self) {
        self.control("stop");
    }

    /// Starts the server after [`stop`](Self::stop); the URLs are the same as before.
    pub fn start(&self) {
        self.control("start");
    }

    /// Makes a standby a primary of its own.
    pub fn promote(&self) {
        self.control("promote");
    }

    /// Stops and starts the server.
    pub fn restart(&self) {
        self.control("restart");
    }

    /// Sends a signal to all of the server's processes.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .args(self.processes())
            .status()
            .expect("kill cannot be started");
        assert!(sent.success());
    }

    /// Kills all of the server's processes. [`start`](Self::start) begins anew from what they left.
    pub fn kill(&self) {
        // Those that see the others die may be gone before their turn.
        let kill =
            Command::new("kill").arg("-KILL").args(self.processes()).stderr(Stdio::null()).status();
        kill.expect("kill cannot be started");
        // Where nobody awaits what has ended, its id stays taken, and would be thought to be a
        // server that runs.
        for file in ["postmaster.pid", ".s.PGSQL.5432.lock"] {
            let _ = std::fs::remove_file(format!("{}/{file}", self.directory()));
        }
    }

    /// The ids of the server's processes, the one that watches over the others first.
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

    /// The directory of its data.
    pub fn directory(&self) -> &str {
        self.admin_url
            .split("host=")
            .nth(1)
            .and_then(|rest| rest.split('&').next())
            .expect("the URL names a directory")
    }

    fn control(&self, command: &str) {
        let supervisor = self.supervisor.as_ref().expect("the server is ours");
        let answer = supervisor.lock().unwrap().obey(&format!("ctl {command}"));
        answer.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Runs one SQL command and returns what it printed.
    pub fn execute(&self, sql: &str) -> String {
        self.execute_in(&self.admin_url, sql)
    }

    /// The same, in the database with this URL.
    pub fn execute_in(&self, url: &str, sql: &str) -> String {
        self.try_execute_in(url, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The same, where it may fail: then what was complained.
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
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    fn spawn(pg_ctl: &Path) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", SUPERVISOR])
            .env("SUPERVISOR", SUPERVISOR)
            .env("PG_CTL", pg_ctl)
            .env("LC_ALL", "C")
            .current_dir("/") // the other user may not be allowed into ours
            .process_group(0) // so that Ctrl-C ends the tests and not the one who cleans up
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh cannot be started");
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, answers }
    }

    /// Returns the socket's directory, or the end of the server's log.
    fn obey(&mut self, command: &str) -> Result<String, String> {
        let commands = self.child.stdin.as_mut().expect("stdin is piped");
        let _ = writeln!(commands, "{command}"); // if it has given up, it has said why
        let mut answer = String::new();
        let _ = self.answers.read_line(&mut answer);
        if let Some(directory) = answer.strip_prefix("ok ") {
            return Ok(directory.trim_end().to_owned());
        }
        let _ = self.answers.read_to_string(&mut answer);
        Err(format!("PostgreSQL server: `{command}` failed:\n{answer}"))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.child.wait(); // closes its standard input first
    }
}

/// The server's control program, with the others beside it: from the `PATH`, where it may be a
/// symbolic link to where they are, or else from where Debian keeps them, the newest.
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

/// Splits the URL of a database: what is before its name, the name, and what follows.
fn split_url(url: &str) -> (&str, &str, &str) {
    let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let slash = path.rfind('/').filter(|&at| !path[..at].ends_with(":/"));
    let name = slash.expect("the URL should name a database") + 1;
    (&path[..name], &path[name..], query)
}
