//! Pages: every kind of page for every record, their content and structured data, and the escaping
//! of text.

use rstest::rstest;
use std::collections::{BTreeSet, HashSet};

use serde_json::{Value as Json, json};

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS, Response};

const LIST_PAGES: [&str; 8] = [
    "/meetings",
    "/commitments",
    "/progress-updates",
    "/council",
    "/awards",
    "/people",
    "/organizations",
    "/documents",
];

const HOSTILE: &str = r#"</script><img src=x onerror=alert(1)>"'&{{7*7}}"#;

fn open(api: &Api, path: &str) -> Response {
    api.send(
        "GET",
        path,
        &[("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")],
        "",
    )
}

/// Returns a page after checking that it exists and is well-formed. Follows the redirect that drops
/// empty parameters.
fn page(api: &Api, path: &str) -> String {
    let mut response = open(api, path);
    if response.status == 303 {
        let location = response.header("location").to_owned();
        assert!(
            path.contains('=') && !location.ends_with('=') && !location.contains("=&"),
            "{path}: {location}"
        );
        response = open(api, &location);
    }
    assert_eq!(response.status, 200, "{path}: {}", response.text);
    assert_eq!(response.header("content-type"), "text/html; charset=utf-8", "{path}");
    check_html(path, &response.text);
    response.text
}

/// Checks that every element is closed in order, every id is unique, and every label and reference
/// has a target.
fn check_html(path: &str, html: &str) {
    const VOID: [&str; 5] = ["meta", "link", "input", "br", "img"];
    let mut open: Vec<&str> = Vec::new();
    let (mut ids, mut named) = (HashSet::new(), Vec::new());
    let mut rest =
        html.strip_prefix("<!DOCTYPE html>").unwrap_or_else(|| panic!("{path} is not a document"));
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').unwrap_or_else(|| panic!("{path}: an unclosed tag")) + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{path}: </{name}> closes nothing of that name");
        } else if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
        for (attribute, value) in attributes(tag) {
            match attribute {
                "id" => assert!(ids.insert(value), "{path}: the id {value} is used twice"),
                "for" | "aria-labelledby" => named.push(value),
                _ => assert!(
                    !attribute.starts_with("on") && attribute != "style",
                    "{path}: {attribute} is not allowed in pages"
                ),
            }
        }
        if name == "script" && !tag.starts_with('/') {
            let end = rest.find("</script>").unwrap();
            let data: Json = serde_json::from_str(&rest[..end])
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(data["@context"], "https://schema.org");
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty(), "{path}: {open:?} are not closed");
    assert!(named.iter().all(|name| ids.contains(name)), "{path}: {named:?}");
}

fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    tag.split("=\"").zip(tag.split("=\"").skip(1)).map(|(before, after)| {
        (
            before.rsplit([' ', '"']).next().unwrap_or_default(),
            after.split('"').next().unwrap_or_default(),
        )
    })
}

/// Returns the links of a page within this server.
fn links(html: &str) -> BTreeSet<String> {
    let all = html.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    all.filter(|link| link.starts_with('/'))
        .map(|link| link.replace("&amp;", "&").split('#').next().unwrap().to_owned())
        .collect()
}

