//! Record keeping in the browser: sessions, and forms without scripts.

use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS, Response};

pub const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
pub const HTML: (&str, &str) = ("Accept", "text/html");

/// Returns the inputs of a page's last form as a browser would send them, without buttons.
pub fn inputs(page: &str) -> Vec<(String, String)> {
    let start = page.rfind("<form action=\"/edit").or_else(|| page.rfind("<form")).unwrap();
    let form = &page[start..start + page[start..].find("</form>").unwrap()];
    let mut pairs = Vec::new();
    let mut rest = form;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let tag = &rest[..rest.find('>').unwrap()];
        let name = attribute(tag, "name");
        if tag.starts_with("input") {
            let kind = attribute(tag, "type").unwrap_or_default();
            let is_sent = kind != "file"
                && (!["checkbox", "radio"].contains(&kind.as_str()) || tag.contains(" checked"));
            let value = attribute(tag, "value").unwrap_or_else(|| "on".to_owned());
            let value = if kind.is_empty() && attribute(tag, "value").is_none() {
                String::new()
            } else {
                value
            };
            pairs.extend(name.filter(|_| is_sent).map(|name| (name, value)));
        } else if tag.starts_with("textarea") {
            let text = &rest[tag.len() + 1..rest.find("</textarea>").unwrap()];
            let text = unescaped(text.strip_prefix('\n').unwrap_or(text)).replace("\r\n", "\n");
            pairs.push((name.unwrap(), text.replace('\n', "\r\n")));
        } else if tag.starts_with("select") {
            let options = &rest[..rest.find("</select>").unwrap()];
            let chosen =
                options.split("<option").skip(1).find(|option| option.contains(" selected"));
            let chosen = chosen.or_else(|| options.split("<option").nth(1)).unwrap();
            pairs.push((name.unwrap(), attribute(chosen, "value").unwrap()));
        }
    }
    pairs
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(unescaped(&tag[at..at + tag[at..].find('"')?]))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

pub fn set(pairs: &mut Vec<(String, String)>, name: &str, value: &str) {
    pairs.retain(|(other, _)| other != name);
    pairs.push((name.to_owned(), value.to_owned()));
}

/// A browser with a cookie.
pub struct Browser<'a> {
    pub api: &'a Api,
    pub cookie: String,
}

impl<'a> Browser<'a> {
    /// Signs in with a key.
    pub fn new(api: &'a Api, key: &str) -> Self {
        let mut browser = Self { api, cookie: String::new() };
        let answer = browser.sign_in(key);
        assert_eq!((answer.status, answer.header("location")), (303, "/edit"), "{}", answer.text);
        browser
    }

    pub fn sign_in(&mut self, key: &str) -> Response {
        let page = self.api.send("GET", "/sign-in", &[HTML], "");
        self.take_cookie(&page);
        let mut pairs = inputs(&page.text);
        set(&mut pairs, "key", key);
        let answer = self.post("/sign-in", &pairs);
        self.take_cookie(&answer);
        answer
    }

    pub fn take_cookie(&mut self, answer: &Response) {
        let set = answer.header("set-cookie");
        self.cookie = set.split(';').next().unwrap_or_default().to_owned();
    }

    pub fn get(&self, path: &str) -> Response {
        self.api.send("GET", path, &[HTML, ("Cookie", &self.cookie)], "")
    }

    pub fn post(&self, path: &str, pairs: &[(String, String)]) -> Response {
        self.post_with(path, pairs, &[])
    }

    pub fn post_with(
        &self,
        path: &str,
        pairs: &[(String, String)],
        headers: &[(&str, &str)],
    ) -> Response {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let headers = [&[HTML, FORM, ("Cookie", &self.cookie)], headers].concat();
        self.api.send("POST", path, &headers, &body)
    }

    /// Opens a form, types into it, and presses a button.
    pub fn send(&self, path: &str, typed: &[(&str, &str)], button: &str) -> Response {
        self.press(&self.get(path), path, typed, button)
    }

    /// Types into the form of a page, and presses a button.
    pub fn press(
        &self,
        page: &Response,
        path: &str,
        typed: &[(&str, &str)],
        button: &str,
    ) -> Response {
        let mut pairs = inputs(&page.text);
        typed.iter().for_each(|(name, value)| set(&mut pairs, name, value));
        set(&mut pairs, "do", button);
        self.post(path, &pairs)
    }
}

pub fn saved(answer: &Response, path: &str) {
    assert_eq!((answer.status, answer.header("location")), (303, path), "{}", answer.text);
}

#[rstest]
fn a_session_is_a_cookie_without_the_key(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let mut browser = Browser { api: &api, cookie: String::new() };
    let anonymous = browser.get("/sign-in");
    let answer = browser.sign_in(&key);
    let cookie = answer.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let secret = key.split('_').nth(2).unwrap();
    let page = browser.get("/edit");
    assert!(page.text.contains("Signed in as a test"), "{}", page.text);
    for text in [cookie, &page.text, &answer.text] {
        assert!(!text.contains(secret));
    }
    // Each sign-in begins a session with a new id.
    let first = anonymous.header("set-cookie").split(';').next().unwrap().to_owned();
    let (one, other) = (browser.cookie.clone(), {
        browser.sign_in(&key);
        browser.cookie.clone()
    });
    let id = |cookie: &str| cookie.split('.').nth(2).unwrap().to_owned();
    assert!(id(&first) != id(&one) && id(&one) != id(&other));
}

#[rstest]
fn behind_https_the_cookie_is_secure(#[values(Sqlite)] _database: Database) {
    let api = Api::sqlite(&["--public-url", "https://record.example/base"]);
    let mut browser = Browser { api: &api, cookie: String::new() };
    let page = browser.get("/sign-in");
    assert!(page.header("set-cookie").contains("; Secure"), "{}", page.header("set-cookie"));
    browser.take_cookie(&page);
    let mut pairs = inputs(&page.text);
    set(&mut pairs, "key", &api.key());
    let answer = browser.post_with("/sign-in", &pairs, &[("Origin", "https://record.example")]);
    saved(&answer, "https://record.example/base/edit");
}

