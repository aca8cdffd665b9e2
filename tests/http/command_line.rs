//! The command line: exit codes, keys, imports.

use std::process::Command;

use crate::support::Api;

fn taskforce(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_taskforce")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn reports_a_failed_start_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.db");
    std::fs::write(
        &garbage,
        "this is not a database, but long enough to be mistaken for one ".repeat(100),
    )
    .unwrap();
    let garbage = format!("sqlite:{}", garbage.display());
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let database = format!("sqlite:{}", folder.path().join("new.db").display());
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0", "--database-url", &garbage][..],
        &["serve", "--listen", &address, "--database-url", &database],
        &["migrate", "--database-url", "postgres://nobody@127.0.0.1:1/none"],
        &["migrate", "--database-url", "mysql://x"],
        &["import", "/no/such/file", "--database-url", &database],
    ] {
        let (code, output) = taskforce(arguments);
        assert_eq!((code, output.lines().count()), (Some(2), 1), "{arguments:?}: {output}");
    }
    assert_eq!(taskforce(&["frobnicate"]).0, Some(2));
}

#[test]
fn shows_a_key_once_and_revokes_it_immediately() {
    let api = Api::sqlite(&[]);
    let key = api.key();
    let body = r#"{"name":"X"}"#;
    assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], body).status, 201);
    let (list, _) = api.run(&["keys", "list"]);
    let id = key.split('_').nth(1).unwrap();
    assert!(list.contains(id) && !list.contains(&key));
    assert_eq!(api.run(&["keys", "revoke", id]).1, 0);
    assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], body).status, 401);
    assert_eq!(api.run(&["keys", "revoke", id]).1, 1);
}

#[test]
fn an_expired_key_is_refused_and_listed_as_expired() {
    let api = Api::sqlite(&[]);
    let create = ["keys", "create", "--name", "x", "--scope", "write", "--expires"];
    let (key, code) = api.run(&[&create[..], &["2999-12-31"]].concat());
    assert_eq!(code, 0);
    assert!(api.run(&["keys", "list"]).0.contains("until 2999-12-31T"));
    api.sql("UPDATE keys SET expires_at = '2020-01-01T23:59:59.999999Z'");
    assert!(api.run(&["keys", "list"]).0.contains("expired 2020-01-01T"));
    let answer = api.change(&key, "POST", "/v1/organizations", &[], r#"{"name":"X"}"#);
    assert_eq!(answer.status, 401);
    for (expires, why) in [
        ("2020-01-01", "is in the past"),
        ("2020-01-01T00:00:00Z", "is in the past"),
        ("tomorrow", "2030-12-31"),
        ("2030-02-30", "2030-12-31"),
    ] {
        let arguments = [&create[..], &[expires]].concat();
        let output = api.errors_of(&arguments);
        assert!(output.contains(why) && !output.contains("URL"), "{expires}: {output}");
        assert_eq!(api.run(&arguments), (String::new(), 2), "{expires}");
    }
}

#[test]
fn rejects_settings_that_are_not_addresses() {
    for (option, value) in [
        ("--public-url", "foo"),
        ("--public-url", "x.org"),
        ("--public-url", "ftp://x.org"),
        ("--public-url", "https://x.org/base/?a=1"),
        ("--public-url", "https://x.org/#a"),
        ("--public-url", "https://me:secret@x.org"),
        ("--contact", "me and you"),
        ("--contact", "javascript:alert(1)"),
        ("--contact", "a@b@c"),
        ("--security-contact", "nobody"),
        ("--report-url", "javascript:alert(1)"),
        ("--report-url", "report?page={url}"),
        ("--license", "CC0-1.0,javascript:alert(1)"),
        ("--license", ",https://x.org"),
    ] {
        let (code, output) = taskforce(&["openapi", option, value]);
        let first = output.lines().next().unwrap_or_default();
        assert_eq!(code, Some(2), "{option} {value}: {output}");
        assert!(first.contains(option) && first.contains("such as"), "{output}");
    }
    for (option, value) in [
        ("--public-url", "https://x.org/base/"),
        ("--public-url", "http://localhost:8080"),
        ("--contact", "records@example.org"),
        ("--contact", "mailto:records@example.org"),
        ("--contact", "https://example.org/@records?a=1"),
        ("--report-url", "https://example.org/report?page={url}&id={id}"),
        ("--report-url", "mailto:records@example.org?subject={id}"),
        ("--license", "CC0-1.0, https://example.org/license"),
        ("--license", "Public domain"),
    ] {
        let (code, output) = taskforce(&["openapi", option, value]);
        assert_eq!(code, Some(0), "{option} {value}: {output}");
    }
}

#[test]
fn imports_a_bundle_from_a_file_once() {
    let api = Api::sqlite(&["--no-bundled-records"]);
    assert_eq!(api.revision(), 0);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/records/records.json");
    let (output, code) = api.run(&["import", file, "--dry-run"]);
    assert!(code == 0 && output.contains("dry run"), "{output}");
    let (output, code) = api.run(&["import", file]);
    assert!(code == 0 && output.starts_with("revision 1: 591 created"), "{output}");
    let (output, _) = api.run(&["import", file]);
    assert!(output.contains("591 unchanged"), "{output}");
}

/// Commands that work on a database.
const COMMANDS: [&[&str]; 6] = [
    &["keys", "create", "--name", "x", "--scope", "write"],
    &["keys", "list"],
    &["import", "records/records.json"],
    &["export"],
    &["verify"],
    &["backup", "/tmp/never-written.db"],
];

fn rejects_a_missing_database(url: &str, shown: &str, first: &str) {
    for command in COMMANDS {
        let (code, output) = taskforce(&[command, &["--database-url", url]].concat());
        let expected = format!(
            "taskforce: there is no database at {shown}; {first}start the server or run \
            `taskforce migrate` first\n"
        );
        assert_eq!((code, output), (Some(2), expected), "{command:?}");
    }
}

#[test]
fn does_not_create_a_database_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missing.db");
    let url = format!("sqlite:{}", file.display());
    rejects_a_missing_database(&url, &url, "");
    assert!(!file.exists());
    std::fs::write(&file, "").unwrap();
    rejects_a_missing_database(&url, &url, "");
}

