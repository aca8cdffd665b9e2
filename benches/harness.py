"""Code shared by the benchmarks: servers on one processor, load on another, and databases filled by import."""
import atexit, http.client, os, re, shutil, socket, statistics, subprocess, sys, tempfile, time, urllib.error, urllib.request

import sample

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROFILE = os.environ.get("PROFILE", "dist")
TARGET = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), PROFILE)
PROGRAM = os.path.join(TARGET, "taskforce")
# Commitments in one bundle. An import is one revision, held in memory.
BUNDLE = 20_000
TICKS = os.sysconf("SC_CLK_TCK")


def need(command, package):
    if not shutil.which(command):
        sys.exit(f"{sys.argv[0]} needs {command}: apt-get install {package}")


def build(*examples):
    """Builds the program and these examples, unless SKIP_BUILD is set."""
    if os.environ.get("SKIP_BUILD"):
        return
    targets = ["--bin", "taskforce"] + [part for name in examples for part in ("--example", name)]
    subprocess.run(["cargo", "build", "--profile", PROFILE, "--locked", *targets], cwd=ROOT, check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_processor(number):
    return ["taskset", "-c", str(number)] if os.cpu_count() > 1 else []


def is_sqlite(database):
    return database.startswith("sqlite:")


def query(database, sql):
    """Returns the output of the database's own shell."""
    command = ["sqlite3", "-readonly", database[7:], sql] if is_sqlite(database) else ["psql", "-qAt", database, "-c", sql]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Backends:
    """Returns the processes of a PostgreSQL server on this machine; none for SQLite."""

    def __init__(self, database):
        self.postmaster = None
        if not is_sqlite(database):
            # Only a superuser may read the file.
            self.postmaster = query(database, "SELECT pg_read_file('postmaster.pid')").splitlines()[0]

    def cpu(self):
        """Returns the CPU time in seconds, including that of ended backends."""
        if not self.postmaster:
            return 0
        total = sum(map(int, stat(self.postmaster)[11:15]))
        children = subprocess.run(["pgrep", "-P", self.postmaster], capture_output=True, text=True).stdout.split()
        for child in children:
            try:
                total += sum(map(int, stat(child)[11:13]))
            except OSError:
                # The backend has ended; its time is included in that of the postmaster.
                pass
        return total / TICKS


def stat(process):
    """Returns the fields of /proc/PID/stat after the name."""
    return open(f"/proc/{process}/stat").read().rsplit(") ", 1)[1].split()


class Server:
    """A process that listens on a port, on one processor unless `pinned` is false."""

    def __init__(self, arguments, port, backends=None, pinned=True):
        self.base, self.port, self.backends = f"http://127.0.0.1:{port}", port, backends
        environment = {**os.environ, "RUST_LOG": "warn"}
        command = (on_processor(0) if pinned else []) + arguments
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        atexit.register(self.process.kill)
        for _ in range(600):
            if self.process.poll() is not None:
                sys.exit(f"{' '.join(arguments)} ended with {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{arguments[0]} does not listen")

    def cpu(self):
        """Returns the CPU time of the process and of the database's backends, in seconds."""
        own = sum(map(int, stat(self.process.pid)[11:13])) / TICKS
        return own + (self.backends.cpu() if self.backends else 0)

    def memory(self):
        """Returns the peak memory in MiB."""
        return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read())[1]) / 1024

    def get(self, path, headers={}):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, headers=headers)) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def serve(database, backends, *arguments, pinned=True):
    """A server of the program, without a rate limit."""
    port = free_port()
    command = [PROGRAM, "serve", "--listen", f"127.0.0.1:{port}", "--database-url", database, "--rate-limit", "0", *arguments]
    return Server(command, port, backends, pinned)