#[rstest]
fn a_revoked_key_and_signing_out_end_a_session(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let stolen = Browser { api: &api, cookie: browser.cookie.clone() };
    let other = Browser::new(&api, &key);
    let page = browser.get("/sign-out");
    let answer = browser.post("/sign-out", &inputs(&page.text));
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(stolen.get("/edit").status, 303, "the cookie is no longer valid");
    assert_eq!(other.get("/edit").status, 200);
    assert_eq!(api.run(&["keys", "revoke", key.split('_').nth(1).unwrap()]).1, 0);
    let answer = other.get("/edit/awards");
    assert_eq!((answer.status, answer.header("location")), (303, "/sign-in?to=%2Fedit%2Fawards"));
    let forged = Browser {
        api: &api,
        cookie: other.cookie.replace("taskforce_session=", "taskforce_session=x"),
    };
    assert_eq!(forged.get("/edit").status, 303);
}

#[rstest]
fn forms_of_other_sites_and_sessions_write_nothing(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let path = "/edit/awards";
    let mut pairs = inputs(&browser.get(path).text);
    set(&mut pairs, "/name", "Forged");
    set(&mut pairs, "do", "save");
    for headers in [
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Origin", "https://evil.example")],
        [("Origin", "null")],
    ] {
        assert_eq!(browser.post_with(path, &pairs, &headers).status, 403, "{headers:?}");
    }
    let other = Browser::new(&api, &key);
    let answer = other.post(path, &pairs);
    assert_eq!(answer.status, 409);
    assert!(answer.text.contains("value=\"Forged\""), "the input is preserved");
    set(&mut pairs, "csrf", "");
    assert_eq!(browser.post(path, &pairs).status, 409);
    assert_eq!(api.get("/v1/awards/forged").status, 404);
    let page = browser.get(path);
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
}

#[rstest]
fn limits_attempts_to_guess_keys(#[values(Sqlite)] _database: Database) {
    let api = Api::sqlite(&["--rate-limit", "1000"]);
    let mut browser = Browser { api: &api, cookie: String::new() };
    let page = api.send("GET", "/sign-in", &[HTML], "");
    browser.take_cookie(&page);
    let mut pairs = inputs(&page.text);
    set(&mut pairs, "key", "tfk_a_b_c");
    let statuses: Vec<u16> = (0..70).map(|_| browser.post("/sign-in", &pairs).status).collect();
    assert_eq!((statuses[0], statuses[69]), (401, 429));
}

#[rstest]
fn does_not_cache_pages_of_record_keepers(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    for path in ["/awards/presidential-award", "/", "/people", "/edit", "/sign-in"] {
        let before = api.send("GET", path, &[HTML], "");
        let own = browser.get(path);
        assert_eq!(own.header("cache-control"), "private, no-store", "{path}");
        assert_eq!(own.header("etag"), "", "{path}");
        let after = api.send("GET", path, &[HTML], "");
        assert!(!after.text.contains("a test") && !own.text.contains(&key), "{path}");
        if !["/edit", "/sign-in"].contains(&path) {
            assert_eq!((&before.text, before.header("etag")), (&after.text, after.header("etag")));
            assert!(
                before.header("cache-control").contains("no-cache")
                    || before.header("cache-control").contains("max-age")
            );
            let tag = after.header("etag").to_owned();
            let known =
                [HTML, ("If-None-Match", tag.as_str()), ("Cookie", browser.cookie.as_str())];
            assert_eq!(api.send("GET", path, &known, "").status, 200, "{path}");
            assert_eq!(api.send("GET", path, &known[..2], "").status, 304, "{path}");
        }
    }
    let data = api.send("GET", "/v1/awards", &[("Cookie", browser.cookie.as_str())], "");
    assert!(!data.header("etag").is_empty(), "data is the same for everyone");
}

#[rstest]
fn an_unchanged_form_changes_nothing(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    for (path, _) in LISTS {
        for record in api.all(&format!("/v1/{path}?limit=200")).iter().step_by(7) {
            let form = format!("/edit/{path}/{}", record["id"].as_str().unwrap());
            let hints = browser.get(&form).text;
            assert!(!hints.contains("such as `"), "{form} has quotation marks, not Markdown");
            let answer = browser.send(&form, &[], "preview");
            assert!(answer.text.contains("Nothing would change."), "{form}: {}", answer.text);
        }
    }
}

#[rstest]
fn a_change_is_previewed_and_saved_with_its_source(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let browser_key = api.key();
    let browser = Browser::new(&api, &browser_key);
    let (form, page) =
        ("/edit/commitments/c-2018-state-inperson", "/commitments/c-2018-state-inperson");
    let before = api.get(&format!("/v1{page}")).json();
    let preview = browser.send(form, &[("/status", "completed"), ("/due", "2021-05")], "preview");
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(preview.text.contains("May 2021"), "{}", preview.text);
    assert_eq!(api.get(&format!("/v1{page}")).json(), before, "a preview writes nothing");
    let typed = [
        ("reason", "Reported on “time”"),
        ("@source/due/document", "src-wirenn-2024"),
        ("@source/due/locator", "page 3"),
        ("@source/due/says", "May"),
    ];
    let answer = browser.press(&preview, form, &typed, "save");
    saved(&answer, page);
    let after = api.get(&format!("/v1{page}")).json();
    assert_eq!((&after["status"], &after["due"]), (&json!("completed"), &json!("2021-05")));
    let link = after["sources"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&link["field"], &link["locator"], &link["says"]),
        (&json!("/due"), &json!("page 3"), &json!("May"))
    );
    assert_eq!(link["document"]["id"], "src-wirenn-2024");
    let history = api.get(&format!("/v1{page}/history")).json();
    assert_eq!(history["data"][0]["reason"], "Reported on “time”");
    assert_eq!(history["data"][0]["actor"], "a test");
    // Sending the form again changes nothing.
    saved(&browser.press(&preview, form, &typed, "save"), page);
    assert_eq!(api.get(&format!("/v1{page}")).json()["revision"], after["revision"]);
}

