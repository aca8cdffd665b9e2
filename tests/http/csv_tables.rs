//! CSV tables that are exported, edited and imported.

use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::query_model::records_hard_to_compare;
use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS, Response};

fn import(api: &Api, key: &str, list: &str, table: &str) -> Response {
    import_with(api, key, list, "", table)
}

fn import_with(api: &Api, key: &str, list: &str, query: &str, table: &str) -> Response {
    let path = format!("/v1/import?type={list}{query}");
    api.change(key, "POST", &path, &[("Content-Type", "text/csv")], table)
}

fn ok(response: &Response) -> Json {
    assert_eq!(response.status, 200, "{}", response.text);
    response.json()
}

/// Returns the row, the column and the code of each fault of an error.
fn faults(response: &Response) -> Vec<(u64, String, String)> {
    assert!((400..500).contains(&response.status), "{}", response.text);
    let errors = response.json()["errors"].clone();
    let text = |fault: &Json, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    let fault =
        |fault: &Json| (fault["row"].as_u64().unwrap(), text(fault, "column"), text(fault, "code"));
    errors.as_array().unwrap().iter().map(fault).collect()
}

fn fault(response: &Response) -> (u64, String, String) {
    let mut all = faults(response);
    assert_eq!(all.len(), 1, "{}", response.text);
    all.remove(0)
}

fn revision(api: &Api) -> i64 {
    api.get("/v1/statistics").json()["revision"].as_i64().unwrap()
}

#[rstest]
fn importing_an_unchanged_table_changes_nothing(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    assert_eq!(
        api.change(&key, "POST", "/v1/import", &[], &records_hard_to_compare().to_string()).status,
        200
    );
    let before = revision(&api);
    for (path, list) in LISTS {
        for query in ["", "&bom=true"] {
            let table = api.get(&format!("/v1/{path}?format=csv{query}")).text;
            let report = ok(&import(&api, &key, list, &table));
            assert_eq!((&report["created"], &report["updated"]), (&json!(0), &json!(0)), "{list}");
            assert!(report["unchanged"].as_u64().unwrap() > 0, "{list}");
            // Spreadsheets write semicolons in many countries, and some write tabs.
            let table = with_separator(&table, if query.is_empty() { b';' } else { b'\t' });
            let report = ok(&import(&api, &key, list, &table));
            assert_eq!((&report["created"], &report["updated"]), (&json!(0), &json!(0)), "{list}");
        }
    }
    assert_eq!(revision(&api), before);
}