/// Returns the link of a page to its data.
fn data(html: &str, label: &str) -> String {
    let (before, _) =
        html.split_once(&format!("\">{label}</a>")).unwrap_or_else(|| panic!("no link {label}"));
    before.rsplit("href=\"").next().unwrap().replace("&amp;", "&")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[rstest]
fn every_record_has_a_page_and_a_history(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for (path, _) in LISTS {
        for record in api.all(&format!("/v1/{path}?limit=200&fields=id,name")) {
            let id = record["id"].as_str().unwrap();
            let html = page(api, &format!("/{path}/{id}"));
            assert!(html.contains(&escaped(record["name"].as_str().unwrap())), "{path}/{id}");
        }
        let first = api.get(&format!("/v1/{path}?limit=1&fields=id")).json()["data"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(page(api, &format!("/{path}/{first}/history")).contains("Created in"));
    }
    for path in [
        "/",
        "/about",
        "/changes",
        "/search",
        "/search?q=blinken",
        "/search?q=forced+labor&type=commitment&limit=2",
        "/commitments?q=labor",
    ]
    .iter()
    .chain(&LIST_PAGES)
    {
        page(api, path);
    }
    assert!(page(api, "/meetings/pitf-2024-02-13").len() < 60_000);
}

#[rstest]
fn links_of_pages_resolve(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let mut seen: BTreeSet<String> =
        ["/", "/search", "/search?q=labor", "/commitments?q=labor", "/meetings?revision=0"]
            .map(str::to_owned)
            .into();
    let mut waiting: Vec<String> = seen.iter().cloned().collect();
    // For pages that differ only by record, some of each kind are followed.
    let mut followed: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    while let Some(path) = waiting.pop() {
        let kind = path
            .split(['?', '='])
            .next()
            .unwrap()
            .split('/')
            .take(if path.starts_with("/v1/") { 3 } else { 2 })
            .collect::<Vec<_>>()
            .join("/");
        let times = followed.entry(kind).or_default();
        *times += 1;
        if *times > 25 {
            continue;
        }
        let response = open(api, &path);
        assert_eq!(response.status, 200, "{path}: {}", response.text);
        if response.header("content-type").starts_with("text/html") && path != "/docs" {
            waiting
                .extend(links(&response.text).into_iter().filter(|link| seen.insert(link.clone())));
        }
    }
    assert!(seen.len() > 400, "{}", seen.len());
}

#[rstest]
fn a_page_shows_the_data_of_its_links(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    for path in LIST_PAGES.iter().map(|path| (*path).to_owned()).chain([
        "/commitments?department=state&status=completed&overdue=".to_owned(),
        "/meetings?year=2018&sort=date".to_owned(),
    ]) {
        let html = page(api, &path);
        let shown = api.get(&data(&html, "JSON")).json();
        let records = shown["data"].as_array().unwrap();
        assert!(!records.is_empty(), "{path}");
        let mut last = 0;
        for record in records {
            let place = html[last..].find(&format!("/{}\"", record["id"].as_str().unwrap()));
            last += place.unwrap_or_else(|| panic!("{path} shows {} in this order", record["id"]));
        }
        let (_, entries) = html.split_once(r#"<ol class="entries">"#).unwrap();
        let (entries, _) = entries.split_once("</ol>").unwrap();
        assert_eq!(entries.matches("<h3>").count(), records.len(), "{path}");
        let table = api.get(&data(&html, "CSV")).text;
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let ids: Vec<String> = rows.records().map(|row| row.unwrap()[1].to_owned()).collect();
        let same: Vec<&str> = records.iter().map(|record| record["id"].as_str().unwrap()).collect();
        assert_eq!(ids, same, "{path}");
        assert!(html.contains(&shown["page"]["total"].to_string()));
    }
    let record = api.get(&data(&page(api, "/meetings/pitf-2024-02-13"), "JSON")).json();
    assert_eq!(
        record["commitments"].as_array().unwrap().len(),
        12.max(record["commitments"].as_array().unwrap().len())
    );
    let walked = page(api, "/commitments?status=announced&limit=5");
    let next =
        links(&walked).into_iter().find(|link| link.starts_with("/commitments?cursor=")).unwrap();
    let second = page(api, &next);
    let ids = |html: &str| {
        api.get(&data(html, "JSON")).json()["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&second).len(), 5);
    assert!(ids(&walked).iter().all(|id| !ids(&second).contains(id)));
}

#[rstest]
fn the_search_page_shows_the_hits_of_the_api(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let mut path = "/search?q=trafficking&limit=20".to_owned();
    let mut shown = Vec::new();
    for _ in 0..3 {
        let html = page(api, &path);
        let found = api.get(&data(&html, "JSON")).json();
        for hit in found["data"].as_array().unwrap() {
            assert!(
                html.contains(&format!("/{}\"", hit["id"].as_str().unwrap()))
                    && html.contains(hit["highlight"].as_str().unwrap())
            );
            shown.push(format!("{} {}", hit["type"], hit["id"]));
        }
        let (before, _) = html.split_once("\" rel=\"next\"").unwrap();
        path = before.rsplit('"').next().unwrap().to_owned();
    }
    assert_eq!(shown.iter().collect::<HashSet<_>>().len(), 60);
    assert!(page(api, "/search?q=").contains("“quotes”"));
    assert_eq!(open(api, "/search?q=x&type=meting").status, 400);
    assert!(page(api, "/search?q=%22").contains("No record contains all of these words"));
}

#[rstest]
fn serves_the_start_page_for_html_only(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    assert!(page(api, "/").contains("Latest meeting"));
    for accept in ["", "*/*", "application/json"] {
        let headers: Vec<(&str, &str)> =
            if accept.is_empty() { Vec::new() } else { vec![("Accept", accept)] };
        let index = api.send("GET", "/", &headers, "");
        assert!(index.header("content-type").starts_with("application/json"), "{accept}");
        assert!(index.header("vary").contains("Accept"));
        assert!(index.json()["lists"].is_object());
    }
    assert_eq!(api.send("GET", "/meetings", &[("Accept", "application/json")], "").status, 406);
}

#[rstest]
fn errors_are_pages_in_html_and_problems_in_json(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (path, status, text) in [
        ("/nothing", 404, "Page not found"),
        ("/meetings/never-was", 404, "Page not found"),
        ("/meetings/never-was/history", 404, "Page not found"),
        ("/commitments?status=anounced", 400, "announced"),
        ("/commitments?made_on=yesterday", 400, "made_on"),
        ("/commitments?cursor=x", 400, "cursor"),
        ("/meetings/pitf-2024-02-13?revision=99", 400, "revision"),
    ] {
        let response = open(&api, path);
        assert_eq!(response.status, status, "{path}");
        check_html(path, &response.text);
        assert!(response.text.contains(text), "{path}: {}", response.text);
        let problem = api.get(path);
        assert_eq!(
            (problem.status, problem.json()["status"].as_u64()),
            (status, Some(u64::from(status))),
            "{path}"
        );
    }
    assert_eq!(open(&api, "/v1/meetings/never-was").json()["code"], "not-found");
    let body = json!({ "id": "brief", "name": "Brief" }).to_string();
    assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], &body).status, 201);
    assert_eq!(
        api.change(&key, "DELETE", "/v1/organizations/brief", &[("If-Match", "\"2\"")], "").status,
        204
    );
    let gone = open(&api, "/organizations/brief");
    assert!(gone.status == 410 && gone.text.contains("/organizations/brief/history"));
    assert!(page(&api, "/organizations/brief/history").contains("Deleted in"));
    assert!(page(&api, "/organizations/brief?revision=2").contains("revision 2"));
    let refused = api.send("POST", "/meetings", &[("Accept", "text/html")], "x");
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, OPTIONS"));
}

#[rstest]
fn pages_escape_the_text_of_records(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let enter = |path: &str, body: Json| {
        let response = api.change(&key, "POST", &format!("/v1/{path}"), &[], &body.to_string());
        assert_eq!(response.status, 201, "{}", response.text);
    };
    enter(
        "documents",
        json!({ "id": "evil", "kind": "report", "name": HOSTILE,
            "url": "https://example.org/?a=1&b='x'", "publisher": { "type": "label",
            "name": HOSTILE } }),
    );
    let source = json!([{ "document": "evil", "field": "/date", "says": HOSTILE, "locator": HOSTILE,
        "note": HOSTILE }]);
    enter(
        "meetings",
        json!({ "id": "evil", "name": HOSTILE, "organization": "pitf",
        "date": "2025", "summary": HOSTILE, "note": HOSTILE, "sources": source,
        "participants": [{ "agent": { "type": "label", "name": HOSTILE }, "role": "chair",
        "credited_as": HOSTILE, "remarks": HOSTILE }] }),
    );
    enter(
        "commitments",
        json!({ "id": "evil", "name": HOSTILE, "text": HOSTILE,
        "meeting": "evil", "departments": ["state"], "programs": [HOSTILE] }),
    );
    enter("people", json!({ "id": "evil", "name": HOSTILE, "other_names": [HOSTILE] }));
    let quoted = url(HOSTILE);
    for path in [
        "/",
        "/changes",
        "/meetings",
        "/meetings/evil",
        "/meetings/evil/history",
        "/commitments/evil",
        "/commitments",
        "/documents/evil",
        "/people/evil",
        &format!("/search?q={quoted}"),
        &format!("/commitments?name[contains]={quoted}"),
    ] {
        let html = page(&api, path);
        assert!(!html.contains("<img") && !html.contains("onerror=alert(1)>"), "{path}");
    }
    assert!(page(&api, "/meetings/evil").contains("onerror=alert(1)&gt;"));
    let refused = open(&api, &format!("/commitments?status={quoted}"));
    assert!(refused.status == 400 && !refused.text.contains("<img"));
}

#[rstest]
fn pages_of_the_past_have_a_banner_and_pinned_links(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let path = "/commitments/c-2018-state-inperson";
    let patch = json!({ "status": "discontinued", "due": "2020-06" }).to_string();
    let headers =
        [("If-Match", "\"1\""), ("Change-Reason", "A slip"), ("Change-Kind", "correction")];
    assert_eq!(api.change(&key, "PATCH", &format!("/v1{path}"), &headers, &patch).status, 200);
    let (now, then) = (page(&api, path), page(&api, &format!("{path}?revision=1")));
    assert!(now.contains("June 2020") && !now.contains("You are viewing "));
    assert!(!then.contains("June 2020") && then.contains("You are viewing "));
    let pinned = links(&then)
        .into_iter()
        .filter(|link| link.starts_with("/meetings/") || link.starts_with("/people/"))
        .collect::<Vec<_>>();
    assert!(
        !pinned.is_empty() && pinned.iter().all(|link| link.ends_with("?revision=1")),
        "{pinned:?}"
    );
    assert_eq!(api.get(&data(&then, "JSON")).json()["due"], "2019");
    let history = page(&api, &format!("{path}/history"));
    assert!(
        history.contains("<del><time datetime=\"2019\">2019</time></del>")
            && history.contains("<ins><time datetime=\"2020-06\">June 2020</time></ins>")
    );
    assert!(history.contains("A slip") && history.contains("Changed in"));
    assert!(!page(&api, &format!("{path}/history?revision=1")).contains("A slip"));
    assert!(
        page(&api, "/changes").contains("A slip")
            && !page(&api, "/changes?revision=1").contains("A slip")
    );
    assert!(page(&api, "/commitments?revision=1&status=completed").contains(path));
    assert!(!page(&api, "/commitments?status=completed").contains(path));
    let today =
        &api.get(&format!("/v1{path}")).json()["updated_at"].as_str().unwrap()[..10].to_owned();
    assert!(
        page(&api, &format!("{path}?as_of={today}")).contains("June 2020"),
        "a day means its end"
    );
    assert_eq!(open(&api, &format!("{path}?as_of=2999-01-01")).status, 400);
    assert!(page(&api, &format!("{path}?as_of=")).contains("June 2020"));
}

#[rstest]
fn an_organization_has_its_roles_beside_its_commitments(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.shared();
    let roles = |html: &str| {
        html.split_once("id=\"roles\"")
            .map(|(_, after)| after.split("</section>").next().unwrap().to_owned())
    };
    let html = page(api, "/organizations/state");
    let section = roles(&html).unwrap();
    let mut others = 0;
    for role in api.all("/v1/organizations/state/roles?limit=200") {
        let id = role["record"]["id"].as_str().unwrap();
        if role["record"]["type"] == "commitment" && role["role"] == "department" {
            continue;
        }
        others += 1;
        assert!(section.contains(&format!("/{id}\"")), "{role}");
    }
    assert!(others > 2);
    let api = database.serve();
    let key = api.key();
    let body = json!({ "id": "zz", "name": "Both", "departments": ["noaa"],
        "made_by": { "type": "organization", "id": "noaa" } });
    assert_eq!(roles(&page(&api, "/organizations/noaa")), None);
    assert_eq!(api.change(&key, "POST", "/v1/commitments", &[], &body.to_string()).status, 201);
    assert!(roles(&page(&api, "/organizations/noaa")).unwrap().contains("/commitments/zz\""));
    let api = database.shared();
    assert_eq!(roles(&page(api, "/organizations/darpa")).unwrap().matches("No role").count(), 1);
    // Its only role is that of a department.
    assert!(page(api, "/organizations/bis").contains("id=\"commitments\""));
    assert_eq!(roles(&page(api, "/organizations/bis")), None);
}

#[rstest]
fn data_of_a_past_page_is_of_the_same_revision(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let body = json!({ "name": "Written later" }).to_string();
    assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], &body).status, 201);
    for path in [
        "/",
        "/about",
        "/changes",
        "/meetings",
        "/organizations",
        "/council",
        "/commitments/c-2018-state-inperson",
        "/organizations/pitf",
    ] {
        let html = page(&api, &format!("{path}?revision=1"));
        for tag in html.split("<link").skip(1).filter(|tag| tag.contains("rel=\"alternate\"")) {
            let tag = &tag[..tag.find('>').unwrap()];
            let is_pinned = tag.contains("revision=1") || tag.contains("/v1/changes?");
            assert!(is_pinned || tag.contains("/v1/changes.atom"), "{path}: {tag}");
        }
    }
    let today =
        &api.get("/v1/people/alex-azar").json()["updated_at"].as_str().unwrap()[..10].to_owned();
    assert!(page(&api, &format!("/?as_of={today}")).contains("/v1/statistics?as_of="));
}