#[rstest]
fn a_form_that_is_sent_twice_creates_one_record(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let preview = browser.send("/edit/awards", &[("/name", "An award")], "preview");
    for _ in 0..2 {
        saved(&browser.press(&preview, "/edit/awards", &[], "save"), "/awards/an-award");
    }
    assert_eq!(api.get("/v1/awards/an-award-2").status, 404);
    let changed = browser.press(&preview, "/edit/awards", &[("/name", "Another award")], "save");
    assert_eq!(changed.status, 409);
    assert!(changed.text.contains("was saved before") && changed.text.contains("Another award"));
    let again = browser.press(&changed, "/edit/awards", &[], "preview");
    saved(&browser.press(&again, "/edit/awards", &[], "save"), "/awards/another-award");
}

#[rstest]
fn a_form_that_is_sent_while_it_is_saved_has_the_same_result(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let preview = browser.send("/edit/awards", &[("/name", "An award")], "preview");
    let waiting = api.block_writers();
    std::thread::scope(|scope| {
        let send = || browser.press(&preview, "/edit/awards", &[], "save");
        let responses = [0, 1].map(|_| scope.spawn(send));
        // Time for both to arrive.
        std::thread::sleep(std::time::Duration::from_millis(500));
        drop(waiting);
        for response in responses {
            saved(&response.join().unwrap(), "/awards/an-award");
        }
    });
    assert_eq!(api.get("/v1/awards/an-award-2").status, 404);
}

#[rstest]
fn adds_removes_and_reorders_list_entries(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let path = "/edit/commitments";
    let mut page =
        browser.send(path, &[("/name", "C"), ("/topics", "one\r\n\r\ntwo")], "add:/departments");
    page = browser.press(&page, path, &[("/departments/0", "labor")], "add:/departments");
    page = browser.press(&page, path, &[("/departments/1", "DOJ")], "add:/departments");
    page = browser.press(&page, path, &[("/departments/2", "state")], "up:/departments/2");
    page = browser.press(&page, path, &[], "remove:/departments/0");
    page = browser.press(&page, path, &[("/pillars@check-protection", "on")], "add:/figures");
    page = browser.press(
        &page,
        path,
        &[("/figures/0/value", "1250000.5"), ("/figures/0/unit", "USD")],
        "add:/figures",
    );
    page = browser.press(&page, path, &[], "preview");
    saved(&browser.press(&page, path, &[], "save"), "/commitments/c");
    let record = api.get("/v1/commitments/c").json();
    let ids: Vec<&Json> =
        record["departments"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["state", "justice"]);
    assert_eq!(
        (&record["topics"], &record["pillars"]),
        (&json!(["one", "two"]), &json!(["protection"]))
    );
    assert_eq!(record["figures"].as_array().unwrap().len(), 1);
    assert_eq!(record["figures"][0]["value"], 1250000.5);
}

#[rstest]
fn asks_for_a_choice_if_a_name_is_ambiguous(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let path = "/edit/documents";
    let typed = [("/name", "D"), ("/kind", "other"), ("/publisher", "department of lab")];
    let page = browser.send(path, &typed, "preview");
    assert_eq!(page.status, 422);
    assert!(page.text.contains("Choose the record that you mean"), "{}", page.text);
    assert!(page.text.contains("value=\"organization:labor\""), "{}", page.text);
    assert!(page.text.contains("href=\"#f-publisher\""), "{}", page.text);
    let page = browser.press(&page, path, &[("/publisher@pick", "organization:labor")], "preview");
    assert_eq!(page.status, 200, "{}", page.text);
    saved(&browser.press(&page, path, &[], "save"), "/documents/d");
    assert_eq!(api.get("/v1/documents/d").json()["publisher"]["id"], "labor");
    let named = |kind: &str, number: usize| json!({ "id": format!("{kind}-{number}"), "name": format!("Zed {kind} {number}") });
    let people: Vec<Json> = (0..25).map(|number| named("person", number)).collect();
    let bundle = json!({ "people": people, "organizations": [named("office", 1)] });
    api.import(&bundle.to_string());
    let typed = [("/name", "C"), ("/made_by", "zed")];
    let page = browser.send("/edit/commitments", &typed, "preview");
    assert_eq!(page.text.matches("value=\"person:person-").count(), 20);
    assert!(page.text.contains("organization:office-1") && page.text.contains("not all"));
    let typed = [("/name", "E"), ("/kind", "other"), ("/publisher", "Qwertz Xyzzy")];
    let page = browser.send(path, &typed, "preview");
    assert!(page.text.contains("No record has this name"), "{}", page.text);
    let page = browser.press(&page, path, &[("/publisher@pick", "label")], "preview");
    saved(&browser.press(&page, path, &[], "save"), "/documents/e");
    let label = json!({ "type": "label", "name": "Qwertz Xyzzy" });
    assert_eq!(api.get("/v1/documents/e").json()["publisher"], label);
}