/// Returns the table with another separator.
fn with_separator(table: &str, separator: u8) -> String {
    let table = table.strip_prefix('\u{feff}').unwrap_or(table);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    reader.records().for_each(|row| writer.write_record(&row.unwrap()).unwrap());
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Returns the table with the cell of one row and column replaced.
fn edited(table: &str, column: &str, id: &str, text: &str) -> String {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let position = |name: &str| rows[0].iter().position(|cell| cell == name).unwrap();
    let (ids, column) = (position("id"), position(column));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &rows {
        let change = &row[ids] == id;
        let cells = row.iter().enumerate();
        let cells = cells.map(|(index, cell)| if change && index == column { text } else { cell });
        writer.write_record(cells).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Returns an edit of a cell of each kind: the list, the id, the column, the new text, and a
/// pointer to the resulting JSON.
fn edits() -> Vec<(&'static str, &'static str, &'static str, Json)> {
    vec![
        ("commitments", "status", "completed", json!(["/status", "completed"])),
        ("commitments", "due", "2031-05", json!(["/due", "2031-05"])),
        ("commitments", "position", "17", json!(["/position", 17])),
        ("commitments", "note", "'=1+1", json!(["/note", "=1+1"])),
        ("commitments", "note", "a\r\nb", json!(["/note", "a\nb"])),
        ("commitments", "programs", r"a\;b; c\\d", json!(["/programs", ["a;b", "c\\d"]])),
        ("commitments", "departments", "labor; justice", json!(["/departments/1/id", "justice"])),
        ("commitments", "partners", "label:Unions", json!(["/partners/0/name", "Unions"])),
        ("commitments", "topics", "", json!(["/topics", []])),
        ("commitments", "meeting_id", "pitf-2024-02-13", json!(["/meeting/id", "pitf-2024-02-13"])),
        (
            "commitments",
            "figures",
            r#"[{"value":2.5,"unit":"USD","qualifier":"exactly","note":null}]"#,
            json!(["/figures/0/value", 2.5]),
        ),
        ("organizations", "location_city", "Boston", json!(["/location/city", "Boston"])),
    ]
}

#[rstest]
fn an_edited_cell_changes_only_that_field(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (list, column, text, expected) in edits() {
        let first = api.get(&format!("/v1/{list}?limit=1&sort=id")).json()["data"][0].clone();
        let id = first["id"].as_str().unwrap();
        let table = api.get(&format!("/v1/{list}?format=csv")).text;
        let table = edited(&table, column, id, text);
        let preview = ok(&import_with(&api, &key, list, "&dry_run=true", &table));
        assert_eq!(preview["updated"], 1, "{column}: {preview}");
        assert_eq!(api.get(&format!("/v1/{list}/{id}")).json(), first, "a dry run writes nothing");
        let report = ok(&import(&api, &key, list, &table));
        assert_eq!((&report["created"], &report["updated"]), (&json!(0), &json!(1)));
        assert_eq!(report["changes"], preview["changes"]);
        let change = &report["changes"][0];
        assert_eq!(change["id"], id);
        let cells = change["cells"].as_array().unwrap();
        assert_eq!((cells.len(), &cells[0]["column"]), (1, &json!(column)), "{change}");
        assert_eq!(cells[0]["after"], text.replace('\r', ""));
        let after = api.get(&format!("/v1/{list}/{id}")).json();
        let pointer = expected[0].as_str().unwrap();
        assert_eq!(after.pointer(pointer), Some(&expected[1]), "{column}: {after}");
    }
}

#[rstest]
fn missing_columns_stay_unchanged_and_new_rows_create_records(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let before = api.get("/v1/organizations/labor").json();
    let table = "id,name,short_name\nlabor,Labor Department,\n,New Office,NO\nnewer,,\n";
    assert_eq!(
        fault(&import(&api, &key, "organizations", table)),
        (4, "name".into(), "required".into())
    );
    let table = "id,name,short_name\n\nlabor,Labor Department,\n,New Office,NO\n,New Office,\n,,\n";
    let report = ok(&import(&api, &key, "organizations", table));
    assert_eq!((&report["created"], &report["updated"]), (&json!(2), &json!(1)));
    let after = api.get("/v1/organizations/labor").json();
    assert_eq!((&after["name"], &after["short_name"]), (&json!("Labor Department"), &Json::Null));
    assert_eq!((&after["kind"], &after["sources"]), (&before["kind"], &before["sources"]));
    assert_eq!(api.get("/v1/organizations/new-office").json()["short_name"], "NO");
    assert_eq!(api.get("/v1/organizations/new-office-2").json()["short_name"], Json::Null);
}

#[rstest]
fn resolves_a_name_without_an_id(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let other = r#"{"id":"other-state","name":"State Office","short_name":"TWIN","other_names":["Bureau X"]}"#;
    let twin = r#"{"id":"twin","name":"TWIN"}"#;
    for body in [other, twin] {
        assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], body).status, 201);
    }
    let write = |cell: &str| {
        let table = format!("id,name,parent_name\nchild,Child,{cell}\n");
        import(&api, &key, "organizations", &table)
    };
    let state = api.get("/v1/organizations/state").json();
    for (cell, parent) in [
        (state["name"].as_str().unwrap(), json!("state")),
        (state["short_name"].as_str().unwrap(), json!("state")),
        ("Bureau X", json!("other-state")),
        ("", Json::Null),
    ] {
        ok(&write(cell));
        assert_eq!(api.get("/v1/organizations/child").json()["parent"]["id"], parent, "{cell}");
    }
    let several = write("TWIN");
    assert_eq!(fault(&several), (2, "parent_name".into(), "unknown-name".into()));
    assert!(several.text.contains("other-state (State Office), twin (TWIN)"), "{}", several.text);
    let none = write("Departmint of State");
    assert!(none.text.contains("state (Department of State)"), "{}", none.text);
    // With an id, the name is ignored.
    let table = "id,name,parent_id,parent_name\nchild,Child,labor,Department of State\n";
    ok(&import(&api, &key, "organizations", table));
    assert_eq!(api.get("/v1/organizations/child").json()["parent"]["id"], "labor");
}

