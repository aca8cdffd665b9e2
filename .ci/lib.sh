# Functions shared by the checks; sourced at the root of the repository. Tools go to target/tools,
# everything else to a folder that is removed at the end, together with the servers that were
# started.

tools=$PWD/target/tools
folder=$(mktemp -d)
chmod 755 "$folder"
processes=()
postgres=

cleanup() {
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
  if [ -n "$postgres" ]; then "${as_postgres[@]}" "$postgres/pg_ctl" -D "$folder/postgres" -m immediate stop >/dev/null || true; fi
  rm -rf "$folder"
}
trap cleanup EXIT

# Installs packages of PyPI (NAME==VERSION …) if they are missing, and puts their programs on the
# path.
python_tools() {
  [ -x "$tools/python/bin/pip" ] || python3 -m venv "$tools/python"
  export PATH="$tools/python/bin:$PATH"
  if ! grep -qxF "$*" "$tools/python/installed" 2>/dev/null; then
    pip install --quiet --disable-pip-version-check "$@"
    echo "$*" >>"$tools/python/installed"
  fi
}

# Installs packages of npm (NAME@VERSION …) without running their scripts, and puts their programs on the path.
node_tools() {
  mkdir -p "$tools/node"
  export PATH="$tools/node/node_modules/.bin:$PATH" NODE_PATH="$tools/node/node_modules"
  if ! grep -qxF "$*" "$tools/node/installed" 2>/dev/null; then
    npm install --prefix "$tools/node" --silent --no-audit --no-fund --ignore-scripts "$@"
    echo "$*" >>"$tools/node/installed"
  fi
}

# Builds the program, and starts a server on a new database. Sets BASE to its URL, and KEY and ADMIN_KEY to keys.
serve() {
  local database=$1 log
  shift
  log=$(mktemp -p "$folder" server.XXXX)
  target/debug/taskforce serve --listen 127.0.0.1:0 --database-url "$database" "$@" >"$log" 2>"$log.errors" &
  processes+=($!)
  for _ in $(seq 100); do
    BASE=$(grep -om1 'http://[^ ]*' "$log") && break
    sleep 0.1
  done
  [ -n "$BASE" ] || { cat "$log" "$log.errors" >&2; return 1; }
  KEY=$(target/debug/taskforce keys create --name "Records office" --scope write --database-url "$database")
  ADMIN_KEY=$(target/debug/taskforce keys create --name "Head of records" --scope admin --database-url "$database")
  export BASE KEY ADMIN_KEY
}

# Starts a PostgreSQL server if its programs are installed. Sets POSTGRES to the URL of the database.
serve_postgres() {
  local port=$1 found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
  [ -n "$found" ] || found=$(dirname "$(readlink -f "$(command -v pg_ctl)")")
  as_postgres=()
  mkdir "$folder/postgres"
  if [ "$(id -u)" = 0 ]; then
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chown postgres "$folder/postgres"
  fi
  (cd / && "${as_postgres[@]}" "$found/initdb" -D "$folder/postgres" -U postgres -A trust --no-sync >/dev/null)
  postgres=$found
  (cd / && "${as_postgres[@]}" "$found/pg_ctl" -D "$folder/postgres" -l "$folder/postgres/log" -w \
    -o "-p $port -k $folder/postgres -c listen_addresses=127.0.0.1 -c fsync=off" start >/dev/null)
  POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
}
