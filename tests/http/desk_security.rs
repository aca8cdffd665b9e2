//! Attacks on record keepers: through other sites, cookies, frames, caches and logs.

use rstest::rstest;

use crate::desk::{Browser, HTML, inputs, set};
use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::LISTS;

/// Returns the address of every form, with the key of an administrator.
fn forms() -> Vec<String> {
    let records = [
        "organizations/labor",
        "people/antony-blinken",
        "documents/src-wirenn-2024",
        "awards/presidential-award",
        "meetings/pitf-2024-02-13",
        "council-members/appt-2024-chris-ash",
        "award-recipients/award-2023-minh-dang",
        "commitments/c-2024-state-p2p",
        "progress-updates/p-2024-state-trauma-training",
    ];
    let mut forms: Vec<String> =
        ["/sign-out", "/edit/release", "/edit/import"].map(str::to_owned).to_vec();
    forms.extend(LISTS.iter().map(|(path, _)| format!("/edit/{path}")));
    for record in records {
        forms.push(format!("/edit/{record}"));
        let actions = ["delete", "restore?revision=1", "redact"];
        forms.extend(actions.iter().map(|action| format!("/edit/{record}/{action}")));
    }
    forms.extend(
        ["organizations/labor", "people/antony-blinken"]
            .map(|agent| format!("/edit/{agent}/merge")),
    );
    forms
}

#[rstest]
fn no_form_accepts_a_request_of_another_site(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let browser = Browser::new(&api, &key);
    for form in forms() {
        let mut pairs = inputs(&browser.get(&form).text);
        set(&mut pairs, "do", "save");
        for header in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
        ] {
            let answer = browser.post_with(&form, &pairs, &[header]);
            assert_eq!(answer.status, 403, "{form} {header:?}");
        }
        for token in ["", "x", &"0".repeat(64)] {
            set(&mut pairs, "csrf", token);
            let answer = browser.post(&form, &pairs);
            assert_ne!(answer.status, 500, "{form}");
            assert!(!answer.header("location").starts_with("/changes"), "{form}");
        }
        assert_eq!(browser.get("/edit").status, 200, "{form}: the session is still open");
    }
    assert_eq!(api.revision(), 1);
}

#[rstest]
fn no_page_of_a_record_keeper_can_be_framed_or_cached(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let browser = Browser::new(&api, &key);
    let more = ["/sign-in", "/edit", "/", "/people", "/people/antony-blinken/history", "/nothing"];
    for path in forms().iter().map(String::as_str).chain(more) {
        let page = browser.get(path);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("default-src 'none'"), "{policy}");
        assert!(page.header("cache-control").contains("no-store"), "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("etag"), "", "{path}");
        let without_data = page.text.replace("<script type=\"application/ld+json\"", "");
        assert!(!without_data.contains("<script"), "{path}");
    }
}

#[rstest]
fn a_cookie_from_before_signing_in_stays_signed_out(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    // An attacker plants a cookie, and the victim signs in with it.
    let page = api.send("GET", "/sign-in", &[HTML], "");
    let mut planted = Browser { api: &api, cookie: String::new() };
    planted.take_cookie(&page);
    let mut pairs = inputs(&page.text);
    set(&mut pairs, "key", &key);
    let answer = planted.post("/sign-in", &pairs);
    assert_eq!(answer.status, 303, "{}", answer.text);
    let mut victim = Browser { api: &api, cookie: String::new() };
    victim.take_cookie(&answer);
    assert_eq!((planted.get("/edit").status, victim.get("/edit").status), (303, 200));
    // The form of an earlier sign-in page does not sign in without its cookie.
    let without = Browser { api: &api, cookie: String::new() };
    assert_eq!(without.post("/sign-in", &pairs).status, 401);
}

#[rstest]
fn signing_in_leads_to_no_other_site(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for to in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example/",
        "/%0d%0aSet-Cookie: a=b",
        "javascript:alert(1)",
        "",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let page = api.send("GET", &format!("/sign-in?to={query}"), &[HTML], "");
        let mut browser = Browser { api: &api, cookie: String::new() };
        browser.take_cookie(&page);
        let mut pairs = inputs(&page.text);
        set(&mut pairs, "key", &key);
        set(&mut pairs, "to", to);
        let answer = browser.post("/sign-in", &pairs);
        assert_eq!(answer.status, 303, "{to}");
        let target = url::Url::parse("http://here.example").unwrap();
        let target = target.join(answer.header("location")).unwrap();
        assert_eq!(target.host_str(), Some("here.example"), "{to}: {target}");
    }
}