#[rstest]
fn agents_require_a_type(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let write = |cells: &str| {
        let columns = "publisher_type,publisher_id,publisher_name";
        let table = format!("id,name,kind,{columns}\nd,D,other,{cells}\n");
        import(&api, &key, "documents", &table)
    };
    for (cells, expected) in [
        ("label,,Some Press", json!({ "type": "label", "name": "Some Press" })),
        ("organization,state,", json!("state")),
        (",,", Json::Null),
    ] {
        ok(&write(cells));
        let publisher = api.get("/v1/documents/d").json()["publisher"].clone();
        let is = if expected.is_string() { publisher["id"].clone() } else { publisher };
        assert_eq!(is, expected, "{cells}");
    }
    for (cells, column, code) in [
        (",state,", "publisher_type", "required"),
        ("organization,,State", "publisher_id", "required"),
        ("label,state,State", "publisher_id", "conflict"),
        ("label,,", "publisher_name", "required"),
        ("ministry,state,", "publisher_type", "wrong-value"),
        ("organization,no-such,", "publisher_id", "broken-reference"),
    ] {
        assert_eq!(fault(&write(cells)), (2, column.into(), code.into()), "{cells}");
    }
    let table = "id,publisher_name\nd,Department of State\n";
    ok(&import(&api, &key, "documents", table));
    assert_eq!(api.get("/v1/documents/d").json()["publisher"]["id"], "state");
}

#[rstest]
fn rejects_a_row_of_an_older_version(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let table = api.get("/v1/organizations?format=csv&id=labor").text;
    let edited = edited(&table, "summary", "labor", "One.");
    ok(&import(&api, &key, "organizations", &edited));
    let again = import(&api, &key, "organizations", &edited);
    assert_eq!(fault(&again), (2, "revision".into(), "stale".into()));
    assert!(again.text.contains("changed at revision 2"), "{}", again.text);
    // Without the column, changes that an older table reverts are reported.
    let older = "id,summary\nlabor,\n";
    let reverts =
        || ok(&import(&api, &key, "organizations", older))["changes"][0]["reverts"].clone();
    assert_eq!(reverts(), 2);
    // Later changes to values without a column do not hide one.
    for change in [r#"{"summary":"Two."}"#, r#"{"note":"A remark."}"#] {
        let path = "/v1/organizations/labor";
        assert_eq!(api.change(&key, "PATCH", path, &[("If-Match", "*")], change).status, 200);
    }
    assert_eq!(reverts(), api.revision() - 2);
}

#[rstest]
fn faults_have_the_row_and_the_column(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let before = revision(&api);
    let head = "id,name,status,due,position,departments,partners,figures";
    let cases = [
        ("c,C,don,,,,,", "status", "wrong-value"),
        ("c,C,,2/13/2024,,,,", "due", "invalid-date"),
        ("c,C,,,\"1,000\",,,", "position", "wrong-type"),
        ("c,C,,,1.5,,,", "position", "wrong-type"),
        ("c,C,,,1e999,,,", "position", "out-of-range"),
        ("c,C,,,,State Department,,", "departments", "invalid-format"),
        ("c,C,,,,no-such,,", "departments", "broken-reference"),
        ("c,C,,,,,Labor,", "partners", "invalid-format"),
        ("c,C,,,,,,some", "figures", "wrong-type"),
        ("c,C,,,,,,\"[{\"\"value\"\":1}]\"", "figures", "required"),
        ("c,C,,,,,,\"[{\"\"value\"\":1,\"\"value\"\":2}]\"", "figures", "wrong-type"),
        ("c,C,,,,,", "", "wrong-length"),
        ("c,C,,,,,,,x", "", "wrong-length"),
        ("c,\"C,,,,,,\n", "", "malformed"),
        ("c,\"C\"x,,,,,,", "", "malformed"),
    ];
    for (row, column, code) in cases {
        let table = format!("{head}\n\"d\",\"a\nb\",,,,,,\n\n{row}\n");
        let response = import(&api, &key, "commitments", &table.replace("\"a\nb\"", "D"));
        assert_eq!(fault(&response), (4, column.into(), code.into()), "{row}");
    }
    let both = format!("{head}\nc,C,don,x,,,,\nc,C,,,,,,\n");
    let expected = [(2, "due"), (2, "status")].map(|(row, column)| (row, column.to_owned()));
    let mut found: Vec<(u64, String)> = faults(&import(&api, &key, "commitments", &both))
        .into_iter()
        .map(|(row, column, _)| (row, column))
        .collect();
    found.sort();
    assert_eq!(found[..2], expected);
    assert_eq!(revision(&api), before, "nothing was written");
}