#[rstest]
fn shows_faults_at_their_fields_and_preserves_input(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let long = "x".repeat(1 << 20);
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str);
    let cases: [Case<'_>; 8] = [
        ("awards", &[("/summary", "<b>")], "f-name"),
        ("awards", &[("/name", "A"), ("/established", "2/13/2024")], "f-established"),
        ("awards", &[("/name", "A"), ("/summary", &long)], "f-summary"),
        ("awards", &[("/name", "A"), ("/id", "presidential-award")], "f-id"),
        ("awards", &[("/name", "A"), ("/id", "Not An Id")], "f-id"),
        ("commitments", &[("/name", "A"), ("/position", "first")], "f-position"),
        ("commitments", &[("/name", "A"), ("/topics", "one\none")], "f-topics"),
        (
            "organizations",
            &[("/name", "A"), ("/established", "2020"), ("/dissolved", "2010")],
            "f-dissolved",
        ),
    ];
    for (list, typed, at) in cases {
        let path = format!("/edit/{list}");
        let answer = browser.send(&path, typed, "preview");
        assert_eq!(answer.status, 422, "{typed:?}");
        assert!(answer.text.contains("There is a problem"));
        assert!(
            answer.text.contains(&format!("href=\"#{at}\"")),
            "{at}: {}",
            &answer.text[..3_000]
        );
        assert!(answer.text.contains(&format!("id=\"{at}\"")), "{at}");
        assert!(answer.text.contains(&format!("id=\"{at}-error\"")), "{at}");
        let now = inputs(&answer.text);
        for (name, value) in typed {
            let found =
                now.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
            assert_eq!(found.map(|found| found.replace("\r\n", "\n")), Some((*value).to_owned()));
        }
    }
}

#[rstest]
fn preserves_concurrent_changes_of_two_people(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let path = "/edit/organizations/labor";
    let opened = browser.get(path);
    let patch = json!({ "website": "https://new.example/", "summary": "Theirs." }).to_string();
    let done = api.change(&key, "PATCH", "/v1/organizations/labor", &[("If-Match", "*")], &patch);
    assert_eq!(done.status, 200);
    let typed = [("/summary", "Mine."), ("/established", "1913-03-04")];
    let conflict = browser.press(&opened, path, &typed, "preview");
    assert_eq!(conflict.status, 409);
    for text in [
        "This record was changed at revision 2",
        "Stored now: ",
        "Theirs.",
        ">\nMine.<",
        "https://new.example/",
    ] {
        assert!(conflict.text.contains(text), "{text}: {}", conflict.text);
    }
    let preview = browser.press(&conflict, path, &[], "preview");
    saved(&browser.press(&preview, path, &[], "save"), "/organizations/labor");
    let after = api.get("/v1/organizations/labor").json();
    assert_eq!(
        (&after["summary"], &after["website"]),
        (&json!("Mine."), &json!("https://new.example/"))
    );
    assert_eq!(after["established"], "1913-03-04");
}

#[rstest]
fn reports_that_the_record_of_a_form_was_deleted_or_merged(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    let browser = Browser::new(&api, &key);
    for id in ["one", "two", "three"] {
        let body = json!({ "id": id, "name": id }).to_string();
        assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], &body).status, 201);
    }
    let (one, two) =
        (browser.get("/edit/organizations/one"), browser.get("/edit/organizations/two"));
    let any = [("If-Match", "*")];
    assert_eq!(api.change(&key, "DELETE", "/v1/organizations/one", &any, "").status, 204);
    let merge = r#"{"into":"three"}"#;
    assert_eq!(api.change(&key, "POST", "/v1/organizations/two/merge", &[], merge).status, 200);
    for (page, id, said) in
        [(one, "one", "was deleted at revision"), (two, "two", "was merged into three")]
    {
        let path = format!("/edit/organizations/{id}");
        let answer = browser.press(&page, &path, &[("/summary", "Typed.")], "save");
        assert_eq!(answer.status, 409, "{}", answer.text);
        assert!(answer.text.contains(said) && answer.text.contains("Typed."), "{}", answer.text);
    }
    assert_eq!(browser.get("/edit/organizations/one").status, 410);
    assert_eq!(
        browser.get("/edit/organizations/two").header("location"),
        "/edit/organizations/three"
    );
}