#[rstest]
fn pages_are_cached_and_revalidated(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for path in [
        "/",
        "/meetings/pitf-2024-02-13",
        "/commitments?department=state",
        "/changes",
        "/sitemap.xml",
    ] {
        let first = open(&api, path);
        let tag = first.header("etag").to_owned();
        let same = api.send("GET", path, &[("Accept", "text/html"), ("If-None-Match", &tag)], "");
        assert_eq!((same.status, same.text.as_str()), (304, ""), "{path} {tag}");
        assert_eq!(
            same.header("content-security-policy"),
            first.header("content-security-policy"),
            "{path}"
        );
        assert_eq!(first.header("cache-control"), "public, no-cache");
        let head = api.send("HEAD", path, &[("Accept", "text/html")], "");
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("etag"), tag);
        let body = json!({ "name": format!("Written after {path}") }).to_string();
        assert_eq!(api.change(&key, "POST", "/v1/organizations", &[], &body).status, 201);
        assert_eq!(
            api.send("GET", path, &[("Accept", "text/html"), ("If-None-Match", &tag)], "").status,
            200
        );
    }
    // The page also mentions the latest revision, so it must be revalidated.
    assert_eq!(open(&api, "/meetings?revision=1").header("cache-control"), "public, no-cache");
    let policy = open(&api, "/").header("content-security-policy").to_owned();
    assert!(
        policy.contains("default-src 'none'")
            && policy.contains("style-src 'self'")
            && !policy.contains("script-src")
    );
    assert!(open(&api, "/style.css").header("content-type").starts_with("text/css"));
}