def serve_bare(server, path, headers, folder):
    """A bare handler that responds with the same bytes as the server to this request."""
    status, head, body = server.get(path, headers)
    if status not in (200, 304):
        sys.exit(f"{path}: {status} {body.decode()}")
    # actix-web writes the length and the date itself.
    lines = [str(status)] + [f"{name}: {value}" for name, value in head.items() if name.lower() not in ("content-length", "date")]
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write("\n".join(lines).encode() + b"\n\n" + body)
    port = free_port()
    return Server([os.path.join(TARGET, "examples", "bare"), f"127.0.0.1:{port}", file.name], port)


def wrk(server, path, seconds, headers={}, connections=16):
    """Returns requests per second, CPU time per request in µs, and latencies in ms, under load from several connections."""
    asked = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *asked, server.base + path]
    before = server.cpu()
    output = subprocess.run(on_processor(1) + command, capture_output=True, text=True, check=True).stdout
    used = server.cpu() - before
    return {**read_wrk(output), "cpu": used / max(int(re.search(r"(\d+) requests in", output)[1]), 1) * 1e6}


def read_wrk(output):
    if "Non-2xx or 3xx responses" in output:
        sys.exit(f"some requests failed:\n{output}")
    units = {"us": 0.001, "ms": 1, "s": 1000}
    late = {name: float(value) * units[unit] for name, value, unit in re.findall(r"\s+(50|99)%\s+([\d.]+)(us|ms|s)", output)}
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), "p50": late["50"], "p99": late["99"]}


def one_by_one(server, paths):
    """Returns the same figures for these requests, sent one by one on one connection."""
    connection, times = http.client.HTTPConnection("127.0.0.1", server.port), []
    before = server.cpu()
    for path in paths:
        began = time.perf_counter()
        connection.request("GET", path, headers={"Accept": "application/json" if path.startswith("/v1/") else "text/html"})
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {body.decode()}")
    used = server.cpu() - before
    return {"rate": 1000 * len(times) / sum(times), "cpu": used / len(times) * 1e6,
            "p50": statistics.median(times), "p99": sorted(times)[int(len(times) * 0.99)]}


def median(rounds):
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def run(*arguments):
    """Runs the program; returns seconds, CPU seconds and peak memory in MiB."""
    began, process = time.time(), subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"taskforce {' '.join(arguments)} failed:\n{errors.decode()}")
    return time.time() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def key(database):
    """Creates a key with the scope `write`."""
    command = [PROGRAM, "keys", "create", "--name", f"bench-{time.time()}", "--scope", "write", "--database-url", database]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def size(database):
    """Returns the size of the database in bytes."""
    if is_sqlite(database):
        return sum(os.path.getsize(database[7:] + end) for end in ("", "-wal") if os.path.exists(database[7:] + end))
    return int(query(database, "SELECT pg_database_size(current_database())"))


def fill(database, count, versions=1):
    """Imports the bundled records and this many commitments, and reports the cost of the import and the size of the database."""
    run("migrate", "--database-url", database)
    run("import", os.path.join(ROOT, "records/records.json"), "--database-url", database)
    backends, before, told = Backends(database), size(database), []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        for version in range(1, versions + 1):
            seconds = cpu = memory = text = 0
            for first in range(0, count, BUNDLE):
                file.seek(0)
                file.truncate()
                text += file.write(sample.bundle(range(first, min(first + BUNDLE, count)), version))
                file.flush()
                used = backends.cpu()
                took = run("import", file.name, "--database-url", database)
                seconds, cpu, memory = seconds + took[0], cpu + took[1] + backends.cpu() - used, max(memory, took[2])
            told.append(f"version {version}: {count / seconds:,.0f} commitments a second, {count / cpu:,.0f} a second of CPU, peak "
                        f"memory {memory:.0f} MiB, {text / count:,.0f} bytes of JSON each; database "
                        f"{(size(database) - before) / count:,.0f} bytes a commitment")
    print("\n".join(["", f"import into {'SQLite' if is_sqlite(database) else 'PostgreSQL'}, in bundles of {BUNDLE:,}", "", *("- " + line for line in told)]), flush=True)