#[rstest]
fn faults_outside_of_the_table_have_the_column_of_an_export(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let meeting = json!({
        "id": "sf-m", "name": "M", "organization": "pitf", "topics": ["c", "a"],
        "sources": [
            { "document": "src-wirenn-2024" },
            { "document": "src-wirenn-2024", "field": "/topics/0" }
        ]
    });
    let created = api.change(&key, "POST", "/v1/meetings", &[], &meeting.to_string());
    assert_eq!(created.status, 201, "{}", created.text);
    let response = import(&api, &key, "meetings", "id,topics\nsf-m,\"a\"\n");
    let fault = &response.json()["errors"][0];
    let message = fault["message"].as_str().unwrap_or_default();
    assert_eq!((&fault["row"], &fault["column"]), (&json!(2), &json!("sources")), "{fault}");
    assert!(message.starts_with("entry 2, field: "), "{fault}");
}

#[rstest]
fn rejects_an_invalid_header(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (table, column, code) in [
        ("", "", "required"),
        ("\n", "", "required"),
        ("c-1,A commitment\n", "", "required"),
        ("name,status\nC,announced\n", "id", "required"),
        ("id,name,statsu\nc,C,announced\n", "statsu", "unknown-column"),
        ("id,name,\nc,C,x\n", "", "unknown-column"),
        ("id,name,name\nc,C,C\n", "name", "repeated"),
    ] {
        let response = import(&api, &key, "commitments", table);
        assert_eq!(fault(&response), (1, column.into(), code.into()), "{table:?}");
    }
    let hint = import(&api, &key, "commitments", "id,statsu\n").json()["errors"][0]["hint"].clone();
    assert_eq!(hint, "status");
    let path = "/v1/import?type=commitments";
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "text/csv")];
    let latin = api.send_bytes("POST", path, &headers, b"id,name\nc,Caf\xe9\n");
    assert_eq!((latin.status, fault(&latin).0), (400, 2), "{}", latin.text);
    let utf16 = api.send_bytes("POST", path, &headers, b"\xff\xfei\0d\0");
    assert_eq!((utf16.status, fault(&utf16).0), (400, 1));
}

#[rstest]
fn requires_the_type_of_the_records(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let csv = [("Content-Type", "text/csv")];
    let code = |path: &str, headers: &[(&str, &str)], body: &str| {
        let response = api.change(&key, "POST", path, headers, body);
        assert_eq!(response.status, 400, "{}", response.text);
        response.json()["errors"][0]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code("/v1/import", &csv, "id\n"), "required");
    assert_eq!(code("/v1/import?type=comitments", &csv, "id\n"), "wrong-value");
    assert_eq!(code("/v1/import?type=commitments", &[], "{}"), "conflict");
}