#[rstest]
fn an_action_on_a_merged_record_does_not_reach_its_target(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.admin_key();
    let browser = Browser::new(&api, &key);
    // Both have the same revision and the same name, so the merge changes nothing in the target.
    let people = ["a", "b"].map(|id| json!({ "id": id, "name": "Tara" }));
    let bundle = json!({ "people": people });
    assert_eq!(api.change(&key, "POST", "/v1/import", &[], &bundle.to_string()).status, 200);
    let tag = api.get("/v1/people/a").header("etag").to_owned();
    let pages = ["delete", "redact", "merge"].map(|action| {
        let path = format!("/edit/people/a/{action}");
        (browser.get(&path), path)
    });
    let merge = r#"{"into":"b"}"#;
    assert_eq!(api.change(&key, "POST", "/v1/people/a/merge", &[], merge).status, 200);
    for (page, path) in &pages {
        let typed = [("reason", "Asked for"), ("field", "/name"), ("/into", "alex-azar")];
        let answer = browser.press(page, path, &typed, "save");
        assert!(answer.text.contains("was merged into b"), "{path}: {}", answer.text);
        assert_eq!(answer.status, 409, "{path}");
    }
    let (page, path) = &pages[2];
    let again = browser.press(page, path, &[("/into", "b")], "save");
    assert_eq!((again.status, again.header("location")), (303, "/people/b"), "the same merge");
    for action in ["delete", "merge"] {
        let page = browser.get(&format!("/edit/people/a/{action}"));
        assert!(page.status == 409 && page.text.contains("merged into b"), "{}", page.text);
    }
    assert!(browser.get("/people/b/history").text.contains("was merged into this one"));
    for (method, body) in [("DELETE", ""), ("PUT", r#"{"name":"T."}"#), ("PATCH", "{}")] {
        let old = api.change(&key, method, "/v1/people/a", &[("If-Match", &tag)], body);
        assert_eq!((old.status, old.header("location")), (308, "/v1/people/b"), "{method}");
        let followed = api.change(&key, method, "/v1/people/b", &[("If-Match", &tag)], body);
        assert_eq!(followed.status, 412, "{method}: {}", followed.text);
    }
    assert_eq!(api.get("/v1/people/b").json()["name"], "Tara");
}

#[rstest]
fn keeps_entries_that_others_added_to_lists_with_sources(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let label = |name: &str| json!({ "agent": { "type": "label", "name": name }, "role": "chair" });
    let source = |field: Option<&str>| json!({ "document": "src-wirenn-2024", "field": field });
    let mut meeting = json!({ "id": "m", "organization": "pitf", "name": "M",
        "participants": [label("One"), label("Two")], "sources": [source(Some("/participants/1"))] });
    assert_eq!(api.change(&key, "POST", "/v1/meetings", &[], &meeting.to_string()).status, 201);
    let path = "/edit/meetings/m";
    let opened = browser.get(path);
    meeting["participants"] = json!([label("Zero"), label("One"), label("Two")]);
    meeting["sources"] = json!([source(Some("/participants/2")), source(None)]);
    let any = [("If-Match", "*")];
    let theirs = api.change(&key, "PUT", "/v1/meetings/m", &any, &meeting.to_string());
    assert_eq!(theirs.status, 200, "{}", theirs.text);
    let form = browser.press(&opened, path, &[("/note", "Mine.")], "preview");
    assert!(form.status == 409 && form.text.contains("no field is marked"), "{}", form.text);
    let preview = browser.press(&form, path, &[], "preview");
    saved(&browser.press(&preview, path, &[], "save"), "/meetings/m");
    let stored = api.get("/v1/meetings/m").json();
    assert_eq!(stored["participants"].as_array().unwrap().len(), 3);
    let fields = stored["sources"].as_array().unwrap().iter().map(|one| &one["field"]);
    assert_eq!(fields.collect::<Vec<_>>(), [&json!("/participants/2"), &Json::Null]);
    assert_eq!(stored["note"], "Mine.");
}

#[rstest]
fn keeps_the_place_in_a_source_that_the_record_cites(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let sources = || {
        let record = api.get("/v1/people/loc").json();
        let sources = record["sources"].as_array().unwrap().clone();
        sources.iter().map(|one| (one["field"].clone(), one["locator"].clone())).collect::<Vec<_>>()
    };
    let typed = [("/id", "loc"), ("/name", "L"), ("/sources@more", "src-wirenn-2024")];
    let preview = browser.send("/edit/people", &typed, "preview");
    let typed = [("@source/document", "src-wirenn-2024"), ("@source/locator", "page 7")];
    saved(&browser.press(&preview, "/edit/people", &typed, "save"), "/people/loc");
    assert_eq!(sources(), [(Json::Null, json!("page 7"))]);
    let path = "/edit/people/loc";
    for page in ["page 1", "page 9"] {
        let preview = browser.send(path, &[("/given_name", page)], "preview");
        let document = ("@source/given_name/document", "src-wirenn-2024");
        let typed = [document, ("@source/given_name/locator", page)];
        saved(&browser.press(&preview, path, &typed, "save"), "/people/loc");
    }
    let of_name = |page: &str| (json!("/given_name"), json!(page));
    assert_eq!(sources()[1..], [of_name("page 1"), of_name("page 9")]);
}

#[rstest]
fn an_action_sent_twice_has_one_result(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let any = [("If-Match", "*")];
    let patch = r#"{"note":"Later."}"#;
    assert_eq!(api.change(&key, "PATCH", "/v1/people/alex-azar", &any, patch).status, 200);
    let path = "/edit/people/alex-azar/restore";
    let page = browser.get(&format!("{path}?revision=1"));
    for _ in 0..2 {
        saved(&browser.press(&page, path, &[], "save"), "/people/alex-azar");
    }
    assert_eq!(api.revision(), 3);
    let admin = Browser::new(&api, &api.admin_key());
    let path = "/edit/people/alex-azar/merge";
    let answer = admin.press(&admin.get(path), path, &[], "preview");
    assert!(
        answer.status == 422 && answer.text.contains("Enter the record to merge into"),
        "{}",
        answer.text
    );
}

#[rstest]
fn a_sign_in_form_neither_ends_a_session_nor_expires_with_another(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let cookie_of = |answer: &Response| {
        let set = answer.header("set-cookie");
        set.split(';').next().unwrap_or_default().to_owned()
    };
    let browser = Browser::new(&api, &key);
    // A link from another site: the browser does not send its cookies, and must keep the session.
    let name = |cookie: &str| cookie.split('=').next().unwrap_or_default().to_owned();
    let linked = api.send("GET", "/sign-in", &[HTML], "");
    assert_ne!(name(&cookie_of(&linked)), name(&browser.cookie));
    assert!(linked.header("set-cookie").contains("SameSite=Lax"), "other forms stay valid");
    // Two tabs with a sign-in form, sent one after the other.
    let first = cookie_of(&linked);
    let second = api.send("GET", "/sign-in", &[HTML, ("Cookie", &first)], "");
    let tab = Browser { api: &api, cookie: format!("{}; {}", browser.cookie, cookie_of(&second)) };
    for page in [&linked, &second] {
        let answer = tab.press(page, "/sign-in", &[("key", &key)], "");
        assert_eq!((answer.status, answer.header("location")), (303, "/edit"), "{}", answer.text);
    }
}

#[rstest]
fn limits_the_size_of_the_largest_form(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let headers = [HTML, ("Cookie", browser.cookie.as_str()), ("Accept-Encoding", "gzip")];
    for record in api.all("/v1/meetings?limit=200") {
        let path = format!("/edit/meetings/{}", record["id"].as_str().unwrap());
        let size = api.send("GET", &path, &headers, "").bytes.len();
        assert!(size < 60_000, "{path}: {size}");
    }
}

#[rstest]
fn explains_and_restores_a_deletion(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let refused = browser.get("/edit/organizations/state/delete");
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("Other records refer to"), "{}", refused.text);
    let body = r#"{"id":"gone","name":"To be deleted","summary":"One."}"#;
    assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], body).status, 201);
    let path = "/edit/organizations/gone/delete";
    let page = browser.get(path);
    assert!(page.text.contains("it can be restored from its history"), "{}", page.text);
    for _ in 0..2 {
        let answer = browser.press(&page, path, &[("reason", "Entered twice")], "save");
        saved(&answer, "/organizations/gone/history");
    }
    assert_eq!(api.get("/v1/organizations/gone").status, 410);
    let history = browser.get("/organizations/gone/history");
    assert!(
        history.text.contains("/edit/organizations/gone/restore?revision=2"),
        "{}",
        history.text
    );
    let path = "/edit/organizations/gone/restore?revision=2";
    let page = browser.get(path);
    assert!(page.text.contains("To be deleted"), "{}", page.text);
    saved(&browser.press(&page, path, &[], "save"), "/organizations/gone");
    assert_eq!(api.get("/v1/organizations/gone").json()["summary"], "One.");
}

