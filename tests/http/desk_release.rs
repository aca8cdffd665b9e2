//! Tests of the entry of a release in the browser.

use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::desk::{Browser, HTML, inputs, saved, set};
use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::Response;

const PATH: &str = "/edit/release";

/// Adds a record to the release of a page.
fn add(browser: &Browser<'_>, page: &Response, list: &str, typed: &[(&str, &str)]) -> Response {
    let form = browser.press(page, PATH, &[], &format!("new:{list}"));
    assert_eq!(form.status, 200, "{}", form.text);
    browser.press(&form, PATH, typed, "preview")
}

/// Adds a document and a person to a new release.
fn begin(browser: &Browser<'_>) -> Response {
    let page = browser.get(PATH);
    let typed = [("/name", "The task force meets"), ("/kind", "press_release"), ("/id", "release")];
    let page = add(browser, &page, "documents", &typed);
    assert_eq!(page.status, 200, "{}", page.text);
    let page = add(browser, &page, "people", &[("/name", "Tara Example")]);
    assert!(page.text.contains("“Tara Example” is in the release"), "{}", page.text);
    page
}

fn bundle(page: &Response) -> Json {
    let pairs = inputs(&page.text);
    let (_, text) = pairs.iter().find(|(name, _)| name == "bundle").unwrap();
    serde_json::from_str(text).unwrap()
}

#[rstest]
fn a_release_is_saved_as_one_revision(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let page = begin(&browser);
    // A person who is only named is added automatically.
    let typed = [
        ("/name", "Meeting 2025"),
        ("/organization", "pitf"),
        ("/date", "2025-01"),
        ("/participants/0/agent", "Tara Example"),
        ("/participants/0/role", "chair"),
        ("/participants/1/agent", "Nova Nobody"),
        ("/participants/1/role", "speaker"),
    ];
    let form = add(&browser, &page, "meetings", &typed);
    assert_eq!(form.status, 422);
    assert!(form.text.contains("Add a person with the name “Nova Nobody”"), "{}", form.text);
    let page =
        browser.press(&form, PATH, &[("/participants/1/agent@pick", "new:person")], "preview");
    assert_eq!(page.status, 200, "{}", page.text);
    let form = browser.press(&page, PATH, &[], "new:awards");
    let next = browser.press(&form, PATH, &[("/name", "An award")], "again");
    assert!(next.text.contains("“An award” is in the release"), "{}", next.text);
    assert!(next.text.contains("Add an award to the release"), "{}", next.text);
    assert!(inputs(&next.text).contains(&("/name".to_owned(), String::new())), "{}", next.text);
    let page = browser.press(&next, PATH, &[], "list");
    let form = browser.press(&page, PATH, &[], "new:commitments");
    let preset = inputs(&form.text);
    assert!(preset.contains(&("/meeting".to_owned(), "Meeting 2025".to_owned())), "{preset:?}");
    let page = browser.press(&form, PATH, &[("/name", "Answer every call")], "preview");
    let preview = browser.press(&page, PATH, &[], "preview");
    assert!(preview.text.contains("6 records are new"), "{}", preview.text);
    assert_eq!(api.revision(), 1, "a preview writes nothing");
    for _ in 0..2 {
        let answer = browser.press(&preview, PATH, &[("reason", "Release of January")], "save");
        saved(&answer, "/changes?after=1&limit=1");
    }
    assert_eq!(api.revision(), 2);
    let changes = api.get("/v1/changes?after=1").json();
    assert_eq!(changes["data"][0]["reason"], "Release of January");
    assert_eq!(changes["data"][0]["changes"].as_array().unwrap().len(), 6);
    let meeting = api.get("/v1/meetings/meeting-2025").json();
    assert_eq!(meeting["participants"][1]["agent"]["id"], "nova-nobody");
    for path in ["meetings/meeting-2025", "people/nova-nobody", "commitments/answer-every-call"] {
        let record = api.get(&format!("/v1/{path}")).json();
        assert_eq!(record["sources"][0]["document"]["id"], "release", "{path}");
    }
}

