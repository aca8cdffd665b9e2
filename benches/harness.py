"""What the measurements share: servers held to one processor, load on another, and databases full of commitments."""
import atexit, os, re, shutil, socket, subprocess, sys, time, urllib.error, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TARGET = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "dist")


def need(command, hint):
    if not shutil.which(command):
        sys.exit(f"{sys.argv[0]} needs {command}: {hint}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process on one processor that listens on a port."""

    def __init__(self, arguments, port, pinned=True):
        pin = ["taskset", "-c", "0"] if os.cpu_count() > 1 and pinned else []
        self.base = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(pin + arguments, stdout=subprocess.DEVNULL, env={**os.environ, "RUST_LOG": "warn"})
        atexit.register(self.process.kill)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{arguments[0]} does not listen")

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, what="VmHWM"):
        return int(re.search(what + r":\s+(\d+)", open(f"/proc/{self.process.pid}/status").read())[1]) / 1024

    def get(self, path, headers={}):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, headers=headers)) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def load(server, path, seconds, headers={}, connections=16):
    """Requests a second, microseconds of CPU each, and the latencies p50 and p99 in milliseconds."""
    pin = ["taskset", "-c", "1"] if os.cpu_count() > 1 else []
    asked = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    before = server.cpu()
    told = subprocess.run(pin + ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *asked, server.base + path],
                          capture_output=True, text=True, check=True).stdout
    used = server.cpu() - before
    requests = int(re.search(r"(\d+) requests in", told)[1])
    rate = requests_a_second(told)
    units = {"us": 0.001, "ms": 1, "s": 1000}
    late = {name: float(value) * units[unit] for name, value, unit in re.findall(r"\s+(50|99)%\s+([\d.]+)(us|ms|s)", told)}
    return {"rate": rate, "cpu": used / max(requests, 1) * 1e6, "p50": late["50"], "p99": late["99"]}


def build(*examples):
    """Builds the program and these examples."""
    wanted = ["--bin", "taskforce"] + [part for name in examples for part in ("--example", name)]
    subprocess.run(["cargo", "build", "--profile", "dist", "--locked", *wanted], cwd=ROOT, check=True)


def key(database):
    """A key that may write."""
    arguments = ["keys", "create", "--name", f"bench-{os.getpid()}", "--scope", "write", "--database-url", database]
    made = subprocess.run([os.path.join(TARGET, "taskforce"), *arguments], capture_output=True, text=True, check=True)
    return made.stdout.strip()


def requests_a_second(told):
    """What wrk tells."""
    if re.search(r"Non-2xx or 3xx responses: (\d+)", told):
        sys.exit(f"not all requests are answered as they should be:\n{told}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])


def run_sql(database, name, **values):
    """Runs a script of this folder in the database's own shell, as one revision."""
    text = "".join(open(os.path.join(HERE, file)).read() for file in (name, "history.sql"))
    for word, value in values.items():
        text = re.sub(rf"\b{word}\b", str(value), text)
    if database.startswith("sqlite:"):
        quick = "PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1000000;\n"
        subprocess.run(["sqlite3", database[7:]], input=quick + text, text=True, check=True, stdout=subprocess.DEVNULL)
    else:
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", database], input=text + "VACUUM ANALYZE;", text=True, check=True, stdout=subprocess.DEVNULL)


def fill(database, count):
    """Makes the schema, enters the bundled records, and beside them as many commitments."""
    run = [os.path.join(TARGET, "taskforce")]
    subprocess.run(run + ["migrate", "--database-url", database], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(run + ["import", os.path.join(ROOT, "records/records.json"), "--database-url", database], check=True, stdout=subprocess.DEVNULL)
    run_sql(database, "records.sql", COUNT=count)