#[rstest]
fn administrators_merge_and_redact(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let (key, admin) = (api.key(), api.admin_key());
    for (id, name) in [("tara", "Tara Example"), ("t-example", "T. Example")] {
        let body = json!({ "id": id, "name": name, "note": "Private." }).to_string();
        assert_eq!(api.change(&key, "POST", "/v1/people", &[], &body).status, 201);
    }
    let writer = Browser::new(&api, &key);
    assert_eq!(writer.get("/edit/people/t-example/merge").status, 403);
    assert!(!writer.get("/people/tara").text.contains("/edit/people/tara/redact"));
    let browser = Browser::new(&api, &admin);
    assert!(browser.get("/people/tara").text.contains("/edit/people/tara/redact"));
    let path = "/edit/people/t-example/merge";
    let page = browser.send(path, &[("/into", "Tara Example"), ("keep_names", "on")], "preview");
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("becomes part of “Tara Example”"), "{}", page.text);
    saved(&browser.press(&page, path, &[], "save"), "/people/tara");
    assert_eq!(api.get("/v1/people/tara").json()["other_names"], json!(["T. Example"]));
    let path = "/edit/people/tara/redact";
    let without = browser.send(path, &[("field", "/note")], "preview");
    assert_eq!(without.status, 422, "a redaction requires a reason");
    let page = browser.press(&without, path, &[("reason", "Asked for by the person")], "preview");
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(api.get("/v1/people/tara").json()["note"], "Private.");
    saved(&browser.press(&page, path, &[], "save"), "/people/tara");
    assert_eq!(api.get("/v1/people/tara?revision=2").json()["note"], Json::Null);
}

#[rstest]
fn offers_values_of_earlier_versions_for_redaction(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let admin = api.admin_key();
    let body = json!({ "id": "tara", "name": "Tara Example", "note": "Secret." }).to_string();
    assert_eq!(api.change(&admin, "POST", "/v1/people", &[], &body).status, 201);
    let patch = |body: &str| {
        let headers = [("If-Match", "*")];
        assert_eq!(api.change(&admin, "PATCH", "/v1/people/tara", &headers, body).status, 200);
    };
    patch(r#"{"note":null}"#);
    let browser = Browser::new(&api, &admin);
    let path = "/edit/people/tara/redact";
    let page = browser.get(path);
    assert!(page.text.contains("value=\"/note\""), "{}", page.text);
    assert!(page.text.contains("Secret.") && page.text.contains("only in earlier versions"));
    assert!(!page.text.contains("value=\"/family_name\""), "{}", page.text);
    let typed = [("field", "/note"), ("reason", "Asked for by the person")];
    let page = browser.press(&page, path, &typed, "preview");
    assert!(page.text.contains("every version: Note"), "{}", page.text);
    saved(&browser.press(&page, path, &typed[..0], "save"), "/people/tara");
    let (revision, then) = (api.revision(), api.get("/v1/people/tara?revision=2"));
    assert_eq!((revision, &then.json()["note"]), (4, &Json::Null));
    assert!(!browser.get(path).text.contains("value=\"/note\""));
}

#[rstest]
fn redacts_a_deleted_record(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let admin = api.admin_key();
    let body = json!({ "id": "tara", "name": "Tara Example", "note": "Secret." }).to_string();
    assert_eq!(api.change(&admin, "POST", "/v1/people", &[], &body).status, 201);
    let headers = [("If-Match", "*")];
    assert_eq!(api.change(&admin, "DELETE", "/v1/people/tara", &headers, "").status, 204);
    let browser = Browser::new(&api, &admin);
    let history = browser.get("/people/tara/history").text;
    for action in ["", "/delete", "/merge"] {
        assert!(!history.contains(&format!("/edit/people/tara{action}\"")), "{action}: {history}");
    }
    assert!(history.contains("/edit/people/tara/restore?revision=2"), "{history}");
    assert!(history.contains("/edit/people/tara/redact\""), "{history}");
    let path = "/edit/people/tara/redact";
    let page = browser.get(path);
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("Redact “Tara Example”"), "{}", page.text);
    assert!(page.text.contains("deleted") && page.text.contains("Secret."), "{}", page.text);
    let typed = [("field", "/note"), ("reason", "Asked for by the person")];
    let page = browser.press(&page, path, &typed, "preview");
    assert!(page.status == 200 && page.text.contains("value=\"save\""), "{}", page.text);
    assert_eq!(api.get("/v1/people/tara?revision=2").json()["note"], "Secret.");
    for _ in 0..2 {
        saved(&browser.press(&page, path, &[], "save"), "/people/tara/history");
    }
    assert_eq!(api.get("/v1/people/tara?revision=2").json()["note"], Json::Null);
    assert_eq!(api.revision(), 4, "a repeated form is one redaction");
}

