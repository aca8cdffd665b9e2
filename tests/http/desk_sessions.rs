//! Forms that are sent after a session has ended, and sessions on several servers.

use rstest::rstest;

use crate::desk::{Browser, HTML, inputs, saved, set};
use crate::support::Api;
use crate::support::Database::{self, Postgres, Sqlite};

#[rstest]
fn preserves_a_form_while_signing_in_again(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let mut browser = Browser::new(&api, &key);
    let path = "/edit/awards";
    let typed = [("/name", "Typed “before”"), ("/summary", "Two\r\nlines <b>")];
    let mut pairs = inputs(&browser.get(path).text);
    typed.iter().for_each(|(name, value)| set(&mut pairs, name, value));
    set(&mut pairs, "do", "preview");
    browser.cookie.clear();
    let page = browser.post(path, &pairs);
    assert_eq!(page.status, 401, "{}", page.text);
    assert!(page.text.contains("nothing that you typed is lost"), "{}", page.text);
    browser.take_cookie(&page);
    // A wrong key does not lose the form either.
    let page = browser.press(&page, "/sign-in", &[("key", "tfk_a_b_c")], "");
    assert_eq!(page.status, 401);
    browser.take_cookie(&page);
    let page = browser.press(&page, "/sign-in", &[("key", &key)], "");
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(!page.text.contains(&key));
    browser.take_cookie(&page);
    let form = browser.post(path, &inputs(&page.text));
    assert_eq!(form.status, 409);
    let now = inputs(&form.text);
    for (name, value) in typed {
        assert!(now.contains(&(name.to_owned(), value.to_owned())), "{name}: {}", form.text);
    }
    let preview = browser.press(&form, path, &[], "preview");
    saved(&browser.press(&preview, path, &[], "save"), "/awards/typed-before");
}

#[rstest]
fn does_not_preserve_forms_of_other_sites(#[values(Sqlite)] database: Database) {
    let api = database.serve();
    let browser = Browser { api: &api, cookie: String::new() };
    let pairs = [("/name".to_owned(), "Forged".to_owned())];
    for header in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
        assert_eq!(browser.post_with("/edit/awards", &pairs, &[header]).status, 403);
    }
}

#[rstest]
fn signing_out_ends_the_session_on_every_server(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let other = api.beside();
    let browser = Browser::new(&api, &key);
    let there =
        |api: &Api, cookie: &str| api.send("GET", "/edit", &[HTML, ("Cookie", cookie)], "").status;
    assert_eq!(there(&other, &browser.cookie), 200);
    let page = browser.get("/sign-out");
    assert_eq!(browser.post("/sign-out", &inputs(&page.text)).status, 303);
    assert_eq!(there(&api, &browser.cookie), 303);
    assert_eq!(there(&other, &browser.cookie), 303);
    let again = Browser::new(&other, &key);
    assert_eq!(there(&api, &again.cookie), 200);
}