#[rstest]
fn a_draft_is_an_import_bundle_that_can_be_continued(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let page = begin(&browser);
    let file = browser.press(&page, PATH, &[], "download");
    assert_eq!(file.header("content-type"), "application/json");
    assert!(file.header("content-disposition").contains("release.json"));
    let tried = api.change(&key, "POST", "/v1/import?dry_run=true", &[], &file.text);
    assert_eq!((tried.status, &tried.json()["created"]), (200, &json!(2)), "{}", tried.text);
    let page = upload(&browser, file.text.as_bytes());
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(bundle(&page), file.json());
    // The draft can be continued after someone else entered a part of it.
    api.import(&file.text);
    let page = add(&browser, &page, "awards", &[("/name", "An award")]);
    let preview = browser.press(&page, PATH, &[], "preview");
    assert!(preview.text.contains("1 record is new"), "{}", preview.text);
    let wrong = upload(&browser, b"id,name\n");
    assert!(wrong.text.contains("not a draft of a release"), "{}", wrong.text);
    let unknown = upload(&browser, br#"{"persons":[]}"#);
    assert!(unknown.text.contains("has no member"), "{}", unknown.text);
}

#[rstest]
fn a_release_does_not_overwrite_a_change_made_after_its_preview(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let person = "/v1/people/alex-azar";
    let note = |text: &str| json!({ "note": text }).to_string();
    let mut edited = api.get(person).json();
    edited["note"] = json!("From the release");
    let page = upload(&browser, json!({ "people": [edited] }).to_string().as_bytes());
    let preview = browser.press(&page, PATH, &[], "preview");
    assert!(preview.text.contains("From the release"), "{}", preview.text);
    let other = note("By someone else");
    assert_eq!(api.change(&key, "PATCH", person, &[("If-Match", "*")], &other).status, 200);
    let refused = browser.press(&preview, PATH, &[], "save");
    assert!(refused.text.contains("was changed after you previewed"), "{}", refused.text);
    assert_eq!(api.get(person).json()["note"], "By someone else");
    browser.press(&refused, PATH, &[], "save");
    assert_eq!(api.get(person).json()["note"], "From the release");
}

/// Uploads a draft as a browser does.
fn upload(browser: &Browser<'_>, file: &[u8]) -> Response {
    let page = browser.get(PATH);
    let csrf = inputs(&page.text).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    let mut body = Vec::new();
    for (name, value) in [("csrf", csrf.as_bytes()), ("do", b"list"), ("bundle", file)] {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    let headers = [
        HTML,
        ("Content-Type", "multipart/form-data; boundary=edge"),
        ("Cookie", browser.cookie.as_str()),
    ];
    browser.api.send_bytes("POST", PATH, &headers, &body)
}

#[rstest]
fn faults_of_a_release_are_at_their_records(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let page = begin(&browser);
    // A record with a fault stays in its form, with all input.
    let typed = [("/name", "C"), ("/due", "2/13/2030"), ("/made_by", "Tara Example")];
    let form = add(&browser, &page, "commitments", &typed);
    assert_eq!(form.status, 422);
    assert!(form.text.contains("href=\"#f-due\"") && form.text.contains("2/13/2030"));
    let page = browser.press(&form, PATH, &[("/due", "2030-02-13")], "preview");
    assert_eq!(page.status, 200, "{}", page.text);
    // An id that is in use.
    let taken = add(&browser, &page, "awards", &[("/name", "A"), ("/id", "presidential-award")]);
    assert!(taken.text.contains("href=\"#f-id\""), "{}", taken.text);
    // The commitment refers to a person who is removed.
    let page = browser.press(&page, PATH, &[], "drop:people/0");
    assert!(page.text.contains("is no longer in the release"), "{}", page.text);
    assert_eq!(page.status, 422);
    assert!(page.text.contains("href=\"#r-commitments-0\""), "{}", page.text);
    let again = browser.press(&page, PATH, &[], "preview");
    assert_eq!(again.status, 422, "{}", again.text);
    let form = browser.press(&page, PATH, &[], "edit:commitments/0");
    assert!(form.text.contains("id=\"f-made_by-error\""), "{}", form.text);
    let page = browser.press(&form, PATH, &[("/made_by", "Antony Blinken")], "preview");
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(bundle(&page)["commitments"][0]["made_by"]["id"], "antony-blinken");
    assert_eq!(bundle(&page)["commitments"].as_array().unwrap().len(), 1);
    // Someone else changes the dataset after the preview.
    let preview = browser.press(&page, PATH, &[], "preview");
    let id = bundle(&page)["commitments"][0]["id"].clone();
    let body = json!({ "id": id, "name": "Theirs" }).to_string();
    assert_eq!(api.change(&key, "POST", "/v1/commitments", &[], &body).status, 201);
    let conflict = browser.press(&preview, PATH, &[], "save");
    assert_eq!(conflict.status, 409);
    assert!(conflict.text.contains("was changed after you previewed"), "{}", conflict.text);
    assert_eq!(api.revision(), 2, "no part is stored");
}

#[rstest]
fn preserves_a_release_when_its_session_ends(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let mut browser = Browser::new(&api, &key);
    let page = begin(&browser);
    let before = bundle(&page);
    let mut pairs = inputs(&page.text);
    set(&mut pairs, "do", "preview");
    browser.cookie.clear();
    let page = browser.post(PATH, &pairs);
    browser.take_cookie(&page);
    let page = browser.press(&page, "/sign-in", &[("key", &key)], "");
    browser.take_cookie(&page);
    let page = browser.post(PATH, &inputs(&page.text));
    assert_eq!((page.status, bundle(&page)), (409, before), "{}", page.text);
    assert_eq!(browser.press(&page, PATH, &[], "preview").status, 200);
}