#[rstest]
fn a_merged_record_is_redacted_with_its_target(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let admin = api.admin_key();
    for (id, name, note) in [("tara", "Tara Example", ""), ("old", "T. Former", "Secret.")] {
        let mut body = json!({ "id": id, "name": name });
        if !note.is_empty() {
            body["note"] = note.into();
        }
        assert_eq!(api.change(&admin, "POST", "/v1/people", &[], &body.to_string()).status, 201);
    }
    let (headers, into) = ([("If-Match", "*")], r#"{"into":"tara"}"#);
    assert_eq!(api.change(&admin, "POST", "/v1/people/old/merge", &headers, into).status, 200);
    let browser = Browser::new(&api, &admin);
    let old = browser.get("/edit/people/old/redact");
    assert_eq!((old.status, old.header("location")), (308, "/edit/people/tara/redact"));
    let history = browser.get("/people/old/history").text;
    assert!(history.contains("/edit/people/old/redact\""), "{history}");
    for action in ["", "/delete", "/merge", "/restore?revision=3"] {
        assert!(!history.contains(&format!("/edit/people/old{action}\"")), "{action}: {history}");
    }
    let path = "/edit/people/tara/redact";
    let page = browser.get(path);
    assert!(page.text.contains("value=\"/note\""), "{}", page.text);
    let typed = [("field", "/name"), ("reason", "Asked for by the person")];
    let warning = "stay among its other names";
    assert!(browser.press(&page, path, &typed, "preview").text.contains(warning));
    let mut pairs = inputs(&page.text);
    typed.iter().for_each(|(name, value)| set(&mut pairs, name, value));
    pairs.push(("field".to_owned(), "/other_names".to_owned()));
    set(&mut pairs, "do", "preview");
    let both = browser.post(path, &pairs);
    assert!(both.status == 200 && !both.text.contains(warning), "{}", both.text);
}

#[rstest]
fn a_redaction_without_fields_or_reason_is_explained(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let admin = api.admin_key();
    let browser = Browser::new(&api, &admin);
    let path = "/edit/people/alex-azar/redact";
    let page = browser.get(path);
    assert!(!page.text.contains("Reason (optional)"), "{}", page.text);
    let page = browser.press(&page, path, &[], "preview");
    assert_eq!(page.status, 422);
    assert!(page.text.contains("Select at least one field."), "{}", page.text);
    assert!(page.text.contains("Enter a reason"), "{}", page.text);
    assert!(!page.text.contains("500 entries") && !page.text.contains("[&quot;/note"));
    // Required fields cannot be removed.
    let page = browser.get("/edit/meetings/pitf-2024-02-13/redact");
    assert!(!page.text.contains("value=\"/organization\""), "{}", page.text);
    assert!(page.text.contains("cannot be redacted"), "{}", page.text);
}

/// Sends a file as a browser does.
fn upload(browser: &Browser<'_>, list: &str, file: &[u8]) -> Response {
    let page = browser.get("/edit/import");
    let csrf = inputs(&page.text).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    let mut body = Vec::new();
    for (name, value) in
        [("csrf", csrf.as_bytes()), ("type", list.as_bytes()), ("do", b"preview"), ("table", file)]
    {
        let file =
            if name == "table" { "; filename=\"t.csv\"\r\nContent-Type: text/csv" } else { "" };
        body.extend_from_slice(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                .as_bytes(),
        );
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    let headers = [
        HTML,
        ("Content-Type", "multipart/form-data; boundary=edge"),
        ("Cookie", browser.cookie.as_str()),
    ];
    browser.api.send_bytes("POST", "/edit/import", &headers, &body)
}

#[rstest]
fn a_table_is_uploaded_previewed_and_imported(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let table = "id,summary\r\nlabor,\"A, <b>\"\r\n".as_bytes();
    let page = upload(&browser, "organizations", table);
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("A, &lt;b&gt;") && page.text.contains("1 changed"), "{}", page.text);
    let before = api.get("/v1/organizations/labor").json()["revision"].clone();
    assert_eq!(before, 1, "a preview writes nothing");
    for _ in 0..2 {
        let answer = browser.press(&page, "/edit/import", &[("reason", "A report")], "save");
        saved(&answer, "/changes?after=1&limit=1");
    }
    assert_eq!(api.get("/v1/organizations/labor").json()["summary"], "A, <b>");
    let wrong = upload(&browser, "organizations", b"id,kind\nlabor,dept\n");
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("Row 2, column kind"), "{}", wrong.text);
    let latin = upload(&browser, "organizations", b"id,name\nlabor,Caf\xe9\n");
    assert!(latin.status == 400 && latin.text.contains("Row 2: This contains"), "{}", latin.text);
    let large = upload(&browser, "organizations", &vec![b'x'; 3 << 20]);
    assert!(large.status == 413 && large.text.contains("larger than 2 MiB"), "{}", large.text);
    for page in [&latin, &large] {
        assert!(page.text.contains("value=\"organizations\" selected"), "{}", page.text);
    }
    let no_header = upload(&browser, "organizations", b"ID|Name\n1|2\n");
    let said = "This does not name the columns of organizations";
    assert!(no_header.status == 422 && no_header.text.contains(said), "{}", no_header.text);
    let empty = upload(&browser, "", b"");
    assert_eq!(empty.status, 422);
    for text in ["#type", "Choose the kind of records.", "#table", "Choose a file."] {
        assert!(empty.text.contains(text), "{text}: {}", empty.text);
    }
}

#[rstest]
fn an_import_overwrites_no_change_made_after_its_preview(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let page = upload(&browser, "organizations", b"id,summary\nlabor,Mine.\n");
    let theirs = r#"{"summary":"Theirs."}"#;
    let any = [("If-Match", "*")];
    assert_eq!(api.change(&key, "PATCH", "/v1/organizations/labor", &any, theirs).status, 200);
    let again = browser.press(&page, "/edit/import", &[], "save");
    assert_eq!(again.status, 409, "{}", again.text);
    assert!(again.text.contains("These records were changed") && again.text.contains("Theirs."));
    assert_eq!(api.get("/v1/organizations/labor").json()["summary"], "Theirs.");
    saved(&browser.press(&again, "/edit/import", &[], "save"), "/changes?after=2&limit=1");
    assert_eq!(api.get("/v1/organizations/labor").json()["summary"], "Mine.");
}

