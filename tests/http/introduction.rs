//! The introduction of the OpenAPI document shows requests with the responses that a server gives.

use rstest::rstest;

use crate::support::{Api, Database, Database::*};

/// A request or a response in HTTP notation.
struct Message<'m> {
    start: &'m str,
    headers: Vec<(&'m str, &'m str)>,
    body: &'m str,
}

impl<'m> Message<'m> {
    fn parse(text: &'m str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let (start, headers) = head.trim_end().split_once('\n').unwrap_or((head.trim_end(), ""));
        let headers = headers.lines().map(|line| line.split_once(": ").unwrap()).collect();
        Self { start, headers, body: body.trim() }
    }
}

/// Returns whether a text is equal to a pattern in which `…` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn check(api: &Api, key: &str, request: &str, response: &str) {
    let (request, response) = (Message::parse(request), Message::parse(response));
    let (method, path) = request.start.split_once(' ').unwrap();
    let path = path.replace('[', "%5B").replace(']', "%5D");
    let bearer = format!("Bearer {key}");
    let tag = api.get(&path).header("etag").to_owned();
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| match *value {
            "Bearer KEY" => (*name, bearer.as_str()),
            "ETAG" => (*name, tag.as_str()),
            value => (*name, value),
        })
        .collect();
    let actual = api.send(method, &path, &headers, request.body);
    let status = response.start.split(' ').nth(1).unwrap();
    assert_eq!(actual.status.to_string(), status, "{path}: {}", actual.text);
    for (name, value) in response.headers {
        assert!(matches(value, actual.header(name)), "{path}: {name}: {}", actual.header(name));
    }
    assert!(matches(response.body, &actual.text), "{path}:\n{}\n{}", response.body, actual.text);
}

#[rstest]
fn shows_the_responses_of_the_server(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let document = api.get("/openapi.json").json();
    let text = document["info"]["description"].as_str().unwrap();
    // Every second part is a fenced block, which begins with the name of a language.
    let messages: Vec<&str> = text
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').unwrap().1)
        .collect();
    assert_eq!(messages.len(), 14);
    for pair in messages.chunks_exact(2) {
        check(&api, &key, pair[0], pair[1]);
    }
}
