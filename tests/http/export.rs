//! Exports, whose bytes do not depend on the server or the time, and backups, which are complete.

use rstest::rstest;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use taskforce::store::{Location, Purpose, Statement};

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS};

const FORMATS: [(&str, &str); 4] = [
    ("ndjson", "application/x-ndjson"),
    ("json", "application/json"),
    ("csv", "application/zip"),
    ("sqlite", "application/vnd.sqlite3"),
];

/// Makes writes of every kind, with text that is hard to export. Returns a key.
fn write(api: &Api) -> String {
    let key = api.admin_key();
    let odd = json!({ "id": "odd", "name": "=1+1 \"quoted\", Ämter; “ß”",
        "note": "+two\nlines\tand ' more", "other_names": ["-a", "@b"] });
    assert_eq!(
        api.change(
            &key,
            "POST",
            "/v1/organizations",
            &[("Change-Kind", "entry")],
            &odd.to_string()
        )
        .status,
        201
    );
    let commitment = json!({ "id": "late", "name": "Late", "due": "2020",
        "made_by": { "type": "label", "name": "They" },
        "departments": ["odd", "state"],
        "figures": [{ "value": 0.1, "unit": "USD" }, { "value": 1e15, "unit": "people" }] });
    assert_eq!(
        api.change(
            &key,
            "POST",
            "/v1/commitments",
            &[("Idempotency-Key", "k")],
            &commitment.to_string()
        )
        .status,
        201
    );
    assert_eq!(
        api.change(
            &key,
            "PATCH",
            "/v1/people/john-kerry",
            &[("If-Match", "*")],
            r#"{"name":"J. Kerry"}"#
        )
        .status,
        200
    );
    let temporary = r#"{"id":"gone","name":"Gone"}"#;
    assert_eq!(api.change(&key, "POST", "/v1/awards", &[], temporary).status, 201);
    assert_eq!(api.change(&key, "DELETE", "/v1/awards/gone", &[("If-Match", "*")], "").status, 204);
    key
}