#[rstest]
fn entries_of_a_list_are_typed_one_per_line(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let path = "/edit/commitments";
    let typed = [
        ("/name", "C"),
        ("/departments@more", "labor\r\n DOJ \r\n\r\nDepartment of State\r\nhhs\r\nAgriculture"),
    ];
    let page = browser.send(path, &typed, "preview");
    assert_eq!(page.status, 422);
    assert!(page.text.contains("href=\"#f-departments-4\""), "{}", page.text);
    assert!(page.text.contains("value=\"organization:agriculture\""), "{}", page.text);
    let choice = [("/departments/4@pick", "organization:agriculture")];
    let page = browser.press(&page, path, &choice, "preview");
    assert_eq!(page.status, 200, "{}", page.text);
    saved(&browser.press(&page, path, &[], "save"), "/commitments/c");
    let record = api.get("/v1/commitments/c").json();
    let departments = record["departments"].as_array().unwrap().iter();
    let ids: Vec<&str> = departments.map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["labor", "justice", "state", "hhs", "agriculture"]);
    // "Add" opens the other fields of each entry, or an empty entry.
    let typed = [("/figures@more", "5\r\n7"), ("/places@more", "The White House")];
    let page = browser.send("/edit/commitments/c", &typed, "add:/figures");
    let now = inputs(&page.text);
    for (name, text) in [("/figures/1/value", "7"), ("/places/0/name", "The White House")] {
        assert!(now.contains(&(name.to_owned(), text.to_owned())), "{name}: {}", page.text);
    }
    assert!(!page.text.contains("/figures/2/value"), "{}", page.text);
    let page = browser.press(&page, "/edit/commitments/c", &[], "add:/figures");
    assert!(page.text.contains("/figures/2/value"), "{}", page.text);
}

#[rstest]
fn a_source_follows_its_entry_and_is_removed_with_it(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let participant =
        |id: &str| json!({ "agent": { "type": "person", "id": id }, "role": "speaker" });
    let link = |index: usize, says: &str| json!({ "document": "src-wirenn-2024", "field": format!("/participants/{index}"), "says": says });
    let ids = ["antony-blinken", "neera-tanden", "merrick-garland"];
    let body = json!({
        "id": "m", "name": "M", "organization": "pitf",
        "participants": ids.map(participant),
        "sources": [link(0, "a"), link(1, "b"), link(2, "c")],
    });
    assert_eq!(api.change(&key, "POST", "/v1/meetings", &[], &body.to_string()).status, 201);
    let path = "/edit/meetings/m";
    let claims = || -> Vec<(String, String)> {
        let meeting = api.get("/v1/meetings/m").json();
        let sources = meeting["sources"].as_array().unwrap().iter();
        let claim = |source: &Json| {
            let agent =
                meeting.pointer(source["field"].as_str().unwrap()).unwrap()["agent"].clone();
            (agent["id"].as_str().unwrap().to_owned(), source["says"].as_str().unwrap().to_owned())
        };
        sources.map(claim).collect()
    };
    let all: Vec<(String, String)> =
        ids.iter().zip(["a", "b", "c"]).map(|(id, says)| ((*id).into(), says.into())).collect();
    assert_eq!(claims(), all);
    // All three have the same document, so only the form knows which is which.
    let page = browser.send(path, &[], "up:/participants/1");
    let preview = browser.press(&page, path, &[], "preview");
    saved(&browser.press(&preview, path, &[("reason", "Order")], "save"), "/meetings/m");
    let meeting = api.get("/v1/meetings/m").json();
    assert_eq!(meeting["participants"][0]["agent"]["id"], "neera-tanden");
    let mut now = claims();
    now.sort();
    let mut expected = all.clone();
    expected.sort();
    assert_eq!(now, expected);
    // The first one is edited, the second one removed.
    let page = browser.send(path, &[("/participants/0/role", "host")], "remove:/participants/1");
    let preview = browser.press(&page, path, &[], "preview");
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(preview.text.contains("You removed entry 2 of Participants"), "{}", preview.text);
    assert!(preview.text.contains("Antony Blinken"), "{}", preview.text);
    saved(&browser.press(&preview, path, &[], "save"), "/meetings/m");
    let mut now = claims();
    now.sort();
    assert_eq!(now, [all[2].clone(), all[1].clone()]);
}

#[rstest]
fn explains_why_a_file_is_not_a_table(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let without_header = upload(&browser, "organizations", b"labor,Department of Labor\n");
    assert_eq!(without_header.status, 422);
    assert!(without_header.text.contains("Row 1"), "{}", without_header.text);
    let utf16: Vec<u8> = "id,name\nx,X\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wrong = upload(&browser, "organizations", &utf16);
    assert!([400, 422].contains(&wrong.status), "{}", wrong.text);
    assert!(wrong.text.contains("Row 1"), "{}", wrong.text);
    assert_eq!(api.revision(), 1);
}

#[rstest]
#[ignore = "takes minutes"]
fn imports_all_of_50_000_rows_or_none(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let rows: String = (0..50_000).map(|row| format!("p{row},Person {row}\n")).collect();
    let table = format!("id,name\n{rows}");
    let wrong = upload(&browser, "people", format!("{table}Not An Id,X\n").as_bytes());
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("Row 50002, column id"), "{}", wrong.text);
    assert_eq!(api.revision(), 1, "nothing is stored");
    let page = upload(&browser, "people", table.as_bytes());
    assert_eq!(page.status, 200);
    assert!(page.text.contains("50000 new"));
    saved(&browser.press(&page, "/edit/import", &[], "save"), "/changes?after=1&limit=1");
    assert_eq!(api.get("/v1/people/p49999").json()["revision"], 2);
}