#[test]
fn pages_have_canonical_links_and_structured_data() {
    let api = Api::sqlite(&["--public-url", "https://record.example/pitf/"]);
    let html = page(&api, "/meetings/pitf-2024-02-13");
    assert!(html.contains(
        r#"<link rel="canonical" href="https://record.example/pitf/meetings/pitf-2024-02-13">"#
    ));
    assert!(
        html.contains(r#"href="/pitf/people/antony-blinken""#)
            && html.contains(r#"href="/pitf/style.css?v="#)
    );
    let data = html
        .split_once(r#"<script type="application/ld+json">"#)
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap()
        .0;
    let data: Json = serde_json::from_str(data).unwrap();
    assert_eq!((&data["@type"], &data["startDate"]), (&json!("Event"), &json!("2024-02-13")));
    assert!(data["attendee"].as_array().unwrap().contains(&json!({ "@type": "Person",
                "@id": "https://record.example/pitf/people/minh-dang", "name": "Minh Dang" })));
    let map = api.get("/sitemap.xml").text;
    assert_eq!(map.matches("<loc>https://record.example/pitf/").count(), 591 + 11);
    assert!(
        api.get("/robots.txt").text.contains("Sitemap: https://record.example/pitf/sitemap.xml")
    );
}

fn url(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn dates_follow_the_locale_and_times_the_time_zone() {
    let american = Database::Sqlite.shared();
    let html = page(american, "/meetings/pitf-2024-02-13");
    assert!(html.contains(">February 13, 2024</time>") && html.contains(r#"<html lang="en-US">"#));
    assert!(html.contains(" EST</time>") || html.contains(" EDT</time>"));
    let british = Api::sqlite(&["--locale", "en-GB", "--time-zone", "UTC"]);
    let html = page(&british, "/meetings/pitf-2024-02-13");
    assert!(html.contains(">13 February 2024</time>") && html.contains(r#"<html lang="en-GB">"#));
    assert!(html.contains(" UTC</time>"));
}

#[test]
fn the_short_title_is_in_header_titles_and_citations() {
    let bundled = page(Database::Sqlite.shared(), "/meetings");
    assert!(bundled.contains("<title>Meetings · Trafficking Task Force Records</title>"));
    let other = Api::sqlite(&["--title", "Records of the Harbor Board"]);
    assert!(page(&other, "/meetings").contains("<title>Meetings · Records of the Harbor Board<"));
    let short = Api::sqlite(&["--title", "Records of the Harbor Board", "--short-title", "Harbor"]);
    let html = page(&short, "/meetings");
    assert!(html.contains("<title>Meetings · Harbor</title>"));
    assert!(html.contains(r#"<a class="title" href="/">Harbor</a>"#));
    assert!(html.contains("<cite>Harbor</cite>, revision 1"));
}

#[test]
fn pages_name_the_publisher_and_contact_only_if_they_are_set() {
    let none = page(Database::Sqlite.shared(), "/people/minh-dang");
    assert!(none.contains("This is not an official government website."));
    for absent in ["Published by", ">Contact<", "Report an error", "example.org"] {
        assert!(!none.contains(absent), "{absent}");
    }
    let api = Api::sqlite(&[
        "--publisher",
        "The Archive",
        "--official",
        "true",
        "--contact",
        "keeper@archive.example",
    ]);
    let html = page(&api, "/people/minh-dang");
    assert!(html.contains("Published by The Archive. This is an official website."));
    assert!(html.contains(r#"href="mailto:keeper@archive.example""#));
    assert!(
        html.contains(r#"href="mailto:keeper@archive.example?subject=Error%20in%20minh%2Ddang"#)
    );
    assert_eq!(Database::Sqlite.shared().get("/").json()["contact"], Json::Null);
}

#[test]
fn days_are_those_of_the_time_zone() {
    // In one of the zones, the day differs from that in UTC.
    for (zone, hours) in [("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)] {
        let api = Api::sqlite(&["--time-zone", zone]);
        let entered = api.get("/v1/people/alex-azar").json()["updated_at"].clone();
        let entered: chrono::DateTime<chrono::Utc> = entered.as_str().unwrap().parse().unwrap();
        let local = (entered + chrono::TimeDelta::hours(hours)).date_naive();
        let before = local.pred_opt().unwrap();
        assert!(page(&api, &format!("/people/alex-azar?as_of={local}")).contains("Alex Azar"));
        let early = page(&api, &format!("/people?as_of={before}"));
        assert!(early.contains("Nothing entered yet"), "{zone}: {early}");
        assert!(early.contains(&format!("<time datetime=\"{before}\">")), "{zone}: {early}");
        let record = open(&api, &format!("/people/alex-azar?as_of={before}"));
        assert!(record.status == 404 && record.text.contains("View the latest version"));
        assert!(early.contains(&format!("max=\"{local}\"")), "{zone}: {early}");
    }
}

#[rstest]
fn a_page_before_the_first_revision_says_when_the_dataset_begins(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let html = page(database.shared(), "/meetings?as_of=2001-01-01");
    assert!(
        html.contains("No records had been entered by January 1, 2001. The dataset begins on ")
    );
}

#[rstest]
fn a_problem_kind_is_a_page_in_a_browser(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    assert!(page(api, "/problems/gone").contains("<dt>Code</dt><dd><code>gone</code>"));
    assert_eq!(api.get("/problems/gone").json()["code"], "gone");
}

#[rstest]
fn copies_are_listed_under_their_original(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.shared();
    let html = page(api, "/documents?limit=200");
    let copies = api.get("/v1/documents?copy_of[exists]=true&limit=1").json();
    let total = api.get("/v1/documents?limit=1").json()["page"]["total"].as_u64().unwrap();
    let originals = total - copies["page"]["total"].as_u64().unwrap();
    assert!(html.contains(&format!("of {originals} documents")), "{originals}");
    assert!(html.contains("Copy: <a href=\"/documents/src-wirenn-2024\">"));
    // A filter includes copies, so its counts do too.
    let kinds = api.get("/v1/documents?facets=kind&limit=1").json();
    for kind in kinds["facets"]["kind"].as_array().unwrap() {
        let value = kind["value"].as_str().unwrap();
        let option = html.split(&format!("<option value=\"{value}\">")).nth(1).unwrap();
        let count = format!("({})", kind["count"]);
        assert!(option.split('<').next().unwrap().ends_with(&count), "{value} {count}");
    }
    assert!(page(api, "/documents/state-release-2024").contains(r#"<h2 id="copies">Copies</h2>"#));
}

#[rstest]
fn a_changed_list_shows_only_the_entries_that_differ(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let path = "/meetings/pitf-2024-02-13";
    let mut meeting = api.get(&format!("/v1{path}")).json();
    let participants = meeting["participants"].as_array_mut().unwrap();
    participants.push(json!({ "agent": { "type": "label", "name": "Ada Example" },
        "role": "attendee" }));
    let patch = json!({ "participants": participants }).to_string();
    let headers = [("If-Match", "\"1\"")];
    assert_eq!(api.change(&key, "PATCH", &format!("/v1{path}"), &headers, &patch).status, 200);
    let html = page(&api, &format!("{path}/history"));
    assert_eq!((html.matches("<ins>").count(), html.matches("<del>").count()), (1, 0));
    assert!(html.contains("Ada Example") && !html.contains("Sameer Jain"));
}

#[test]
fn charts_count_more_records_than_a_page_of_the_api() {
    let api = Api::sqlite(&[]);
    let (mut people, mut members, mut recipients) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..205 {
        let person = format!("many-{number}");
        people.push(json!({ "id": person, "name": format!("Many {number}") }));
        members.push(json!({ "id": person, "person": person, "council": "pitf", "cohort": "a" }));
        recipients.push(json!({ "id": person, "award": "many", "year": 2001,
            "recipient": { "type": "person", "id": person } }));
    }
    let late: Vec<Json> = (0..205)
        .map(|number| json!({ "id": format!("many-{number}"), "name": "Many", "organization": "pitf", "date": "2001-01-01" }))
        .collect();
    let bundle = json!({ "people": people, "council_members": members, "meetings": late,
        "awards": [{ "id": "many", "name": "Many" }], "award_recipients": recipients });
    api.import(&bundle.to_string());
    let by_cohort = page(&api, "/council");
    assert!(by_cohort.contains("2015 cohort"), "{by_cohort}");
    let row = |year: &str, number: &str| {
        format!("<th scope=\"row\">{year}</th><td class=\"number\">{number}</td>")
    };
    assert!(page(&api, "/awards").contains(&row("2001", "205")));
    let award = page(&api, "/awards/many");
    assert!(award.contains(&row("2001", "205")) && award.contains("View all 205 recipients"));
    let latest = api.get("/v1/meetings?sort=-date&limit=1&fields=id").json();
    let latest = format!("/meetings/{}", latest["data"][0]["id"].as_str().unwrap());
    for path in ["/", "/meetings", &latest] {
        let timeline = page(&api, path);
        let table = timeline.split("<table>").nth(1).unwrap_or_default();
        assert!(table.contains(&latest), "{path}");
        assert!(timeline.contains("These are the latest of "), "{path}");
    }
}