#[test]
fn does_not_create_a_database_postgres() {
    let url = crate::postgres::database();
    let shown = |url: &str| taskforce::store::Location::parse(url).unwrap().display();
    rejects_a_missing_database(&url, &shown(&url), "");
    let (start, query) = url.split_once('?').unwrap_or((&url, ""));
    let missing = format!("{}/missing?{query}", start.rsplit_once('/').unwrap().0);
    rejects_a_missing_database(&missing, &shown(&missing), "create it, then ");
}

#[test]
fn commands_print_their_database() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("record.db").display());
    assert_eq!(taskforce(&["migrate", "--database-url", &url]).0, Some(0));
    for command in &COMMANDS[..5] {
        let (code, output) = taskforce(&[*command, &["--database-url", &url]].concat());
        assert!(
            code == Some(0) && output.contains(&format!("taskforce: using the database {url}\n")),
            "{command:?}: {output}"
        );
    }
}

#[test]
fn rejects_a_postgres_database_that_is_not_utf8() {
    let url = crate::postgres::database();
    let (start, query) = url.split_once('?').unwrap_or((&url, ""));
    let (server, _) = start.rsplit_once('/').unwrap();
    let name = format!("latin_{}", std::process::id());
    use diesel::connection::SimpleConnection as _;
    let mut connection = <diesel::PgConnection as diesel::Connection>::establish(&url).unwrap();
    let created = connection.batch_execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    ));
    created.unwrap();
    let latin = format!("{server}/{name}?{query}");
    for command in [
        &["migrate"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["restore", "/tmp/no-such-backup.db"],
    ] {
        let (code, output) = taskforce(&[command, &["--database-url", &latin]].concat());
        assert_eq!((code, output.lines().count()), (Some(2), 1), "{command:?}: {output}");
        assert!(command[0] == "restore" || output.contains("LATIN1"), "{output}");
    }
}

#[test]
fn an_export_never_replaces_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.db");
    let database = format!("sqlite:{}", file.display());
    assert_eq!(taskforce(&["migrate", "--database-url", &database]).0, Some(0));
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for output in [&file, &link] {
        let output = output.display().to_string();
        let (code, said) = taskforce(&["export", "--output", &output, "--database-url", &database]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("belongs to the database"), "{said}");
    }
    assert_eq!(taskforce(&["keys", "list", "--database-url", &database]).0, Some(0));
    let other = folder.path().join("export.ndjson").display().to_string();
    let export = ["export", "--output", &other, "--database-url", &database];
    assert_eq!(taskforce(&export).0, Some(0));
    assert_eq!(taskforce(&export).0, Some(0), "an earlier export is replaced");
    let exported = std::fs::read(&other).unwrap();
    let (link, pipe) = (folder.path().join("link.ndjson"), folder.path().join("pipe"));
    std::os::unix::fs::symlink(&other, &link).unwrap();
    std::fs::write(&other, "earlier").unwrap();
    let to = |output: &std::path::Path| {
        let output = output.display().to_string();
        taskforce(&["export", "--output", &output, "--database-url", &database])
    };
    assert_eq!(to(&link).0, Some(0));
    assert!(link.is_symlink() && std::fs::read(&other).unwrap() == exported);
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    assert_eq!(to(&pipe).0, Some(0));
    assert!(reader.join().unwrap() == exported && !pipe.is_file());
    let dangling = folder.path().join("dangling.ndjson");
    std::os::unix::fs::symlink("new.ndjson", &dangling).unwrap();
    assert_eq!(to(&dangling).0, Some(0));
    assert!(dangling.is_symlink() && folder.path().join("new.ndjson").is_file());
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskforce"));
    command.args(["export", "--output", "/dev/stdout", "--database-url", &database]);
    assert!(command.output().unwrap().stdout == exported);
    let (code, said) = to(folder.path());
    assert!(code == Some(2) && said.contains("is a directory"), "{said}");
}