#[rstest]
fn no_key_and_no_cookie_is_in_the_log(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let mut browser = Browser::new(&api, &key);
    assert_eq!(browser.sign_in(&format!("{key}x")).status, 401);
    browser.sign_in(&key);
    let page = browser.get(&format!("/edit?key={key}"));
    assert!(!page.text.contains(&key), "{}", page.text);
    let page = browser.get("/sign-out");
    let pairs = inputs(&page.text);
    let csrf = pairs.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
    browser.post("/sign-out", &pairs);
    let (log, secret) = (api.log(), key.split('_').nth(2).unwrap());
    assert!(log.contains("/sign-in"), "requests are logged: {log}");
    for text in [secret, browser.cookie.as_str(), csrf.as_str()] {
        assert!(!log.contains(text), "{log}");
    }
}

#[rstest]
fn forged_forms_do_no_harm(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.admin_key();
    let browser = Browser::new(&api, &key);
    let long = "f".repeat(1 << 20);
    let (new, stored, release) = ("/edit/documents", "/edit/organizations/labor", "/edit/release");
    let (merge, redact) = ("/edit/organizations/labor/merge", "/edit/organizations/labor/redact");
    let restore = "/edit/organizations/labor/restore?revision=1";
    let nested = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for (form, name, text, button) in [
        (new, "once", "a\u{0}b", "save"),
        (new, "once", &*long, "save"),
        (new, "/sources/18446744073709551615/document", "x", "preview"),
        (new, "/sources/9999999999/document", "x", "add:/sources"),
        (new, "/sources/+1@was", "é", "remove:/sources/+1"),
        (new, "/name/0/é@id", "é", "up:/name/é/1"),
        (new, "/publisher", "a\u{0}b", "preview"),
        (new, "/publisher", "%_\\'\"", "find"),
        (new, "/publisher@pick", "person:\u{0}", "preview"),
        (new, "/publisher@pick", "meeting:pitf-2024-02-13", "preview"),
        (new, "/publisher@id", "person:\u{0}", "preview"),
        (new, "@source/document", "a\u{0}b", "save"),
        (new, "reason", "a\u{0}b", "save"),
        (new, "do", "x", "add:"),
        (new, "do", "x", "down:/sources/18446744073709551615"),
        (new, "csrf", "é", "save"),
        (stored, "revision", "-1", "save"),
        (stored, "revision", "9223372036854775807", "save"),
        (stored, "revision", "99999999999999999999", "save"),
        (stored, "revision", "", "preview"),
        (stored, "/sources@was", "99", "preview"),
        (stored, "/sources/0@was", "18446744073709551615", "preview"),
        (restore, "revision", "-1", "save"),
        (restore, "revision", "9223372036854775807", "save"),
        (restore, "record_revision", "x", "save"),
        (merge, "/into", "a\u{0}b", "save"),
        (merge, "/into@id", "\u{0}", "save"),
        (merge, "/into", "Department of Labor", "save"),
        (redact, "field", "/nothing", "save"),
        (redact, "field", "\u{0}", "save"),
        (release, "bundle", "[]", "preview"),
        (release, "bundle", &*nested, "preview"),
        (release, "bundle", r#"{"documents":[null,1,"x",[]]}"#, "preview"),
        (release, "bundle", r#"{"documents":[{"id":1,"sources":"x"}]}"#, "list"),
        (release, "bundle", r#"{"documents":[{"id":1,"sources":"x"}]}"#, "edit:documents/0"),
        (release, "bundle", r#"{"documents":[{"name":"a\u0000b"}]}"#, "save"),
        (release, "index", "18446744073709551615", "edit:documents/18446744073709551615"),
        (release, "type", "nothing", "drop:nothing/0"),
        (release, "expected", "x", "save"),
        ("/edit/import", "table", "id\u{0},name\nx,y\n", "preview"),
        ("/edit/import", "type", "nothing", "save"),
    ] {
        let mut pairs = inputs(&browser.get(form).text);
        set(&mut pairs, "do", button);
        set(&mut pairs, name, text);
        let answer = browser.post(form, &pairs);
        let place = format!("{form} {name} {} {button}", &text[..text.len().min(40)]);
        assert!(answer.status < 500, "{place}: {} {}", answer.status, answer.text);
    }
    for path in ["people/%00", "people/%00/delete", "people/%C3%A9/redact", "people/x/merge"] {
        assert_eq!(browser.get(&format!("/edit/{path}")).status, 404, "{path}");
    }
    for revision in ["-1", "0", "99999999999999999999", "x", "%00"] {
        let path = format!("/edit/organizations/labor/restore?revision={revision}");
        assert!(browser.get(&path).status < 500, "{path}");
    }
    assert!(!api.log().contains("internal error"), "{}", api.log());
    assert_eq!(api.revision(), 1, "nothing is stored");
}
