//! Bad input, by class. Each request gets the right status and code, never 500, and the dataset
//! stays unchanged. Requests are written byte by byte, since most clients cannot send them.

use rstest::rstest;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value as Json;

use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, LISTS};

/// A response: the status, the code of the problem if it is one, and the body.
pub struct Raw {
    pub status: u16,
    pub code: String,
    pub text: String,
}

/// Sends a request, byte by byte.
pub fn raw(api: &Api, request: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(api.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A server that rejects the request early may close the connection before it is sent
    // completely.
    let _ = stream.write_all(request);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    let text = String::from_utf8_lossy(&response).into_owned();
    let status = text
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no response except {text:?}"));
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let code = serde_json::from_str::<Json>(body)
        .ok()
        .and_then(|body| body["code"].as_str().map(str::to_owned))
        .unwrap_or_default();
    Raw { status, code, text }
}

pub fn get(target: &str) -> Vec<u8> {
    with_headers("GET", target, "")
}

fn with_headers(method: &str, target: &str, headers: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")
        .into_bytes()
}

/// Returns a write with a valid key.
fn write(key: &str, method: &str, target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let media_type = match (headers.to_ascii_lowercase().contains("content-type:"), method) {
        (true, _) => "",
        (_, "PATCH") => "Content-Type: application/merge-patch+json\r\n",
        _ => "Content-Type: application/json\r\n",
    };
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \
        {key}\r\n{media_type}Content-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Returns everything that a client can read.
fn everything(api: &Api) -> String {
    let lists: Vec<String> =
        LISTS.iter().map(|(path, _)| api.get(&format!("/v1/{path}?format=ndjson")).text).collect();
    lists.concat() + &api.get("/v1/changes?limit=200").text + &api.revision().to_string()
}

/// Returns the fault in the response to a case, if any.
fn fault_of_response(api: &Api, (request, status, code): &(Vec<u8>, u16, &str)) -> Option<String> {
    let response = raw(api, request);
    if (response.status, response.code.as_str()) == (*status, *code) {
        return None;
    }
    let sent = String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned();
    let excerpt: String =
        response.text.chars().skip_while(|letter| *letter != '{').take(300).collect();
    Some(format!(
        "{sent:?} gets {} {:?} instead of {status} {code:?}: {excerpt}",
        response.status, response.code
    ))
}

const PARAMETER: (u16, &str) = (400, "invalid-parameter");
const INJECTIONS: [&str; 8] = [
    "'",
    "' OR '1'='1",
    "'; DROP TABLE people; --",
    "\\",
    "\") UNION SELECT digest FROM keys --",
    "$1",
    "${jndi:ldap://x}",
    "{{7*7}}",
];

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[rustfmt::skip]
fn queries() -> Vec<(Vec<u8>, u16, &'static str)> {
    let list = |query: &str| (get(&format!("/v1/commitments?{query}")), PARAMETER.0, PARAMETER.1);
    let mut cases: Vec<_> = [
        "status=done", "statsu=announced", "status", "=announced", "status=", "&&=&",
        "status=announced&status=announced",
        "STATUS=announced", "status%00=announced", "status[ne=announced", "status]ne[=x",
        "status[]=announced", "status[eq]=announced",
        "status[$ne]=announced", "status[ne][ne]=announced", "status[NE]=announced",
        "status[gt]=announced", "status[has]=a",
        "name[gt]=a", "due[contains]=2", "name[exists]=", "name[exists]=1", "name[exists]=TRUE",
        "overdue=1", "overdue[ne]=maybe",
        "position=1.5", "position=0x10", "position=1e3", "position=99999999999999999999",
        "position[gt]=-", "position[gt]=NaN",
        "position=%2B1x", "due=2024-13", "due=2024-02-30", "due=24", "due=2024-2", "due=1699",
        "due=2201", "due=2024-01-01T00:00:00Z",
        "due[gte]=-2024", "due=%D9%A2%D9%A0%D9%A2%D9%A4", "created_at[gt]=yesterday",
        "created_at[gt]=2024-02-30T00:00:00Z", "limit=0",
        "limit=-1", "limit=201", "limit=1.0", "limit=9999999999999999999999", "limit=",
        "limit=25&limit=25", "limit=%00", "limit=ten",
        "sort=", "sort=nothing", "sort=--name", "sort=name,", "sort=departments", "sort=name;drop",
        "sort=name%20desc",
        "sort=(select%201)", "fields=", "fields=nothing", "fields=name,,id", "fields=*",
        "fields=digest", "fields=__proto__", "include=",
        "include=keys", "include=meeting.organization.parent", "include=*", "facets=name",
        "facets=digest", "facets=keys.digest", "facets=",
        "revision=-1", "revision=1.5", "revision=99999999999999999999", "revision=999999",
        "revision=1&as_of=2020-01-01T00:00:00Z",
        "as_of=2999-01-01T00:00:00Z", "as_of=now", "as_of=2024-02-30T00:00:00Z", "format=xml",
        "format=JSON", "format=", "name=%FF%FE",
        "name=%C0%AF", "name=a%00b", "digest=x", "keys.digest=x", "department.parent=x",
        "meeting.keys=x", "rowid=1", "oid=1",
        "type=meeting", "type[ne]=commitments", "departments=", "departments=state,", "made_by=",
        "password=x", "topics=No%20Slug", "topics[ne]=%27",
    ]
    .map(list)
    .into();
    for time in ["25:00", "9:00", "09:00:00", "noon"] {
        cases.push((get(&format!("/v1/meetings?start_time={time}")), PARAMETER.0, PARAMETER.1));
    }
    for (name, value) in [("id", "a"), ("status", "announced"), ("department", "state")] {
        cases.push(list(&format!("{name}={}", vec![value; 101].join(","))));
    }
    // Values beyond the limits in the specification.
    for target in [
        "/v1/council-members?on[ne]=2022", "/v1/council-members?on[exists]=true",
        "/v1/award-recipients?person[exists]=true", "/v1/award-recipients?organization[contains]=a",
        "/v1/award-recipients?year[lte]=1699", "/v1/award-recipients?year=2201",
        "/v1/people/alex-azar/history?before=9007199254740992",
        "/v1/changes?after=9007199254740992", "/v1/changes.atom?before=9007199254740992",
        "/v1/people?created_at[lte]=2000-01-01T00:00:00.000000000000000%2B00:00",
    ] {
        cases.push((get(target), PARAMETER.0, PARAMETER.1));
    }
    cases.push((get(&format!("/v1/commitments?name={}", "a".repeat(9_000))), 414, "uri-too-long"));
    cases.push(list(&(0..200).map(|number| format!("x{number}=1")).collect::<Vec<_>>().join("&")));
    for injection in INJECTIONS {
        let injection = encoded(injection);
        for name in [
            format!("name[{injection}]=x"), format!("{injection}=x"), format!("sort={injection}"),
            format!("fields={injection}"),
            format!("facets={injection}"), format!("include={injection}"),
            format!("due={injection}"), format!("status={injection}"),
            format!("limit={injection}"), format!("as_of={injection}"),
        ] {
            cases.push(list(&name));
        }
        // As a value, it is a name without a record.
        cases.push((get(&format!("/v1/people?name={injection}&fields=id")), 200, ""));
        cases.push((get(&format!("/v1/people?name[contains]={injection}&fields=id")), 200, ""));
        cases.push((get(&format!("/v1/meetings?location.city[starts_with]={injection}&fields=id")),
            200, ""));
    }
    cases
}

#[rustfmt::skip]
fn cursors(api: &Api) -> Vec<(Vec<u8>, u16, &'static str)> {
    let page = api.get("/v1/commitments?limit=2&sort=-due").json();
    let next = page["page"]["next"].as_str().unwrap().to_owned();
    let cursor = next.split_once("cursor=").unwrap().1.to_owned();
    let mut turned = cursor.clone().into_bytes();
    turned[40] ^= 1;
    let turned = String::from_utf8(turned).unwrap();
    [
        "x".to_owned(),
        "%00".to_owned(),
        "..".to_owned(),
        "AAAA".to_owned(),
        "eyJhIjoxfQ".to_owned(),
        "-".repeat(4_000),
        turned,
        cursor[..cursor.len() - 4].to_owned(),
        format!("{cursor}AAAA"),
        cursor.to_uppercase(),
        format!("{cursor}%0A"),
        encoded("' OR 1=1 --"),
    ]
    .iter()
    .map(|cursor| (get(&format!("/v1/commitments?cursor={cursor}")), 400, "invalid-cursor"))
    .chain([
        (get(&format!("/v1/meetings?cursor={cursor}")), 400, "invalid-cursor"),
        (get(&format!("/v1/commitments?cursor={cursor}&status=announced")), 400, "invalid-cursor"),
        (get(&format!("/v1/commitments?cursor={cursor}&revision=1")), 400, "invalid-cursor"),
        (get("/v1/commitments?cursor="), 400, "invalid-parameter"),
        (get(&format!("/v1/commitments?cursor={cursor}&cursor={cursor}")),
        400, "invalid-parameter"),
    ])
    .collect()
}

#[rustfmt::skip]
fn paths(key: &str) -> Vec<(Vec<u8>, u16, &'static str)> {
    let mut cases: Vec<_> = [
        "/v1", "/v1/", "/v2/people", "/v1/people/", "/v1//people", "/v1/people//x", "/V1/people",
        "/v1/People", "/v1/people/x/y/z",
        "/v1/keys", "/v1/settings", "/.env", "/.git/config", "/..", "/../../etc/passwd",
        "/v1/../v1/people", "/v1/%2e%2e/people",
        "/v1/people%2Falex-azar", "/v1/people/alex-azar%00", "/v1/people/alex-azar%20",
        "/v1/people/Alex-Azar", "/v1/people/alex--azar",
        "/v1/people/%FF", "/v1/people/%E2%80%AE", "/v1/people/..%2f..%2fetc%2fpasswd",
        "/v1/people/%27%20OR%201=1", "/v1/people/nobody",
        "/v1/people/nobody/roles", "/v1/people/nobody/history",
        "/v1/meetings/pitf-2024-02-13/roles", "/problems/nothing", "/metrics",
        "/health", "/docs/../v1", "/wp-login.php", "/v1/people/%25", "/v1/people/-",
        "/v1/people/a.json", "/v1/people;x=1",
        "/favicon.ico",
    ]
    .map(|path| (get(path), 404, "not-found"))
    .into();
    cases.push((get(&format!("/v1/people/{}", "a".repeat(500))), 404, "not-found"));
    for start in ["/v1/people/", "/v1/", "/", "/problems/", "/?x=", "/openapi.json?x=", "/edit?x="] {
        cases.push((get(&format!("{start}{}", "a".repeat(8_500))), 414, "uri-too-long"));
    }
    for injection in INJECTIONS {
        cases.push((get(&format!("/v1/people/{}", encoded(injection))), 404, "not-found"));
        cases.push((write(key, "DELETE", &format!("/v1/people/{}", encoded(injection)),
            "If-Match: *\r\n", b""), 404, "not-found"));
    }
    cases.push((write(key, "PUT", "/v1/people/Not%20A%20Slug", "If-None-Match: *\r\n",
        br#"{"name":"X"}"#), 422, "validation-failed"));
    cases.push((
        write(key, "PUT", &format!("/v1/people/{}", "a".repeat(101)),
        "If-None-Match: *\r\n", br#"{"name":"X"}"#),
        422,
        "validation-failed",
    ));
    cases.push((get("/v1/people/alex-azar?filter=x"), 400, "invalid-parameter"));
    cases.push((get("/v1/people/alex-azar?sort=name"), 400, "invalid-parameter"));
    cases
}

#[rustfmt::skip]
fn methods(key: &str) -> Vec<(Vec<u8>, u16, &'static str)> {
    [
        "POST /v1/people/alex-azar", "PUT /v1/people", "DELETE /v1/people", "PATCH /v1/people",
        "TRACE /v1/people", "GET /v1/import",
        "POST /", "DELETE /health/live", "FOO /v1/people", "get /v1/people", "PROPFIND /v1/people",
        "POST /v1/changes",
        "GET /v1/people/alex-azar/restore", "PUT /v1/people/alex-azar/history",
    ]
    .iter()
    .map(|line| {
        let (method, target) = line.split_once(' ').unwrap();
        (write(key, method, target, "", b"{}"), 405, "method-not-allowed")
    })
    .chain([(write(key, "POST", "/v1/people", "X-HTTP-Method-Override: DELETE\r\n", b"{}"), 422,
        "validation-failed")])
    .collect()
}

#[rustfmt::skip]
fn bodies(key: &str) -> Vec<(Vec<u8>, u16, &'static str)> {
    let post = |body: &[u8], status: u16,
    code: &'static str| (write(key, "POST", "/v1/people", "", body), status, code);
    let deep = |open: &str, close: &str, depth: usize| {
        format!("{{\"name\":\"X\",\"note\":{}1{}}}", open.repeat(depth),
            close.repeat(depth)).into_bytes()
    };
    let mut cases = Vec::new();
    for body in [
        &b""[..], b" ", b"{", b"}", b"{}}", b"{\"name\":\"X\"}{\"name\":\"Y\"}",
        b"{\"name\":\"X\",}", b"{'name':'X'}", b"{name:\"X\"}",
        b"{\"name\":\"X\"", b"{\"name\":\"\xFF\"}", b"{\"name\":\"\\x41\"}", b"{\"name\":\"a\nb\"}",
        b"\xEF\xBB\xBF\xEF\xBB\xBF{\"name\":\"X\"}", b"\xFF\xFE{\0}\0", b"{\"name\":NaN}",
        b"{\"name\":Infinity}", b"{\"name\":01}",
        b"{\"name\":\"X\",\"name\":\"Y\"}", b"{\"name\":\"X\",\"n\\u0061me\":\"Y\"}",
        b"{\"name\":\"X\",\"positions\":[{\"title\":\"A\",\"title\":\"B\"}]}", b"// x\n{}",
        b"{\"name\":\"X\"}\0", b"name=X",
        b"<name>X</name>", b"nul", b"tru",
    ] {
        cases.push(post(body, 400, "malformed-body"));
    }
    cases.push(post(&deep("[", "]", 40), 400, "malformed-body"));
    cases.push(post(&deep("{\"a\":", "}", 40), 400, "malformed-body"));
    cases.push(post(&deep("[", "]", 100_000), 400, "malformed-body"));
    cases.push(post(&b"[".repeat(500_000), 400, "malformed-body"));
    cases.push(post(&deep("[", "]", 20), 422, "validation-failed"));
    for body in [
        "null", "true", "1", "\"name\"", "[]", "[{\"name\":\"X\"}]", "[\"name\",\"X\"]", "{}",
        "{\"name\":null}", "{\"name\":\"\"}",
        "{\"name\":\"   \"}", "{\"name\":1}", "{\"name\":true}", "{\"name\":[\"X\"]}",
        "{\"name\":{\"$ne\":\"\"}}",
        "{\"name\":\"a\\u0000b\"}", "{\"name\":\"a\\u0007b\"}", "{\"name\":\"a\\u001bb\"}",
        "{\"name\":\"a\\nb\"}",
        "{\"name\":1e999}", "{\"name\":\"\\ud800\"}",
        "{\"name\":\"X\",\"__proto__\":{\"admin\":true}}", "{\"name\":\"X\",\"constructor\":{}}",
        "{\"name\":\"X\",\"\":1}",
        "{\"name\":\"X\",\"Name\":\"Y\"}", "{\"name\":\"X\",\"scope\":\"admin\"}",
        "{\"name\":\"X\",\"actor\":\"Somebody\"}",
        "{\"name\":\"X\",\"id\":\"\"}", "{\"name\":\"X\",\"id\":1}", "{\"name\":\"X\",\"id\":[]}",
        "{\"name\":\"X\",\"id\":\"../x\"}",
        "{\"name\":\"X\",\"id\":\"a b\"}", "{\"name\":\"X\",\"id\":\"A\"}",
        "{\"name\":\"X\",\"id\":\"-a\"}",
        "{\"name\":\"X\",\"id\":\"a--b\"}", "{\"name\":\"X\",\"id\":\"é\"}",
        "{\"name\":\"X\",\"id\":\"a\\u0000\"}",
        "{\"name\":\"X\",\"type\":\"organization\"}", "{\"name\":\"X\",\"type\":1}",
        "{\"name\":\"X\",\"other_names\":\"Y\"}",
        "{\"name\":\"X\",\"other_names\":[1]}", "{\"name\":\"X\",\"other_names\":[null]}",
        "{\"name\":\"X\",\"other_names\":[\"\"]}",
        "{\"name\":\"X\",\"positions\":{}}", "{\"name\":\"X\",\"positions\":[[]]}",
        "{\"name\":\"X\",\"positions\":[{}]}",
        "{\"name\":\"X\",\"positions\":[{\"title\":\"A\",\"from\":\"2024-02-30\"}]}",
        "{\"name\":\"X\",\"positions\":[{\"title\":\"A\",\"organization\":\"nobody\"}]}",
        "{\"name\":\"X\",\"positions\":[{\"title\":\"A\",\"organization\":{}}]}",
        "{\"name\":\"X\",\"positions\":[{\"title\":\"A\",\"organization\":{\"id\":\"'; DROP TABLE \
        people; --\"}}]}",
        "{\"name\":\"X\",\"sources\":[{}]}",
        "{\"name\":\"X\",\"sources\":[{\"document\":\"nobody\"}]}",
        "{\"name\":\"X\",\"sources\":[{\"document\":\"src-wirenn-2024\",\"field\":\"name\"}]}",
        "{\"name\":\"X\",\"sources\":[{\"document\":\"src-wirenn-2024\",\"field\":\"/revision~2\"}]}",
        "{\"name\":\"X\",\"sources\":[{\"document\":\"src-wirenn-2024\",\"field\":\"/positions/99\"}]}",
        "{\"name\":\"X\",\"documents\":[{\"document\":\"src-wirenn-2024\",\"rel\":\"owns\"}]}",
    ] {
        cases.push(post(body.as_bytes(), 422, "validation-failed"));
    }
    let long = "x".repeat(2_001);
    cases.push(post(
        format!("{{\"name\":\"X\",\"sources\":[{{\"document\":{{\"id\":\"src-wirenn-2024\",\"name\":\"{long}\"}}}}]}}").as_bytes(),
        422,
        "validation-failed",
    ));
    cases.push(post(format!("{{\"name\":\"{}\"}}", "x".repeat(501)).as_bytes(), 422,
        "validation-failed"));
    cases.push(post(format!("{{\"name\":\"X\",\"note\":\"{}\"}}", "x".repeat(20_001)).as_bytes(),
        422, "validation-failed"));
    let names: Vec<String> = (0..501).map(|number| format!("\"n{number}\"")).collect();
    cases.push(post(format!("{{\"name\":\"X\",\"other_names\":[{}]}}", names.join(",")).as_bytes(),
        422, "validation-failed"));
    let unknown: Vec<String> = (0..5_000).map(|number| format!("\"f{number}\":1")).collect();
    cases.push(post(format!("{{\"name\":\"X\",{}}}", unknown.join(",")).as_bytes(), 422,
        "validation-failed"));
    cases.push(post(format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20)).as_bytes(), 413,
        "payload-too-large"));
    for (list, body) in [
        ("meetings", r#"{"name":"M","organization":"pitf","start_time":"24:00"}"#),
        ("meetings", r#"{"name":"M","organization":"pitf","start_time":"9:00"}"#),
        ("meetings", r#"{"name":"M","organization":"pitf","date":20240213}"#),
        ("meetings", r#"{"name":"M","organization":"pitf","location":{"region":"Massachusetts"}}"#),
        ("meetings", r#"{"name":"M","organization":"pitf","topics":["Not A Slug"]}"#),
        ("meetings", r#"{"name":"M","organization":"pitf","participants":[{"role":"chair"}]}"#),
        (
            "meetings",
            r#"{"name":"M","organization":"pitf","participants":[{"agent":{"type":"label","name":"X","id":"state"},"role":"chair"}]}"#,
        ),
        ("meetings",
            r#"{"name":"M","organization":"pitf","participants":[{"agent":{"type":"robot","id":"x"},"role":"chair"}]}"#),
        ("meetings",
            r#"{"name":"M","organization":"pitf","participants":[{"agent":"state","role":"chair"}]}"#),
        ("meetings", r#"{"name":"M","organization":"pitf","mode":"telepathy"}"#),
        ("commitments", r#"{"name":"C","figures":[{"value":"1","unit":"people"}]}"#),
        ("commitments", r#"{"name":"C","figures":[{"value":1e400,"unit":"people"}]}"#),
        ("commitments", r#"{"name":"C","departments":[{"id":"state","name":1}]}"#),
        ("commitments", r#"{"name":"C","departments":[{"id":"state","type":null}]}"#),
        ("commitments", r#"{"name":"C","partners":[{"type":"label","name":"X","id":null}]}"#),
        ("meetings",
            r#"{"name":"M","organization":"pitf","participants":[{"agent":{"type":"organization","id":"state","name":[]},"role":"chair"}]}"#),
        ("commitments", r#"{"name":"C","position":1.5}"#),
        ("commitments", r#"{"name":"C","position":9223372036854775808}"#),
        ("commitments", r#"{"name":"C","overdue":"yes","status":"done"}"#),
        ("commitments", r#"{"id":"c-x","name":"C","parent":"c-x"}"#),
        ("commitments", r#"{"name":"C","departments":["state","state"]}"#),
        ("commitments", r#"{"name":"C","departments":[{"type":"person","id":"state"}]}"#),
        ("award-recipients", r#"{"award":"nothing","recipient":{"type":"label","name":"X"}}"#),
        ("award-recipients", r#"{"recipient":{"type":"label","name":"X"}}"#),
        ("council-members", r#"{"person":"nobody","council":"nothing"}"#),
        ("documents", r#"{"name":"D","kind":"news","url":"javascript:alert(1)"}"#),
        ("documents", r#"{"name":"D","kind":"news","url":"data:text/html,x"}"#),
        ("documents", r#"{"name":"D","kind":"news","url":"http://"}"#),
        ("documents", r#"{"name":"D","kind":"news","sha256":"xyz"}"#),
        ("documents", r#"{"name":"D","kind":"news","language":"english language"}"#),
        ("documents", r#"{"name":"D","kind":"leaflet"}"#),
        ("organizations", r#"{"name":"O","website":"//evil"}"#),
        ("organizations", r#"{"name":"O","website":"https://Ï"}"#),
        ("organizations", r#"{"name":"O","website":"https://example.org/<script>"}"#),
        ("organizations", r#"{"name":"O","website":"https://example.org/%zz"}"#),
        ("progress-updates", r#"{"name":"P"}"#),
    ] {
        cases.push((write(key, "POST", &format!("/v1/{list}"), "", body.as_bytes()), 422,
            "validation-failed"));
    }
    for injection in INJECTIONS {
        let quoted = serde_json::to_string(injection).unwrap();
        cases.push(post(format!("{{\"name\":\"X\",\"id\":{quoted}}}").as_bytes(), 422,
            "validation-failed"));
        cases.push(post(format!("{{\"name\":\"X\",{quoted}:1}}").as_bytes(), 422,
            "validation-failed"));
        cases.push((write(key, "POST", "/v1/people?dry_run=true", "",
            format!("{{\"name\":{quoted}}}").as_bytes()), 201, ""));
    }
    cases
}

#[rustfmt::skip]
fn bundles(key: &str) -> Vec<(Vec<u8>, u16, &'static str)> {
    let import = |body: &str| (write(key, "POST", "/v1/import", "", body.as_bytes()), 422,
        "validation-failed");
    let mut cases: Vec<_> = [
        "[]", "null", r#"{"peple":[]}"#, r#"{"people":{}}"#, r#"{"people":[1]}"#,
        r#"{"people":[{"name":"X"}]}"#,
        r#"{"people":[{"id":"a","name":"A"},{"id":"a","name":"B"}]}"#,
        r#"{"people":[{"id":"a","name":"A","positions":[{"title":"T","organization":"nobody"}]}]}"#,
        r#"{"organizations":[{"id":"a","name":"A","parent":"b"},{"id":"b","name":"B","parent":"a"}]}"#,
        r#"{"people":[{"id":"a","name":"A"}],"keys":[{"id":"x"}]}"#,
        r#"{"people":[{"id":"a","name":"A"}],"commitments":[{"id":"c","name":"C","status":"done"}]}"#,
    ]
    .map(import)
    .into();
    cases.push((write(key, "POST", "/v1/import", "", b"{\"people\":["), 400, "malformed-body"));
    cases.push((write(key, "POST", "/v1/import", "", b"{\"people\":[],\"people\":[]}"), 400,
        "malformed-body"));
    cases.push((write(key, "POST", "/v1/import?reason=x", "", b"{}"), 400, "invalid-parameter"));
    cases.push((write(key, "POST", "/v1/import?dry_run=yes", "", b"{}"), 400, "invalid-parameter"));
    cases
}

#[rustfmt::skip]
fn headers(key: &str) -> Vec<(Vec<u8>, u16, &'static str)> {
    let body = br#"{"name":"X"}"#;
    let post = |headers: &str, status: u16,
    code: &'static str| (write(key, "POST", "/v1/people", headers, body), status, code);
    let patch = |headers: &str, status: u16, code: &'static str| {
        (write(key, "PATCH", "/v1/people/alex-azar", headers, br#"{"note":"x"}"#), status, code)
    };
    let keyed = |authorization: &str, code: &'static str| {
        let head = format!(
            "POST /v1/people HTTP/1.1\r\nHost: x\r\nConnection: \
            close\r\n{authorization}Content-Type: application/json\r\nContent-Length: 12\r\n\r\n"
        );
        ([head.as_bytes(), &body[..]].concat(), 401, code)
    };
    let mut cases = vec![
        post("Content-Type: text/plain\r\n", 415, "unsupported-media-type"),
        post("Content-Type: application/x-www-form-urlencoded\r\n", 415, "unsupported-media-type"),
        post("Content-Type: application/merge-patch+json\r\n", 415, "unsupported-media-type"),
        post("Content-Type: application/json; charset=latin1\r\n", 415, "unsupported-media-type"),
        post("Content-Type: application/json; charset=utf-16\r\n", 415, "unsupported-media-type"),
        post("Content-Type: ;;;\r\n", 415, "unsupported-media-type"),
        post("Content-Type: application/json, text/html\r\n", 415, "unsupported-media-type"),
        post("Content-Encoding: snappy\r\n", 415, "unsupported-media-type"),
        post("Content-Encoding: gzip, gzip\r\n", 415, "unsupported-media-type"),
        post("Content-Encoding: gzip\r\n", 400, "malformed-body"),
        post("Content-Encoding: br\r\n", 400, "malformed-body"),
        post("Content-Encoding: zstd\r\n", 415, "unsupported-media-type"),
        post("Content-Encoding: deflate\r\n", 400, "malformed-body"),
        post("Change-Kind: whim\r\n", 400, "invalid-parameter"),
        post(&format!("Change-Reason: {}\r\n", "x".repeat(600)), 400, "invalid-parameter"),
        post("Change-Reason: a\u{1}b\r\n", 400, "malformed-request"),
        post("Idempotency-Key: \r\n", 400, "invalid-parameter"),
        post(&format!("Idempotency-Key: {}\r\n", "x".repeat(300)), 400, "invalid-parameter"),
        patch("", 428, "precondition-required"),
        patch("If-Match: \"0\"\r\n", 412, "precondition-failed"),
        patch("If-Match: \"999\"\r\n", 412, "precondition-failed"),
        patch("If-Match: W/\"1\"\r\n", 412, "precondition-failed"),
        patch("If-Match: 1\r\n", 412, "precondition-failed"),
        patch("If-Match: \"1\r\n", 412, "precondition-failed"),
        patch("If-Match: \"' OR 1=1\"\r\n", 412, "precondition-failed"),
        patch("If-Match: \"99999999999999999999\"\r\n", 412, "precondition-failed"),
        patch("If-Match: *, \"1\"\r\n", 400, "invalid-parameter"),
        patch("If-Match: *,*\r\n", 400, "invalid-parameter"),
        (write(key, "PUT", "/v1/people/alex-azar", "If-None-Match: *\r\n", body),
        412, "precondition-failed"),
        (write(key, "PUT", "/v1/people/alex-azar", "", body), 428, "precondition-required"),
        (write(key, "DELETE", "/v1/people/alex-azar", "", b""), 428, "precondition-required"),
        (write(key, "PATCH", "/v1/people/alex-azar", "If-Match: *\r\n", br#"{"id":"other"}"#),
        422, "validation-failed"),
        (write(key, "PATCH", "/v1/people/alex-azar", "If-Match: *\r\n", br#"{"revision":7}"#),
        422, "validation-failed"),
        (write(key, "PATCH", "/v1/people/alex-azar", "If-Match: *\r\n", br#"{"name":null}"#),
        422, "validation-failed"),
        (
            write(key, "PATCH", "/v1/people/alex-azar", "If-Match: *\r\n",
                b"[{\"op\":\"remove\",\"path\":\"/name\"}]"),
            422,
            "validation-failed",
        ),
        (
            write(key, "PATCH", "/v1/people/alex-azar", "If-Match: *\r\nContent-Type: \
                application/json-patch+json\r\n", b"[]"),
            415,
            "unsupported-media-type",
        ),
        (
            write(key, "POST", "/v1/import?type=people",
                "Content-Type: application/vnd.ms-excel\r\n", b"id,name"),
            415,
            "unsupported-media-type",
        ),
        (write(key, "DELETE", "/v1/organizations/state", "If-Match: *\r\n", b""), 409, "conflict"),
        (write(key, "POST", "/v1/people/alex-azar/restore", "", br#"{"revision":0}"#),
        422, "validation-failed"),
        (write(key, "POST", "/v1/people/alex-azar/restore", "", br#"{"revision":"1"}"#),
        422, "validation-failed"),
        (write(key, "POST", "/v1/people/alex-azar/restore", "", br#"{}"#),
        422, "validation-failed"),
        (write(key, "POST", "/v1/people/alex-azar/redactions", "",
            br#"{"fields":["/note"],"reason":"x"}"#), 403, "forbidden"),
        (write(key, "POST", "/v1/people/alex-azar/merge", "", br#"{"into":"mira-sorvino"}"#),
        403, "forbidden"),
        (with_headers("GET", "/v1/people/alex-azar", "Accept: text/csv\r\n"),
        406, "not-acceptable"),
        (with_headers("GET", "/v1/people", "Accept: image/png\r\n"), 406, "not-acceptable"),
        (with_headers("GET", "/v1/people", "Accept: application/json;q=0\r\n"), 406,
            "not-acceptable"),
        keyed("", "unauthorized"),
    ];
    for authorization in [
        "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "bearer tfk_1_2_3", "tfk_1_2_3",
        "Bearer tfk_' OR '1'='1_x_y", "Bearer null",
        "Bearer tfk__ _",
    ] {
        cases.push(keyed(&format!("Authorization: {authorization}\r\n"), "unauthorized"));
    }
    cases.push(keyed(&format!("Authorization: Bearer {}\r\n", "x".repeat(5_000)), "unauthorized"));
    cases.push(keyed(&format!("Authorization: Bearer {}\r\n", &key[..key.len() - 1]),
        "unauthorized"));
    cases.push(keyed(&format!("Authorization: Bearer {}\r\n", key.to_uppercase()), "unauthorized"));
    cases
}

/// Returns requests that the HTTP parser must reject, including ones that a proxy might parse
/// differently.
#[rustfmt::skip]
fn parser(key: &str) -> Vec<(Vec<u8>, u16, &'static str)> {
    let many: String = (0..300).map(|number| format!("X-{number}: 1\r\n")).collect();
    let body = "{\"name\":\"X\"}";
    let smuggle = |headers: &str| {
        format!("POST /v1/people HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: \
            Bearer {key}\r\nContent-Type: application/json\r\n{headers}\r\n{body}").into_bytes()
    };
    vec![
        (b"\r\n\r\nnonsense\r\n\r\n".to_vec(), 400, "malformed-request"),
        (b"GET\r\n\r\n".to_vec(), 400, "malformed-request"),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), 400, "malformed-request"), (b"GET /\x00 \
            HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n".to_vec(), 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n".to_vec(), 400, "malformed-request"),
        (with_headers("GET", "/", &many), 431, "headers-too-large"),
        (smuggle("Content-Length: 12\r\nContent-Length: 13\r\n"), 400, "malformed-request"),
        (smuggle("Content-Length: -1\r\n"), 400, "malformed-request"),
        (smuggle("Content-Length: +12\r\n"), 400, "malformed-request"),
        (smuggle("Content-Length: 12\r\nTransfer-Encoding: chunked\r\n"), 400, "malformed-request"),
        (smuggle("Transfer-Encoding: chunked, identity\r\n"), 400, "malformed-request"),
        (smuggle("Transfer-Encoding: xchunked\r\n"), 400, "malformed-request"),
        (smuggle("Transfer-Encoding : chunked\r\n"), 400, "malformed-request"),
    ]
}

#[rstest]
fn rejects_bad_input_without_changes(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let before = everything(&api);
    let (mut count, mut wrong) = (0, Vec::new());
    for (class, cases) in [
        ("query words", queries()),
        ("cursors", cursors(&api)),
        ("paths", paths(&key)),
        ("methods", methods(&key)),
        ("bodies", bodies(&key)),
        ("bundles", bundles(&key)),
        ("headers", headers(&key)),
        ("the parser", parser(&key)),
    ] {
        count += cases.len();
        wrong.extend(
            cases
                .iter()
                .filter_map(|case| fault_of_response(&api, case))
                .map(|fault| format!("{class}: {fault}")),
        );
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 400, "{count} cases");
    assert_eq!(everything(&api), before, "the dataset has changed");
    assert!(!api.log().contains("internal error"), "{}", api.log());
}

#[rstest]
fn neutralizes_text_that_other_programs_would_run(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    for (number, name) in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx=1",
        "<script>alert(1)</script>",
        "\" onload=\"x",
        "a,b\"c\nd",
        "Robert'); DROP TABLE people;--",
        "e\u{301}",
        "\u{202E}gnp.exe",
        "😀",
    ]
    .iter()
    .enumerate()
    {
        let body = serde_json::json!({ "id": format!("cell-{number}"),
            "name": format!("N{number}"), "note": name });
        assert_eq!(
            api.change(&key, "POST", "/v1/people", &[], &body.to_string()).status,
            201,
            "{name:?}"
        );
        let read = api.get(&format!("/v1/people/cell-{number}"));
        assert_eq!(
            (read.header("content-type"), read.header("x-content-type-options")),
            ("application/json", "nosniff")
        );
        let note = read.json()["note"].as_str().unwrap().to_owned();
        let row = api.get(&format!("/v1/people?id=cell-{number}&fields=note&format=csv")).text;
        let mut csv = csv::Reader::from_reader(row.as_bytes());
        let cell = csv.records().next().unwrap().unwrap()[0].to_owned();
        // A number with a sign is a number.
        let is_formula = note.starts_with(['=', '+', '-', '@']) && note.parse::<f64>().is_err();
        assert_eq!(cell, if is_formula { format!("'{note}") } else { note.clone() });
    }
    assert_eq!(api.get("/v1/people/cell-9").json()["note"], "é", "text is normalized");
    assert_eq!(api.get("/v1/people?note[contains]=DROP%20TABLE").json()["page"]["total"], 1);
}