#[rstest]
#[ignore = "takes ten seconds"]
fn exports_of_a_revision_are_identical_on_both_databases(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = write(&api);
    let newest = api.revision();
    let mut before = BTreeMap::new();
    for (format, media_type) in FORMATS {
        for revision in [0, 1, newest - 1, newest] {
            let path = format!("/v1/export?format={format}&revision={revision}");
            let response = api.send("GET", &path, &[("Accept-Encoding", "gzip")], "");
            assert_eq!((response.status, response.header("content-type")), (200, media_type));
            assert_eq!(response.header("content-length"), response.bytes.len().to_string());
            assert_eq!(
                response.header("repr-digest"),
                format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&response.bytes)))
            );
            assert!(
                response.header("content-disposition").contains(&format!("revision-{revision}."))
            );
            assert_eq!(response.header("cache-control"), "public, max-age=86400");
            assert_eq!(
                api.send(
                    "GET",
                    &path,
                    &[("If-None-Match", response.header("etag")), ("Accept-Encoding", "gzip")],
                    ""
                )
                .status,
                304
            );
            before.insert(path, response.bytes);
        }
    }
    assert!(before.values().collect::<BTreeSet<_>>().len() == before.len());
    let newest_unpinned =
        api.send("GET", "/v1/export", &[("Accept", "application/vnd.sqlite3")], "");
    assert_eq!(newest_unpinned.header("cache-control"), "public, no-cache");
    assert!(
        newest_unpinned.bytes == before[&format!("/v1/export?format=sqlite&revision={newest}")]
    );

    let other = api.moved();
    let back = other.moved();
    for moved in [&other, &back] {
        for (path, bytes) in &before {
            assert!(moved.get(path).bytes == *bytes, "{path}");
        }
        // Everything else is restored too: history, keys, idempotent responses, deleted records.
        for path in [
            "/v1/changes?limit=200",
            "/v1/people/john-kerry/history",
            "/v1/commitments?revision=1&format=ndjson",
            "/v1/statistics",
        ] {
            assert_eq!(moved.get(path).text, api.get(path).text, "{path}");
        }
        assert_eq!(moved.get("/v1/awards/gone").status, 410);
        assert_eq!(moved.run(&["verify"]).1, 0);
        // An ETag of one database is not valid for the other, although their revisions are the
        // same.
        let tag = api.get("/v1/people").header("etag").to_owned();
        assert_eq!(moved.send("GET", "/v1/people", &[("If-None-Match", &tag)], "").status, 200);
        assert_eq!(moved.change(&key, "POST", "/v1/awards", &[], r#"{"name":"New"}"#).status, 201);
        assert_eq!(moved.revision(), newest + 1);
    }
}

#[rstest]
fn an_export_can_be_imported_into_an_empty_database(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    write(&api);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.json").display().to_string();
    assert_eq!(api.run(&["export", "--format", "json", "--output", &file]).1, 0);
    let response = api.get("/v1/export?format=json");
    assert!(std::fs::read(&file).unwrap() == response.bytes);
    assert_eq!(response.header("cache-control"), "public, no-cache");
    let empty = Api::sqlite(&["--no-bundled-records"]);
    let (output, code) = empty.run(&["import", &file]);
    assert!(code == 0 && output.starts_with("revision 1: 593 created"), "{output}");
    let records = |api: &Api| -> Vec<Json> {
        let lines = api.run(&["export"]).0;
        lines
            .lines()
            .map(|line| {
                let mut record: Json = serde_json::from_str(line).unwrap();
                let members = record.as_object_mut().unwrap();
                assert!(
                    ["revision", "created_at", "updated_at"]
                        .iter()
                        .all(|name| members.shift_remove(*name).is_some())
                );
                record
            })
            .collect()
    };
    assert_eq!(records(&empty), records(&api));
}

#[test]
fn exports_plain_tables_to_sqlite() {
    let api = Api::sqlite(&[]);
    write(&api);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.sqlite").display().to_string();
    assert_eq!(api.run(&["export", "--format", "sqlite", "--output", &file]).1, 0);
    let mut connection = Location::Sqlite(file).connect(Purpose::Read).unwrap();
    let mut texts = |sql: &str| -> Vec<String> {
        let rows = Statement::new(sql).rows(&mut connection).unwrap();
        rows.iter().map(|row| row.text(0).unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(texts("SELECT * FROM pragma_integrity_check"), ["ok"]);
    assert!(texts("SELECT \"table\" FROM pragma_foreign_key_check").is_empty());
    let schema = texts("SELECT sql FROM sqlite_master").join("\n");
    assert!(schema.contains("-- The date of the meeting, or its first day."));
    for inside in
        ["_folded", "_key", "superseded", "digest\" TEXT NOT NULL", "idempotent", "\"keys\""]
    {
        assert!(!schema.contains(inside), "{inside}");
    }
    assert_eq!(
        texts("SELECT CAST(user_version AS text) FROM pragma_user_version"),
        [api.revision().to_string()]
    );
    assert_eq!(texts("SELECT value FROM about WHERE name = 'license'"), ["CC0-1.0"]);
    assert_eq!(
        texts("SELECT revision || ' ' || actor FROM revisions ORDER BY 1").len() as i64,
        api.revision()
    );
    for (path, table) in LISTS {
        let total = api.get(&format!("/v1/{path}?limit=1")).json()["page"]["total"].to_string();
        assert_eq!(
            texts(&format!("SELECT CAST(count(*) AS text) FROM \"{table}\"")),
            [total],
            "{table}"
        );
    }
    let departments = "SELECT o.name FROM commitments_departments d JOIN organizations o ON o.id \
        = d.organization_id WHERE d.commitment_id = 'late' ORDER BY d.position";
    assert_eq!(texts(departments), ["=1+1 \"quoted\", Ämter; “ß”", "Department of State"]);
    assert_eq!(
        texts(
            "SELECT made_by_type || ' ' || made_by_name || ' ' || overdue FROM commitments WHERE \
            id = 'late'"
        ),
        ["label They 1"]
    );
}

#[test]
fn the_data_package_describes_its_csv_files() {
    let api = Api::sqlite(&[
        "--license",
        "Some license,https://example.org/license",
        "--title",
        "A Record",
    ]);
    write(&api);
    let mut zip =
        zip::ZipArchive::new(Cursor::new(api.get("/v1/export?format=csv").bytes)).unwrap();
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let package: Json = serde_json::from_slice(&read("datapackage.json")).unwrap();
    assert_eq!(
        (package["name"].as_str(), package["title"].as_str()),
        (Some("a-record"), Some("A Record"))
    );
    assert_eq!(package["version"], api.revision().to_string());
    // In Frictionless, the name of a license has no spaces.
    assert_eq!(
        package["licenses"],
        json!([{ "title": "Some license", "path": "https://example.org/license" }])
    );
    let resources = package["resources"].as_array().unwrap();
    assert_eq!(resources.len(), LISTS.len());
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut references = Vec::new();
    for resource in resources {
        let name = resource["name"].as_str().unwrap();
        let bytes = read(resource["path"].as_str().unwrap());
        assert_eq!(resource["bytes"], bytes.len());
        let digest: String =
            Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(resource["hash"], format!("sha256:{digest}"));
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), names, "{name}");
        assert!(
            fields
                .iter()
                .all(|field| field["description"].as_str().is_some_and(|doc| doc.len() > 3))
        );
        for row in reader.records().map(Result::unwrap) {
            fields.iter().zip(&row).for_each(|(field, cell)| check_cell(field, cell));
            let value = |column: &Json| {
                row[names.iter().position(|name| *name == column).unwrap()].to_owned()
            };
            assert!(
                ids.entry(name.to_owned())
                    .or_default()
                    .insert(value(&resource["schema"]["primaryKey"][0])),
                "{name}: an id twice"
            );
            for key in resource["schema"]["foreignKeys"].as_array().unwrap() {
                let target = Some(key["reference"]["resource"].as_str().unwrap())
                    .filter(|target| !target.is_empty())
                    .unwrap_or(name);
                references.push((target.to_owned(), value(&key["fields"][0])));
            }
        }
    }
    assert!(references.len() > 500);
    for (target, id) in references.iter().filter(|(_, id)| !id.is_empty()) {
        assert!(ids[target].contains(id), "{target} {id}");
    }
}

/// Checks a cell against its field, by the rules of Frictionless.
fn check_cell(field: &Json, cell: &str) {
    let constraints = &field["constraints"];
    if cell.is_empty() {
        assert_ne!(constraints["required"], true, "{field} is empty");
        return;
    }
    let good = match field["type"].as_str().unwrap() {
        "integer" => cell.parse::<i64>().is_ok_and(|number| {
            constraints["minimum"].as_i64().is_none_or(|least| number >= least)
        }),
        "number" => cell.parse::<f64>().is_ok(),
        "boolean" => matches!(cell, "true" | "false"),
        "datetime" => cell.parse::<taskforce::model::Moment>().is_ok(),
        "array" => serde_json::from_str::<Vec<Json>>(cell).is_ok(),
        "string" => match (constraints["enum"].as_array(), constraints["pattern"].as_str()) {
            (Some(choices), _) => choices.iter().any(|choice| choice == cell),
            (_, Some(pattern)) => {
                jsonschema::is_valid(&json!({ "pattern": pattern }), &json!(cell))
            }
            _ => true,
        },
        other => panic!("{other} is not a type that the export uses"),
    };
    assert!(good, "{cell:?} in {field}");
}

#[test]
fn reports_exports_and_restores_that_fail() {
    let api = Api::sqlite(&[]);
    for (query, code, hint) in [
        ("?format=sqlit", "wrong-value", json!("sqlite")),
        ("?formt=csv", "unknown-parameter", json!("format")),
        ("?revision=99", "out-of-range", Json::Null),
        ("?revision=1&as_of=2026-01-01T00:00:00Z", "conflict", Json::Null),
    ] {
        let response = api.get(&format!("/v1/export{query}"));
        let error = &response.json()["errors"][0];
        assert_eq!(
            (response.status, &error["code"], &error["hint"]),
            (400, &json!(code), &hint),
            "{query}"
        );
    }
    assert_eq!(api.send("GET", "/v1/export", &[("Accept", "text/html")], "").status, 406);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(api.run(&["backup", &path("backup.db")]).1, 0);
    assert_eq!(api.run(&["backup", &path("backup.db")]).1, 2, "a backup does not overwrite files");
    assert_eq!(api.run(&["backup", "/no/such/folder/backup.db"]).1, 2);
    assert_eq!(api.run(&["restore", &path("backup.db")]).1, 2, "the database is not empty");
    assert_eq!(api.run(&["restore", &path("missing.db")]).1, 2);
    assert_eq!(api.run(&["export", "--revision", "99"]).1, 2);
    std::fs::write(path("garbage.db"), "no database").unwrap();
    let empty = Api::sqlite(&["--no-bundled-records"]);
    assert_eq!(empty.run(&["restore", &path("garbage.db")]).1, 2);
    // A backup with another version of the schema.
    let mut older = Location::Sqlite(path("backup.db")).connect(Purpose::Write).unwrap();
    older.run("UPDATE __diesel_schema_migrations SET version = '20261124000000'").unwrap();
    drop(older);
    assert_eq!(empty.run(&["restore", &path("backup.db")]).1, 2);
    assert_eq!(empty.revision(), 0);
}

/// Exports many records as lists and as files, and asserts that memory use does not grow with their
/// number.
fn export_in_little_memory(count: usize) {
    let api = Api::sqlite(&["--cache-size", "0"]);
    api.import(&crate::sample::bundle(count));
    let api = api.restart(&["--cache-size", "0"]);
    read_in_little_memory(
        &api,
        count,
        &[
            "/v1/commitments?format=ndjson",
            "/v1/commitments?format=csv",
            "/v1/export?format=ndjson",
        ],
    );
}

fn read_in_little_memory(api: &Api, count: usize, paths: &[&str]) {
    let lines = |path: &str| api.lines(path, &[]).count();
    assert_eq!(api.get("/v1/commitments?limit=200").status, 200);
    let before = api.memory();
    for path in paths {
        assert!(lines(path) >= count, "{path}");
        let grown = api.peak_memory().saturating_sub(before) >> 20;
        eprintln!("{path}: {count} records and more in {grown} MiB");
        assert!(grown < 32, "{path}: {grown} MiB");
    }
}

#[test]
#[ignore = "takes most of a minute"]
fn exports_many_records_in_little_memory() {
    export_in_little_memory(30_000);
}

#[test]
#[ignore = "takes many minutes; skipped in CI"]
fn exports_a_million_records_in_little_memory() {
    export_in_little_memory(1_000_000);
}