#[rstest]
fn a_repeated_import_returns_the_first_response(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let headers = [("Content-Type", "text/csv"), ("Idempotency-Key", "once")];
    let write = |table: &str| api.change(&key, "POST", "/v1/import?type=awards", &headers, table);
    let first = ok(&write("id,name\n,An award\n"));
    let again = ok(&write("id,name\n,An award\n"));
    assert_eq!((&again["created"], &again["revision"]), (&json!(1), &first["revision"]));
    assert_eq!(
        write("id,name\n,Another\n").json()["type"].as_str().unwrap().rsplit('/').next(),
        Some("idempotency-key-reused")
    );
    // Without changes, too, after other revisions.
    let headers = [("Content-Type", "text/csv"), ("Idempotency-Key", "unchanged")];
    let id = again["changes"][0]["id"].as_str().unwrap().to_owned();
    let table = format!("id,name\n{id},An award\n");
    let write = || ok(&api.change(&key, "POST", "/v1/import?type=awards", &headers, &table));
    let first = write();
    assert_eq!((&first["unchanged"], &first["revision"]), (&json!(1), &again["revision"]));
    ok(&import(&api, &key, "awards", "id,name\n,Later\n"));
    assert_eq!(write(), first);
}

#[rstest]
fn many_rows_make_one_revision(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let before = revision(&api);
    let mut table = "id,name\r\n".to_owned();
    (0..5_000).for_each(|number| table.push_str(&format!("o-{number},Office {number}\r\n")));
    let report = ok(&import(&api, &key, "organizations", &table));
    assert_eq!((&report["created"], revision(&api)), (&json!(5_000), before + 1));
    let many = "id,name\r\n".to_owned() + &"bad id,x\r\n".repeat(200);
    let refused = import(&api, &key, "organizations", &many).json();
    assert_eq!(refused["errors"].as_array().unwrap().len(), 100);
    assert!(refused["detail"].as_str().unwrap().contains("The first 100 are listed"), "{refused}");
    table.push_str("bad id,x\r\n");
    assert_eq!(fault(&import(&api, &key, "organizations", &table)).0, 5_002);
}

#[rstest]
fn the_command_line_imports_tables(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("commitments.csv").display().to_string();
    let first = api.get("/v1/commitments?limit=1&sort=id").json()["data"][0]["id"].clone();
    let first = first.as_str().unwrap();
    std::fs::write(&file, format!("id,status\n{first},discontinued\n")).unwrap();
    let (_, code) = api.run(&["import", &file]);
    assert_eq!(code, 2, "a table requires a type");
    let arguments = ["import", &file, "--type", "commitments"];
    let (printed, code) = api.run(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(code, 0);
    assert!(printed.contains(&format!("{first} status: ")), "{printed}");
    let (printed, code) = api.run(&arguments);
    assert!(printed.ends_with("0 created, 1 updated, 0 unchanged") && code == 0, "{printed}");
    std::fs::write(&file, format!("id,status\n{first},don\n")).unwrap();
    assert!(api.errors_of(&arguments).contains("Row 2, column status: "));
}

#[rstest]
fn reads_a_name_beside_its_type(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let table = "id,name,made_by_type,made_by_name\nnn,X,person,Antony Blinken\n";
    ok(&import(&api, &key, "commitments", table));
    assert_eq!(api.get("/v1/commitments/nn").json()["made_by"]["id"], "antony-blinken");
    let other = "id,name,made_by_type,made_by_name\nnn,X,organization,Antony Blinken\n";
    let column = "made_by_name".to_owned();
    let unknown = fault(&import(&api, &key, "commitments", other));
    assert_eq!(unknown, (2, column.clone(), "unknown-name".to_owned()));
    let empty = "id,name,made_by_type,made_by_name\nnn,X,person,\n";
    assert_eq!(
        fault(&import(&api, &key, "commitments", empty)),
        (2, column, "required".to_owned())
    );
    let form = "id,name,made_by_type,made_by_name\nnnn,X,Person,Antony Blinken\n";
    let refused = import(&api, &key, "commitments", form);
    assert_eq!(fault(&refused), (2, "made_by_type".to_owned(), "wrong-value".to_owned()));
    assert_eq!(refused.json()["errors"][0]["hint"], "person");
    let figures = "id,name,figures\nnn,X,\"[{\"\"value\"\": 1,}]\"\n";
    let refused = import(&api, &key, "commitments", figures);
    let fault = refused.json()["errors"][0].clone();
    assert!(fault["message"].as_str().unwrap().contains("line 1 column"), "{fault}");
    assert!(fault["hint"].as_str().unwrap().contains("\"unit\""), "{fault}");
}
