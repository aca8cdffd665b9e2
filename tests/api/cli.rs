//! The command line: how it begins, and how it fails.

use std::net::TcpListener;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Api, Database, Start as _, each_database, taskforce};

fn could_not_begin(output: &Output) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    assert!(!told.contains("panicked") && told.len() > 20, "{told}");
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.txt");
    let text = "Dear reader, this is not a database.\n".repeat(100);
    std::fs::write(&file, &text).unwrap();
    let url = format!("sqlite:{}", file.display());
    for command in [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["migrate"], &["keys", "list"]] {
        could_not_begin(&taskforce().args(command).args(["--database-url", &url]).output().unwrap());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn a_database_out_of_reach_is_told() {
    for url in ["postgres://nobody@127.0.0.1:1/none", "sqlite:/no/such/directory/record.db", "mysql://localhost/x"] {
        could_not_begin(&taskforce().args(["serve", "--listen", "127.0.0.1:0", "--database-url", url]).output().unwrap());
    }
}

#[test]
fn wrong_usage_is_told() {
    for arguments in [["serve", "--lisen", "x"].as_slice(), &["nothing"], &["keys", "create", "--name", "x", "--scope", "all"]] {
        assert_eq!(taskforce().args(arguments).output().unwrap().status.code(), Some(2));
    }
}

#[test]
fn the_specification_is_printed() {
    let output = taskforce().arg("openapi").output().unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["info"]["version"].is_string(), output.status.success());
}

each_database! {
    fn a_port_that_is_taken_is_told(database: Database) {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        could_not_begin(&database.run(&["serve", "--listen", &taken.local_addr().unwrap().to_string()]));
    }

    fn a_key_works_until_it_is_revoked(database: Database) {
        let key = database.key("write");
        let api = Api::start(database);
        let bearer = format!("Bearer {key}");
        let post = |name: &str| {
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            api.send("POST", "/v1/awards", &headers, &json!({"name": name}).to_string())
        };
        post("While valid").expect(201);
        let list = api.database.run(&["keys", "list"]);
        let listed = String::from_utf8(list.stdout).unwrap();
        assert!(!listed.contains(&key) && listed.contains("write") && listed.contains("test"), "{listed}");
        let id = listed.split('\t').next().unwrap();
        assert!(api.database.run(&["keys", "revoke", id]).status.success());
        post("When revoked").problem(401, "unauthorized");
        assert!(String::from_utf8(api.database.run(&["keys", "list"]).stdout).unwrap().contains("revoked"));
        assert_eq!(api.database.run(&["keys", "revoke", id]).status.code(), Some(1));
        assert_eq!(api.revision(), 2);
    }

    fn a_key_expires(database: Database) {
        let output = database.run(&["keys", "create", "--name", "old", "--scope", "write", "--expires", "2020-01-01"]);
        assert!([Some(0), Some(2), Some(1)].contains(&output.status.code()));
        if output.status.success() {
            let bearer = format!("Bearer {}", String::from_utf8(output.stdout).unwrap().trim());
            let api = Api::start(database);
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            api.send("POST", "/v1/awards", &headers, "{\"name\":\"x\"}").problem(401, "unauthorized");
        }
    }

    fn the_record_is_there_after_a_restart(database: Database) {
        let mut api = Api::start(database).with_key();
        api.write("POST", "/v1/awards", &[], &json!({"name": "Kept"})).expect(201);
        api.restart();
        assert_eq!(api.get("/v1/awards/kept").ok()["name"], "Kept");
        assert_eq!(api.revision(), 2, "the bundled records are loaded once");
    }
}
